"""What each method trains on: masks of both SRT losses, RFT and SFT targets, GRPO advantages, SDFT's teacher."""

from statistics import fmean, stdev

import pytest
from words import TOKENIZER, attempt, question, text

from sdzero_bench.config import ControlPhrases, SDFTConfig, SRTConfig
from sdzero_bench.methods.grpo import group_advantages
from sdzero_bench.methods.rft import response_example
from sdzero_bench.methods.sdft import with_demonstration
from sdzero_bench.methods.sdzero import srt_example
from sdzero_bench.methods.trace_cleaning import clean_traces, cut_repeated_tail
from sdzero_bench.prompts import Prompter
from sdzero_bench.types import RevisionTrace

PROMPTER = Prompter(TOKENIZER, ControlPhrases())
DRAFT = "3 + 7 = 11 ; 11 - 4 = 7 ; so \\boxed{7}"
REVISION = "3 + 7 = 10 ; 10 - 4 = 6 ; so \\boxed{6}"
PHRASE = "Wait, this response is not correct, let me start over."
TRACE = RevisionTrace(attempt(DRAFT, 0), PHRASE, attempt(REVISION, 1))


def weighted(example, weight: float) -> str:
    return text(t for t, w in zip(example.tokens, example.weights, strict=True) if w == weight)


def test_srt_sequence_is_one_open_turn() -> None:
    example = srt_example(PROMPTER, TRACE, SRTConfig())
    assert text(example.tokens) == f"<user>3 + 7 - 4 = ?<assistant>{DRAFT}\n\n{PHRASE}\n\n{REVISION}<end>"


def test_both_srt_losses() -> None:
    # L_generation counts y_init, P_r and y_revised; L_revision counts y_revised once more.
    example = srt_example(PROMPTER, TRACE, SRTConfig())
    assert weighted(example, 0) == "<user>3 + 7 - 4 = ?<assistant>"
    assert weighted(example, 1) == f"{DRAFT}\n\n{PHRASE}\n\n"
    assert weighted(example, 2) == f"{REVISION}<end>"


def test_generation_loss_alone() -> None:
    example = srt_example(PROMPTER, TRACE, SRTConfig(revision_loss=False))
    assert weighted(example, 1) == f"{DRAFT}\n\n{PHRASE}\n\n{REVISION}<end>"


def test_revision_loss_alone() -> None:
    example = srt_example(PROMPTER, TRACE, SRTConfig(generation_loss=False))
    assert weighted(example, 1) == f"{REVISION}<end>"
    assert weighted(example, 0) == f"<user>3 + 7 - 4 = ?<assistant>{DRAFT}\n\n{PHRASE}\n\n"


def test_response_example_counts_the_response_only() -> None:
    tokens = attempt(REVISION, 1).completion.token_ids
    example = response_example(PROMPTER, question(), tokens)
    assert weighted(example, 1) == f"{REVISION}<end>"
    assert example.tokens[-len(tokens) :] == tokens


def test_gold_solutions_end_the_turn() -> None:
    assert text(PROMPTER.gold(REVISION)) == f"{REVISION}<end>"


def test_group_advantages() -> None:
    rewards = [1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    advantages = group_advantages(rewards, 8, scale_by_std=True)
    group = rewards[:8]
    assert advantages[0] == pytest.approx((1 - fmean(group)) / (stdev(group) + 1e-4))
    assert advantages[7] == pytest.approx((0 - fmean(group)) / (stdev(group) + 1e-4))
    assert advantages[8:] == [0.0] * 8  # all right: no signal
    assert group_advantages([1, 0], 2, scale_by_std=False) == [0.5, -0.5]


def test_sdft_teacher_sees_the_demonstration() -> None:
    asked = question(solution=REVISION)
    (message,) = with_demonstration(asked, SDFTConfig().template, answer_only=False)
    assert message["content"].startswith("3 + 7 - 4 = ?\n\n")
    assert REVISION in message["content"]
    (message,) = with_demonstration(asked, SDFTConfig().template, answer_only=True)
    assert REVISION not in message["content"]
    assert "\n6\n" in message["content"]


def test_cleaning_cuts_repeated_tails_and_duplicates() -> None:
    repeated = RevisionTrace(TRACE.draft, PHRASE, attempt("so \\boxed{6}" * 4, 1))
    cleaned = clean_traces([repeated, repeated, TRACE], PROMPTER)
    assert [trace.revision.completion.text for trace in cleaned] == ["so \\boxed{6}", REVISION]
    assert text(cleaned[0].revision.completion.token_ids) == "so \\boxed{6}<end>"
    assert cut_repeated_tail((1, 2, 3, 2, 3)) == (1, 2, 3, 2, 3)  # twice is no degeneration
