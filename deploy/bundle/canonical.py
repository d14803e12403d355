"""A TorchScript archive in one form, whichever process wrote it: the same program and weights give
the same bytes.

What differs between processes, seen in archives of torch 2.13:

- Modules declare `__constants__`, which torch keeps in a set: their order follows PYTHONHASHSEED.
Here they are sorted.
- A second type of one name gets a number, `linear.___torch_mangle_7.Linear`, counted over
everything that the process has ever scripted. Here numbers count the
  archive's own types, in its order, which is that of the program.
- Debug files hold the paths of the source files on the machine. They only make tracebacks longer,
and are left out.
- `serialization_id` is a hash that depends on the C++ library, and code is compressed by whatever
zlib there is. The one is left out, the other stored.
"""

import io
import re
import zipfile
from collections import Counter
from functools import partial

from deploy.runtime.bundle import archive

_LEFT_OUT = (".debug_pkl", "/.data/serialization_id")
_CODE = re.compile(r"archive/code/(.+)\.py")
_NUMBER = re.compile(r"\.___torch_mangle_\d+")
_TYPE = re.compile(rb"__torch__(?:\.\w+)+")
_CONSTANTS = re.compile(rb"(?:^  \w+ : Final\[.+\n)+", re.MULTILINE)


def canonical(data: bytes) -> bytes:
    """The archive `data`, as `torch.jit.save` wrote it to a buffer, in its one form."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        files = {
            name: packed.read(name) for name in packed.namelist() if not name.endswith(_LEFT_OUT)
        }
    modules = _renumbered(
        [found[1].replace("/", ".") for found in map(_CODE.fullmatch, files) if found]
    )
    return archive.pack(
        {_file(name, modules): _text(name, content, modules) for name, content in files.items()}
    )


def _renumbered(modules: list[str]) -> dict[str, str]:
    """New names of the archive's modules: the first of a name has no number, the next ones 0, 1,
    ...
    """
    seen: Counter[str] = Counter()
    names = {}
    for module in modules:
        plain = _NUMBER.sub("", module)
        names[module] = f"{plain}.___torch_mangle_{seen[plain] - 1}" if seen[plain] else plain
        seen[plain] += 1
    return names


def _file(name: str, modules: dict[str, str]) -> str:
    found = _CODE.fullmatch(name)
    return (
        f"archive/code/{modules[found[1].replace('/', '.')].replace('.', '/')}.py"
        if found
        else name
    )


def _text(name: str, content: bytes, modules: dict[str, str]) -> bytes:
    """A file with the new names in it: code, and the pickle, where a type's name ends with its
    line, so that no length has to follow.
    """
    if name.endswith((".py", ".pkl")):
        content = _TYPE.sub(partial(_type, modules=modules), content)
    return (
        _CONSTANTS.sub(lambda lines: b"".join(sorted(lines[0].splitlines(keepends=True))), content)
        if name.endswith(".py")
        else content
    )


def _type(found: re.Match[bytes], modules: dict[str, str]) -> bytes:
    """A module's name in the pickle, where its type's stands on the next line; a type's in code."""
    name = found[0].decode()
    module, _, kind = name.rpartition(".")
    return (modules[name] if name in modules else f"{modules[module]}.{kind}").encode()
