"""Ed25519 signatures in OpenSSH's formats, checked by the machine's own `ssh-keygen -Y verify`
(OpenSSH 8.1 and later) and nothing else.

Sources: OpenSSH's PROTOCOL.sshsig (the signature), RFC 4253 section 6.6 and RFC 8709 (the public
key).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
import subprocess
import tempfile
import textwrap
from pathlib import Path

from deploy.runtime import disk
from deploy.runtime.errors import DeployError, RefusedError

NAMESPACE = b"treadwell-bundle"
"""Purpose of a signature, which ssh-keygen signs too."""
KIND = b"ssh-ed25519"
"""Kind of key."""
LARGEST_KEY = 16384
"""Size of the largest key's file that is read [bytes]."""
_MAGIC = b"SSHSIG"
_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_END = "-----END SSH SIGNATURE-----"
_SIGNER = "treadwell"


def load_public(path: Path) -> bytes:
    """The 32 bytes of the public key in the file `path`.

    Raises:
        DeployError: it cannot be read, or is not an Ed25519 key in OpenSSH's one line.
    """
    return parse_public(disk.read(path, LARGEST_KEY), str(path))


def parse_public(line: bytes, origin: str) -> bytes:
    """As `load_public`, of the file's content; errors call it `origin`."""
    words = line.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (IndexError, binascii.Error):
        blob = b""
    if blob != public_blob(blob[-32:]):
        raise DeployError(
            f"{origin} is not an Ed25519 public key; give the .pub file that `deploy keygen` wrote"
        )
    return blob[-32:]


def verify(message: bytes, armoured: bytes, public: bytes) -> None:
    """See that the owner of the key `public` (32 bytes) signed `message`, by ssh-keygen.

    Raises:
        RefusedError: the signature is damaged, of another key, or of another message.
        DeployError: there is no ssh-keygen that can check.
    """
    bare(armoured, public)
    with tempfile.TemporaryDirectory() as folder:
        signers = Path(folder, "signers")
        signature = Path(folder, "signature")
        signers.write_bytes(
            b"%s %s %s\n" % (_SIGNER.encode(), KIND, base64.b64encode(public_blob(public)))
        )
        signature.write_bytes(armoured)
        command = [
            "ssh-keygen",
            "-Y",
            "verify",
            "-f",
            str(signers),
            "-I",
            _SIGNER,
            "-n",
            NAMESPACE.decode(),
            "-s",
            str(signature),
        ]
        try:
            done = subprocess.run(command, input=message, capture_output=True, check=False)
        except OSError as error:
            raise DeployError(
                "ssh-keygen cannot be run; install OpenSSH's client, 8.1 or later"
            ) from error
    if b"option" in done.stderr:
        raise DeployError(
            "this ssh-keygen cannot check signatures; install OpenSSH's client, 8.1 or later"
        )
    if done.returncode:
        raise RefusedError("the signature does not fit: the manifest was changed after signing")


def bare(armoured: bytes, public: bytes) -> bytes:
    """The 64 bytes of a signature by the key `public` (32 bytes).

    Raises:
        RefusedError: it is not in its one canonical writing; whatever else decodes to the same is
            refused too.
    """
    body = b"".join(line for line in armoured.splitlines() if not line.startswith(b"-"))
    try:
        raw = base64.b64decode(body, validate=True)[-64:]
    except binascii.Error as error:
        raise RefusedError("the signature is damaged") from error
    if armoured != armour(public, raw):
        raise RefusedError("the signature is damaged or was made with another key")
    return raw


def armour(public: bytes, raw: bytes) -> bytes:
    """OpenSSH's writing of the bare signature `raw` (64 bytes) by the key `public` (32 bytes)."""
    fields = (public_blob(public), NAMESPACE, b"", b"sha512", _string(KIND) + _string(raw))
    blob = _MAGIC + struct.pack(">I", 1) + b"".join(map(_string, fields))
    lines = textwrap.wrap(base64.b64encode(blob).decode("ascii"), 70)
    return "\n".join([_BEGIN, *lines, _END, ""]).encode("ascii")


def signed(message: bytes) -> bytes:
    """What Ed25519 signs: never the bare message, so that a signature cannot be passed off as one
    for another purpose.
    """
    return _MAGIC + b"".join(
        map(_string, (NAMESPACE, b"", b"sha512", hashlib.sha512(message).digest()))
    )


def public_blob(raw: bytes) -> bytes:
    """The key `raw` (32 bytes) as SSH writes it inside base64."""
    return _string(KIND) + _string(raw)


def _string(data: bytes) -> bytes:
    """SSH's string (RFC 4251 section 5): length in four bytes, then the data."""
    return struct.pack(">I", len(data)) + data
