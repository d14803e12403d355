"""What a result was made with."""

import subprocess
from pathlib import Path

import pytest

from agents import versions


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def test_the_revision_says_whether_the_tree_was_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path.resolve() / "agents" / "versions.py"
    monkeypatch.setattr(versions, "__file__", str(here))
    unknown = {"revision": "unknown", "tree": "unknown"}
    assert versions.revision() == unknown
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "-m", "first")
    assert versions.revision()["tree"] == "clean"
    assert len(versions.revision()["revision"]) == 40
    here.parent.mkdir()
    here.write_text("")
    assert versions.revision()["tree"] == "dirty"
    # Installed in an environment that lies in another project's checkout.
    monkeypatch.setattr(versions, "__file__", str(here.parent / "site" / "versions.py"))
    assert versions.revision() == unknown
