"""Tasks that the installed lm-eval ships, with small data of ours, in words that the embedded tokenizer knows.

Example: `made_manager(folder)` knows arc_easy, lambada_openai and wikitext as shipped but for their data, and our
arithmetic; gsm8k_cot too where GSM8K is at hand.
"""

import json
import os
import random
from pathlib import Path
from typing import Any

import lm_eval
from lm_eval.tasks import TaskManager

SHIPPED = Path(lm_eval.__file__).parent / "tasks"
GSM8K = Path(os.environ.get("SDZERO_BENCH_DATA", "/nonexistent")) / "gsm8k.jsonl"
ARITHMETIC = Path(__file__).parent.parent / "tasks/arithmetic"
FILES = {
    "arc_easy": "arc/arc_easy.yaml",
    "lambada_openai": "lambada/lambada_openai.yaml",
    "wikitext": "wikitext/wikitext.yaml",
    "gsm8k_cot": "gsm8k/gsm8k-cot.yaml",
}


def sums(count: int) -> list[tuple[int, int]]:
    draw = random.Random(0)
    return [(draw.randint(1, 9), draw.randint(1, 9)) for _ in range(count)]


def arc_rows(count: int = 12) -> list[dict[str, Any]]:
    rows = []
    for number, (a, b) in enumerate(sums(count)):
        choices = [str(a + b), f"{a} + {b}", f"so \\boxed{{{a + b}}}", "Wait, this response is not correct"]
        label = "ABCD"
        question = f"{a} + {b} = ?" if number else " + ".join(["1"] * 400)  # the first does not fit the context
        rows.append(
            {"question": question, "choices": {"text": choices, "label": list(label)}, "answerKey": label[number % 4]}
        )
    return rows


def rows_of(task: str) -> list[dict[str, Any]]:
    if task == "arc_easy":
        return arc_rows()
    if task == "lambada_openai":
        return [{"text": f"{a} + {b} = {a + b} ; so \\boxed{{{a}}} {'.' if a % 2 else b}"} for a, b in sums(12)]
    if task == "wikitext":
        return [{"page": " ; ".join(f"{a} + {b} = {a + b}" for a, b in sums(count))} for count in (1, 20, 150, 90)]
    return [json.loads(line) for line in GSM8K.read_text().splitlines()[:4]]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def made_manager(folder: Path) -> TaskManager:
    for task, shipped in FILES.items():
        if task == "gsm8k_cot" and not GSM8K.exists():
            continue
        data = write_rows(folder / f"{task}.data.jsonl", rows_of(task))
        splits = dict.fromkeys(("train", "validation", "test"), str(data))
        change = {
            "include": str(SHIPPED / shipped), "dataset_path": "json", "dataset_name": None,
            "dataset_kwargs": {"data_files": splits},
        }  # fmt: skip
        (folder / f"{task}.yaml").write_text(json.dumps(change))  # JSON is YAML
    return TaskManager(include_defaults=False, include_path=[str(folder), str(ARITHMETIC)])
