"""The teacher reads chat(x) + y + blank line + P_r + blank line + y, and only the second y is scored."""

import pytest
from words import TOKENIZER, attempt, text

from sdzero_bench.config import ControlPhrases
from sdzero_bench.methods.sdzero import distillation_example
from sdzero_bench.prompts import Prompter

PROMPTER = Prompter(TOKENIZER, ControlPhrases())
RIGHT = "3 + 7 = 10 ; 10 - 4 = 6 ; so \\boxed{6}"
WRONG = "3 + 7 = 11 ; 11 - 4 = 7 ; so \\boxed{7}"
CHAT = "<user>3 + 7 - 4 = ?<assistant>"
PHRASES = {
    1: "\n\nLet me rephrase the above solution.\n\n",
    0: "\n\nWait, this response is not correct, let me start over.\n\n",
}


def show(example) -> None:
    print("\nstudent:", text(example.tokens))
    print("teacher:", text(example.teacher_tokens))
    print("scored: ", text(scored(example)))


def scored(example):
    return [token for token, weight in zip(example.tokens, example.weights, strict=True) if weight]


@pytest.mark.parametrize(("response", "reward"), [(RIGHT, 1), (WRONG, 0)])
def test_a_finished_response(response: str, reward: int) -> None:
    example = distillation_example(PROMPTER, attempt(response, reward), max_teacher_tokens=512)
    show(example)
    assert text(example.teacher_tokens) == CHAT + response + PHRASES[reward] + response + "<end>"
    assert text(example.tokens) == CHAT + response + "<end>"
    # token by token: the first copy has no end-of-sequence token (the turn stays open), the second has it, scored
    y = tuple(TOKENIZER.encode(response, add_special_tokens=False))
    prompt = tuple(TOKENIZER.encode(CHAT, add_special_tokens=False))
    phrase = tuple(TOKENIZER.encode(PHRASES[reward], add_special_tokens=False))
    assert example.teacher_tokens == (*prompt, *y, *phrase, *y, TOKENIZER.eos_token_id)
    assert scored(example) == [*y, TOKENIZER.eos_token_id]
    assert example.teacher_tokens.count(TOKENIZER.eos_token_id) == 1


@pytest.mark.parametrize(("response", "reward"), [(RIGHT, 1), (WRONG, 0)])
def test_scored_tokens_are_aligned(response: str, reward: int) -> None:
    example = distillation_example(PROMPTER, attempt(response, reward), max_teacher_tokens=512)
    offset = len(example.teacher_tokens) - len(example.tokens)
    for position, weight in enumerate(example.weights):
        if weight:
            assert example.teacher_tokens[position + offset] == example.tokens[position]


def test_a_response_cut_off_at_the_limit_has_no_end_token() -> None:
    example = distillation_example(PROMPTER, attempt(WRONG, 0, stopped=False), max_teacher_tokens=512)
    show(example)
    assert text(example.teacher_tokens) == CHAT + WRONG + PHRASES[0] + WRONG
    assert TOKENIZER.eos_token_id not in example.teacher_tokens


def test_truncation_cuts_both_copies_alike() -> None:
    fixed = len(TOKENIZER.encode(CHAT + PHRASES[0], add_special_tokens=False))
    example = distillation_example(PROMPTER, attempt(WRONG, 0), max_teacher_tokens=fixed + 11)
    show(example)
    assert text(example.teacher_tokens) == CHAT + "3 + 7 = 1" + PHRASES[0] + "3 + 7 = 1"
    assert text(example.tokens) == CHAT + "3 + 7 = 1"  # 5 tokens a copy: 11 is odd
    assert text(scored(example)) == "3 + 7 = 1"


def test_what_just_fits_is_not_cut() -> None:
    whole = distillation_example(PROMPTER, attempt(RIGHT, 1), max_teacher_tokens=512)
    exact = distillation_example(PROMPTER, attempt(RIGHT, 1), max_teacher_tokens=len(whole.teacher_tokens))
    assert exact == whole
    shorter = distillation_example(PROMPTER, attempt(RIGHT, 1), max_teacher_tokens=len(whole.teacher_tokens) - 1)
    assert text(scored(shorter)) == RIGHT  # the end-of-sequence token goes first


def test_a_sample_that_cannot_fit_is_dropped() -> None:
    fixed = len(TOKENIZER.encode(CHAT + PHRASES[1], add_special_tokens=False))
    assert distillation_example(PROMPTER, attempt(RIGHT, 1), max_teacher_tokens=fixed + 1) is None
    assert distillation_example(PROMPTER, attempt(RIGHT, 1), max_teacher_tokens=fixed - 5) is None
