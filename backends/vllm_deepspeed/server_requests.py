"""Requests to vLLM servers, many at the same time, and what a person is told when one fails.

Example: `ask([Request("http://127.0.0.1:8100", "/v1/completions", {"prompt": [5, 6, 7], "max_tokens": 16384})])`.
An answer may take as long as it takes; a server that stops answering /health ends the wait.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from sdzero_bench.errors import RunError, UserError

DEVELOPMENT = ("/collective_rpc", "/reset_prefix_cache")  # what vLLM serves with VLLM_SERVER_DEV_MODE=1 only
CONNECT_LIMIT_S = 30.0
ATTEMPTS = 3  # a seeded request asked again gives the same tokens
HEALTH_EVERY_S = 10.0
HEALTH_LIMIT_S = 60.0
KEPT_ALIVE_S = 2.0  # vLLM closes idle connections after 5: not one that we are about to use


@dataclass(frozen=True)
class Request:
    """One request to one server."""

    address: str  # http://127.0.0.1:8100
    path: str
    body: dict[str, Any] | None = None  # JSON to POST; None: GET


def ask(requests: Sequence[Request], at_once: int = 512, on_answer: Callable[[], None] = lambda: None) -> list[Any]:
    """The JSON answers, in the order of the requests; on_answer is called as each arrives.

    Raises RunError naming the server that is gone or refuses, UserError for one without VLLM_SERVER_DEV_MODE.
    """
    return asyncio.run(_ask(requests, at_once, on_answer)) if requests else []


async def _ask(requests: Sequence[Request], at_once: int, on_answer: Callable[[], None]) -> list[Any]:
    answers: list[Any] = [None] * len(requests)
    waiting = iter(enumerate(requests))  # shared by all workers

    async def work() -> None:
        for number, request in waiting:
            answers[number] = await _answer(session, request)
            on_answer()

    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_LIMIT_S),
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_ALIVE_S),
    ) as session:
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(_watch(session, {request.address for request in requests}))
                await asyncio.wait([tasks.create_task(work()) for _ in range(min(at_once, len(requests)))])
                watch.cancel()
        except BaseExceptionGroup as failed:  # every task's: the first says why
            raise failed.exceptions[0] from None
    return answers


async def _answer(session: aiohttp.ClientSession, request: Request) -> Any:
    method = "GET" if request.body is None else "POST"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with session.request(method, request.address + request.path, json=request.body) as answer:
                status, text = answer.status, await answer.text()
            break
        except (aiohttp.ClientError, OSError) as error:
            if attempt == ATTEMPTS:
                raise _gone(request.address, error) from None
            await asyncio.sleep(attempt)
    if status == 404 and request.path in DEVELOPMENT:
        raise UserError(
            f"backend.options.servers: {request.address} takes no weights: start it with VLLM_SERVER_DEV_MODE=1 in its "
            "environment, or let `sdzero-bench launch --profile split` start it"
        )
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if status != 200 or found is None:
        raise RunError(f"the server {request.address} answers {request.path} with {status}: {_reason(found, text)}")
    return found


async def _watch(session: aiohttp.ClientSession, addresses: Collection[str]) -> None:
    """Ends, with the reason, when one of the servers is not healthy any more."""
    while True:
        await asyncio.sleep(HEALTH_EVERY_S)
        for address in addresses:
            try:
                limit = aiohttp.ClientTimeout(total=HEALTH_LIMIT_S)
                async with session.get(address + "/health", timeout=limit) as answer:
                    answer.raise_for_status()  # 503: its engine died
            except (aiohttp.ClientError, OSError) as error:
                raise _gone(address, error) from None


def _gone(address: str, error: Exception) -> RunError:
    said = " ".join(str(getattr(error, "strerror", None) or error).split()) or f"no answer in {HEALTH_LIMIT_S:g} s"
    return RunError(
        f"the server {address} does not answer ({said}); look into its log, or start it with `sdzero-bench launch "
        "--profile split`; the same command goes on from the last finished part"
    )


def _reason(found: Any, text: str) -> str:
    """vLLM's own words, in one line."""
    said = found.get("error", found) if isinstance(found, dict) else text
    said = said.get("message", said) if isinstance(said, dict) else said
    return " ".join(str(said).split())[:300]
