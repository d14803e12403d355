"""Files that are written whole or not at all, and checked before the work that fills them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from envs.files import atomic


def unwritable(path: Path) -> str | None:
    """Why nothing can be written to `path`, in one line; None if it can. Leaves no trace."""
    if path.is_dir():
        return f"{path} is a folder; name a file in it"
    # A link would be replaced, not what it leads to: /dev/stdout is one.
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return f"{path} is not a regular file; name another one"
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return (
            f"cannot write {path}: {folder}: {error.strerror}; name a file in a folder that you "
            "may write to"
        )


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """As `envs.files.atomic`, in a folder that is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as partial:
        yield partial
