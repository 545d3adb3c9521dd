"""generate: seeds, batching, distributions, ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from scipy.stats import chisquare

from sdzero_bench.backend import Backend
from sdzero_bench.config import OptimiserConfig, Schedule
from sdzero_bench.contract.reference import log_distributions
from sdzero_bench.examples import Example
from sdzero_bench.objectives import NLL
from sdzero_bench.types import FinishReason, Sampling, TokenIds

Draw = Callable[..., list[TokenIds]]


def _tokens(backend: Backend, prompts: list[TokenIds], sampling: Sampling) -> list[list[TokenIds]]:
    return [[one.token_ids for one in of_prompt] for of_prompt in backend.generate(prompts, sampling)]


def test_same_seed_same_tokens_in_any_batching_and_order(
    backend: Backend, small_pieces: Backend, random_tokens: Draw
) -> None:
    """Neither the sampling batch, nor the order of the prompts, nor how they are split into calls matters."""
    prompts = random_tokens(11, 3, 20)
    sampling = Sampling(max_new_tokens=12, n=2, seed=7)
    whole = _tokens(backend, prompts, sampling)
    assert whole == _tokens(backend, prompts, sampling)
    assert whole == _tokens(small_pieces, prompts, sampling)
    assert whole[::-1] == _tokens(backend, prompts[::-1], sampling)
    assert whole == _tokens(backend, prompts[:4], sampling) + _tokens(backend, prompts[4:], sampling)


def test_every_rank_gets_the_same_completions(backend: Backend, random_tokens: Draw) -> None:
    """In the order of the prompts, n each."""
    got = backend.generate(random_tokens(5, 3, 20), Sampling(max_new_tokens=12, n=3, seed=1))
    assert [len(of_prompt) for of_prompt in got] == [3] * 5
    assert got == backend.broadcast(got)


def test_seeds_and_samples_differ(backend: Backend, random_tokens: Draw) -> None:
    """Another seed, another sample of a prompt, and a prompt given twice: all draw anew."""
    prompt = random_tokens(1, 8, 8)[0]
    sampling = Sampling(max_new_tokens=20, temperature=2.0, n=4, seed=0)
    samples = _tokens(backend, [prompt], sampling)[0]
    assert len(set(samples)) == 4
    others = _tokens(backend, [prompt], Sampling(max_new_tokens=20, temperature=2.0, n=4, seed=1))[0]
    assert not set(samples) & set(others)
    twice = _tokens(backend, [prompt, prompt], Sampling(max_new_tokens=20, temperature=2.0, seed=0))
    assert twice[0] != twice[1]


def test_greedy_is_transformers_own_greedy(backend: Backend, model: Any, random_tokens: Draw) -> None:
    """Token for token, for prompts of several lengths."""
    prompts = random_tokens(6, 2, 25)
    got = _tokens(backend, prompts, Sampling(max_new_tokens=20, temperature=0.0))
    for prompt, (tokens,) in zip(prompts, got, strict=True):
        ids = torch.tensor([prompt])
        expected = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=20, use_cache=True,
            pad_token_id=backend.tokenizer.pad_token_id,
        )  # fmt: skip
        assert tokens == tuple(expected[0, len(prompt) :].tolist())


def test_ends_at_eos_with_the_weights_of_the_last_update(backend: Backend, random_tokens: Draw) -> None:
    """A policy trained to say one thing and stop says it and stops: EOS included, finish STOP, nothing after it."""
    (prompt,), (answer,) = random_tokens(1, 8, 8), random_tokens(1, 4, 4, seed=1)
    answer = (*answer, backend.tokenizer.eos_token_id)
    example = Example((*prompt, *answer), (0.0,) * len(prompt) + (1.0,) * len(answer))
    backend.begin_training(OptimiserConfig(learning_rate=3e-3, schedule=Schedule.CONSTANT), steps=30)
    for _ in range(30):
        backend.update([example], NLL())
    ((completion,),) = backend.generate([prompt], Sampling(max_new_tokens=12, temperature=0.0))
    assert completion.token_ids == answer
    assert completion.finish_reason is FinishReason.STOP
    assert completion.text == backend.tokenizer.decode(answer, skip_special_tokens=True)
    ((cut,),) = backend.generate([prompt], Sampling(max_new_tokens=4, temperature=0.0))
    assert (cut.token_ids, cut.finish_reason) == (answer[:4], FinishReason.LENGTH)


def test_finish_reasons_and_limits(backend: Backend, random_tokens: Draw) -> None:
    """STOP exactly where the last token is an EOS, no EOS before, never longer than max_new_tokens."""
    eos = backend.tokenizer.eos_token_id
    got = backend.generate(random_tokens(16, 3, 20), Sampling(max_new_tokens=25, temperature=1.5, n=4))
    completions = [one for of_prompt in got for one in of_prompt]
    for one in completions:
        assert eos not in one.token_ids[:-1]
        assert 1 <= one.length <= 25
        if one.finish_reason is FinishReason.LENGTH:
            assert one.length == 25
            assert one.token_ids[-1] != eos
    assert any(one.finish_reason is FinishReason.LENGTH for one in completions)


def test_never_grows_past_the_context(backend: Backend, random_tokens: Draw) -> None:
    """A prompt near the end gets what fits; one that fills the context gets nothing and ends with LENGTH."""
    context = backend.context_length
    lengths = (context - 3, context - 1, context, 5)
    prompts = [random_tokens(1, length, length)[0] for length in lengths]
    got = backend.generate(prompts, Sampling(max_new_tokens=10))
    for length, (one,) in zip(lengths, got, strict=True):
        assert length + one.length <= context
        if one.finish_reason is FinishReason.LENGTH:
            assert one.length == min(10, context - length)
    assert (got[2][0].length, got[2][0].finish_reason) == (0, FinishReason.LENGTH)


def test_temperature_and_top_p_sample_the_right_distribution(backend: Backend, model: Any, random_tokens: Draw) -> None:
    """First tokens of many samples against softmax(logits / temperature), cut to the nucleus (chi-square)."""
    prompt = random_tokens(1, 10, 10)[0]
    for temperature, top_p in ((1.0, 1.0), (0.6, 1.0), (1.7, 1.0), (1.0, 0.8)):
        with torch.no_grad():
            expected = log_distributions(model, (*prompt, 0), temperature)[-1].exp()
        ordered, tokens = expected.sort(descending=True)
        outside = tokens[(ordered.cumsum(0) - ordered) >= top_p]
        expected[outside] = 0
        sampling = Sampling(max_new_tokens=1, temperature=temperature, top_p=top_p, n=3000, seed=3)
        sampled = torch.tensor([tokens[0] for tokens in _tokens(backend, [prompt], sampling)[0]])
        counts = torch.bincount(sampled, minlength=len(expected)).double()
        assert counts[outside].sum() == 0, "sampled outside the nucleus"
        expected *= len(sampled) / expected.sum()
        common = expected >= 5  # the usual rule for chi-square; the rest is one class
        observed = [*counts[common].tolist(), counts[~common].sum().item()]
        predicted = [*expected[common].tolist(), expected[~common].sum().item()]
        if predicted[-1] == 0:
            observed, predicted = observed[:-1], predicted[:-1]
        assert chisquare(observed, predicted).pvalue > 1e-4, (temperature, top_p)


def test_token_ids_are_as_sampled(backend: Backend, random_tokens: Draw) -> None:
    """Ids whose text would be cut into other ids come back as they were sampled."""
    got = backend.generate(random_tokens(4, 5, 10), Sampling(max_new_tokens=30, temperature=2.0, n=8))
    completions = [one for of_prompt in got for one in of_prompt]
    tokenizer = backend.tokenizer
    for one in completions:
        assert one.text == tokenizer.decode(one.token_ids, skip_special_tokens=True)
    assert any(tuple(tokenizer.encode(one.text, add_special_tokens=False)) != one.token_ids for one in completions)


def test_progress_counts_up_to_all(backend: Backend, random_tokens: Draw) -> None:
    """(done, of) never goes back, and the last call says all are done."""
    calls: list[tuple[int, int]] = []
    backend.generate(
        random_tokens(6, 3, 9), Sampling(max_new_tokens=5, n=2), progress=lambda done, of: calls.append((done, of))
    )
    assert calls == sorted(calls)
    assert calls[-1] == (12, 12)
