"""The observation vector: one table of named terms for each robot family."""

from typing import NamedTuple

import torch

from envs.programs.mirror import Mirror


class Term(NamedTuple):
    """Elements of the observation that belong together."""

    name: str
    """Name of the term in tables."""
    mirror: Mirror
    """Mirror of the term's elements."""
    scale: float
    """Factor on each element."""
    meaning: str
    """Meaning and unit of the elements, for the data sheet."""

    @property
    def size(self) -> int:
        """Number of elements of the term."""
        return len(self.mirror.order)


LIMIT = 5.0
"""Scaled observations are clipped to +-LIMIT."""


def scales(terms: tuple[Term, ...]) -> torch.Tensor:
    """Scale of each element of the observation, (N,)."""
    return torch.cat([torch.full((term.size,), term.scale) for term in terms])


def describe(terms: tuple[Term, ...]) -> str:
    """The table as text: indices, name, scale, meaning."""
    lines = []
    start = 0
    for term in terms:
        lines.append(
            f"{start:4d}..{start + term.size - 1:<4d} {term.name:<18s} x{term.scale:<5g} "
            f"{term.meaning}"
        )
        start += term.size
    return "\n".join(lines)
