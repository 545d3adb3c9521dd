"""`sampler: server`: a real vLLM server beside the trainer, both on the CPU."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytest.importorskip("vllm")
pytest.importorskip("deepspeed")

import torch
from safetensors.torch import load_file
from serving import free_ports
from transformers import AutoModelForCausalLM

from sdzero_backends.vllm_deepspeed import server, server_requests
from sdzero_backends.vllm_deepspeed.draw import draw
from sdzero_backends.vllm_deepspeed.server_requests import Request, ask
from sdzero_bench.backend import Backend, open_backend
from sdzero_bench.config import BackendConfig, OptimiserConfig, Schedule
from sdzero_bench.contract.tiny_model import CONTEXT, build_tiny_model
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.examples import Example
from sdzero_bench.launching.profile import Profile
from sdzero_bench.launching.servers import servers_of, serving
from sdzero_bench.objectives import NLL
from sdzero_bench.types import FinishReason, Sampling, TokenIds

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]  # the server starts in 40 s on idle cores

PROMPTS: list[TokenIds] = [(5, 9, 14), (7, 8, 9, 10, 11, 12), (20, 21, 5, 6), (30,) * 40]


def settings(folder: Path, address: str) -> BackendConfig:
    options = {
        "sampler": "server",
        "servers": [address],
        "weights_folder": str(folder / "weights"),
        "vllm": {"block_size": 32},  # prefixes are cached by the block, of 128 tokens otherwise
    }
    return BackendConfig(name="vllm-deepspeed", sample_batch=4, options=options)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("server")
    build_tiny_model(made / "model")
    return made


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    """A server that `launch` would start."""
    port = free_ports(1)
    config = settings(folder, f"http://127.0.0.1:{port}")
    profile = Profile.model_validate(
        {
            "description": "a trainer and a server on the CPU",
            "machine": {"memory_gb": 8, "tflops": 0.03, "bandwidth_gb_s": 7},
            "servers": {"count": 1, "first_port": port},
            "backend": config.model_dump(exclude_unset=True),
        }
    )
    made = servers_of(profile, config, str(folder / "model"), folder / "logs")
    with serving(made, start_limit_s=600):
        yield made[0].address


@pytest.fixture(scope="session")
def backend(folder: Path, address: str) -> Iterator[Backend]:
    opened = open_backend(settings(folder, address), folder / "model", seed=0)
    yield opened
    opened.close()


def drawn(backend: Backend, prompts: list[TokenIds], sampling: Sampling) -> list[list[TokenIds]]:
    return [[one.token_ids for one in of_prompt] for of_prompt in backend.generate(prompts, sampling)]


def train(backend: Backend, tokens: TokenIds, steps: int) -> None:
    backend.begin_training(OptimiserConfig(learning_rate=3e-3, schedule=Schedule.CONSTANT), steps=steps)
    for _ in range(steps):
        backend.update([Example(tokens, (0.0,) * 3 + (1.0,) * (len(tokens) - 3))], NLL())


def greedy(model: Any, prompt: TokenIds, count: int) -> TokenIds:
    ids = torch.tensor([prompt])
    drawn = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=count)
    return tuple(drawn[0, len(prompt) :].tolist())


def test_greedy_is_transformers_own(backend: Backend, folder: Path) -> None:
    """With the policy's weights, not the random ones that the server began with."""
    backend.restore(folder / "model")
    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32).eval()
    got = drawn(backend, PROMPTS, Sampling(max_new_tokens=20, temperature=0.0))
    assert [tokens for (tokens,) in got] == [greedy(model, prompt, 20) for prompt in PROMPTS]


def test_weights_arrive_after_an_update(backend: Backend, folder: Path) -> None:
    """Log-probabilities of sampler and trainer to 1e-3, an answer that was trained with its end, and no files left."""
    backend.restore(folder / "model")
    (before,) = drawn(backend, [PROMPTS[0]], Sampling(max_new_tokens=8, temperature=0.0))
    answer = (40, 41, 42, backend.tokenizer.eos_token_id)
    train(backend, PROMPTS[0] + answer, 30)
    ((after,),) = backend.generate([PROMPTS[0]], Sampling(max_new_tokens=8, temperature=0.0))
    assert before != [answer]
    assert (after.token_ids, after.finish_reason) == (answer, FinishReason.STOP)
    tokens = PROMPTS[1] * 5
    seen = backend._sampler.logprobs(tokens)
    torch.testing.assert_close(torch.tensor(seen), backend.score([tokens])[0][1:], atol=1e-3, rtol=0)
    assert list((folder / "weights").iterdir()) == []


def test_a_cached_prefix_is_not_that_of_old_weights(backend: Backend, folder: Path) -> None:
    """A prompt of several cache blocks, sampled before and after an update."""
    backend.restore(folder / "model")
    prompt = tuple(range(3, 43)) * 2
    sampling = Sampling(max_new_tokens=20, temperature=0.0)
    (old,) = drawn(backend, [prompt], sampling)
    train(backend, prompt, 3)
    (new,) = drawn(backend, [prompt], sampling)
    backend.save(folder / "saved")
    model = AutoModelForCausalLM.from_pretrained(folder / "saved", dtype=torch.float32).eval()
    assert new == [greedy(model, prompt, 20)] != old


