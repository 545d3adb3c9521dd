"""How long each phase of a round takes: an estimate within a factor of about two, from arithmetic alone.

Example: 10,000 drafts of 3,700 tokens with Qwen3-4B on 8 engines: a decoding step of 512 rows reads 8 GB of weights and
the rows' KV cache at 3,350 GB/s. Training makes 6 operations for each parameter and token (Kaplan et al. 2020), 8 where
activations are computed again, and attention's own; the teacher 2. Judging, loading and saving are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from sdzero_bench.budget import plan_round
from sdzero_bench.config import SupervisedConfig
from sdzero_bench.plan.activations import precision
from sdzero_bench.plan.case import CONTROL_TOKENS, Case
from sdzero_bench.plan.lengths import mean_response, mean_revised
from sdzero_bench.plan.memory import engine_cache, engine_gpus, kv_bytes, sampled_rows

KEPT = 0.5  # share of samples and revisions that are right
TAIL = 3  # the longest row of a batch, in mean responses: hf-accelerate samples a batch to its end
EAGER_LAYER = 5e-4  # seconds of one layer of one decoding step on a GPU without CUDA graphs (hf-accelerate)


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase's work on the whole machine."""

    name: str
    seconds: float
    samples: int = 0
    sampled_tokens: float = 0.0
    trained_tokens: float = 0.0  # that the policy reads in training


