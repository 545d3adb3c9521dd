"""SD-Zero: Self-Revision Training, then on-policy self-distillation from the frozen reviser (He et al. 2026).

Example of a trace, from the question "3 + 7 - 4 = ?": the draft boxed 5 (wrong), so the control phrase is "Wait, this
response is not correct, let me start over."; the revision boxed 6 (right), so the trace is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from sdzero_bench.budget import collects, sample_budget, share_of, steps_left
from sdzero_bench.config import SRTConfig
from sdzero_bench.evaluation import measure_reviser
from sdzero_bench.examples import Example
from sdzero_bench.methods.trace_cleaning import clean_traces
from sdzero_bench.objectives import TokenKL
from sdzero_bench.prompts import Prompter
from sdzero_bench.rounds import Round
from sdzero_bench.types import Attempt, RevisionTrace


def train_round(run: Round) -> None:
    """One round: collect and train the reviser (in the rounds that do), measure it, let it teach."""
    config = run.config.sdzero
    spent = 0
    if collects(run.config, run.number):
        spent += revise_and_train(run, share_of(len(run.questions), run.config.srt.question_share))
    if not config.distil:
        return
    better = reviser_is_better(run, "reviser")
    if not better and config.weak_reviser == "revise_again":
        again = questions_again(run, spent)
        if again:
            run.note(f"the reviser is trained once more, on {again} questions (sdzero.weak_reviser: revise_again)")
            spent += revise_and_train(run, again, "-again")
            reviser_is_better(run, "reviser-again")
        else:
            run.note("the sample budget of the round has no room to train the reviser once more")
    elif not better and config.weak_reviser == "stop":
        run.stop("stopped before distillation (sdzero.weak_reviser: stop)")
        return
    self_distil(run, spent)


def questions_again(run: Round, spent: int) -> int:
    """How many questions a second collection may use: the first one's share, as far as the budget has room."""
    distil = run.config.distil
    reserved = (distil.steps or 0) * distil.prompts_per_step
    room = sample_budget(run.config, len(run.questions)) - spent - reserved
    share = share_of(len(run.questions), run.config.srt.question_share)
    return max(0, min(share, room // (1 + run.config.srt.revisions)))


def revise_and_train(run: Round, questions: int, suffix: str = "") -> int:
    """Phase 1, SRT, on the first so many of the round's questions. Returns the samples it drew."""
    srt = run.config.srt
    # y_init ~ pi(. | x), r = r(y_init, a); then y_revised ~ pi(. | x, y_init, P_r)
    drafts = run.attempts(f"draft{suffix}", "draft", run.questions[:questions], n=1)
    traces = run.revisions(f"revision{suffix}", drafts, n=srt.revisions)
    kept = keep_traces(run, traces)
    if srt.stages == "joint":
        run.fit(f"srt{suffix}", [srt_example(run.prompter, trace, srt) for trace in kept], srt)
    else:  # the authors' code
        generation, revision = (srt.model_copy(update={loss: False}) for loss in ("revision_loss", "generation_loss"))
        wrong = [trace for trace in kept if trace.draft.reward == 0]
        run.fit(f"srt-generation{suffix}", [srt_example(run.prompter, trace, generation) for trace in wrong], srt)
        second = kept[: srt.second_stage_traces]
        run.fit(f"srt-revision{suffix}", [srt_example(run.prompter, trace, revision) for trace in second], srt)
    return len(drafts) + len(traces)


def keep_traces(run: Round, traces: Sequence[RevisionTrace]) -> list[RevisionTrace]:
    """D_revision: the traces whose revision is right, the first `srt.max_traces` of them."""
    srt = run.config.srt
    kept = [trace for trace in traces if trace.revision.reward == 1 or not srt.verified_only]
    if srt.clean:
        kept = clean_traces(kept, run.prompter)
    kept = kept[: srt.max_traces]
    from_wrong = sum(trace.draft.reward == 0 for trace in kept)
    run.note(f"SRT keeps {len(kept)} of {len(traces)} traces, {from_wrong} of them from wrong drafts")
    return kept


def srt_example(prompter: Prompter, trace: RevisionTrace, srt: SRTConfig) -> Example:
    """One sequence for L_SRT = L_revision + L_generation: chat(x) + y_init + P_r + y_revised.

    L_revision counts y_revised, L_generation counts y_init, P_r (with its blank lines) and y_revised. Both condition on
    the same prefix, so one pass serves both: a token's weight is the number of losses that count it.
    """
    prompt, context = prompter.generator(trace.draft.question), prompter.reviser(trace.draft)
    revised = trace.revision.completion.token_ids
    generation, revision = float(srt.generation_loss), float(srt.revision_loss)
    weights = (
        (0.0,) * len(prompt)
        + (generation,) * (len(context) - len(prompt))
        + (generation + revision,) * len(revised)
    )  # fmt: skip
    return Example((*context, *revised), weights)


def reviser_is_better(run: Round, phase: str) -> bool:
    """Measure generate-then-revise on held-out questions before the reviser teaches, and say what was found."""
    record = run.measured(phase, lambda: measure_reviser(run.rollouts, run.held_out, run.config))
    run.note(str(record["verdict"]))
    return bool(record["better"])


def self_distil(run: Round, spent: int) -> None:
    """Phase 2: the student learns, at every token of its own responses, from the frozen reviser that sees them whole.

    The teacher is the policy at the start of this phase: theta_SRT in the first round, the current student in later
    ones (teacher synchronisation).
    """
    distil = run.config.distil
    questions = run.questions[-share_of(len(run.questions), distil.question_share) :]
    steps = steps_left(run.config, distil, 1, len(run.questions), spent)
    if steps == 0:
        run.note("distillation was left out: the sample budget of the round is spent")
        return
    max_teacher_tokens = min(distil.max_teacher_tokens, run.backend().context_length)
    run.improve(
        "distil",
        questions,
        prompts_per_step=distil.prompts_per_step,
        group_size=1,  # one y per question
        steps=steps,
        make_examples=lambda responses: [distillation_example(run.prompter, y, max_teacher_tokens) for y in responses],
        left_out="question and control phrase fill the teacher's context",
        objective=TokenKL(distil.divergence, distil.mixed_weight, distil.top_k, distil.aggregation),
        optimiser=distil.optimiser(),
        max_new_tokens=distil.max_new_tokens,
    )


def distillation_example(prompter: Prompter, response: Attempt, max_teacher_tokens: int) -> Example | None:
    """Student: chat(x) + y. Teacher: chat(x) + y + P_r + y. None where the teacher's context cannot hold any of y."""
    built = prompter.teacher(response, max_teacher_tokens)
    if built is None:
        return None
    teacher_tokens, scored = built
    prompt = prompter.generator(response.question)
    weights = (0.0,) * len(prompt) + (1.0,) * len(scored)
    return Example((*prompt, *scored), weights, teacher_tokens)
