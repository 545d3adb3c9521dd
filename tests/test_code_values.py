import json
import math
import time
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import numpy as np
import pytest

from sdzero_bench.verify.code.inside import values
from sdzero_bench.verify.code.inside.values import MalformedError, Opaque, Variable, decode, encode, is_plain

Point = namedtuple("Point", "x y")


class Colour(IntEnum):
    RED = 1


class Text(str):
    pass


def trip(value):
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)))


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -7, 1 << 63, -(1 << 200), 2.5, -0.0, math.inf, 1e-320, "", "\ud800\0é", b"\x00\xff", 1j,
        [], [[1], [2.0]], (), (1, (2,)), {1, "a", (2, 3)}, set(), frozenset([1]), {}, {1: [2], "1": (3,), (1, 2): None},
        OrderedDict([(2, 1), (1, 2)]), Counter("abca"), deque([1, 2], 3), range(3, 9, 2), bytearray(b"a"),
        Decimal("1.10"), Fraction(1, 3), {"t": [1]}, {"i": "0x1"},
    ],
)  # fmt: skip
def test_what_is_data_comes_back_as_it_was(value):
    back = trip(value)
    assert back == value
    assert type(back) is type(value)
    assert is_plain(value) == (type(value) not in (deque, range, bytearray, Decimal, Fraction))


def test_numbers_keep_sign_and_nan():
    assert math.copysign(1, trip(-0.0)) == -1
    nan = trip([float("nan"), complex(float("nan"), 1)])
    assert math.isnan(nan[0])
    assert math.isnan(nan[1].real)
    assert trip([float("nan")]) != trip([float("nan")])  # as two of them made apart


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Point(1, 2), (1, 2)), (Colour.RED, 1), (Text("a"), "a"), (defaultdict(list, {1: [2]}), {1: [2]}),
        (np.float64(0.1), 0.1), (np.int64(3), 3), (np.bool_(True), True), ([np.float32(0.5)], [0.5]),
    ],
)  # fmt: skip
def test_subclasses_become_their_base_type(value, plain):
    back = trip(value)
    assert back == plain
    assert type(back) is type(plain)
    assert not is_plain(value) or isinstance(value, list)


def test_views_iterators_and_arrays_behave_as_such():
    keys, items = trip({1: 2}.keys()), trip({1: 2}.items())
    assert keys == {1}
    assert keys != [1]
    assert items == {(1, 2)}
    assert list(trip({1: 2}.values())) == [2]
    iterator = trip(x for x in (1, 2))
    assert iterator != [1, 2]
    assert list(iterator) == [1, 2]
    array = trip(np.array([[1.5, 2], [3, 4]]))
    assert array.dtype == np.float64
    assert array.tolist() == [[1.5, 2], [3, 4]]


def test_what_is_no_data_is_opaque():
    for value in (len, object(), Text, NotImplemented, ..., np.array([object()]), Decimal("1e99999"), Decimal("nan")):
        back = trip([value])[0]
        assert isinstance(back, Opaque)
        assert back is not None
        assert back not in (value, 1, True, [], "")


def test_the_encoder_stops(monkeypatch):
    monkeypatch.setattr(values, "MAX_NODES", 20_000)
    loop: list = []
    loop.append(loop)
    bush: list = []
    for _ in range(60):
        bush = [bush, bush]

    def forever():
        while True:
            yield 1

    for value in (loop, bush, forever(), [[0] * 15_000] * 2):
        with pytest.raises(MalformedError):
            encode(value)
    assert encode(range(10**15)) == {"x": "builtins.range"}


def test_sets_are_sent_in_an_order_of_their_own():
    assert encode({"b", "a", "c"}) == {"s": ["a", "b", "c"]}


def test_variables_are_known_to_the_program_only():
    root = object()
    assert decode(encode([Variable("root")]), {"root": root}) == [root]
    with pytest.raises(MalformedError):
        decode({"v": "root"})


DEEP: list = []
for _ in range(800):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "data",
    [
        {}, {"d": [], "t": []}, {"nosuch": 1}, {"": 1}, {"s": [[1]]}, {"s": [{"d": []}]}, {"z": 1}, {"t": {"t": []}},
        {"d": [[1]]}, {"d": [[[1], 2]]}, {"d": 5}, {"i": "x"}, {"i": 5}, {"f": "1"}, {"f": ["nan"]}, {"c": [1]},
        {"c": ["a", 1]}, {"b": "\u0100"}, {"b": 1}, {"q": [1]}, {"q": [-1, []]}, {"r": [0, 10**9, 1]}, {"r": [0, 1, 0]},
        {"r": [1.5]}, {"D": "1e999999999"}, {"D": "sNaN"}, {"D": [1]}, {"F": [1, 0]}, {"F": ["1e9999999", 1]},
        {"a": ["object", [1]]}, {"a": ["float64", [[1], [1, 2]]]}, {"a": ["U9", ["a"]]}, {"x": 1}, DEEP,
    ],
)  # fmt: skip
def test_hostile_data_is_refused(data):
    with pytest.raises(MalformedError):
        decode(data)


def test_too_many_values_are_refused():
    decode([0] * (values.MAX_NODES - 1))
    with pytest.raises(MalformedError):
        decode([0] * values.MAX_NODES)


def test_numbers_chosen_to_collide_do_not_hold_the_judge_up(monkeypatch):
    monkeypatch.setattr(values, "DECODE_SECONDS", 0.5)
    modulus = (1 << 61) - 1  # every multiple has the hash 0
    start = time.process_time()
    with pytest.raises(MalformedError, match="too long"):
        decode({"s": [{"i": hex(i * modulus)} for i in range(1, 200_000)]})
    assert time.process_time() - start < 3
