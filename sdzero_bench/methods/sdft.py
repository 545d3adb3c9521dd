"""SDFT: on-policy self-distillation from a teacher that has seen the gold demonstration (Shenfeld et al. 2026).

Example: the student answers "3 + 7 - 4 = ?"; the teacher scores that answer after a prompt that shows the question
together with "3 + 7 = 10 ; 10 - 4 = 6 ; so \\boxed{6}". The paper gives this baseline the same loss as SD-Zero.
"""

from __future__ import annotations

from sdzero_bench.budget import plan_round, share_of
from sdzero_bench.examples import Example
from sdzero_bench.objectives import TokenKL
from sdzero_bench.rounds import Round
from sdzero_bench.types import Attempt, Message, Question, TokenIds


def train_round(run: Round) -> None:
    """On-policy steps; the teacher is the policy at the start of the round, frozen."""
    sdft = run.config.sdft
    questions = run.questions[-share_of(len(run.questions), sdft.question_share) :]
    max_teacher_tokens = min(sdft.max_teacher_tokens, run.backend().context_length)
    run.improve(
        "sdft",
        questions,
        prompts_per_step=sdft.prompts_per_step,
        group_size=1,
        steps=plan_round(run.config, run.number, len(run.questions)).steps,
        make_examples=lambda responses: [demonstration_example(run, y, max_teacher_tokens) for y in responses],
        left_out="question and demonstration fill the teacher's context",
        objective=TokenKL(sdft.divergence, sdft.mixed_weight, sdft.top_k, sdft.aggregation),
        optimiser=sdft.optimiser(),
        max_new_tokens=sdft.max_new_tokens,
    )


def demonstration_example(run: Round, response: Attempt, max_teacher_tokens: int) -> Example | None:
    """Student: chat(x) + y. Teacher: chat(x with the demonstration) + y, y cut to what the teacher's context holds."""
    sdft = run.config.sdft
    prompt = run.prompter.generator(response.question)
    teacher_prompt = run.prompter.chat(with_demonstration(response.question, sdft.template, sdft.answer_only))
    y: TokenIds = response.completion.token_ids[: max(0, max_teacher_tokens - len(teacher_prompt))]
    if not y:
        return None
    return Example((*prompt, *y), (0.0,) * len(prompt) + (1.0,) * len(y), (*teacher_prompt, *y))


def with_demonstration(question: Question, template: str, answer_only: bool) -> tuple[Message, ...]:
    """The question's messages with the demonstration (or only the final answer) put into the last one."""
    *before, last = question.messages
    demonstration = question.answer if answer_only else question.solution or ""
    content = template.replace("{question}", last["content"]).replace("{demonstration}", demonstration)
    return (*before, {**last, "content": content})
