"""The black box: the last minutes of every tick in a file that survives the death of the process.

A ring of records of fixed size in a mapped file: what is written is the kernel's at once, and
outlives a SIGKILL; a loss of power costs what the kernel had not yet written to the disk, some
seconds. Each record ends with its CRC-32, so that one which was torn is known. The first block
says, as JSON, what the records mean.
"""

from __future__ import annotations

import json
import mmap
import os
import time
import zlib
from pathlib import Path
from typing import Any, List, Tuple

import numpy as np
from numpy.typing import NDArray

from deploy.runtime.errors import DeployError

MAGIC = b"TREADWELL BLACK BOX 1\n"
"""First bytes of a black box."""
HEADER = 16384
"""Size of the first block [bytes]: the magic, then JSON, filled up with spaces."""
TICKS = 9000
"""Records in the ring: three minutes at 50 Hz."""
LARGEST = 64 * 2**20
"""Size of the largest file that is read [bytes]."""
KEPT = 20
"""Black boxes that a folder keeps, of 5 MB each."""
Fields = List[Tuple[Any, ...]]
"""Of a record, as numpy describes them: name, type and, of an array, its size."""


def new(folder: Path) -> Path:
    """A name in `folder` for a black box that begins now; of those already there only the newest
    `KEPT` stay.
    """
    for old in sorted(folder.glob("*.blackbox"))[:-KEPT]:
        old.unlink()
    return folder / time.strftime(f"%Y%m%d-%H%M%S-{os.getpid()}.blackbox", time.gmtime())


def record_type(fields: Fields) -> np.dtype[np.void]:
    """Type of a record: its number (from 1), `fields` as numpy describes them, and its CRC."""
    return np.dtype([("number", "<u8"), *(tuple(field) for field in fields), ("crc", "<u4")])


class BlackBox:
    """Writes a new file.

    Args:
        about: what a reader must know, kept as JSON beside "fields".
        fields: of a record, numpy's description of each.

    Raises:
        DeployError: the file cannot be written.
    """

    def __init__(
        self, path: Path, about: dict[str, object], fields: Fields, ticks: int = TICKS
    ) -> None:
        self._type = record_type(fields)
        self._ticks = ticks
        self._number = 0
        header = MAGIC + json.dumps({**about, "fields": fields, "ticks": ticks}).encode()
        if len(header) > HEADER:
            raise DeployError(
                f"the black box's header needs {len(header)} bytes of {HEADER}; shorten the names "
                "in the bundle's manifest"
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb+") as file:
                size = HEADER + ticks * self._type.itemsize
                # Room on the disk now, not a bus error in a tick.
                os.posix_fallocate(file.fileno(), 0, size)
                self._memory = mmap.mmap(file.fileno(), size)
        except OSError as error:
            raise DeployError(
                f"cannot write the black box {path}: {error.strerror}; choose another folder with "
                "--log"
            ) from error
        self._memory[:HEADER] = header.ljust(HEADER)

    def write(self, values: tuple[object, ...]) -> None:
        """One tick, by the order of the fields."""
        self._number += 1
        data = np.array([(self._number, *values, 0)], self._type).tobytes()[:-4]
        start = HEADER + (self._number - 1) % self._ticks * self._type.itemsize
        self._memory[start : start + self._type.itemsize] = data + zlib.crc32(data).to_bytes(
            4, "little"
        )

    def close(self) -> None:
        """No more ticks."""
        self._memory.close()


def read(path: Path) -> tuple[dict[str, Any], NDArray[np.void]]:
    """What the first block says, and the sound records in the order of time.

    Raises:
        DeployError: it is no black box.
    """
    try:
        data = path.read_bytes()[:LARGEST]
        about = json.loads(data[len(MAGIC) : HEADER]) if data.startswith(MAGIC) else None
        kind = record_type(about["fields"])  # type: ignore[index]
        whole = min(about["ticks"], (len(data) - HEADER) // kind.itemsize)  # type: ignore[index]
        records = np.frombuffer(data, np.uint8, whole * kind.itemsize, HEADER).reshape(
            whole, kind.itemsize
        )
    except OSError as error:
        raise DeployError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise DeployError(f"{path} is no black box; give a file that `run` wrote") from error
    sound = [
        row
        for row in map(bytes, records)
        if zlib.crc32(row[:-4]).to_bytes(4, "little") == row[-4:] and any(row[:8])
    ]
    found = np.frombuffer(b"".join(sound), kind)
    assert about is not None
    return about, found[np.argsort(found["number"])]
