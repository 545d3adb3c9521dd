"""Python values as JSON and back: what crosses the line between a judge and a sandboxed program.

Example: {1: (2.5, "a")} is {"d": [[1, {"t": [2.5, "a"]}]]}. JSON arrays are lists; an object has one key, the tag.
What a program returns becomes plain built-in values: subclasses become their base type, and what is no data (a
function, a match object) becomes an `Opaque`, equal to nothing else and not None. Standard library only: this file also
runs inside the sandbox.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict, deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

MAX_DEPTH = 150  # lists inside lists; the deepest input of MBPP+ has 27
MAX_NODES = 1_000_000  # values inside one value
MAX_RANGE = 1_000_000  # a longer range is no data: eleven characters would become gigabytes of list
MAX_EXPONENT = 10_000  # of a Decimal, likewise
DECODE_SECONDS = 4.0  # of processor time: numbers chosen to collide make a set slow to build
_WORD = 1 << 63


class MalformedError(Exception):
    """Not the JSON of a value, or a value that is too large."""


class Opaque:
    """A value that is no data. Equal only to itself."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __repr__(self) -> str:
        return f"<{self.type_name} object>"


class Variable:
    """Stands in an argument for a value that stays in the program's process, by the name it has there."""

    def __init__(self, name: str) -> None:
        self.name = name


def is_plain(value: object) -> bool:
    """Whether the type of `value` itself (not of its items) survives the trip: a numpy.float64 comes out as a float."""
    return type(value) in _PLAIN


def encode(value: object) -> Any:
    """JSON-ready form. Raises MalformedError for a value that is too large, nested too deeply, or contains itself."""
    return _Encoder().encode(value, 0)


class _Encoder:
    def __init__(self) -> None:
        self.nodes = 0

    def encode(self, value: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise MalformedError("the value is too large or nested too deeply")
        if value is None or value is True or value is False:
            return value
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int):
            number = int(value)
            return number if -_WORD < number < _WORD else {"i": hex(number)}
        if isinstance(value, float):
            return _encode_float(float(value))
        if isinstance(value, list):
            return self.many(value, depth)
        if isinstance(value, tuple):
            return {"t": self.many(value, depth)}
        if isinstance(value, dict):
            tag = "O" if isinstance(value, OrderedDict) else "C" if isinstance(value, Counter) else "d"
            return {tag: self.pairs(dict.items(value), depth)}
        return self.rare(value, depth)

    def many(self, values: Iterable[Any], depth: int) -> list[Any]:
        return [self.encode(item, depth + 1) for item in values]

    def pairs(self, pairs: Iterable[tuple[Any, Any]], depth: int) -> list[Any]:
        return [[self.encode(key, depth + 1), self.encode(item, depth + 1)] for key, item in pairs]

    def rare(self, value: Any, depth: int) -> Any:
        if isinstance(value, complex):
            return {"c": [_encode_float(value.real), _encode_float(value.imag)]}
        if isinstance(value, (bytes, bytearray)):
            return {"b" if isinstance(value, bytes) else "y": bytes(value).decode("latin-1")}
        if isinstance(value, (set, frozenset)):
            # In an order of their own, so that a set is built the same way every time.
            return {"s" if isinstance(value, set) else "z": self.many(sorted(value, key=repr), depth)}
        if isinstance(value, deque):
            return {"q": [value.maxlen, self.many(value, depth)]}
        if isinstance(value, range) and len(value) <= MAX_RANGE:
            return {"r": [value.start, value.stop, value.step]}
        if isinstance(value, _KEYS):
            return {"K": self.pairs(((key, None) for key in value), depth)}
        if isinstance(value, _VALUES):
            return {"V": self.pairs(enumerate(value), depth)}
        if isinstance(value, _ITEMS):
            return {"P": self.pairs(value, depth)}
        if isinstance(value, Variable):
            return {"v": value.name}
        return self.by_module(value, type(value).__module__, type(value).__name__, depth)

    def by_module(self, value: Any, module: str, name: str, depth: int) -> Any:
        """By name, so that none of the modules has to be imported."""
        if module == "numpy" and name == "ndarray" and value.dtype.kind in "biufc":
            return {"a": [str(value.dtype), self.encode(value.tolist(), depth)]}
        if module == "numpy" and name != "ndarray" and hasattr(value, "item"):
            return self.encode(value.item(), depth + 1)
        if module == "decimal" and value.is_finite() and abs(value.adjusted()) < MAX_EXPONENT:
            return {"D": str(value)}
        if module == "fractions":
            return {"F": self.many((value.numerator, value.denominator), depth)}
        if hasattr(type(value), "__next__"):
            return {"I": self.many(value, depth)}
        return {"x": f"{module}.{name}"}


def _encode_float(number: float) -> Any:
    return number if number - number == 0 else {"f": repr(number)}


