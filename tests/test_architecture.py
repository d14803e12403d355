"""Who may import whom, and how long files may be: read from the imports themselves."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from statistics import median

import pytest

from tests import ROOT

PACKAGES = ("envs", "agents", "deploy")
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
} | {path.stem: path for path in sorted(ROOT.glob("*.py"))}


def imports(name: str) -> set[str]:
    """Dotted names that a file imports anywhere, those of its own project down to the file."""
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                found.add(inner if inner in FILES else module)
    return found


def of(package: str) -> Iterator[str]:
    return (name for name in FILES if name == package or name.startswith(f"{package}."))


def importers(library: str) -> set[str]:
    return {
        name
        for name in FILES
        if any(other == library or other.startswith(f"{library}.") for other in imports(name))
    }


def test_one_folder_imports_pybullet() -> None:
    assert importers("pybullet") <= set(of("envs.physics"))


def test_only_agents_import_stable_baselines() -> None:
    assert {name.split(".")[0] for name in importers("stable_baselines3")} == {"agents"}


def test_ray_is_needed_only_where_it_is_asked_for() -> None:
    assert importers("ray") == {"agents.cluster.ray_robots", "agents.cluster.connection"}
    assert importers("agents.cluster.ray_robots") == {"agents.cluster.whole_rollouts"}
    assert importers("agents.cluster.whole_rollouts") == {"agents.training.run"}


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("envs.programs", "gymnasium"),
        ("deploy.runtime", "gymnasium"),
        ("deploy.runtime", "envs"),
        ("deploy.runtime", "agents"),
        ("envs", "agents"),
        ("envs", "deploy"),
        ("agents", "deploy"),
    ],
)
def test_no_arrow_runs_back_up(package: str, forbidden: str) -> None:
    assert set(of(package)) & importers(forbidden) == set()


def test_the_controller_needs_torch_and_nothing_else() -> None:
    allowed = {"torch", "math", "typing", "dataclasses"}
    for name in of("envs.programs"):
        others = {other for other in imports(name) if other.split(".")[0] not in allowed}
        assert all(
            other == "envs.robots.spec" or other.startswith("envs.programs") for other in others
        ), (name, others)


def test_files_do_not_import_each_other_in_a_circle() -> None:
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way, name))
        if name not in done:
            for other in sorted(imports(name) & FILES.keys() - {name}):
                visit(other, (*way, name))
            done.add(name)

    for name in FILES:
        visit(name, ())


def siblings(package: str) -> dict[str, set[str]]:
    """Which files and folders directly in `package` import which others, at any depth."""
    found: dict[str, set[str]] = {}
    for name in FILES:
        for other in imports(name) & FILES.keys():
            ours, theirs = (child(module, package) for module in (name, other))
            if ours and theirs and ours != theirs:
                found.setdefault(ours, set()).add(theirs)
    return found


def child(name: str, package: str) -> str | None:
    """The file or folder directly in `package` that `name` is or is in; None if there is none."""
    start = f"{package}." if package else ""
    return name.removeprefix(start).split(".")[0] if name.startswith(start) else None


@pytest.mark.parametrize(
    "package",
    sorted({name.rpartition(".")[0] for name in FILES}),
    ids=lambda package: package or "project",
)
def test_no_circle_between_folders(package: str) -> None:
    """At every level: files and folders that stand side by side, each folder with all that is in
    it. A file beside folders is a room of its own, so `envs.frames` may be low and `envs.climb`
    high.
    """
    # The error names the circle.
    TopologicalSorter(siblings(package)).prepare()


def test_nothing_imports_a_command_line() -> None:
    imported = {other for name in FILES for other in imports(name)}
    assert not {name for name in imported if name.endswith("__main__")}


def test_folders_of_agents_do_not_import_each_other_in_a_circle() -> None:
    def folder(name: str) -> str:
        return ".".join(FILES[name].parent.relative_to(ROOT).parts)

    edges: dict[str, set[str]] = {}
    for name in of("agents"):
        others = {folder(other) for other in imports(name) & FILES.keys()}
        edges.setdefault(folder(name), set()).update(others - {folder(name)})

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way, name))
        for other in edges.get(name, ()):
            visit(other, (*way, name))

    for name in edges:
        visit(name, ())


def test_files_are_short() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in FILES.items()}
    assert {name: length for name, length in lengths.items() if length > 500} == {}
    assert median(lengths.values()) < 100


def test_command_lines_are_short() -> None:
    assert all(len(path.read_text().splitlines()) < 150 for path in ROOT.glob("*.py"))
