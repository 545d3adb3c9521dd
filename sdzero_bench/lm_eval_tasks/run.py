"""lm-eval's evaluator on our backend.

Example: evaluate_lm_eval_tasks(prepare_lm_eval_tasks(["gsm8k_cot"]), backend, reporter=reporter) gives lm-eval's own
results: {"results": {"gsm8k_cot": {"exact_match,strict-match": 0.41, ...}, ...}, "samples": {...}, ...}.
"""

from __future__ import annotations

from typing import Any

from sdzero_bench.backend import Backend
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.lm_eval_tasks.leader import Leader, run_on_rank_0
from sdzero_bench.lm_eval_tasks.plain import plain
from sdzero_bench.lm_eval_tasks.prepare import Prepared
from sdzero_bench.lm_eval_tasks.quiet import Remarks, quietly
from sdzero_bench.progress import Reporter


def evaluate_lm_eval_tasks(
    prepared: Prepared,
    backend: Backend,
    *,
    reporter: Reporter,
    chat: bool = True,
    system: str | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> dict[str, Any] | None:
    """lm-eval's results with every sample, as plain values, on rank 0; None on the others. Raises UserError.

    chat: prompts go through the model's chat template, few-shot examples as turns. limit: only the first documents of
    each task. seed: of our sampling; few-shot examples are drawn as `lm_eval` draws them by default.
    """

    def work(leader: Leader) -> dict[str, Any]:
        if chat and not getattr(leader.tokenizer, "chat_template", None):
            raise UserError("model: it has no chat template; lm-eval's tasks would need plain prompts (chat=False)")
        return _evaluate(leader, prepared, reporter, chat, system, limit, seed)

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
