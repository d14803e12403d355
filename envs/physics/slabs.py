"""The ground of a physics client, and the slabs of which flights of stairs are made.

A flight is made once, of thick slabs, and moved into place at each reset. No body is created or
removed afterwards, so memory stays flat and a reset costs microseconds.
"""

import pybullet

from envs.task.staircase import SLAB_THICKNESS, Box, Staircase

PARKED = -50.0
"""Height at which unused slabs are parked [m]."""
GROUND = 10_000.0
"""Half of the ground's length and width [m]: no robot gets that far in the longest episode."""
SHADES = (0.72, 0.62)
"""Grey values of the slabs in turn."""


def make_ground(client: int) -> None:
    """Make flat ground, and a plane that shows it.

    The robot stands on a box. A plane has no end, so that each of the robot's shapes would be
    tested against it in every step: a fifth of the step's time. The plane is only seen.
    """
    p, c = pybullet, client
    shape = p.createCollisionShape(
        p.GEOM_BOX, halfExtents=[GROUND, GROUND, 0.5 * SLAB_THICKNESS], physicsClientId=c
    )
    buried = p.createVisualShape(p.GEOM_SPHERE, radius=0.01, physicsClientId=c)
    ground = p.createMultiBody(
        0,
        shape,
        buried,
        [0, 0, -0.5 * SLAB_THICKNESS],
        useMaximalCoordinates=1,
        physicsClientId=c,
    )
    p.changeDynamics(ground, -1, lateralFriction=1.0, physicsClientId=c)
    plane = p.createMultiBody(
        0, p.createCollisionShape(p.GEOM_PLANE, physicsClientId=c), physicsClientId=c
    )
    p.setCollisionFilterGroupMask(plane, -1, 0, 0, physicsClientId=c)


class Slabs:
    """The slabs of one physics client."""

    def __init__(self, client: int) -> None:
        self._client = client
        self._slabs: list[int] = []
        self._sizes: set[tuple[float, ...]] = set()

    def place(self, stairs: Staircase) -> None:
        """Move the slabs so that they form `stairs`.

        Slabs are made when a flight first needs them, always after the robot, so that their order
        never differs.
        """
        boxes = stairs.boxes if stairs.riser > 0.0 else []
        sizes = _sizes(stairs, boxes)
        if sizes != self._sizes or len(sizes) > 1:
            self._drop(sizes)
        self._slabs += [
            self._make(box, stairs.width, k) for k, box in enumerate(boxes) if k >= len(self._slabs)
        ]
        away = Box(start=0.0, length=0.0, top=PARKED, thickness=0.0)
        for k, slab in enumerate(self._slabs):
            box = boxes[k] if k < len(boxes) else away
            centre = (box.start + 0.5 * box.length, 0.0, box.top - 0.5 * box.thickness)
            pybullet.resetBasePositionAndOrientation(
                slab, centre, (0, 0, 0, 1), physicsClientId=self._client
            )

    def _drop(self, sizes: set[tuple[float, ...]]) -> None:
        for slab in self._slabs:
            pybullet.removeBody(slab, physicsClientId=self._client)
        self._slabs = []
        self._sizes = sizes

    def _make(self, box: Box, width: float, number: int) -> int:
        p, c = pybullet, self._client
        shade = SHADES[number % 2]
        color = [shade, shade, shade * 0.95, 1]
        half = [0.5 * box.length, 0.5 * width, 0.5 * box.thickness]
        shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=half, physicsClientId=c)
        visual = p.createVisualShape(
            p.GEOM_BOX, halfExtents=half, rgbaColor=color, physicsClientId=c
        )
        # Maximal coordinates: a plain rigid body, which costs half of what a multibody does in
        # every step.
        slab = p.createMultiBody(
            0, shape, visual, [0, 0, PARKED], useMaximalCoordinates=1, physicsClientId=c
        )
        p.changeDynamics(slab, -1, lateralFriction=1.0, physicsClientId=c)
        return int(slab)


def _sizes(stairs: Staircase, boxes: list[Box]) -> set[tuple[float, ...]]:
    """The sizes that slabs must share to be used again.

    Plain flights share theirs. Treads that overhang or stand free have plates of their own.
    """
    if stairs.nosing or stairs.open_risers:
        return {(stairs.width, box.length, box.thickness) for box in boxes}
    return {(stairs.width,)}
