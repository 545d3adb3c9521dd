"""Cards: what a task's YAML file (lm-eval's format) says, read without lm-eval.

Example: tasks/math/aime24.yaml gives Card(name="aime24", dataset="HuggingFaceH4/aime_2024", revision="2fe88a2f...",
size=30, k=8, temperature=0.7, max_new_tokens=32768, groups=("paper", "paper_math"), ...).

lm-eval's own keys are read where they say it (`repeats` is k); what it has no word for stands in `metadata`, and what
the tasks of a folder share in `dataset_kwargs: {shared: ...}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sdzero_bench.benchmarks.lm_eval_names import is_lm_eval_task
from sdzero_bench.benchmarks.task_yaml import read_task_yaml
from sdzero_bench.errors import UserError
from sdzero_bench.types import Extraction


@dataclass(frozen=True)
class Card:
    """One benchmark."""

    name: str
    title: str  # for people
    path: Path  # the YAML file
    domain: str  # "math" or "code"
    kind: str  # how its rows are read; a name of `readers.READERS`
    judge: str  # a name of `sdzero_bench.verify.judges`
    extraction: Extraction

    dataset: str  # hub id
    config: str | None  # the data set's configuration
    revision: str | None  # commit of the data set; None: not pinned
    hub_split: str  # the data set's split that evaluation questions come from
    hub_train_split: str | None  # training questions; None: nothing of it may be trained on
    hub_fewshot_split: str | None  # worked examples; None: it has none
    size: int | None  # evaluation questions at that revision
    hub_rows: int | None  # rows of `hub_split`, for a task that holds out some of them
    held_out: int | None  # the kind's rule holds out so many

    system: str  # system prompt, "" for none
    prompt: str  # jinja template of the question
    shots: int  # worked examples before it
    k: int  # samples a question
    temperature: float  # 0 is greedy
    top_p: float
    max_new_tokens: int

    groups: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)  # the data set's names for problem, answer, ...
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # names that a local file may have, by split
    hub_files: tuple[str, ...] = ()  # the data set's files, for one that `datasets` cannot load by its name
    options: Mapping[str, str | None] = field(default_factory=dict)  # what a specification may set, with defaults
    solutions: Mapping[str, str] = field(default_factory=dict)  # a data set with gold ones: dataset, revision, configs
    sources: Mapping[str, str] = field(default_factory=dict)  # where data, revision, prompt, protocol come from
    note: str = ""
    evalplus: str | None = None  # EvalPlus' name of its data set
    release: str | None = None  # EvalPlus' release


def read_cards() -> dict[str, Card]:
    """Every benchmark of `sdzero_tasks`, by name, in the order of the groups' columns, then by file."""
    return dict(_read()[0])


def read_groups() -> dict[str, tuple[str, ...]]:
    """Groups by name, with their direct members."""
    return dict(_read()[1])


def find_card(name: str) -> Card | None:
    """The benchmark of that name, None where there is none (a group is none)."""
    return _read()[0].get(name)


def is_benchmark(name: str) -> bool:
    """Whether `name` (options after a question mark aside) is a benchmark or a group of ours."""
    cards, groups = _read()
    return name.partition("?")[0] in (cards.keys() | groups.keys())


def expand(names: Sequence[str]) -> list[str]:
    """Groups replaced by their tasks; every other name as it stands, each name once.

    Raises UserError for a group with options: they are a task's.
    """
    groups = _read()[1]
    found: dict[str, None] = {}
    for name in names:
        base, mark, _ = name.partition("?")
        if base in groups:
            if mark:
                raise UserError(f"tasks: {name!r}: {base} is a group and takes no options; name its tasks one by one")
            found |= dict.fromkeys(expand(groups[base]))
        else:
            found[name] = None
    return list(found)


def read_card(path: Path, groups: Sequence[str] = ()) -> Card | None:
    """The card in a YAML file, None where it holds another kind of task. Raises UserError for an incomplete one."""
    return _card(path, read_task_yaml(path), tuple(groups))


