"""A TorchScript archive in one form, whichever process wrote it: the same program and weights give
the same bytes.

What differs between processes, seen in archives of torch 2.13:

- Modules declare `__constants__`, which torch keeps in a set: their order follows PYTHONHASHSEED.
  Here they are sorted.
- A second type of one name gets a number, `linear.___torch_mangle_7.Linear`, counted over
  everything that the process has ever scripted, and with it a file of its own. Here numbers count
  the archive's own types of that name, in the order in which the program refers to them.
- Debug files hold the paths of the source files on the machine. They only make tracebacks longer,
  and are left out.
- `serialization_id` is a hash that depends on the C++ library, and code is compressed by whatever
  zlib there is. The one is left out, the other stored.
"""

import io
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import partial

from deploy.runtime.bundle import archive

_LEFT_OUT = (".debug_pkl", "/.data/serialization_id")
_CODE = re.compile(r"archive/code/(.+)\.py")
_NUMBER = re.compile(r"\.___torch_mangle_\d+")
_DEFINITION = re.compile(rb"^(?=class |def )", re.MULTILINE)
_DEFINED = re.compile(rb"(?:class|def) (\w+)")
_IN_CODE = re.compile(rb"__torch__(?:\.\w+)*\.\w+")
_IN_PICKLE = re.compile(rb"__torch__(?:\.\w+)*\n\w+\n")
_CONSTANTS = re.compile(rb"(?:^  \w+ : Final\[.+\n)+", re.MULTILINE)


def canonical(data: bytes) -> bytes:
    """The archive `data`, as `torch.jit.save` wrote it to a buffer, in its one form."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        files = {
            name: packed.read(name) for name in packed.namelist() if not name.endswith(_LEFT_OUT)
        }
    code = _definitions({name: files.pop(name) for name in list(files) if _CODE.fullmatch(name)})
    pickles = [content for name, content in files.items() if name.endswith(".pkl")]
    names = _renumbered(_in_order(code, pickles))
    modules: dict[str, list[bytes]] = defaultdict(list)
    for old, new in names.items():
        path = new.rpartition(".")[0].replace(".", "/")
        modules[f"archive/code/{path}.py"].append(_text(code[old], names))
    return archive.pack(
        {name: b"".join(texts) for name, texts in modules.items()}
        | {
            name: _IN_PICKLE.sub(partial(_pickled, names=names), content)
            if name.endswith(".pkl")
            else content
            for name, content in files.items()
        }
    )


def _definitions(files: dict[str, bytes]) -> dict[str, bytes]:
    """Text of each type and function in the code by its full name."""
    found = {}
    for name, content in files.items():
        path = _CODE.sub(r"\1", name).replace("/", ".")
        for text in _DEFINITION.split(content):
            defined = _DEFINED.match(text)
            if defined:
                found[f"{path}.{defined[1].decode()}"] = text
    return found


def _in_order(code: dict[str, bytes], pickles: Iterable[bytes]) -> dict[str, None]:
    """The names in `code` as the pickles, and in turn what they name, first refer to them."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in code and name not in order:
            order[name] = None
            for other in _IN_CODE.findall(code[name]):
                visit(other.decode())

    for content in pickles:
        for found in _IN_PICKLE.findall(content):
            visit(found.decode().strip().replace("\n", "."))
    return order


def _renumbered(old_names: Iterable[str]) -> dict[str, str]:
    """New name of each type: the first of a name has no number, the next ones 0, 1, ..."""
    seen: Counter[str] = Counter()
    names = {}
    for old in old_names:
        plain = _NUMBER.sub("", old)
        module, _, kind = plain.rpartition(".")
        names[old] = f"{module}.___torch_mangle_{seen[plain] - 1}.{kind}" if seen[plain] else plain
        seen[plain] += 1
    return names


def _text(text: bytes, names: dict[str, str]) -> bytes:
    """A definition with the new names and its constants in order."""
    renamed = _IN_CODE.sub(
        lambda found: names.get(found[0].decode(), found[0].decode()).encode(), text
    )
    return _CONSTANTS.sub(lambda found: b"".join(sorted(found[0].splitlines(True))), renamed)


def _pickled(found: re.Match[bytes], names: dict[str, str]) -> bytes:
    """A type's new name in a pickle: a line for its module, one for itself, without a length."""
    module, _, kind = names[found[0].decode().strip().replace("\n", ".")].rpartition(".")
    return f"{module}\n{kind}\n".encode()
