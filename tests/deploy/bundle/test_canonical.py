"""The same policy and key give the same bytes, whatever else the process has done and however
Python orders its sets.
"""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from deploy.bundle.artefacts import program_bytes
from deploy.bundle.program import script
from deploy.runtime.bundle import archive
from deploy.runtime.bundle.program import TorchProgram, torchscript
from envs.robots.go2 import GO2
from tests import ROOT
from tests.envs.programs.test_controller import readings
from tests.support.bundles import key_pair, random_actor, random_policy

# Another network first: TorchScript numbers types that share a name over the whole process.
PROGRAM_AFTER_ANOTHER = """
import sys, torch
from torch import nn
from deploy.bundle.artefacts import program_bytes
from deploy.runtime.bundle.program import torchscript
from envs.robots.go2 import GO2
from tests.support.bundles import random_actor
with torchscript():
    torch.jit.script(nn.Sequential(nn.Linear(3, 4), nn.ELU(), nn.Linear(4, 9)))
sys.stdout.buffer.write(program_bytes(GO2, random_actor()))
"""
SHORT_EXPORT = """
import sys
from deploy import __main__
from deploy.bundle import assemble, golden
from deploy.bundle.probes import PROBES
golden.STEPS, assemble.PACKETS = 60, 5
for name in list(PROBES)[1:]:
    del PROBES[name]
sys.exit(__main__.main())
"""


def python(code: str, hash_seed: int, *words: object) -> bytes:
    """What `code` prints in a process of its own, in which sets have the order of `hash_seed`."""
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(
        command,
        env=os.environ | {"PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("hash_seed", [1, 2])
def test_a_program_has_the_same_bytes_in_every_process(hash_seed: int) -> None:
    assert python(PROGRAM_AFTER_ANOTHER, hash_seed) == program_bytes(GO2, random_actor())


def test_another_policy_has_other_bytes() -> None:
    assert program_bytes(GO2, random_actor(1)) != program_bytes(GO2, random_actor())


def test_a_bundle_has_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    policy = random_policy(tmp_path)
    key = key_pair(tmp_path)
    made = [tmp_path / f"{hash_seed}.bundle" for hash_seed in (1, 2)]
    for hash_seed, out in enumerate(made, 1):
        python(SHORT_EXPORT, hash_seed, "export", "--policy", policy, "--key", key, "--out", out)
    first, second = (archive.unpack(path.read_bytes()) for path in made)
    assert [name for name in first if first[name] != second[name]] == []
    assert made[0].read_bytes() == made[1].read_bytes()


def test_the_form_changes_nothing_that_the_program_says(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with torchscript():
        torch.jit.save(script(GO2, random_actor()), buffer)
    as_saved = TorchProgram(buffer.getvalue())
    in_form = TorchProgram(program_bytes(GO2, random_actor()))
    for seed in range(30):
        reading = [part[0].numpy() for part in readings(1, seed)]
        for mine, theirs in zip(in_form.step(*reading), as_saved.step(*reading), strict=True):
            assert (mine == theirs).all()


def test_nothing_of_the_machine_is_in_the_file() -> None:
    with zipfile.ZipFile(io.BytesIO(program_bytes(GO2, random_actor()))) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    root = str(ROOT).encode()
    assert [name for name, data in content.items() if root in data] == []
