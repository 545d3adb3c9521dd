"""lm-eval's `LM` over our backend: what its hf model gives for the same weights in float32, token for token.

Example: `lm_eval.simple_evaluate(model=BackendLM(leader, reporter), tasks=["gsm8k_cot"])`.

Texts become tokens as in lm_eval.models.huggingface.HFLM (0.4.13). Three things differ: chat templates that know the
switch have thinking off (HFLM's enable_thinking=False), sampling is by temperature and top_p alone (HFLM also applies
the model's generation_config, such as top_k or a repetition penalty), and a prompt is cut row by row, not by batch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from jinja2.exceptions import TemplateError
from lm_eval.api.instance import Instance
from lm_eval.api.model import TemplateLM
from lm_eval.models.utils import has_bos_prefix, postprocess_generated_text
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window

from sdzero_bench.errors import UserError
from sdzero_bench.lm_eval_tasks.continuations import Pair, score_continuations
from sdzero_bench.lm_eval_tasks.generation import DEFAULT_TOKENS, Generation, generate_until, read_generation
from sdzero_bench.lm_eval_tasks.leader import Leader
from sdzero_bench.progress import Reporter
from sdzero_bench.types import TokenIds


class BackendLM(TemplateLM):
    """One process to lm-eval (rank 0 of 1), however many run the model. seed: of what is sampled."""

    def __init__(self, leader: Leader, reporter: Reporter, seed: int = 0) -> None:
        super().__init__()
        self.tokenizer = leader.tokenizer
        self._leader, self._reporter, self._seed = leader, reporter, seed
        self._said: set[str] = set()

    @property
    def eot_token_id(self) -> int:
        """The tokenizer's end-of-sequence token."""
        return int(self.tokenizer.eos_token_id)

    @property
    def prefix_token_id(self) -> int:
        """What an empty context becomes: the begin-of-sequence token, or without one the end-of-sequence token."""
        bos = self.tokenizer.bos_token_id
        return self.eot_token_id if bos is None else int(bos)

    @property
    def max_length(self) -> int:
        """The model's context in tokens."""
        return self._leader.context_length

    @property
    def max_gen_toks(self) -> int:
        """Where a task names no limit."""
        return DEFAULT_TOKENS

    @property
    def tokenizer_name(self) -> str:
        """For lm-eval's request caches."""
        return str(self.tokenizer.name_or_path).replace("/", "__")

    def get_model_info(self) -> dict[str, Any]:
        """What lm-eval puts into the `config` of its results."""
        return {"model": "sdzero-bench", "model_args": {"pretrained": str(self.tokenizer.name_or_path)}}

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: Any) -> list[int]:
        """As HFLM: the tokenizer's own special tokens, but for a text that already begins with the first of them."""
        special = {} if add_special_tokens is None else {"add_special_tokens": add_special_tokens}
        if add_special_tokens is None and has_bos_prefix(string, self.tokenizer.decode(self.prefix_token_id)):
            special = {"add_special_tokens": False}
        return list(self.tokenizer.encode(string, **special))

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """The conversation as text; a system message that the template refuses is left out, as in HFLM."""
        try:
            return self._render(chat_history, add_generation_prompt)
        except TemplateError:
            self._say_once("lm-eval: the chat template takes no system message, so it is left out")
            return self._render([turn for turn in chat_history if turn["role"] != "system"], add_generation_prompt)

    def loglikelihood(self, requests: list[Instance], disable_tqdm: bool = True) -> list[tuple[float, bool]]:
        """lm-eval's own splitting into context and continuation, then `_loglikelihood_tokens`."""
        scored: list[tuple[float, bool]] = super().loglikelihood(requests, disable_tqdm=True)
        return scored

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = True) -> list[float]:
        """Log-likelihood of whole texts in windows of the model's context, each token predicted once."""
        windows: list[Pair] = []
        counts = []
        for request in requests:
            tokens = self.tok_encode(request.args[0])
            of_text = get_rolling_token_windows(tokens, self.prefix_token_id, self.max_length, context_len=1)
            before = len(windows)
            windows += map(make_disjoint_window, of_text)
            counts.append(len(windows) - before)
        scored = iter(self._score(windows, "lm-eval loglikelihood_rolling", "windows", greedy=False))
        return [sum(next(scored)[0] for _ in range(count)) for count in counts]

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = True) -> list[str]:
        """Text up to the first stop string, which is cut off. Requests with like settings go together."""
        groups: dict[str, list[int]] = {}
        for index, request in enumerate(requests):
            groups.setdefault(json.dumps(request.args[1], sort_keys=True), []).append(index)
        texts = [""] * len(requests)
        for group in groups.values():
            request = requests[group[0]]
            generation = read_generation(request.args[1], str(request.task_name))
            for index, text in zip(group, self._generate([requests[i] for i in group], generation), strict=True):
                texts[index] = text
        return texts

    def _generate(self, requests: Sequence[Instance], generation: Generation) -> list[str]:
        room = self.max_length - generation.max_tokens
        if room <= 0:
            raise UserError(
                f"{requests[0].task_name}: it generates up to {generation.max_tokens} tokens, and the model's context "
                f"is {self.max_length}; ask for fewer tokens, so that the prompt fits too"
            )
        prompts = [self._prompt(request.args[0]) for request in requests]
        cut = sum(len(prompt) > room for prompt in prompts)
        if cut:
            self._reporter.say(f"{requests[0].task_name}: {cut} prompts do not fit the context; their beginning is cut")
        with self._reporter.task("lm-eval generate_until", len(prompts), "requests") as task:
            sampled = generate_until(
                self._leader, [prompt[-room:] for prompt in prompts], generation, self._seed, task.update
            )
        stops = [*generation.until, self.tokenizer.decode(self.eot_token_id, skip_special_tokens=False)]
        texts = [self.tokenizer.decode(tokens, skip_special_tokens=True) for tokens in sampled]
        return [postprocess_generated_text(text, stops, None) for text in texts]

    def _prompt(self, text: str) -> TokenIds:
        special = {"add_special_tokens": False} if has_bos_prefix(text, self.tokenizer.bos_token) else {}
        return tuple(self.tokenizer(text, verbose=False, **special)["input_ids"])  # `_generate` says what is too long

    def _loglikelihood_tokens(
        self, requests: list[tuple[tuple[str, str], list[int], list[int]]], **_: Any
    ) -> list[tuple[float, bool]]:
        return self._score([(context, answer) for _, context, answer in requests], "lm-eval loglikelihood", "requests")

    def _score(self, pairs: list[Pair], title: str, unit: str, greedy: bool = True) -> list[tuple[float, bool]]:
        with self._reporter.task(title, len(pairs), unit) as task:
            return score_continuations(self._leader, pairs, task.update, greedy=greedy)

    def _render(self, turns: list[dict[str, str]], add_generation_prompt: bool) -> str:
        text: str = self.tokenizer.apply_chat_template(
            turns,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=not add_generation_prompt,
            enable_thinking=False,
        )
        return text

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._reporter.say(text)
