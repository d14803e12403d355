"""The C++ runner reads JSON as Python does."""

import json
import random
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cpp import NEEDED, SOURCES

JSON = r"""{"a":[1,-0.5e+3,"x\u00e4\ud83d\ude00\ud800\"\\\/\b\f\n\r\t",null,true,false,[],{}, 1E9,0,
10.25e-400,1e999,12345678901234567890], "b" : {"":{"c":[[[{"d":0.1}]]]}}}"""
"""Everything that JSON has."""
NUMBERS = ("7", "-0", " 0 ", "-", "01", "1.", ".5", "+1", "1e", "0x1", "1 2", "NaN", "-Infinity")
STRINGS = ('""', '"', '"\\', '"\\u12', '"\\x"', '"\t"', "'a'", "a")
WHOLES = (" null ", "nul", "", " ", "[", "[1,]", "{1:2}", '{"a"}', '{"a":1,}', '{"a":1,"a":1}')
pytestmark = NEEDED


@pytest.fixture(scope="module")
def json_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's reader of JSON by itself, built so that a step out of bounds ends it."""
    path = tmp_path_factory.mktemp("json") / "json_lines"
    source = Path(__file__).with_name("json_lines.cpp")
    warnings = ("-Wall", "-Wextra", "-Werror")
    checks = ("-D_GLIBCXX_ASSERTIONS", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")
    words = ("c++", "-std=c++20", *warnings, *checks, "-I", SOURCES, "-o", path, source)
    subprocess.run(words, check=True)
    return path


def mutants(count: int) -> Iterator[str]:
    """Texts that differ from `JSON` in a few characters; most of them are no JSON."""
    rng = random.Random(0)
    for _ in range(count):
        text = list(JSON)
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(text) + 1)
            other = rng.choices(JSON + "\1\nä", k=rng.randrange(3))
            text[place : place + rng.randrange(3)] = other
        yield "".join(text)


def refuse(_: str) -> None:
    """Python reads NaN and Infinity too, which are no JSON."""
    raise ValueError


def once(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, of which Python would forget that it has a name twice."""
    found = dict(items)
    if len(found) < len(items):
        raise ValueError
    return found


def as_python_reads(text: str) -> str:
    """What json_lines.cpp should say of the text."""
    try:
        found = json.loads(text, parse_int=float, parse_constant=refuse, object_pairs_hook=once)
    except ValueError:
        return "no"
    return written(found)


def written(value: Any) -> str:
    """`value` as json_lines.cpp writes it."""
    if isinstance(value, dict):
        items = (f"{written(name)}:{written(item)}," for name, item in sorted(value.items()))
        return "{" + "".join(items) + "}"
    if isinstance(value, list):
        return "[" + "".join(f"{written(item)}," for item in value) + "]"
    if isinstance(value, str):
        return f'"{value.encode("utf-8", "surrogatepass").hex()}"'
    if isinstance(value, float):
        return str(*struct.unpack("Q", struct.pack("d", value)))
    return str(value)


def test_json_is_read_as_python_reads_it(json_lines: Path) -> None:
    texts = [JSON, *NUMBERS, *STRINGS, *WHOLES, *mutants(10_000)]
    given = "".join(f"{text}\0" for text in texts).encode()
    done = subprocess.run([json_lines], input=given, capture_output=True, check=True)
    expected = [as_python_reads(text) for text in texts]
    assert done.stdout.decode().splitlines() == expected
    assert 500 < sum(line != "no" for line in expected) < 5000
