"""What a person sees of a world: pictures, and whether a window can be opened.

Pictures come from Bullet's software renderer, which needs no display.
"""

import ctypes
import sys
from typing import NamedTuple

import numpy as np
import pybullet
from numpy.typing import NDArray

FIELD_OF_VIEW = 50.0
"""Vertical field of view [deg]."""
NEAR = 0.1
"""Distance below which nothing is drawn [m]."""
FAR = 20.0
"""Distance beyond which nothing is drawn [m]."""
LIGHT = (-2, -3, 4)
"""Direction towards the light."""


class Camera(NamedTuple):
    """Pose of a camera."""

    target: tuple[float, float, float]
    """Point that the camera looks at, in the world [m]."""
    distance: float = 1.9
    """Distance from the camera to the target [m]."""
    yaw: float = 35.0
    """Direction of the view about the vertical [deg]."""
    pitch: float = -18.0
    """Direction of the view above the horizontal [deg]."""


def picture(client: int, camera: Camera, size: tuple[int, int]) -> NDArray[np.uint8]:
    """RGB picture (height, width, 3) of a physics client's world; `size` is (width, height)."""
    width, height = size
    view = pybullet.computeViewMatrixFromYawPitchRoll(
        camera.target, camera.distance, camera.yaw, camera.pitch, 0, 2
    )
    projection = pybullet.computeProjectionMatrixFOV(FIELD_OF_VIEW, width / height, NEAR, FAR)
    image = pybullet.getCameraImage(
        width,
        height,
        view,
        projection,
        lightDirection=LIGHT,
        shadow=0,
        renderer=pybullet.ER_TINY_RENDERER,
        physicsClientId=client,
    )
    pixels = np.asarray(image[2], dtype=np.uint8)
    return np.reshape(pixels, (height, width, 4))[..., :3].copy()


def can_open_window() -> bool:
    """Whether an X server answers: without one, Bullet would end the whole process."""
    if sys.platform != "linux":
        return True
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return False
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = x11.XOpenDisplay(None)
    if display:
        x11.XCloseDisplay(ctypes.c_void_p(display))
    return bool(display)
