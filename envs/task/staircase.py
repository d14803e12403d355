"""Straight flights of stairs as numbers: what is solid, and the height of the ground.

World frame: x runs up the flight, the first edge is at x = 0, y = 0 is the centre line, z = 0 is
the floor below. A robot that climbs faces +x, one that descends faces -x.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Direction = Literal["up", "down"]
Array = NDArray[np.float64]

MAX_STEPS = 16
"""Largest number of steps of a flight."""
LANDING = 4.0
"""Length of the landing behind the last edge [m]."""
PLATE_THICKNESS = 0.04
"""Thickness of a tread that overhangs or has no riser below [m]."""
SLAB_THICKNESS = 0.5
"""Thickness of a slab [m].

It is more than any riser, so that a flight is solid wherever a foot reaches.
"""
RISER_RANGE = (0.02, 0.45)
"""Lowest and highest riser of a flight [m]."""
TREAD_RANGE = (0.22, 3.0)
"""Shortest and longest tread of a flight [m]."""


class Box(NamedTuple):
    """A solid part of a flight, as wide as the flight."""

    start: float
    """Lowest x of the part [m]."""
    length: float
    """Length along x [m]."""
    top: float
    """Height of the upper surface [m]."""
    thickness: float
    """Thickness below the upper surface [m]."""


@dataclass(frozen=True)
class Staircase:
    """A flight of `steps` risers of `riser` metres with treads of `tread` metres, and a landing.

    `riser_error` and `tread_error` [m] are added per step (empty: regular); a large `tread_error`
    is a landing between two flights. A riser of 0 is flat ground. Treads overhang their risers by
    `nosing` [m]; with `open_risers` there is nothing between one tread and the next.

    Raises:
        ValueError: a figure is outside what can be simulated; the message says the range.
    """

    riser: float = 0.10
    tread: float = 0.28
    steps: int = 10
    width: float = 1.6
    direction: Direction = "up"
    riser_error: tuple[float, ...] = field(default=(), repr=False)
    tread_error: tuple[float, ...] = field(default=(), repr=False)
    nosing: float = 0.0
    open_risers: bool = False

    def __post_init__(self) -> None:
        flat = self.riser == 0.0
        if not flat and not RISER_RANGE[0] <= self.riser <= RISER_RANGE[1]:
            raise ValueError(
                f"riser is {self.riser} m; use 0 (flat ground) or {RISER_RANGE[0]} to "
                f"{RISER_RANGE[1]}"
            )
        if not TREAD_RANGE[0] <= self.tread <= TREAD_RANGE[1]:
            raise ValueError(f"tread is {self.tread} m; use {TREAD_RANGE[0]} to {TREAD_RANGE[1]}")
        if not 3 <= self.steps <= MAX_STEPS:
            raise ValueError(f"steps is {self.steps}; use 3 to {MAX_STEPS}")
        if not 0.6 <= self.width <= 6.0:
            raise ValueError(f"width is {self.width} m; use 0.6 to 6")
        if not 0.0 <= self.nosing <= 0.05:
            raise ValueError(f"nosing is {self.nosing} m; use 0 to 0.05")
        if self.direction not in ("up", "down"):
            raise ValueError(f"direction is {self.direction!r}; use 'up' or 'down'")
        for name in ("riser_error", "tread_error"):
            if len(getattr(self, name)) not in (0, self.steps):
                raise ValueError(
                    f"{name} needs one value for each of the {self.steps} steps, or none"
                )
        if (not flat and np.diff(self.tops, prepend=0.0).min() <= 0.0) or np.diff(
            self.edges
        ).min() <= 0.0:
            raise ValueError("the irregularity is larger than a riser or tread; use less")

    @property
    def heading(self) -> float:
        """+1 if the robot faces +x (up), -1 if it faces -x (down)."""
        return 1.0 if self.direction == "up" else -1.0

    @property
    def yaw(self) -> float:
        """Direction that the robot faces in the world [rad]."""
        return 0.0 if self.heading > 0 else np.pi

    @property
    def edges(self) -> Array:
        """x of the front edge of each tread [m], (steps,).

        Seen from above, the ground rises there.
        """
        treads = np.full(self.steps, self.tread) + (
            np.asarray(self.tread_error) if self.tread_error else 0.0
        )
        return np.concatenate([[0.0], np.cumsum(treads[:-1])])

    @property
    def tops(self) -> Array:
        """Height of the surface behind each riser [m], (steps,)."""
        if self.riser == 0.0:
            return np.zeros(self.steps)
        risers = np.full(self.steps, self.riser) + (
            np.asarray(self.riser_error) if self.riser_error else 0.0
        )
        return np.cumsum(risers)

    @property
    def boxes(self) -> list[Box]:
        """The solid parts of the flight.

        Each step is a thick slab, or a plate where treads overhang or stand free. Lower steps run
        on under higher ones.
        """
        surfaces = list(zip(self.edges.tolist(), self.tops.tolist(), strict=True))
        slabs = [
            Box(
                start=edge + self.nosing,
                length=LANDING - self.nosing,
                top=top,
                thickness=SLAB_THICKNESS,
            )
            for edge, top in surfaces
        ]
        if not self.nosing and not self.open_risers:
            return slabs
        lengths = [*(np.diff(self.edges) + self.nosing).tolist(), LANDING]
        plates = [
            Box(start=edge, length=length, top=top, thickness=PLATE_THICKNESS)
            for (edge, top), length in zip(surfaces, lengths, strict=True)
        ]
        return plates if self.open_risers else plates + slabs

    @property
    def first_edge(self) -> float:
        """x of the edge that the robot meets first [m]."""
        return 0.0 if self.direction == "up" else float(self.edges[-1])

    @property
    def last_edge(self) -> float:
        """x of the edge that the robot leaves behind last [m]."""
        return float(self.edges[-1]) if self.direction == "up" else 0.0

    @property
    def slope(self) -> float:
        """Rise over run of the line through the edges."""
        return self.riser / self.tread


class Terrain:
    """The staircases of E robots as padded arrays, to read heights in one pass.

    Attributes:
        steps: number of steps of each flight, (E,).
        edges: x of the edges [m], (E, MAX_STEPS), padded with infinity.
        tops: height of the ground before the first edge and behind each [m], (E, 1 + MAX_STEPS).
        half_width: half of each flight's width [m], (E,).
        end: x at which each flight's upper landing ends [m], (E,).
    """

    def __init__(self, count: int) -> None:
        self.steps = np.zeros(count, dtype=np.intp)
        self.edges = np.full((count, MAX_STEPS), np.inf)
        self.tops = np.zeros((count, 1 + MAX_STEPS))
        self.half_width = np.zeros(count)
        self.end = np.zeros(count)

    def place(self, row: int, stairs: Staircase) -> None:
        """Put `stairs` under robot `row`."""
        self.steps[row] = stairs.steps
        self.edges[row] = np.inf
        self.tops[row] = 0.0
        self.edges[row, : stairs.steps] = stairs.edges
        self.tops[row, 1 : 1 + stairs.steps] = np.cumsum(np.diff(stairs.tops, prepend=0.0))
        self.half_width[row] = 0.5 * stairs.width
        self.end[row] = stairs.edges[-1] + LANDING

    def height(self, x: Array, y: Array, rows: slice | list[int] = slice(None)) -> Array:
        """Height of the ground at world points (R, M) [m], (R, M).

        The points of row r are on the staircase of robot `rows[r]`.
        """
        passed = np.zeros(x.shape, np.uint8)
        for edge in self.edges[rows, : self.steps[rows].max()].T:
            passed += (x >= edge[:, None]).view(np.uint8)
        inside = (np.abs(y) <= self.half_width[rows, None]) & (x <= self.end[rows, None])
        # Beside the flight and behind it the ground is as before the first edge.
        passed *= inside.view(np.uint8)
        tops = self.tops[rows]
        # Taking from the flat table needs half the time of `take_along_axis`.
        return tops.take(passed + tops.shape[1] * np.arange(len(tops))[:, None])


def sample_irregularity(rng: np.random.Generator, steps: int, amount: float) -> tuple[float, ...]:
    """Uniform errors of +-`amount` [m], one per step."""
    return tuple(rng.uniform(-amount, amount, steps).tolist())
