"""results.json: our figures and lm-eval's in the shape that users of lm-eval know.

Example: {"results": {"aime24": {"alias": "AIME 2024", "acc,none": 0.4, "acc_stderr,none": 0.09, "avg@8,none": 0.4,
"pass@8,none": 0.6, ...}}, "groups": {"paper": {...}}, "configs": {...}, "n-samples": {"aime24": {"original": 30,
"effective": 30}}, ...}; lm_eval.utils.make_table prints it.

Field by field as lm_eval/result_schema.py (0.4.13) says.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sdzero_bench.benchmarks import find_card
from sdzero_bench.benchmarks.task_yaml import read_task_yaml
from sdzero_bench.lm_eval_tasks.environment_info import environment_text, git_hash
from sdzero_bench.lm_eval_tasks.plain import plain
from sdzero_bench.task_average import average_figures

MERGED = (
    "results", "groups", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples",
)  # fmt: skip
UP, DOWN = True, False


def results_json(
    records: Mapping[str, Mapping[str, Any]],
    *,
    config: Mapping[str, Any],
    environment: Mapping[str, Any],
    versions: Mapping[str, Any] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    lm_eval_results: Mapping[str, Any] | None = None,
    date: float | None = None,
) -> dict[str, Any]:
    """Plain values, without samples.

    records: by task what metrics.json holds. config: the RunConfig as plain values. environment: what
    `describe_environment` gives. versions: of our tasks, in place of those their YAML says. groups: with their tasks;
    each gets the unweighted average. date: when the evaluation started, in seconds since 1970; None: now.
    """
    theirs = plain({key: value for key, value in (lm_eval_results or {}).items() if key != "samples"})
    ours = _tables(records, versions or {}, groups or {})
    merged = {key: {**ours[key], **theirs.get(key, {})} for key in MERGED}
    if not merged["groups"]:
        del merged["groups"]
    model = str(config["model"])
    template, system = theirs.get("chat_template"), theirs.get("system_instruction")
    system = system or config["questions"]["system_prompt"] or None
    return {
        **theirs,
        **merged,
        "config": {**theirs.get("config", {}), **_config(config, model)},
        "git_hash": theirs.get("git_hash") or git_hash(),
        "date": time.time() if date is None else date,
        "pretty_env_info": theirs.get("pretty_env_info") or environment_text(environment),
        "transformers_version": environment["versions"].get("transformers"),
        "lm_eval_version": environment["versions"].get("lm-eval"),
        "model_source": "sdzero-bench",
        "model_name": model,
        "model_name_sanitized": "".join(c if c.isalnum() or c in "._-" else "_" for c in model),
        "system_instruction": system,
        "system_instruction_sha": _sha(system),
        "chat_template": template,
        "chat_template_sha": _sha(template),
        "sdzero_bench": {"config": plain(config), "environment": plain(environment)},
    }


def _tables(
    records: Mapping[str, Mapping[str, Any]], versions: Mapping[str, Any], groups: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {key: {} for key in MERGED}
    for name, record in records.items():
        figures, protocol, card = record["evaluation"], record.get("protocol") or {}, find_card(name.partition("?")[0])
        metrics, better = _metrics(figures, record.get("revision"))
        alias = card.title if card else name
        tables["results"][name] = {"name": name, "alias": alias, "sample_len": figures["questions"], **metrics}
        tables["higher_is_better"][name] = better
        tables["versions"][name] = versions.get(name, _version(name))
        tables["n-shot"][name] = record.get("shots", card.shots if card else 0)
        known = card.size if card and card.size and "?" not in name else figures["questions"]
        tables["n-samples"][name] = {"original": max(known, figures["questions"]), "effective": figures["questions"]}
        tables["configs"][name] = _task_config(name, figures, protocol, tables["n-shot"][name])
    for group, members in groups.items():
        measured = [records[member]["evaluation"] for member in members if member in records]
        if measured and len(measured) == len(members):
            tables["group_subtasks"][group] = list(members)
            average = average_figures(measured)
            metrics, better = _metrics(average, None)
            row = {"name": group, "alias": group, "sample_len": average["questions"], **metrics}
            tables["groups"][group] = tables["results"][group] = row
            tables["higher_is_better"][group] = better
            tables["versions"][group] = versions.get(group)
    return tables


def _metrics(figures: Mapping[str, Any], revision: Mapping[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """lm-eval's "metric,filter" keys, and which way is better; what is unknown is left out."""
    k = figures["k"]
    # (metric, value, its standard error's key and where, higher is better)
    found: list[tuple[str, Any, Any, bool | None]] = [("acc", figures["accuracy"], figures.get("accuracy_se"), UP)]
    if k is not None:
        found.append((f"avg@{k}", figures["accuracy"], figures.get("accuracy_se"), UP))
        at = {key.removeprefix("pass_at_"): figures[key] for key in figures if key.startswith("pass_at_")}
        passes = {j: value for j, value in at.items() if j.isdecimal()} or {str(k): at.get("k")}
        found += [(f"pass@{j}", value, None, UP) for j, value in passes.items()]
        found.append((f"maj@{k}", figures.get("maj_at_k"), None, UP))
    for part, of_part in (figures.get("parts") or {}).items():
        found.append((part, of_part["accuracy"], of_part.get("accuracy_se"), UP))
    found.append(("length_mean", figures["length_mean"], None, None))
    found.append(("truncated", figures.get("truncated_share"), None, DOWN))
    found.append(("no_answer", figures.get("no_answer_share"), None, DOWN))
    if revision:
        found.append(("draft_acc", revision["draft_accuracy"], None, UP))
        found.append(("revised_acc", revision["revision_accuracy"], None, UP))
    metrics: dict[str, Any] = {}
    for metric, value, error, _ in found:
        if value is not None:
            metrics[f"{metric},none"] = value
            if metric in ("acc", f"avg@{k}") or error is not None:
                metrics[f"{metric}_stderr,none"] = "N/A" if error is None else error
    return metrics, {metric: better for metric, value, _, better in found if value is not None}


def _task_config(name: str, figures: Mapping[str, Any], protocol: Mapping[str, Any], shots: int) -> dict[str, Any]:
    card = find_card(name.partition("?")[0])
    config: dict[str, Any] = {"task": name, "output_type": "generate_until", "num_fewshot": shots}
    if card is not None:
        config |= {"dataset_path": card.dataset, "dataset_name": card.config, "doc_to_text": card.prompt}
        config |= {"test_split": card.hub_split, "metadata": {"dataset_revision": card.revision}}
    if protocol:
        temperature = protocol["temperature"]
        config["generation_kwargs"] = {
            "do_sample": temperature > 0,
            "temperature": temperature,
            "top_p": protocol["top_p"],
            "max_gen_toks": protocol["max_new_tokens"],
            "until": [],
        }
    return config | {"repeats": figures["k"]}


def _config(config: Mapping[str, Any], model: str) -> dict[str, Any]:
    return {
        "model": "sdzero-bench",
        "model_args": {"pretrained": model, "backend": config["backend"]["name"], "dtype": config["backend"]["dtype"]},
        "device": config["backend"]["device"],
        "batch_size": config["backend"]["sample_batch"],
        "limit": config["questions"]["evaluation_limit"],
        "random_seed": config["seed"],
    }


def _version(name: str) -> Any:
    card = find_card(name.partition("?")[0])
    return (read_task_yaml(card.path).get("metadata") or {}).get("version") if card else None


def _sha(text: str | None) -> str | None:
    return hashlib.sha256(text.encode()).hexdigest() if text else None