def decode(data: Any, variables: dict[str, Any] | None = None) -> Any:
    """The value of JSON data, which may be hostile. Raises MalformedError where it is not one, or is too much to build.

    `variables`: what a `Variable` stands for; without it there are none.
    """
    try:
        return _Decoder(variables or {}).decode(data, 0)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
        raise MalformedError(f"{type(error).__name__}: {str(error)[:100]}") from None


class _Decoder:
    def __init__(self, variables: dict[str, Any]) -> None:
        self.nodes = 0
        self.variables = variables
        self.end = time.process_time() + DECODE_SECONDS

    def decode(self, data: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise MalformedError("too large or nested too deeply")
        if self.nodes % 1024 == 0 and time.process_time() > self.end:
            raise MalformedError("takes too long to build")
        if isinstance(data, list):
            return [self.decode(item, depth + 1) for item in data]
        if not isinstance(data, dict):
            return data
        ((tag, inner),) = data.items()
        return _DECODERS[tag](self, inner, depth)

    def to_many(self, inner: Any, depth: int) -> list[Any]:
        if not isinstance(inner, list):
            raise MalformedError("not a list of items")
        return [self.decode(item, depth + 1) for item in inner]

    def to_set(self, inner: Any, depth: int) -> set[Any]:
        built = set()
        for item in inner:  # one by one: see DECODE_SECONDS
            built.add(self.decode(item, depth + 1))
        return built

    def to_pairs(self, inner: Any, depth: int) -> dict[Any, Any]:
        built: dict[Any, Any] = {}
        for key, item in inner:
            built[self.decode(key, depth + 1)] = self.decode(item, depth + 1)
        return built

    def to_complex(self, inner: Any, depth: int) -> complex:
        real, imaginary = self.to_many(inner, depth)
        return complex(float(real), float(imaginary))

    def to_float(self, inner: Any, depth: int) -> float:
        if inner not in ("nan", "inf", "-inf"):
            raise MalformedError("unknown number")
        return float(inner)  # a NaN of its own: inside lists the same NaN is equal to itself

    def to_range(self, inner: Any, depth: int) -> range:
        numbers = range(*inner)
        if len(numbers) > MAX_RANGE:
            raise MalformedError("too long a range")
        return numbers

    def to_decimal(self, inner: Any, depth: int) -> Any:
        from decimal import Decimal

        number = Decimal(inner)
        if not number.is_finite() or abs(number.adjusted()) >= MAX_EXPONENT:
            raise MalformedError("too large a decimal")
        return number

    def to_fraction(self, inner: Any, depth: int) -> Any:
        from fractions import Fraction

        return Fraction(*self.to_many(inner, depth))

    def to_array(self, inner: Any, depth: int) -> Any:
        import numpy

        dtype, items = inner
        if dtype not in _DTYPES:
            raise MalformedError("unknown type of array")
        return numpy.array(self.decode(items, depth), dtype=dtype)


_EMPTY: dict[Any, Any] = {}
_KEYS, _VALUES, _ITEMS = type(_EMPTY.keys()), type(_EMPTY.values()), type(_EMPTY.items())
_PLAIN = {type(None), bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, Counter, OrderedDict}
_DTYPES = {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)}
_DTYPES |= {"bool", "float16", "float32", "float64", "complex64", "complex128"}
_DECODERS: dict[str, Callable[[_Decoder, Any, int], Any]] = {
    "i": lambda decoder, inner, depth: int(inner, 16),
    "f": _Decoder.to_float,
    "t": lambda decoder, inner, depth: tuple(decoder.to_many(inner, depth)),
    "d": _Decoder.to_pairs,
    "O": lambda decoder, inner, depth: OrderedDict(decoder.to_pairs(inner, depth)),
    "C": lambda decoder, inner, depth: Counter(decoder.to_pairs(inner, depth)),
    "c": _Decoder.to_complex,
    "b": lambda decoder, inner, depth: inner.encode("latin-1"),
    "y": lambda decoder, inner, depth: bytearray(inner.encode("latin-1")),
    "s": _Decoder.to_set,
    "z": lambda decoder, inner, depth: frozenset(decoder.to_set(inner, depth)),
    "q": lambda decoder, inner, depth: deque(decoder.to_many(inner[1], depth), inner[0]),
    "r": _Decoder.to_range,
    "K": lambda decoder, inner, depth: decoder.to_pairs(inner, depth).keys(),
    "V": lambda decoder, inner, depth: decoder.to_pairs(inner, depth).values(),
    "P": lambda decoder, inner, depth: decoder.to_pairs(inner, depth).items(),
    "v": lambda decoder, inner, depth: decoder.variables[inner],
    "D": _Decoder.to_decimal,
    "F": _Decoder.to_fraction,
    "a": _Decoder.to_array,
    "I": lambda decoder, inner, depth: iter(decoder.to_many(inner, depth)),
    "x": lambda decoder, inner, depth: Opaque(inner[:100]),
}
