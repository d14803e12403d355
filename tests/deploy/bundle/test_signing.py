"""Keys and signatures: OpenSSH's own tool agrees with ours, and nothing else passes."""

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.bundle import signing
from deploy.bundle.signing import KeygenConfig
from deploy.runtime.bundle.signature import load_public
from deploy.runtime.errors import DeployError, MissingExtraError, RefusedError
from tests.support.bundles import key_pair

needs_openssh = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed"
)
MESSAGE = b'{"name":"go2"}'


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_pair(tmp_path_factory.mktemp("key"))


def public(key: Path) -> bytes:
    return load_public(key.with_name("key.pub"))


def test_a_signature_verifies_and_is_the_same_every_time(key: Path) -> None:
    signature = signing.sign(MESSAGE, signing.load_private(key))
    signing.verify(MESSAGE, signature, public(key))
    assert signature == signing.sign(MESSAGE, signing.load_private(key))


def test_another_message_or_key_is_refused(key: Path, tmp_path: Path) -> None:
    signature = signing.sign(MESSAGE, signing.load_private(key))
    with pytest.raises(RefusedError, match="changed after signing"):
        signing.verify(MESSAGE + b" ", signature, public(key))
    with pytest.raises(RefusedError, match="another key"):
        signing.verify(MESSAGE, signature, public(key_pair(tmp_path)))


def test_every_changed_byte_of_a_signature_is_refused(key: Path) -> None:
    signature = signing.sign(MESSAGE, signing.load_private(key))
    for position in range(len(signature)):
        for flip in (1, 0x20, 0x80):
            damaged = bytearray(signature)
            damaged[position] ^= flip
            with pytest.raises(RefusedError):
                signing.verify(MESSAGE, bytes(damaged), public(key))


@needs_openssh
def test_ssh_keygen_accepts_what_we_sign_and_nothing_else(key: Path, tmp_path: Path) -> None:
    (tmp_path / "sig").write_bytes(signing.sign(MESSAGE, signing.load_private(key)))
    (tmp_path / "signers").write_bytes(b"treadwell " + key.with_name("key.pub").read_bytes())
    command = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        str(tmp_path / "signers"),
        "-I",
        "treadwell",
        "-n",
        "treadwell-bundle",
        "-s",
        str(tmp_path / "sig"),
    ]
    assert subprocess.run(command, input=MESSAGE, capture_output=True, check=False).returncode == 0
    assert (
        subprocess.run(command, input=MESSAGE + b" ", capture_output=True, check=False).returncode
        != 0
    )


@needs_openssh
def test_we_accept_what_ssh_keygen_signs_with_its_own_key(tmp_path: Path) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", tmp_path / "key"],
        check=True,
    )
    (tmp_path / "message").write_bytes(MESSAGE)
    subprocess.run(
        [
            "ssh-keygen",
            "-q",
            "-Y",
            "sign",
            "-f",
            tmp_path / "key",
            "-n",
            "treadwell-bundle",
            tmp_path / "message",
        ],
        check=True,
        capture_output=True,
    )
    theirs = (tmp_path / "message.sig").read_bytes()
    signing.verify(MESSAGE, theirs, public(tmp_path / "key"))
    assert theirs == signing.sign(MESSAGE, signing.load_private(tmp_path / "key"))


def test_the_private_key_is_its_owners_alone(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("existing", ["key", "key.pub"])
def test_keygen_overwrites_nothing_and_leaves_no_half(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).write_text("mine")
    with pytest.raises(DeployError, match="exists; remove it"):
        signing.keygen(KeygenConfig(tmp_path / "key"))
    assert [path.name for path in tmp_path.iterdir()] == [existing]
    assert (tmp_path / existing).read_text() == "mine"


def test_files_that_are_no_keys_are_refused(key: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    with pytest.raises(DeployError, match="not a private key"):
        signing.load_private(tmp_path / "empty")
    for wrong in (tmp_path / "empty", key):
        with pytest.raises(DeployError, match="not an Ed25519 public key"):
            load_public(wrong)
    with pytest.raises(DeployError, match="cannot read"):
        load_public(tmp_path / "nowhere")


def test_without_the_package_the_message_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingExtraError, match="pip install cryptography"):
        signing.keygen(KeygenConfig(tmp_path / "key"))
    assert not list(tmp_path.iterdir())
