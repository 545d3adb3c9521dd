"""lm-eval's own output, where it belongs: standard output is for results, progress and remarks are our reporter's.

Example: its warning "Overwriting default num_fewshot of gsm8k_cot from 8 to 4" becomes one remark.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from sdzero_bench.lm_eval_tasks import environment_info
from sdzero_bench.progress import Reporter


class Remarks(logging.Handler):
    """lm-eval's warnings, each once."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__(logging.WARNING)
        self._reporter, self._said = reporter, set[str]()

    def emit(self, record: logging.LogRecord) -> None:
        """One remark."""
        text = " ".join(record.getMessage().split())
        if text not in self._said:
            self._said.add(text)
            self._reporter.say(f"lm-eval: {text}")


@contextmanager
def quietly(handler: logging.Handler) -> Iterator[None]:
    """Inside, lm-eval's log goes to `handler` alone, and it draws no bar over our reporter's."""
    import lm_eval.api.task
    import lm_eval.evaluator

    logger = logging.getLogger("lm_eval")
    propagates, bar, git_hash = logger.propagate, lm_eval.api.task.tqdm, lm_eval.evaluator.get_git_commit_hash
    logger.addHandler(handler)
    logger.propagate = False
    lm_eval.api.task.tqdm = lambda documents, **_: documents
    lm_eval.evaluator.get_git_commit_hash = environment_info.git_hash  # its own lets git complain on the screen
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        lm_eval.api.task.tqdm, lm_eval.evaluator.get_git_commit_hash = bar, git_hash
        logger.removeHandler(handler)
        logger.propagate = propagates