@cache
def _read() -> tuple[Mapping[str, Card], Mapping[str, tuple[str, ...]]]:
    folder = Path(str(files("sdzero_tasks")))
    read = {path: read_task_yaml(path) for path in sorted(folder.rglob("*.yaml")) if not path.name.startswith("_")}
    groups = {raw["group"]: tuple(raw["task"]) for raw in read.values() if "group" in raw}
    of_group = {name: set(_leaves(name, groups)) for name in groups}
    cards = {}
    for path, raw in read.items():
        name = raw.get("task")
        if isinstance(name, str):
            card = _card(path, raw, tuple(sorted(group for group, tasks in of_group.items() if name in tasks)))
            if card is not None:
                cards[name] = card
    first = [task for name in sorted(groups, key=lambda name: -len(of_group[name])) for task in _leaves(name, groups)]
    return {name: cards[name] for name in dict.fromkeys([*first, *cards])}, groups


def _leaves(name: str, groups: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [leaf for member in groups[name] for leaf in (_leaves(member, groups) if member in groups else [member])]


def _card(path: Path, raw: Mapping[str, Any], groups: tuple[str, ...]) -> Card | None:
    shared: Mapping[str, Any] = (raw.get("dataset_kwargs") or {}).get("shared") or {}
    own: Mapping[str, Any] = raw.get("metadata") or {}
    about = {**shared, **own, "sources": {**shared.get("sources", {}), **own.get("sources", {})}}
    if "kind" not in about:
        return None
    generation = raw.get("generation_kwargs") or {}
    sampled = generation.get("do_sample", False)
    try:
        return Card(
            name=raw["task"],
            title=raw.get("task_alias") or raw["task"],
            path=path,
            domain=about["domain"],
            kind=about["kind"],
            judge=about["judge"],
            extraction=Extraction(about["extraction"]),
            dataset=raw["dataset_path"],
            config=raw.get("dataset_name"),
            revision=about["dataset_revision"],
            hub_split=about["hub_split"],
            hub_train_split=about.get("hub_train_split"),
            hub_fewshot_split=about.get("hub_fewshot_split"),
            size=about.get("size"),
            hub_rows=about.get("hub_rows"),
            held_out=about.get("held_out"),
            system=(raw.get("description") or "").strip(),
            prompt=raw["doc_to_text"],
            shots=raw.get("num_fewshot") or 0,
            k=raw.get("repeats", 1),
            temperature=float(generation.get("temperature", 1.0)) if sampled else 0.0,
            top_p=float(generation.get("top_p", 1.0)),
            max_new_tokens=generation["max_gen_toks"],
            groups=groups,
            fields=about.get("fields", {}),
            files={split: tuple(names) for split, names in about.get("files", {}).items()},
            hub_files=tuple(about.get("hub_files", ())),
            options=about.get("options", {}),
            solutions=about.get("solutions", {}),
            sources=about["sources"],
            note=about.get("note", ""),
            evalplus=about.get("evalplus"),
            release=about.get("release"),
        )
    except KeyError as error:
        raise UserError(f"tasks: {path}: key {error} is missing") from None
    except ValueError as error:
        raise UserError(f"tasks: {path}: {error}") from None


def unknown_task(name: str, field: str = "tasks") -> UserError:
    """The error for a name that is no task of ours: a slip of the pen, one of lm-eval's, or neither."""
    cards, groups = _read()
    near = get_close_matches(name, [*cards, *groups], n=3)
    slip = get_close_matches(name, near, cutoff=0.905)  # "humanevl", not "humaneval_5": spares the search
    if not slip and is_lm_eval_task(name):
        return UserError(f"{field}: {name} is a task of lm-eval's; only `sdzero-bench eval --tasks {name}` takes it")
    hint = (
        f"did you mean {' or '.join(near)}?" if near else "`sdzero-bench tasks` lists ours, `lm-eval ls tasks` others"
    )
    return UserError(f"{field}: no task of ours is called {name!r}; {hint}")
