"""Keys and Ed25519 signatures (RFC 8032), made and checked off the robot; their form is
`deploy.runtime.bundle.signature`'s.
"""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.runtime import disk
from deploy.runtime.bundle import signature
from deploy.runtime.bundle.signature import KIND, LARGEST_KEY
from deploy.runtime.errors import DeployError, MissingExtraError, RefusedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class KeygenConfig:
    """Make a key pair: KEY signs bundles and stays secret; KEY.pub checks them and goes to every
    robot.
    """

    out: Path
    """The private key's file, OpenSSH's format without a passphrase; the public key goes to the
    same name with .pub.
    """


def keygen(config: KeygenConfig) -> Path:
    """Write the key pair and return the public key's path.

    Raises:
        DeployError: a file exists or cannot be written. Either both files are there afterwards or
            none.
        MissingExtraError: cryptography is not installed.
    """
    _need_cryptography()
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    public = config.out.with_name(config.out.name + ".pub")
    disk.check(public)
    disk.write(
        config.out,
        key.private_bytes(s.Encoding.PEM, s.PrivateFormat.OpenSSH, s.NoEncryption()),
        mode=0o600,
    )
    try:
        return disk.write(public, public_line(key))
    except DeployError:
        config.out.unlink()
        raise


def public_line(key: "Ed25519PrivateKey") -> bytes:
    """The public key of `key` as OpenSSH's one line."""
    return b"%s %s treadwell\n" % (
        KIND,
        base64.b64encode(signature.public_blob(key.public_key().public_bytes_raw())),
    )


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

    data = disk.read(path, LARGEST_KEY)
    try:
        key = serialization.load_ssh_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise DeployError(
            f"{path} is not a private key without a passphrase; make one with `deploy keygen`"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise DeployError(f"{path} is not an Ed25519 key; make one with `deploy keygen`")
    return key


def sign(message: bytes, key: "Ed25519PrivateKey") -> bytes:
    """The armoured signature of `message`. Ed25519 draws nothing: the same message and key give the
    same bytes.
    """
    return signature.armour(
        key.public_key().public_bytes_raw(), key.sign(signature.signed(message))
    )


def verify(message: bytes, armoured: bytes, public: bytes) -> None:
    """See that the owner of the key `public` (32 bytes) signed `message`.

    Raises:
        RefusedError: the signature is damaged, of another key, or of another message.
        MissingExtraError: cryptography is not installed.
    """
    _need_cryptography()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    raw = signature.bare(armoured, public)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(raw, signature.signed(message))
    except (InvalidSignature, ValueError) as error:
        raise RefusedError(
            "the signature does not fit: the manifest was changed after signing"
        ) from error


def _need_cryptography() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "signatures need the package cryptography; install it: pip install cryptography"
        ) from error
