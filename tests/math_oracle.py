r"""The oracle of the math judge: gold answers of real benchmarks against themselves and against each other.

    python tests/math_oracle.py --data FOLDER --self           # every gold, as it is and written in other ways
    python tests/math_oracle.py --data FOLDER --disguised      # every value times 3/3: algebra has to see it
    python tests/math_oracle.py --data FOLDER --pairs 40       # every gold against 40 others of its set
    python tests/math_oracle.py --data FOLDER --pairs all      # every ordered pair of each set; 10 minutes

Example: gold "58,500" of MATH-500 is also judged as "58500", "58{,}500", "58\,500", "$58,500$.", "58,500\text{ cm}",
... FOLDER holds math500.jsonl, aime24.jsonl, ... with the fields problem and answer (gsm8k: question and answer).
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sdzero_bench.types import Completion, FinishReason, Question
from sdzero_bench.verify import open_verifier
from sdzero_bench.verify.expression import bare_names
from sdzero_bench.verify.names import NotUnderstoodError
from sdzero_bench.verify.normalise import Tokens, readings
from sdzero_bench.verify.numerals import read_numeral
from sdzero_bench.verify.structure import Kind, Node, parse
from sdzero_bench.verify.units import split_unit

SETS = ("math500", "aime24", "aime25", "amc2023", "hmmt25_feb", "minervamath", "olympiadbench", "gsm8k")
Rewritten = Iterator[tuple[str, str]]


def golds(folder: Path, name: str) -> list[Question]:
    """The questions of a set."""
    out = []
    for i, line in enumerate((folder / f"{name}.jsonl").read_text().splitlines()):
        row = json.loads(line)
        answer = row["answer"].rpartition("####")[2].strip() if name == "gsm8k" else row["answer"]
        asked = row.get("problem", row.get("question"))
        out.append(Question(f"{name}:{i}", ({"role": "user", "content": asked},), answer))
    return out


def rewritten(gold: str) -> Rewritten:
    r"""(what was done, the gold answer written so): all the same answer to a mathematician."""
    yield "as it is", gold
    yield "thin space", gold + r"\,"
    yield "spaces", f"  {gold}  "
    yield "negative space", rf"\!{gold}\!"
    yield "dollars", f"${gold.replace('$', '') if gold.count('$') % 2 == 0 else gold}$"
    yield "parentheses", rf"\({gold}\)"
    yield "brackets", rf"\[{gold}\]"
    yield "full stop", gold + "."
    yield "display style", rf"\displaystyle {gold}"
    yield "box in the box", rf"\boxed{{{gold}}}"
    yield "braces", f"{{{gold}}}"
    if re.search(r"\\frac", gold):
        yield "dfrac", gold.replace(r"\frac", r"\dfrac")
        yield "tfrac", gold.replace(r"\dfrac", r"\frac").replace(r"\frac", r"\tfrac")
    if r"\dfrac" in gold:
        yield "frac", gold.replace(r"\dfrac", r"\frac")
    if "(" in gold and r"\left" not in gold:
        yield "left and right", gold.replace("(", r"\left(").replace(")", r"\right)")
    if r"\left" in gold:
        yield "no left and right", re.sub(r"\\(?:left|right)(?![a-z])", "", gold)
    if re.search(r"(?<![\w.,])\d{4,}(?![\d.,])", gold) and not re.search(r"[,;(\\^_]", gold):
        yield "thousands", re.sub(r"\d{4,}", lambda n: f"{int(n[0]):,}", gold)
        yield "thousands in braces", re.sub(r"\d{4,}", lambda n: f"{int(n[0]):,}".replace(",", "{,}"), gold)
        yield "thousands, thin", re.sub(r"\d{4,}", lambda n: f"{int(n[0]):,}".replace(",", r"\,"), gold)
        yield "thousands, \\!", re.sub(r"\d{4,}", lambda n: f"{int(n[0]):,}".replace(",", r",\!"), gold)
    if re.fullmatch(r"-?\d{1,3}(?:,(?:\\! ?)?\d{3})+", gold):
        yield "no thousands", re.sub(r"[^\d-]", "", gold)
    if re.fullmatch(r"\$?-?[\d./]+\$?", gold) or re.fullmatch(r"\$?-?\\d?frac\{\d+\}\{\d+\}\$?", gold):
        yield "unit", gold + r"\text{ cm}"
        yield "unit in words", gold.replace("$", "") + " meters"
        yield "things", gold + r" \text{ apples}"
        yield "named", f"x = {gold}"
        yield "called", rf"\text{{Area}} = {gold}"
    if re.fullmatch(r"-?\d+", gold):
        yield "decimal point", gold + ".0"
        yield "money", rf"\${gold}"
        yield "text", rf"\text{{{gold}}}"
        yield "bold", rf"\mathbf{{{gold}}}"
        yield "stars", f"**{gold}**"
        yield "degrees", rf"{gold}^\circ"
    if "-" in gold:
        yield "typeset minus", gold.replace("-", "−")
    if r"\pi" in gold:
        yield "unicode pi", re.sub(r"\\pi\b ?", "π", gold)
    if r"\circ" in gold:
        yield "degree sign", re.sub(r"\^\{?\\circ\}?", "°", gold)
        yield "degree braces", re.sub(r"\^\{?\\circ\}?", r"^{\\circ}", gold)
    if r"\cdot" in gold:
        yield "times", gold.replace(r"\cdot", r"\times")
    if r"\text" in gold and "_" not in gold:
        yield "mbox", gold.replace(r"\text{", r"\mbox{")
        yield "bold text", gold.replace(r"\text{", r"\textbf{")
    if re.search(r"\^\d", gold):
        yield "braced powers", re.sub(r"\^(\d)", r"^{\1}", gold)
    if re.search(r"_\d\b", gold):
        yield "braced indices", re.sub(r"_(\d)\b", r"_{\1}", gold)
    if re.search(r" [-+] |, ", gold) and r"\text" not in gold:
        yield "no spaces at signs", re.sub(r" ([-+]) ", r"\1", gold)
    if re.search(r"\\begin\{pmatrix\}", gold):
        yield "brackets of a matrix", gold.replace("pmatrix", "bmatrix")
    if r"\%" in gold or "%" in gold:
        yield "percent", re.sub(r"\s*\\?%", r"\\%", gold)
        yield "percent in words", re.sub(r"\s*\\?%", " percent", gold)


def disguised(node: Node) -> Tokens:
    """The gold answer with each value multiplied by 3/3, so that no short cut says that it is equal."""
    inside = [disguised(item) for item in node.items]
    joined = tuple(itertools.chain.from_iterable((";", *tokens) for tokens in inside))[1:]
    if node.kind in (Kind.LIST, Kind.UNION):
        separator = ";" if node.kind is Kind.LIST else r"\cup"
        return tuple(itertools.chain.from_iterable((separator, *tokens) for tokens in inside))[1:]
    if node.kind is Kind.SET:
        return (r"\{", *joined, r"\}")
    if node.kind is Kind.TUPLE:
        return (node.brackets[0], *joined, node.brackets[1])
    if node.kind is Kind.NAMED and node.items[-1].kind is not Kind.TEXT:
        return (*node.name.split(" "), "=" if node.items[-1].kind is not Kind.TUPLE else r"\in", *inside[-1])
    letter = len(node.tokens) == 1 and node.tokens[0].isupper()  # of a choice
    if node.kind is not Kind.VALUE or letter or not is_understood(node.tokens):
        return node.tokens
    number, unit = split_unit(node.tokens, letter_units=False)
    numeral = read_numeral(number, letter_units=False)
    if numeral is None:
        return (r"\frac", "{", "3", "(", *number, ")", "}", "{", "3", "}", *unit)
    above, below = numeral.value.as_integer_ratio()
    return (*(("-",) if above < 0 else ()), str(3 * abs(above)), "/", str(3 * below), *unit)


def is_understood(tokens: Tokens) -> bool:
    """Whether a value is a formula ("52_8" and "\\infty" are compared as they are written)."""
    try:
        bare_names(tokens)
    except NotUnderstoodError:
        return False
    return True


def disguise_test(folder: Path, names: Sequence[str], step: int = 1) -> tuple[int, list[tuple[str, str, str, str]]]:
    """How many golds were judged in disguise, and (set, gold, disguised, reason) of each that was judged wrong."""
    items = []
    for name in names:
        for question in golds(folder, name)[::step]:
            tokens = disguised(parse(readings(question.answer)[0]))
            items.append((question, completion(re.sub(r" (?![A-Za-z])|(?<![A-Za-z]) ", "", " ".join(tokens)))))
    with open_verifier(2, 20) as verifier:
        attempts = verifier.verify(items)
    return len(items), [
        (a.question.id, a.question.answer, a.verdict.extracted or "", a.verdict.reason)
        for a in attempts
        if not a.reward
    ]


def completion(answer: str) -> Completion:
    """A completion with `answer` in its box."""
    return Completion((1,), rf"so the answer is $\boxed{{{answer}}}$.", FinishReason.STOP)


def self_test(folder: Path, names: Sequence[str], step: int = 1) -> tuple[int, list[tuple[str, str, str, str]]]:
    """How many were judged, and (set, what was done, gold, as written) of each that was judged wrong.

    With `step` n only every n-th way of writing a gold answer, other ways for the next one.
    """
    items, done = [], []
    for name in names:
        for i, question in enumerate(golds(folder, name)):
            for what, answer in itertools.islice(rewritten(question.answer), i % step, None, step):
                items.append((question, completion(answer)))
                done.append((name, what, question.answer, answer))
    with open_verifier(2, 10) as verifier:
        attempts = verifier.verify(items)
    return len(items), [row for row, attempt in zip(done, attempts, strict=True) if not attempt.reward]


def number(answer: str) -> float:
    """A rough value, to find golds that are near each other."""
    found = re.search(r"-?\d+(?:\.\d+)?", answer.replace(",", ""))
    return float(found[0]) if found else 1e9


def neighbours(questions: list[Question], i: int, count: int) -> list[Question]:
    """The golds nearest in value, in letters, and some far ones; each gold once."""
    mine = questions[i].answer
    others = list({q.answer: q for q in questions if q.answer != mine}.values())
    near = sorted(others, key=lambda q: abs(number(q.answer) - number(mine)))[: count // 3]
    letters = set(mine)
    alike = sorted(others, key=lambda q: (len(letters ^ set(q.answer)), abs(len(q.answer) - len(mine))))[: count // 3]
    far = others[i % max(1, len(others) // (count - 2 * (count // 3))) :: max(1, len(others) // max(1, count // 3))]
    return list({q.answer: q for q in [*near, *alike, *far]}.values())[:count]


def judged_equal(folder: Path, names: Sequence[str], count: int | None) -> tuple[int, list[tuple[str, str, str, str]]]:
    """How many pairs of golds that are not written alike were judged, and (set, gold, other, reason) of the right."""
    items = []
    for name in names:
        questions = golds(folder, name)
        unique = list({q.answer: q for q in questions}.values())
        for i, question in enumerate(unique):
            others = neighbours(unique, i, count) if count else unique
            items += [(question, completion(q.answer)) for q in others if q.answer != question.answer]
    with open_verifier(2, 10) as verifier:
        attempts = verifier.verify(items)
    right = [
        (a.question.id.partition(":")[0], a.question.answer, a.verdict.extracted or "", a.verdict.reason)
        for a in attempts
        if a.reward or a.verdict.reason.startswith(("timed", "verifier", "judge"))
    ]
    return len(items), right


def main() -> None:
    """Run one of the tests from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--self", action="store_true")
    parser.add_argument("--disguised", action="store_true")
    parser.add_argument("--pairs", metavar="COUNT|all")
    options = parser.parse_args()
    start = time.monotonic()
    if options.self:
        total, wrong = self_test(options.data, options.sets)
        for row in wrong:
            print(*row, sep=" | ")
        print(f"{total} ways of writing a gold answer, {len(wrong)} judged wrong, {time.monotonic() - start:.0f} s")
    if options.disguised:
        total, wrong = disguise_test(options.data, options.sets)
        for row in wrong:
            print(*row, sep=" | ")
        print(f"{total} gold answers in disguise, {len(wrong)} judged wrong, {time.monotonic() - start:.0f} s")
    if options.pairs:
        count = None if options.pairs == "all" else int(options.pairs)
        total, right = judged_equal(options.data, options.sets, count)
        for row in right:
            print(*row, sep=" | ")
        print(f"{total} pairs, {len(right)} judged equal (or not at all), {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
