"""What may travel: an argument comes back as it was, or is refused at the call."""

import json
from collections import UserDict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import ArgumentsNotJSON, ArgumentsTooLarge, ResultNotJSON
from tasks.payload import dump_arguments, dump_result

LIMIT = 64 * 1024


def nested(levels: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(levels):
        inner = [inner]
    return inner


def cycle() -> list[Any]:
    self_: list[Any] = []
    self_.append(self_)
    return self_


def there_and_back(value: Any) -> Any:
    text = dump_arguments("a.task", [value], {"key": value})
    arguments = json.loads(text)
    assert arguments["args"][0] == arguments["kwargs"]["key"]
    return arguments["args"][0]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        2**63,
        10**300,
        0.1,
        1e16,
        -0.0,
        5e-324,
        "",
        "Grüße, 世界 🎂",
        "nul \x00 inside",
        "half \ud800 a pair",
        "\u2028\u2029\\\"'",
        [],
        {},
        [1, [2, [3, {"deep": [None, False]}]]],
        {"": 1, "kéy": {"a": []}, "nul\x00": 2},
        nested(200),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_value_comes_back_exactly(value: Any) -> None:
    back = there_and_back(value)

    assert back == value
    assert type(back) is type(value)


def test_tuples_come_back_as_lists_and_bytes_as_text() -> None:
    assert there_and_back((1, (2,))) == [1, [2]]
    assert there_and_back("grün".encode()) == "grün"
    assert there_and_back(UserDict(a=1)) == {"a": 1}


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        datetime(2026, 1, 1, tzinfo=UTC),
        Decimal("1.10"),
        1j,
        float("nan"),
        float("inf"),
        [float("-inf")],
        b"\xff\xfe",
        10**5000,
        {1: "a"},
        {None: 1},
        {True: 1},
        {1.5: 1},
        {(1, 2): 3},
        {b"key": 1},
        {"deep": [{"er": {2: 3}}]},
        nested(100_000),
        cycle(),
        print,
        Exception("no"),
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_what_would_not_come_back_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentsNotJSON, match=r"The arguments of a\.task cannot"):
        dump_arguments("a.task", [value], {})
    with pytest.raises(ArgumentsNotJSON):
        dump_arguments("a.task", [], {"key": value})
    with pytest.raises(ResultNotJSON, match=r"a\.task returned"):
        dump_result("a.task", value)


def test_the_limit_is_64_kib_of_json() -> None:
    around = len(dump_arguments("a.task", [""], {}))
    fits = "x" * (LIMIT - around)

    assert len(dump_arguments("a.task", [fits], {})) == LIMIT
    with pytest.raises(ArgumentsTooLarge, match=r"a\.task take 65537 bytes .* at most 65536"):
        dump_arguments("a.task", [fits + "x"], {})


def test_bytes_are_counted_and_not_characters() -> None:
    with pytest.raises(ArgumentsTooLarge):
        dump_arguments("a.task", ["ü" * (LIMIT // 4)], {})


@pytest.mark.parametrize("size", [2**20, 10 * 2**20])
def test_arguments_of_megabytes_are_refused(size: int) -> None:
    with pytest.raises(ArgumentsTooLarge, match="Store the data and pass its id"):
        dump_arguments("a.task", ["x" * size], {})


def test_a_large_result_is_refused() -> None:
    with pytest.raises(ResultNotJSON, match="Store the data and keep its id"):
        dump_result("a.task", "x" * LIMIT)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
)


@given(JSON)
def test_whatever_is_json_comes_back_as_it_was(value: Any) -> None:
    assert there_and_back(value) == value
    assert json.loads(dump_result("a.task", value)) == value
