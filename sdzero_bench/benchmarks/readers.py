"""Which reader makes documents of a task's rows: by the `kind` of its card.

Example: the card of gsm8k says `kind: gsm8k`, so `read_math` reads its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sdzero_bench.benchmarks.cards import Card
from sdzero_bench.benchmarks.codeforces import read as read_codeforces
from sdzero_bench.benchmarks.documents import Document, Documents, Request
from sdzero_bench.benchmarks.livecodebench import read as read_livecodebench
from sdzero_bench.benchmarks.math_rows import read as read_math
from sdzero_bench.benchmarks.openr1 import read as read_openr1
from sdzero_bench.benchmarks.program_rows import read_evalplus, read_humaneval, read_mbpp
from sdzero_bench.errors import UserError

READERS: dict[str, Callable[[Request], Documents]] = {
    "math": read_math,
    "gsm8k": read_math,
    "openr1": read_openr1,
    "humaneval": read_humaneval,
    "evalplus": read_evalplus,
    "mbpp": read_mbpp,
    "livecodebench": read_livecodebench,
    "codeforces": read_codeforces,
}


def load_documents(request: Request) -> Documents:
    """The documents of a split. Raises UserError where rows cannot be had or make no sense."""
    card = request.card
    reader = READERS.get(card.kind)
    if reader is None:
        raise UserError(f"tasks: {card.path}: unknown kind {card.kind!r}; known: {', '.join(READERS)}")
    found = reader(request)
    if not found.documents:
        raise UserError(f"tasks: {card.name}: no questions are left of its {request.split} split")
    _check_ids(card, found.documents)
    return found if request.limit is None else Documents(found.documents[: request.limit], found.place)


def _check_ids(card: Card, documents: Sequence[Document]) -> None:
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise UserError(f"tasks: {card.name}: two rows have the id {document.id!r}")
        seen.add(document.id)
