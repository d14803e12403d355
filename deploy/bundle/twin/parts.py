"""What the twins of all families share: stored figures, the network, readings that can be
computed with, a height map without holes.
"""

import io
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class NumpyController(ABC):
    """The controller's figures by the names they have there, and the network's layers.

    Args:
        data: an .npz of the layers `weight.0`, `bias.0` ... and of the controller's constants.
    """

    def __init__(self, data: bytes) -> None:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            values = {name: stored[name] for name in stored.files}
        count = sum(name.startswith("weight.") for name in values)
        self.layers = [(values[f"weight.{i}"], values[f"bias.{i}"]) for i in range(count)]
        self.array = {name: value for name, value in values.items() if value.ndim}
        self.number = {name: float(value) for name, value in values.items() if not value.ndim}
        self.reset()

    @abstractmethod
    def reset(self) -> None:
        """Forget everything: the robot has just been switched on."""

    def sanitized(self, reading: Array, otherwise: Array | float) -> Array:
        """`reading` within what a sensor can mean, and `otherwise` where it is not finite."""
        most = self.number["largest"]
        return np.where(np.isfinite(reading), np.clip(reading, -most, most), otherwise).astype(
            np.float32
        )

    def answer(self, observation: Array, mirrored: bool) -> Array:
        """The network's action for `observation`; a robot in the mirror is shown to it, and acts,
        with left and right exchanged.
        """
        action = network(
            self.layers, self._exchanged("observation", observation) if mirrored else observation
        )
        return self._exchanged("action", action) if mirrored else action

    def _exchanged(self, what: str, values: Array) -> Array:
        return values[self.array[f"{what}_order"]] * self.array[f"{what}_sign"]


def network(layers: list[tuple[Array, Array]], values: Array) -> Array:
    """A multilayer perceptron with ELU between its layers; the result in -1..1."""
    for index, (weight, bias) in enumerate(layers):
        values = weight @ values + bias
        if index < len(layers) - 1:
            values = np.where(values > 0, values, np.expm1(np.minimum(values, 0)))
    return np.clip(values, -1.0, 1.0)


def filled(heights: Array, felt: Array) -> Array:
    """The map (X, Y) without holes: a missing cell takes the mean of its row, an empty row the row
    behind it, an empty beginning the ground that is `felt`, (X,).
    """
    rows = np.clip(heights, -2.0, 2.0)
    last = None
    for row, own in zip(rows, felt, strict=True):
        missing = np.isnan(row)
        last = last if missing.all() else row[~missing].mean()
        row[missing] = own if last is None else last
    return rows


def between(heights: Array, u: Array, v: Array) -> Array:
    """Bilinear interpolation of a map (X, Y) at its fractional indices `u`, `v`, (P,) each; points
    outside are moved to the border.
    """
    (rows, columns) = heights.shape
    u = np.clip(u, 0.0, rows - 1.001)
    v = np.clip(v, 0.0, columns - 1.001)
    i, j = u.astype(int), v.astype(int)
    u = u - i
    v = v - j
    near = heights[i, j] * (1 - v) + heights[i, j + 1] * v
    far = heights[i + 1, j] * (1 - v) + heights[i + 1, j + 1] * v
    return near * (1 - u) + far * u
