"""Ed25519 signatures in OpenSSH's formats, so that a robot can check one with `ssh-keygen -Y verify` and nothing else.

Sources: RFC 8032 (Ed25519), OpenSSH's PROTOCOL.sshsig (the signature), RFC 4253 section 6.6 and RFC 8709 (the public key).
"""

import base64
import binascii
import hashlib
import struct
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy import target
from deploy.errors import DeployError, MissingExtraError, RefusedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAMESPACE = b"treadwell-bundle"
_KIND = b"ssh-ed25519"
_MAGIC = b"SSHSIG"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_LARGEST_KEY = 16384


@dataclass(frozen=True)
class KeygenConfig:
    """Make a key pair: KEY signs bundles and stays secret; KEY.pub checks them and goes to every robot."""

    out: Path
    """The private key's file, OpenSSH's format without a passphrase; the public key goes to the same name with .pub."""


def keygen(config: KeygenConfig) -> Path:
    """Write the key pair and return the public key's path.

    Raises:
        DeployError: a file exists or cannot be written. Either both files are there afterwards or none.
        MissingExtraError: cryptography is not installed.
    """
    _need_cryptography()
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key, public = Ed25519PrivateKey.generate(), config.out.with_name(config.out.name + ".pub")
    target.check(public)
    target.write(config.out, key.private_bytes(s.Encoding.PEM, s.PrivateFormat.OpenSSH, s.NoEncryption()), mode=0o600)
    try:
        return target.write(public, public_line(key))
    except DeployError:
        config.out.unlink()
        raise


def public_line(key: "Ed25519PrivateKey") -> bytes:
    """The public key of `key` as OpenSSH's one line."""
    return b"%s %s treadwell\n" % (_KIND, base64.b64encode(_public_blob(key.public_key().public_bytes_raw())))


def load_private(path: Path) -> "Ed25519PrivateKey":
    """The private key in the file `path`.

    Raises:
        DeployError: it cannot be read, has a passphrase or is not an Ed25519 key.
        MissingExtraError: cryptography is not installed.
    """
    _need_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    data = target.read(path, _LARGEST_KEY)
    try:
        key = serialization.load_ssh_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise DeployError(f"{path} is not a private key without a passphrase; make one with `deploy keygen`") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise DeployError(f"{path} is not an Ed25519 key; make one with `deploy keygen`")
    return key


def load_public(path: Path) -> bytes:
    """The 32 bytes of the public key in the file `path`.

    Raises:
        DeployError: it cannot be read, or is not an Ed25519 key in OpenSSH's one line.
    """
    words = target.read(path, _LARGEST_KEY).split()
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (IndexError, binascii.Error):
        blob = b""
    if blob != _public_blob(blob[-32:]):
        raise DeployError(f"{path} is not an Ed25519 public key; give the .pub file that `deploy keygen` wrote")
    return blob[-32:]


def sign(message: bytes, key: "Ed25519PrivateKey") -> bytes:
    """The armoured signature of `message`. Ed25519 draws nothing: the same message and key give the same bytes."""
    return _armour(key.public_key().public_bytes_raw(), key.sign(_signed(message)))


def verify(message: bytes, signature: bytes, public: bytes) -> None:
    """See that the owner of the key `public` (32 bytes) signed `message`.

    Raises:
        RefusedError: the signature is damaged, of another key, or of another message.
        MissingExtraError: cryptography is not installed.
    """
    _need_cryptography()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    raw = _raw(signature)
    # Only the one canonical writing counts: whatever else decodes to the same is refused too.
    if signature != _armour(public, raw):
        raise RefusedError("the signature is damaged or was made with another key")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(raw, _signed(message))
    except (InvalidSignature, ValueError) as error:
        raise RefusedError("the signature does not fit: the manifest was changed after signing") from error


def _raw(signature: bytes) -> bytes:
    """The last 64 bytes inside the armour, the bare Ed25519 signature if it is one."""
    body = b"".join(line for line in signature.splitlines() if not line.startswith(b"-"))
    try:
        return base64.b64decode(body, validate=True)[-64:]
    except binascii.Error as error:
        raise RefusedError("the signature is damaged") from error


def _armour(public: bytes, raw: bytes) -> bytes:
    fields = (_public_blob(public), NAMESPACE, b"", b"sha512", _string(_KIND) + _string(raw))
    blob = _MAGIC + struct.pack(">I", 1) + b"".join(map(_string, fields))
    lines = textwrap.wrap(base64.b64encode(blob).decode("ascii"), 70)
    return "\n".join([_BEGIN, *lines, _END, ""]).encode("ascii")


def _signed(message: bytes) -> bytes:
    """What Ed25519 signs: never the bare message, so that a signature cannot be passed off as one for another purpose."""
    return _MAGIC + b"".join(map(_string, (NAMESPACE, b"", b"sha512", hashlib.sha512(message).digest())))


def _public_blob(raw: bytes) -> bytes:
    return _string(_KIND) + _string(raw)


def _string(data: bytes) -> bytes:
    """SSH's string (RFC 4251 section 5): length in four bytes, then the data."""
    return struct.pack(">I", len(data)) + data


def _need_cryptography() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("signatures need the package cryptography; install it with: pip install .[deploy]") from error
