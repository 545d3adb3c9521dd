r"""Finds the program in a completion: a fenced block of a chat answer, a complete program, or a continuation.

Example: "Sure!\n```python\ndef add(a, b):\n    return a + b\n```\nThis adds." holds the two lines of `add`.
Text that is no program as it stands goes through EvalPlus' `sanitize` (tree-sitter), as EvalPlus does with samples.
"""

from __future__ import annotations

import ast
import contextlib
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_CHARS = 100_000  # a longer program is none: the longest published solutions are below a tenth of it
_BLOCKS = 8  # the last ones of an answer that are looked at
_SANITIZE_WORK = 8_000_000  # lines * lines * characters: EvalPlus parses every run of lines; some seconds
_FENCE = re.compile(r"^[ \t]*```[ \t]*([\w+#.-]*)[^\n`]*$", re.MULTILINE)
_PYTHON = ("python", "python3", "py", "py3", "")
_CPP = ("cpp", "c++", "cc", "cxx", "cpp17", "cpp20", "")


@dataclass(frozen=True, slots=True)
class Found:
    """The program of a completion."""

    code: str  # as it stands in the text
    names: Sequence[str]  # one of them has to be defined
    prompt: str | None  # what the text was to go on from, HumanEval's
    fenced: bool
    complete: bool  # it defines one of the names

    def programs(self) -> Iterator[str]:
        """Programs to run, in this order, until one runs and defines one of the names; at least one."""
        if not self.complete:
            whole = self.prompt + self.code if self.prompt is not None and _goes_on(self.code) else self.code
            if whole != self.code:
                yield whole
            yield from self._sanitized(whole)
            yield self.code
            return
        if self.prompt is not None:  # with the imports and helpers that the prompt begins with
            yield f"{self.prompt}\n{self.code}"
        yield self.code
        if self.fenced:  # a block often ends with examples, which may fail or read input
            yield from self._sanitized(self.code)

    def _sanitized(self, program: str) -> Iterator[str]:
        """EvalPlus' extraction, where it defines one of the names and is not too much work."""
        lines = program.count("\n") + 1
        if lines * lines * len(program) > _SANITIZE_WORK:
            return
        from evalplus.sanitize import sanitize

        for name in self.names:
            found = ""
            with warnings.catch_warnings(), contextlib.suppress(Exception):  # it recurses, and refuses odd characters
                warnings.simplefilter("ignore")
                found = sanitize(program, name)
            if name in (_definitions(found) or ()):
                yield found


def find_python(text: str, names: Sequence[str], prompt: str | None = None) -> Found | None:
    """The last piece of Python in a text that defines one of `names`, else that goes on from the prompt, else any.

    None where there is none, or only one that is too long.
    """
    if len(text) > MAX_CHARS or not text.strip():
        return None
    blocks = fenced_blocks(text)
    pieces = [code for tag, code in blocks if tag in _PYTHON] or [code for _, code in blocks] or [text]
    pieces = pieces[: -_BLOCKS - 1 : -1]
    for code in pieces:
        if not (_definitions(code) or set()).isdisjoint(names):
            return Found(code, names, prompt, bool(blocks), True)
    if prompt is not None:  # stable: of each kind the last one first
        pieces.sort(key=lambda code: not _goes_on(code) or _definitions(prompt + code) is None)
    return Found(pieces[0], names, prompt, bool(blocks), False)


def find_plain(text: str, language: str) -> str | None:
    """The last block in the language ("python", "cpp"), else the last block, else the text; None where it is blank."""
    if len(text) > MAX_CHARS:
        return None
    blocks = fenced_blocks(text)
    tags = _PYTHON if language == "python" else _CPP
    chosen = [code for tag, code in blocks if tag in tags and tag] or [code for _, code in blocks] or [text]
    return chosen[-1] if chosen[-1].strip() else None


def fenced_blocks(text: str) -> list[tuple[str, str]]:
    """(language, code) of the blocks between ``` lines; the last may lack its end."""
    blocks: list[tuple[str, str]] = []
    opened: tuple[str, int] | None = None
    for fence in _FENCE.finditer(text):
        if opened is not None:
            blocks.append((opened[0], text[opened[1] : fence.start()]))
        begins = opened is None or fence[1]  # a second opening: the first was never closed
        opened = (fence[1].lower(), fence.end() + 1) if begins else None
    if opened is not None:
        blocks.append((opened[0], text[opened[1] :]))
    return [block for block in blocks if block[1].strip()]


def _goes_on(code: str) -> bool:
    """Whether it begins inside a function."""
    return code.lstrip("\r\n").startswith((" ", "\t"))


def _definitions(program: str) -> set[str] | None:
    """Names that a program binds outside functions and classes, None where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            todo: list[ast.AST] = [ast.parse(program)]
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    names: set[str] = set()
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        else:
            todo += ast.iter_child_nodes(node)
    return names
