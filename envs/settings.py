"""Settings that check themselves: a number's range stands beside its field, once."""

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass, replace
from pathlib import Path
from types import NoneType
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

Settings = TypeVar("Settings")


class Within(NamedTuple):
    """Lowest and highest value of a number, both allowed; for a tuple, of each of its numbers."""

    low: float
    high: float


def out_of_range(settings: object, prefix: str = "") -> str | None:
    """The first setting that is out of its range, in one line with a remedy; None if all fit.

    Args:
        settings: a dataclass whose numbers may be `Annotated[..., Within(low, high)]`.
        prefix: prefix of the names in the message, such as "ppo.".
    """
    hints = get_type_hints(type(settings), include_extras=True)
    for name, value in vars(settings).items():
        if is_dataclass(value):
            if problem := out_of_range(value, f"{prefix}{name}."):
                return problem
            continue
        for within in getattr(hints[name], "__metadata__", ()):
            numbers = value if isinstance(value, tuple) else (value,)
            outside = isinstance(within, Within) and any(
                not within.low <= number <= within.high for number in numbers if number is not None
            )
            if outside:
                said = f"{prefix}{name} is {value}"
                return f"{said}; use {within.low:g} to {within.high:g}"
    return None


def plain(settings: object) -> Any:
    """`settings` as JSON and TOML have them: mappings by name, lists, and paths as text."""
    if is_dataclass(settings):
        return {name: plain(value) for name, value in vars(settings).items()}
    if isinstance(settings, tuple):
        if hasattr(settings, "_asdict"):
            return {name: plain(value) for name, value in settings._asdict().items()}
        return [plain(value) for value in settings]
    return str(settings) if isinstance(settings, Path) else settings


def changed(settings: Settings, values: object, prefix: str = "") -> Settings:
    """`settings` with other values for some of its fields.

    Args:
        settings: a dataclass, or a named tuple.
        values: the new values by name, in the form of `plain`: nested where settings are nested.
        prefix: prefix of the names in messages, such as "ppo.".

    Raises:
        ValueError: there is no such setting, or its value has the wrong type; the message is one
            line and says what is allowed.
    """
    hints = get_type_hints(type(settings))
    if not isinstance(values, Mapping):
        names = ", ".join(hints)
        raise ValueError(f"{prefix.rstrip('.')} is {_shown(values)}; use values for {names}")
    new: dict[str, object] = {}
    for name, value in values.items():
        if name not in hints:
            unknown = f"{prefix}{name}"
            raise ValueError(f"unknown setting {unknown!r}; use {', '.join(hints)}")
        now = getattr(settings, name)
        if is_dataclass(now) or hasattr(now, "_asdict"):
            new[name] = changed(now, value, f"{prefix}{name}.")
        else:
            new[name] = _read(hints[name], value, f"{prefix}{name}")
    if isinstance(settings, tuple):
        return type(settings)(**{**settings._asdict(), **new})  # type: ignore[attr-defined]
    return replace(settings, **new)  # type: ignore[type-var]


_WORDS: dict[object, str] = {
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    str: "text",
    Path: "a path",
    NoneType: "nothing",
}


def _read(hint: object, value: object, name: str) -> object:
    """`value` converted to the type `hint`, which may be optional."""
    for kind in _alternatives(hint):
        try:
            return _converted(kind, value)
        except (TypeError, OverflowError):
            continue
    wanted = " or ".join(_word(kind) for kind in _alternatives(hint))
    raise ValueError(f"{name} is {_shown(value)}; use {wanted}")


def _alternatives(hint: object) -> tuple[object, ...]:
    return get_args(hint) if NoneType in get_args(hint) else (hint,)


def _converted(kind: object, value: object) -> object:
    """`value` converted to the type `kind`.

    Raises:
        TypeError: the value is of another type.
    """
    if get_origin(kind) is tuple and isinstance(value, list | tuple):
        inner = get_args(kind)
        kinds = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        if len(kinds) == len(value):
            return tuple(_converted(one, part) for one, part in zip(kinds, value, strict=True))
    elif get_origin(kind) is Literal:
        if isinstance(value, str) and value in get_args(kind):
            return value
    elif kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif kind is Path and isinstance(value, str):
        return Path(value)
    elif type(value) is kind:
        return value
    raise TypeError(kind)


def _word(kind: object) -> str:
    inner = get_args(kind)
    if get_origin(kind) is Literal:
        return " or ".join(inner)
    if get_origin(kind) is tuple:
        return "a list of numbers" if inner[-1] is Ellipsis else f"a list of {len(inner)} numbers"
    return _WORDS[kind]


def _shown(value: object) -> str:
    """`value` on one line."""
    return " ".join(repr(value).split())


class Difference(NamedTuple):
    """A setting that has two values."""

    name: str
    """Dotted name of the setting, such as "rewards.progress"."""
    before: object
    """Value on the first side."""
    now: object
    """Value on the second side."""


def differences(
    before: Mapping[str, object], now: Mapping[str, object], prefix: str = ""
) -> Iterator[Difference]:
    """The settings that differ, in the form of `plain`. One that only one side has is None on the
    other.
    """
    for name in [*now, *(name for name in before if name not in now)]:
        value = now.get(name)
        was = before.get(name)
        if isinstance(value, Mapping) and isinstance(was, Mapping):
            yield from differences(was, value, f"{prefix}{name}.")
        elif was != value:
            yield Difference(f"{prefix}{name}", was, value)
