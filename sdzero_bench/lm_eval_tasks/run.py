"""lm-eval's evaluator on our backend.

Example: evaluate_lm_eval_tasks(["gsm8k_cot", "arc_easy"], backend, limit=100, reporter=reporter) gives lm-eval's own
results: {"results": {"gsm8k_cot": {"exact_match,strict-match": 0.41, ...}, ...}, "samples": {...}, ...}.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdzero_bench.backend import Backend
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.lm_eval_tasks.catalogue import lm_eval_names
from sdzero_bench.lm_eval_tasks.leader import Leader, run_on_rank_0
from sdzero_bench.lm_eval_tasks.plain import plain
from sdzero_bench.lm_eval_tasks.prepare import Prepared, prepare_lm_eval_tasks
from sdzero_bench.lm_eval_tasks.quiet import Remarks, quietly
from sdzero_bench.progress import Reporter

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager

__all__ = ["evaluate_lm_eval_tasks", "lm_eval_names", "prepare_lm_eval_tasks"]


def evaluate_lm_eval_tasks(
    names: Sequence[str],
    backend: Backend,
    *,
    reporter: Reporter,
    chat: bool = True,
    system: str | None = None,
    shots: int | None = None,
    limit: int | None = None,
    seed: int = 0,
    unsafe_code: bool = False,
    temperature: float | None = None,
    top_p: float | None = None,
    max_new_tokens: int | None = None,
    data_dir: Path | None = None,
    manager: TaskManager | None = None,
    prepared: Prepared | None = None,
) -> dict[str, Any] | None:
    """lm-eval's results with every sample, as plain values, on rank 0; None on the others. Raises UserError.

    chat: prompts go through the model's chat template, few-shot examples as turns. limit: only the first documents of
    each task. seed: of our sampling; few-shot examples are drawn as `lm_eval` draws them by default. prepared: what
    `prepare_lm_eval_tasks` gave for these names; without it that is done here, with the arguments of the same names.
    """

    def work(leader: Leader) -> dict[str, Any]:
        if chat and not getattr(leader.tokenizer, "chat_template", None):
            raise UserError("model: it has no chat template; lm-eval's tasks would need plain prompts (chat=False)")
        ready = prepared or prepare_lm_eval_tasks(
            names, shots=shots, unsafe_code=unsafe_code, temperature=temperature, top_p=top_p,
            max_new_tokens=max_new_tokens, data_dir=data_dir, manager=manager,
        )  # fmt: skip
        return _evaluate(leader, ready, reporter, chat, system, limit, seed)

    return run_on_rank_0(backend, work)


def _evaluate(
    leader: Leader, ready: Prepared, reporter: Reporter, chat: bool, system: str | None, limit: int | None, seed: int
) -> dict[str, Any]:
    from lm_eval import simple_evaluate

    from sdzero_bench.lm_eval_tasks.adapter import BackendLM

    lm = BackendLM(leader, reporter, seed)
    with quietly(Remarks(reporter)):
        try:
            results: dict[str, Any] | None = simple_evaluate(
                model=lm, tasks=list(ready.tasks), task_manager=ready.manager, num_fewshot=ready.shots, limit=limit,
                gen_kwargs=dict(ready.changes) or None, apply_chat_template=chat, fewshot_as_multiturn=chat,
                system_instruction=system, confirm_run_unsafe_code=ready.unsafe_code,
            )  # fmt: skip
        except (UserError, RunError):
            raise
        except Exception as error:  # a task's own Python may raise anything
            raise RunError(f"lm-eval: {type(error).__name__}: {' '.join(str(error).split())[:500]}") from error
    if results is None:
        raise RunError("lm-eval: LOCAL_RANK says that this is not the first process of its machine, but rank 0 is")
    template = lm.chat_template(True) if chat else None
    about = {"system_instruction": system, "chat_template": template, "fewshot_as_multiturn": chat}
    plain_results: dict[str, Any] = plain({**results, **about})
    return plain_results
