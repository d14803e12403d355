"""What pip installs: a wheel in an empty environment does, from any folder, what a checkout does;
and the lock has what pyproject.toml asks for.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from packaging.requirements import Requirement

from tests import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = PROJECT["dependency-groups"]
SCRIPTS = sorted(PROJECT["project"]["scripts"])
PACKAGES = ("envs", "agents", "deploy", "urdf")
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
LEFT_OUT = {".csv", ".mp4", ".png"}
"""Pictures, films and logs of shipped policies: nothing reads them."""
CLIMB = """
import gymnasium, envs
env = gymnasium.make("StairClimb-Go2-v1")
env.reset(seed=1)
print(env.step(env.action_space.sample())[1], envs.__file__)
"""


def pins(name: str) -> dict[str, str]:
    """Versions in the list of requirements `name`, by package."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE)
    return {package.lower().replace("_", "-"): version for package, version in found}


LOCKED = pins("requirements.txt") | pins("requirements-torch.txt")


@pytest.mark.parametrize(
    ("asked", "locked"),
    [
        *((text, LOCKED) for text in PROJECT["project"]["dependencies"]),
        *((text, LOCKED) for extra in EXTRAS.values() for text in extra),
        *((text, LOCKED) for text in GROUPS["dev"]),
        *((text, pins("requirements-docs.txt")) for text in GROUPS["docs"]),
    ],
)
def test_the_lock_has_what_is_asked_for(asked: str, locked: dict[str, str]) -> None:
    requirement = Requirement(asked)
    assert requirement.specifier.contains(locked[requirement.name])


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-docs.txt"])
def test_each_locked_package_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=sha256:)", text, re.MULTILINE)
    for package in pins(name):
        assert re.search(rf"^{re.escape(package)}==.*\\\n +--hash=sha256:", text, re.MULTILINE)


def run(*words: object, cwd: Path) -> str:
    """What a command prints; if it fails, so does the test, and says why."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files() -> list[Path]:
    """What git knows or would take, relative to the root."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT)
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy of this one: nothing that an earlier build left goes into a wheel."""
    folder = tmp_path_factory.mktemp("checkout")
    for path in files():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, *PIP, "wheel", "--no-deps", "--wheel-dir", folder, checkout, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python in an environment that has the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={value}\n" for name, value in LOCKED.items()))
    python = folder / "bin" / "python"
    options = ("--no-compile", "--constraint", constraints)
    run(python, *PIP, "install", *options, wheel, cwd=folder)
    return python


@pytest.mark.long
def test_the_wheel_holds_the_packages_with_their_data_and_nothing_else(wheel: Path) -> None:
    expected = {
        path.as_posix()
        for path in files()
        if path.parts[0] in PACKAGES
        and path.suffix not in LEFT_OUT
        and path.name != "EXPERIMENTS.md"
    }
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == expected
    assert {f"{package}/py.typed" for package in PACKAGES if package != "urdf"} <= found


@pytest.mark.long
def test_the_environment_is_made_from_any_folder(python: Path, tmp_path: Path) -> None:
    reward, where = run(python, "-W", "ignore", "-c", CLIMB, cwd=tmp_path).split()[-2:]
    assert np.isfinite(float(reward))
    assert Path(where).is_relative_to(python.parents[1])


@pytest.mark.long
def test_what_steps_robots_in_c_is_built_there(python: Path, tmp_path: Path) -> None:
    assert f"built {python.parents[1]}" in run(python, "-m", "envs.physics.stepper", cwd=tmp_path)
    run(python, "-W", "error", "-c", CLIMB, cwd=tmp_path)


@pytest.mark.long
def test_a_shipped_policy_is_exported_from_there(python: Path, tmp_path: Path) -> None:
    run(python, "-m", "deploy", "export", "--policy", "go2", "--out", "x.ts", cwd=tmp_path)
    assert (tmp_path / "x.ts").stat().st_size > 100_000


@pytest.mark.long
@pytest.mark.parametrize("script", SCRIPTS)
def test_commands_answer(python: Path, tmp_path: Path, script: str) -> None:
    said = run(python.with_name(script), "--help", cwd=tmp_path)
    assert said.startswith("usage: ")
    assert script in said


@pytest.mark.long
def test_a_checkout_is_installed_to_be_edited(python: Path, checkout: Path, tmp_path: Path) -> None:
    """Last, as it takes the place of the wheel."""
    run(python, *PIP, "install", "--no-deps", "--editable", checkout, cwd=tmp_path)
    *_, where = run(python, "-W", "ignore", "-c", CLIMB, cwd=tmp_path).split()
    assert Path(where) == checkout / "envs" / "__init__.py"
    assert "usage" in run(python.with_name("treadwell-deploy"), "--help", cwd=tmp_path)
