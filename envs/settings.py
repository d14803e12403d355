"""Settings that check themselves: the range of a number stands beside its field, once."""

from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple, get_type_hints


class Within(NamedTuple):
    """Lowest and highest value of a number, both allowed; of a tuple, of each of its numbers."""

    low: float
    high: float


def out_of_range(settings: Any, prefix: str = "") -> str | None:
    """The first setting that cannot be, in one line that says what can; None if all can.

    Args:
        settings: a dataclass whose numbers may be `Annotated[..., Within(low, high)]`.
        prefix: of the names in the message, such as "ppo.".
    """
    hints = get_type_hints(type(settings), include_extras=True)
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            if problem := out_of_range(value, f"{prefix}{field.name}."):
                return problem
            continue
        for within in getattr(hints[field.name], "__metadata__", ()):
            numbers = value if isinstance(value, tuple) else (value,)
            outside = isinstance(within, Within) and any(
                not within.low <= number <= within.high for number in numbers if number is not None
            )
            if outside:
                said = f"{prefix}{field.name} is {value}"
                return f"{said}; use {within.low:g} to {within.high:g}"
    return None
