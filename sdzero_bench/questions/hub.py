"""Questions from a Hugging Face data set, on the hub or in a local folder.

Example: "hf:openai/gsm8k?config=main&split=train&revision=main"; fields with other names are given as options:
"hf:open-r1/OpenR1-Math-220k?question=problem&answer=answer&solution=solution&id=uuid".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sdzero_bench.errors import UserError
from sdzero_bench.questions.records import field_options, to_questions
from sdzero_bench.types import Question


def load(spec: str, name: str, options: Mapping[str, str]) -> list[Question]:
    """The rows of one split ("train" unless told) in the data set's order. Raises UserError."""
    fields = field_options(spec, options, ("split", "config", "revision"))
    split = options.get("split", "train")
    rows = _load_rows(spec, name, options.get("config"), split, options.get("revision"))
    label = f"{name.rstrip('/').rsplit('/', 1)[-1]}/{split}"
    return to_questions(_numbered(rows, f"{name}, split {split}, row", label), fields, spec)


def _numbered(rows: Any, place: str, label: str) -> Iterator[tuple[str, str, Any]]:
    for number, row in enumerate(rows):
        yield f"{place} {number}", f"{label}/{number}", row


def _load_rows(spec: str, name: str, config: str | None, split: str, revision: str | None) -> Any:
    import datasets

    try:
        rows = datasets.load_dataset(name, config, split=split, revision=revision)
    except ConnectionError:
        raise UserError(
            f"questions: {spec}: the Hugging Face hub cannot be reached; give a local folder or file"
        ) from None
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise UserError(f"questions: {spec}: {' '.join(str(error).split())[:300]}") from None
    return rows