def round_phases(case: Case, number: int) -> list[Phase]:
    """Round `number` (from 1), evaluation last."""
    config = case.config
    samples = plan_round(config, number, case.questions).samples
    new = config.sampling.max_new_tokens
    response = mean_response(case, new)
    phases = []
    if config.method == "rft":
        count = samples["sample"]
        phases = [
            _answers(case, "sample", count, case.questions, new),
            _supervised(case, "rft", config.rft, round(KEPT * count), case.prompt_tokens + response),
        ]
    elif config.method == "sft":
        phases = [_supervised(case, "sft", config.sft, case.questions, case.prompt_tokens + response)]
    elif config.method == "grpo":
        count, length = samples["grpo"], case.prompt_tokens + response
        passes = (config.grpo.updates_per_batch > 1) + config.grpo.updates_per_batch * (config.grpo.kl_weight > 0)
        updated = _trained(case, count * config.grpo.updates_per_batch, length, read=passes * count * length)
        phases = [
            _answers(case, "grpo sampling", count, count // config.grpo.group_size, new),
            Phase("grpo updates", updated, 0, 0.0, count * config.grpo.updates_per_batch * length),
        ]
    elif config.method == "sdft":
        phases = _distilled(case, "sdft", samples["sdft"], config.sdft.max_new_tokens, response)
    else:
        phases = _sdzero(case, samples)
    return [*phases, evaluation(case)]


def evaluation(case: Case) -> Phase:
    """k answers of every evaluation question, and a revision of the first."""
    settings = case.config.evaluation
    answers = _answers(case, "evaluation", case.evaluated * settings.k, case.evaluated, settings.max_new_tokens)
    if not settings.revise:
        return answers
    return _joined("evaluation", answers, _revisions(case, "", case.evaluated, case.evaluated, settings.max_new_tokens))


def running_rows(case: Case, length: float) -> int:
    """Rows that one engine samples at once, where there are enough."""
    if not case.is_vllm:
        return sampled_rows(case)
    room = int(max(1, engine_cache(case).held // max(1.0, kv_bytes(case, length))))
    return min(room, int(case.options.vllm.get("max_num_seqs") or case.config.backend.sample_batch))


def _sdzero(case: Case, samples: dict[str, int]) -> list[Phase]:
    config, phases = case.config, []
    new = config.sampling.max_new_tokens
    if "draft" in samples:
        drafts, revisions = samples["draft"], samples["revision"]
        prompt, revised = mean_revised(case, new)
        kept = min(round(KEPT * revisions), config.srt.max_traces or revisions)
        if config.srt.stages == "two_stage":
            kept = round((1 - KEPT) * kept) + min(kept, config.srt.second_stage_traces)
        phases += [
            _answers(case, "draft", drafts, drafts, new),
            _revisions(case, "revision", revisions, drafts, new),
            _supervised(case, "srt", config.srt, kept, prompt + revised),
        ]
    if config.sdzero.distil:
        checked = min(config.sdzero.reviser_questions, case.evaluated)
        limit = config.evaluation.max_new_tokens
        check = (_answers(case, "", checked, checked, limit), _revisions(case, "", checked, checked, limit))
        phases.append(_joined("reviser check", *check))
    if "distil" in samples:
        first = mean_response(case, config.distil.max_new_tokens)
        phases += _distilled(
            case, "distil", samples["distil"], config.distil.max_new_tokens, first + CONTROL_TOKENS
        )  # fmt: skip
    return phases


def _distilled(case: Case, name: str, samples: int, new: int, shown: float) -> list[Phase]:
    """On-policy steps; `shown`: tokens that the teacher reads between the question and the response."""
    length = case.prompt_tokens + mean_response(case, new)
    seconds = _trained(case, samples, length, read=samples * min(length + shown, case.shape.context))
    return [
        _answers(case, f"{name} sampling", samples, samples, new),
        Phase(f"{name} updates", seconds, 0, 0.0, samples * length),
    ]


def _supervised(case: Case, name: str, settings: SupervisedConfig, examples: int, length: float) -> Phase:
    seen = examples * settings.epochs
    length = min(length, settings.max_tokens, case.shape.context)
    return Phase(name, _trained(case, seen, length), 0, 0.0, seen * length)


def _trained(case: Case, sequences: float, length: float, read: float = 0.0) -> float:
    """Seconds of training on sequences of this length; read: tokens of forward passes beside it."""
    passes = 4 if case.config.backend.gradient_checkpointing else 3
    operations = (passes * sequences * length + read) * _forward(case, length)
    return operations / (case.profile.machine.tflops * 1e12 * case.ranks)


def _forward(case: Case, length: float) -> float:
    """Operations of one token in a forward pass: 2 a parameter, and 4 for each number of each visible key."""
    visible = case.shape.cached_tokens(round(length)) / 2  # summed over layers; causal: half of them on average
    return 2.0 * case.shape.multiplied + 4.0 * case.shape.queries * visible


def _answers(case: Case, name: str, samples: int, questions: int, new: int) -> Phase:
    return _sampled(case, name, samples, questions, case.prompt_tokens, mean_response(case, new), new)


def _revisions(case: Case, name: str, samples: int, drafts: int, new: int) -> Phase:
    prompt, revised = mean_revised(case, new)
    return _sampled(case, name, samples, drafts, prompt, revised, new)


def _sampled(
    case: Case, name: str, samples: int, prompts: int, prompt: float, response: float, longest: int
) -> Phase:  # fmt: skip
    """Prompts are read once each where vLLM keeps their cache; decoding is bound by memory or by operations."""
    machine, servers = case.profile.machine, case.profile.servers
    engines, gpus = case.ranks, 1
    if case.is_vllm:
        gpus = engine_gpus(case)
        engines = (servers.count if servers else 1) if case.options.sampler == "server" else case.ranks // gpus
    operations, bandwidth = machine.tflops * 1e12 * gpus, machine.bandwidth_gb_s * 1e9 * gpus
    cached = case.is_vllm and case.options.prefix_caching
    reading = (prompts if cached else samples) * prompt * _forward(case, prompt) / (operations * engines)
    share = samples / engines
    rows = max(1.0, min(running_rows(case, prompt + response), share))
    steps = share * response / rows
    if not case.is_vllm:  # a batch ends with its longest row
        lasting = min(TAIL * response, max(longest, 1.0))
        steps *= lasting / response
        rows *= response / lasting
    width = 4 if precision(case) == "float32" else 2
    read = case.shape.parameters * width + rows * kv_bytes(case, prompt + response / 2)
    step = max(read / bandwidth, 2.0 * case.shape.multiplied * rows / operations)
    if not case.is_vllm and case.on_gpu:
        step = max(step, EAGER_LAYER * case.shape.layers)
    return Phase(name, reading + steps * step, samples, samples * response)


def _joined(name: str, first: Phase, second: Phase) -> Phase:
    return Phase(
        name,
        first.seconds + second.seconds,
        first.samples + second.samples,
        first.sampled_tokens + second.sampled_tokens,
    )