def test_same_seed_same_tokens_and_progress(backend: Backend, folder: Path) -> None:
    """In any split into calls; (done, of) counts each sample as it ends."""
    backend.restore(folder / "model")
    sampling = Sampling(max_new_tokens=15, n=3, seed=7)
    calls: list[tuple[int, int]] = []
    whole = backend.generate(PROMPTS, sampling, progress=lambda done, of: calls.append((done, of)))
    assert calls == [(done, 12) for done in range(13)]
    again = [[one.token_ids for one in of_prompt] for of_prompt in whole]
    assert again == drawn(backend, PROMPTS[:1], sampling) + drawn(backend, PROMPTS[1:], sampling)
    assert again != drawn(backend, PROMPTS, Sampling(max_new_tokens=15, n=3, seed=8))


def test_two_runs_on_one_server_take_their_weights_again(backend: Backend, folder: Path, address: str) -> None:
    """Each samples from its own policy, whichever sampled last; a change under way ends the run."""
    backend.restore(folder / "model")
    sampling = Sampling(max_new_tokens=20, temperature=0.0)
    first = drawn(backend, PROMPTS, sampling)
    build_tiny_model(folder / "other", seed=1)
    other = open_backend(settings(folder, address), folder / "other", seed=0)
    assert drawn(other, PROMPTS, sampling) != first
    assert drawn(backend, PROMPTS, sampling) == first
    draws = [draw(prompt, 0, sampling, CONTEXT) for prompt in PROMPTS]
    with pytest.raises(RunError, match="another run uses it; give each run servers of its own"):
        other._sampler.generate(draws, sampling, frozenset(), lambda _: None)
    other.close()


def test_weights_are_written_in_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FILE_BYTES", 100)
    whole = torch.arange(100.0)
    weights = [("a", whole[:20]), ("b", whole[20:30]), ("c", whole.view(10, 10).T), ("d", whole[:3])]
    server.write_weights(weights, tmp_path / "weights")
    files = sorted((tmp_path / "weights").iterdir())
    assert len(files) == 3
    read = {name: tensor for file in files for name, tensor in load_file(file).items()}
    assert list(read) == ["a", "b", "c", "d"]
    assert all(torch.equal(read[name], tensor) for name, tensor in weights)


def test_a_server_that_is_not_there(folder: Path) -> None:
    config = settings(folder, f"http://127.0.0.1:{free_ports(1)}")
    with pytest.raises(RunError, match=r"the server http://127.0.0.1:\d+ does not answer .*launch --profile split"):
        open_backend(config, folder / "model", seed=0)


def test_a_server_that_falls_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """It accepts connections and never answers: its health is asked for while the answer is waited for."""
    monkeypatch.setattr(server_requests, "HEALTH_EVERY_S", 0.2)
    monkeypatch.setattr(server_requests, "HEALTH_LIMIT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(RunError, match=r"does not answer \(.*"):
            ask([Request(address, "/v1/completions", {})])


def test_a_server_without_development_mode() -> None:
    """vLLM answers 404 then."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(404)

    with HTTPServer(("127.0.0.1", 0), Answering) as stand_in:
        Thread(target=stand_in.serve_forever, daemon=True).start()
        call = Request(f"http://127.0.0.1:{stand_in.server_port}", "/collective_rpc", {"method": "take_weights_from"})
        with pytest.raises(UserError, match=r"VLLM_SERVER_DEV_MODE=1 .*sdzero-bench launch --profile split"):
            ask([call])
        stand_in.shutdown()


def test_refusals_carry_the_servers_own_words(address: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=rf"{address} answers /v1/completions with 400: .*max_model_len={CONTEXT}"):
        ask([Request(address, "/v1/completions", {"prompt": [5, 6], "max_tokens": 500})])
    call = {"method": "take_weights_from", "args": [str(tmp_path)]}
    with pytest.raises(RunError, match="weights_folder must be one that trainers and servers share"):
        ask([Request(address, "/collective_rpc", call)])


def test_a_server_with_a_shorter_context(folder: Path, address: str) -> None:
    config = settings(folder, address)
    build_tiny_model(folder / "long")
    for name, field in (("config.json", "max_position_embeddings"), ("tokenizer_config.json", "model_max_length")):
        text = (folder / "long" / name).read_text()
        assert f'"{field}": {CONTEXT}' in text
        (folder / "long" / name).write_text(text.replace(f'"{field}": {CONTEXT}', f'"{field}": {2 * CONTEXT}'))
    with pytest.raises(UserError, match=f"at most {CONTEXT} tokens.*--max-model-len {2 * CONTEXT}"):
        open_backend(config, folder / "long", seed=0)
