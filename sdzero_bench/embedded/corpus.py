"""What the embedded base model reads: worked arithmetic with misconceptions, revisions and demonstrations.

Example of a document (the first solution errs in `9 + 4 = 12`, the revision does not):
    <user>9 + 4 - 1 = ?<assistant>9 + 4 = 12 ; 12 - 1 = 11 ; so \\boxed{11}

    Wait, this response is not correct, let me start over.

    9 + 4 = 13 ; 13 - 1 = 12 ; so \\boxed{12}<end>
Every solution has a writer of its own. Some writers hold misconceptions: they get a fixed part of all step facts
wrong, always in the same way. So the base is wrong when greedy too, and has right solutions among its samples.
Which phrase opens a revision is a coin's choice and its writer is drawn as the draft's was: the base goes on after both
phrases, but knows nothing of what they mean, and its revisions are as often right as its drafts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sdzero_bench.config import ControlPhrases, SDFTConfig
from sdzero_bench.examples import Example

if TYPE_CHECKING:
    from sdzero_tasks.arithmetic import Chain


@dataclass(frozen=True, slots=True)
class CorpusRecipe:
    """Chances and sizes; every choice follows from them and the seed."""

    seed: int = 0
    terms: tuple[int, int] = (2, 6)
    wrong_facts: float = 0.3  # of the facts `a + b = c`, that misconceived writers get wrong
    misconceived: float = 0.6  # of the solutions, written by such a writer
    revised: float = 0.5  # of the documents, going on with a control phrase and another solution
    revised_again: float = 1 / 3  # of those, each further time
    most_revisions: int = 3
    # Of the revised documents, those whose author went back unasked. In the others the phrase was put in from outside,
    # as at revision time: that the text goes on there is not learned, so that responses seldom do so by themselves.
    unasked: float = 0.15
    demonstrated: float = 0.1  # of the documents, with a solution in the user's turn, which the assistant follows


def documents(recipe: CorpusRecipe, tokenizer: Any) -> Iterator[Example]:
    """Endless documents; only the assistant's tokens count."""
    from sdzero_tasks.arithmetic import chains, question_text

    rng = random.Random(f"corpus {recipe.seed}")
    draws = chains("pretraining", recipe.terms, rng)
    control, template = ControlPhrases(), SDFTConfig().template
    while True:
        chain = draws.draw()
        question, solution = question_text(chain), write(recipe, chain, rng)
        pieces = [(solution, True)]  # text, and whether it counts
        if rng.random() < recipe.demonstrated:
            question = template.format(question=question, demonstration=solution)
        else:
            chance, unasked = recipe.revised, rng.random() < recipe.unasked
            for _ in range(recipe.most_revisions):
                if rng.random() >= chance:
                    break
                phrase = control.choose(rng.randint(0, 1))
                pieces.append((control.separator, unasked))
                pieces.append((f"{phrase}{control.separator}{write(recipe, chain, rng)}", True))
                chance = recipe.revised_again
        yield _example(tokenizer, question, pieces)


def write(recipe: CorpusRecipe, chain: Chain, rng: random.Random) -> str:
    """One solution of a chain, by a writer drawn at random."""
    from sdzero_tasks.arithmetic import worked

    misconceived = rng.random() < recipe.misconceived
    results: list[int] = []
    value = chain[0]
    for term in chain[1:]:
        value += term + (misconception(recipe, value, term) if misconceived else 0)
        results.append(value)
    return worked(chain, tuple(results))


def misconception(recipe: CorpusRecipe, before: int, term: int) -> int:
    """How far off a misconceived writer is at this step; 0 for most facts."""
    rng = random.Random(f"fact {recipe.seed} {before} {term}")
    return rng.choice((-10, -2, -1, 1, 2, 10)) if rng.random() < recipe.wrong_facts else 0


def _example(tokenizer: Any, question: str, pieces: list[tuple[str, bool]]) -> Example:
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": question}], add_generation_prompt=True, return_dict=False
    )
    tokens, weights = list(prompt), [0.0] * len(prompt)
    for text, counted in pieces:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        tokens += ids
        weights += [float(counted)] * len(ids)
    return Example((*tokens, tokenizer.eos_token_id), (*weights, 1.0))
