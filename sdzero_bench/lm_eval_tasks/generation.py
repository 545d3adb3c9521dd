"""Free text until a stop string, on a backend that knows only end-of-sequence tokens.

Example: gsm8k_cot's generation_kwargs {"until": ["Q:", "</s>"], "do_sample": false} become 256 greedy tokens that stop
at "Q:". Rows are generated in stages (64 tokens or more, then as many again as there are, ...); those whose text holds
a stop string, and those that ended, are left out of the next. Greedily that is the text of one long generation.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdzero_bench.errors import UserError
from sdzero_bench.lm_eval_tasks.leader import Leader
from sdzero_bench.types import FinishReason, Sampling, TokenIds

FIRST_STAGE = 64  # tokens
PROMPT_SHARE = 4  # every stage reads prompts again, which costs about as much as sampling a quarter of their length
DEFAULT_TOKENS = 256  # lm-eval's HFLM.max_gen_toks
# What asks for nothing, and what only says how to sample: without sampling it says nothing.
NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "num_beams": (1,), "num_return_sequences": (1,), "repetition_penalty": (1, 1.0), "length_penalty": (1, 1.0),
    "early_stopping": (True, False), "use_cache": (True,), "top_k": (0, -1), "min_p": (0, 0.0), "typical_p": (1, 1.0),
}  # fmt: skip
SAMPLING_ONLY = {"top_k", "min_p", "typical_p"}
KNOWN = {"until", "max_gen_toks", "do_sample", "temperature", "top_p"}


@dataclass(frozen=True, slots=True)
class Generation:
    """A request's generation_kwargs."""

    until: tuple[str, ...]
    max_tokens: int
    temperature: float  # 0 is greedy
    top_p: float


def read_generation(kwargs: Mapping[str, Any], where: str) -> Generation:
    """lm-eval's own reading of the aliases; then UserError for what the backend cannot do."""
    from lm_eval.models.utils import normalize_gen_kwargs

    given = dict(normalize_gen_kwargs(dict(kwargs), DEFAULT_TOKENS))
    samples = bool(given["do_sample"])
    for key, value in given.items():
        asks_nothing = value is None or value in NEUTRAL.get(key, ()) or (not samples and key in SAMPLING_ONLY)
        if key not in KNOWN and not asks_nothing:
            raise UserError(
                f"{where}: its generation_kwargs ask for {key}={value!r}, and the backend samples by temperature and "
                "top_p only; leave the task out"
            )
    # As in transformers, do_sample without a temperature samples at 1.
    temperature = float(given.get("temperature", 1.0)) if samples else 0.0
    return Generation(
        tuple(stop for stop in given["until"] if stop),
        int(given["max_gen_toks"]),
        temperature,
        float(given["top_p"]) if samples and given.get("top_p") else 1.0,
    )


def generate_until(
    leader: Leader,
    prompts: Sequence[TokenIds],
    generation: Generation,
    seed: int,
    progress: Callable[[int, int], None],
) -> list[TokenIds]:
    """The sampled tokens of each prompt, without those after the one that completes a stop string.

    A prompt given several times is sampled several times. Prompts leave room for `generation.max_tokens`.
    progress: (done, of) in prompts, a prompt under way counting in part.
    """
    tokens: list[TokenIds] = [()] * len(prompts)
    running = list(range(len(prompts)))
    generated = 0
    while running and generated < generation.max_tokens:
        stage = generation.max_tokens - generated
        if generation.until:
            longest = max(len(prompts[row]) for row in running)
            stage = min(stage, max(FIRST_STAGE, generated, longest // PROMPT_SHARE))
        sampling = Sampling(stage, generation.temperature, generation.top_p, seed=seed)
        on_progress = _in_stage(progress, len(prompts), len(running), generated, stage, generation.max_tokens)
        completions = leader.generate([(*prompts[row], *tokens[row]) for row in running], sampling, on_progress)
        still = []
        for row, (completion,) in zip(running, completions, strict=True):
            tokens[row] += completion.token_ids
            cut = until_stop(leader.tokenizer, tokens[row], generation.until)
            if cut is not None:
                tokens[row] = cut
            elif completion.finish_reason is FinishReason.LENGTH:
                still.append(row)
        running, generated = still, generated + stage
    progress(len(prompts), len(prompts))
    return tokens


def _in_stage(
    progress: Callable[[int, int], None], prompts: int, running: int, generated: int, stage: int, limit: int
) -> Callable[[int, int], None]:
    """For a stage in which `running` of the prompts go from `generated` to `generated + stage` of `limit` tokens."""

    def on_progress(done: int, of: int) -> None:
        share = (generated + stage * done / of) / limit
        progress(prompts - running + int(running * share), prompts)

    return on_progress


def until_stop(tokenizer: Any, tokens: TokenIds, stops: Sequence[str]) -> TokenIds | None:
    """The tokens up to the one that completes a stop string; None where the text holds none.

    Special tokens count as text here: "<|im_end|>" may be a stop string and no end-of-sequence token.
    """

    def holds_stop(length: int) -> bool:
        text = tokenizer.decode(tokens[:length], skip_special_tokens=False)
        return any(stop in text for stop in stops)

    if not stops or not holds_stop(len(tokens)):
        return None
    return tokens[: 1 + bisect_left(range(1, len(tokens)), True, key=holds_stop)]
