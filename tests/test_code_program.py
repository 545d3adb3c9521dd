import time

import pytest

from sdzero_bench.verify.code.program import MAX_CHARS, fenced_blocks, find_plain, find_python

ADD = "def add(a, b):\n    return a + b\n"
PROMPT = 'from typing import List\n\n\ndef add(a: int, b: int) -> int:\n    """ Add. """\n'


def code(text: str, prompt: str | None = None) -> str | None:
    found = find_python(text, ["add"], prompt)
    return found and found.code


def run(text: str, prompt: str | None = None) -> int:
    """The first program of a text, run: what add(3, 7) is there."""
    found = find_python(text, ["add"], prompt)
    assert found is not None
    names: dict = {}
    exec(next(found.programs()), names)
    return names["add"](3, 7)


@pytest.mark.parametrize(
    "text",
    [
        ADD,
        f"```python\n{ADD}```",
        f"Sure!\n\n```python\n{ADD}```\nThis adds them.\n",
        f"```Python3 title=x\n{ADD}```",
        f"```\n{ADD}```\nand a test:\n```python\nassert add(1, 2) == 3\n```",
        f"First try:\n```python\ndef add(a, b): return a - b\n```\nno, better:\n```python\n{ADD}```",
        f"```python\n{ADD}",  # cut off
        f"```bash\npip install x\n```\n```py\n{ADD}```",
        f"  ```python\n{ADD}  ```",
        f"```text\n10\n```\n```cobol\n{ADD}```\n",
        "import operator\nadd = operator.add",
        "from operator import add",
        "try:\n    from operator import add\nexcept ImportError:\n    pass",
        "class add(int):\n    def __new__(cls, a, b):\n        return a + b",
        f"Here is the code:\n{ADD}It adds two numbers, as was asked.\n",  # EvalPlus' sanitizer finds it
        f"{ADD}\ndef other(:\n",
    ],
)
def test_the_program_is_found(text):
    assert run(text) == 10


def test_a_program_stands_as_it_is():
    text = f"print(input())\n{ADD}\nassert add(1, 1) == 3\n"
    assert code(text) == text
    assert list(find_python(text, ["add"]).programs()) == [text]


def test_a_block_with_failing_examples_has_its_functions_alone_as_a_second_program():
    found = find_python(f"```python\nimport math\n{ADD}\nprint(add(int(input()), 1))\n```", ["add"])
    first, second = found.programs()
    assert "input()" in first
    assert "input()" not in second
    assert "import math" in second


@pytest.mark.parametrize("text", ["    return a + b\n", "\n    c = a + b\n    return c\n\ndef more():\n    pass\n"])
def test_a_continuation_goes_on_from_the_prompt(text):
    assert run(text, PROMPT) == 10
    assert code(text, PROMPT) == text


def test_a_continuation_that_runs_on_into_prose_is_cut():
    found = find_python("    return a + b\n\nThis function adds, you see.\n", ["add"], PROMPT)
    names: list = []
    for program in found.programs():
        try:
            space: dict = {}
            exec(program, space)
            names.append(space["add"](3, 7))
        except SyntaxError:
            pass
    assert names == [10]


def test_a_whole_function_gets_the_imports_of_the_prompt():
    assert run("```python\ndef add(a: List, b) -> List:\n    return a + b\n```", PROMPT) == 10
    first, second = find_python(f"from __future__ import annotations\n{ADD}", ["add"], PROMPT).programs()
    assert first.startswith(PROMPT)
    assert second.startswith("from __future__")  # which has to come first


def test_where_there_is_none():
    assert code("") is None
    assert code("  \n ") is None
    assert code("x" * (MAX_CHARS + 1)) is None
    assert code("I do not know.") == "I do not know."  # and so the reason is a syntax error
    assert code("def sub(a, b): return a - b") == "def sub(a, b): return a - b"


@pytest.mark.parametrize(
    "junk",
    [
        "x" * 10**6, "```\n" * 25_000, "```python\n1\n```\n" * 6_000, "(" * 99_000, "-" * 99_000 + "1",
        "1+" * 49_000 + "1", "{" * 99_000, '"""' * 33_000, "`" * 99_000, ADD * 3_000, "a\0b", "\ud800",
        "This is the answer, def f( x:\n" * 100,
        "\n".join(f"def g{i}(a): return [a + {i} for a in range(9) if (a, {i})]" for i in range(90)) + "\n!!",
        "a.b" * 33_000, "f(" + "a=1," * 9_000 + ")", "a=" * 9_000 + "1", "if 1:\n" * 90, "1<" * 9_000 + "1",
    ],
)  # fmt: skip
def test_junk_takes_bounded_time(junk):
    start = time.process_time()
    for prompt in (None, PROMPT):
        if found := find_python(junk, ["add"], prompt):
            list(found.programs())
    find_plain(junk, "cpp")
    assert time.process_time() - start < 15


def test_cpp_is_the_last_block_of_cpp():
    text = "```python\n1\n```\n```cpp\nint a;\n```\n```c++\nint main() {}\n```\n```\nout\n```"
    assert find_plain(text, "cpp") == "int main() {}\n"
    assert find_plain(text, "python") == "1\n"
    assert find_plain("```\nint main() {}\n```", "cpp") == "int main() {}\n"
    assert find_plain("int main() {}", "cpp") == "int main() {}"
    assert find_plain(" \n", "cpp") is None


def test_blocks():
    assert fenced_blocks("a ```x``` b") == []
    assert fenced_blocks("```py\n1\n```py\n2\n```\n3") == [("py", "1\n"), ("py", "2\n")]
