"""How large things may be, so that each can be seen at once."""

import ast
from collections import Counter
from pathlib import Path

from tests import ROOT

FOLDERS = ("envs", "agents", "deploy", "tests")
CODE = sorted(
    path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path.is_file()
)
SOURCES = sorted(
    path
    for folder in FOLDERS
    for suffix in ("py", "c", "cpp", "hpp")
    for path in (ROOT / folder).rglob(f"*.{suffix}")
)
MAY_BE_ANY = ("envs.gym_env", "agents.learning", "agents.cluster", "deploy.runtime.links")
"""Seams to libraries that have no types, or whose own types say `Any`."""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def classes() -> dict[str, ast.ClassDef]:
    return {
        f"{name(path)}:{node.name}": node
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }


def attributes(node: ast.ClassDef) -> set[str]:
    """What the methods of a class assign to `self`."""
    return {
        target.attr
        for target in ast.walk(node)
        if isinstance(target, ast.Attribute)
        and isinstance(target.ctx, ast.Store)
        and isinstance(target.value, ast.Name)
        and target.value.id == "self"
    }


def test_no_file_is_long() -> None:
    lengths = {name(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {file: length for file, length in lengths.items() if length > 300} == {}


def test_no_line_is_long() -> None:
    assert [
        f"{name(path)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 100
    ] == []


def test_no_folder_is_crowded() -> None:
    files = Counter(str(path.parent.relative_to(ROOT)) for path in SOURCES)
    assert {folder: count for folder, count in files.items() if count > 18} == {}


def test_no_class_is_large() -> None:
    assert {
        where: found
        for where, node in classes().items()
        if (found := (len(attributes(node)), (node.end_lineno or 0) - node.lineno + 1))
        and (found[0] > 24 or found[1] > 220)
    } == {}


def test_no_attribute_is_born_outside_of_the_constructor() -> None:
    late = {}
    for where, node in classes().items():
        methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
        begun = {"__init__", "__post_init__", "__new__"}
        names = {method.name for method in methods}
        if not names & begun or where.startswith("tests"):
            continue
        born = set().union(
            *(attributes(_class_of(method)) for method in methods if method.name in begun)
        )
        if more := attributes(node) - born:
            late[where] = sorted(more)
    assert late == {}


def _class_of(method: ast.FunctionDef) -> ast.ClassDef:
    return ast.ClassDef(name="", bases=[], keywords=[], body=[method], decorator_list=[])


def test_few_values_are_of_any_type() -> None:
    found = Counter(
        name(path)
        for path in CODE
        if not name(path).startswith("tests")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name)
        and node.id == "Any"
        and not name(path).removesuffix(".py").replace("/", ".").startswith(MAY_BE_ANY)
    )
    assert found.total() <= 40, found
