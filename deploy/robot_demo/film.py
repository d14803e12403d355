"""The climb as a video, drawn from what the robot recorded: joints and attitude from its black box,
where it was from the fake robot's journal.
"""

from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deploy.runtime.loop import blackbox
from envs.robots.go2 import GO2
from envs.task.staircase import Staircase

SIZE = (640, 400)
"""Width and height of a picture [pixels]."""
RATE = 25
"""Pictures a second, in real time."""


def film(path: Path, box: Path, where: list[dict[str, object]], stairs: Staircase) -> None:
    """Write an H.264 MP4 of all that the black box has from arming on.

    Args:
        path: the file to write.
        box: the control loop's black box.
        where: the journal's events of that name; times of both are the machine's monotonic clock.
        stairs: what it stood before.
    """
    from envs.physics.quiet import quiet

    with quiet():
        from envs.physics.camera import Camera
        from envs.physics.world import World
    about, records = blackbox.read(box)
    records = records[
        np.isfinite(records["quaternion"]).all(1)
        & (records["state"] != about["states"].index("damped"))
    ]
    times = np.array([event["t"] for event in where])
    places = np.array([event["position"] for event in where])
    writer = imageio_ffmpeg.write_frames(
        str(path),
        SIZE,
        fps=RATE,
        codec="libx264",
        pix_fmt_out="yuv420p",
        output_params=["-movflags", "+faststart"],
    )
    writer.send(None)
    world = World(GO2)
    try:
        world.place(stairs)
        for now in np.arange(records["now"][0], records["now"][-1], 1 / RATE):
            row = records[np.searchsorted(records["now"], now)]
            x, y, z = (float(np.interp(now, times, column)) for column in places.T)
            world.reset((x, y, z), row["quaternion"], row["joint_position"])
            height = float(np.clip(stairs.slope * x, 0.0, stairs.tops[-1]))
            picture = Image.fromarray(
                world.picture(
                    Camera((x, y, height + 0.2), distance=1.6, yaw=-30.0, pitch=-20.0), SIZE
                )
            )
            writer.send(
                np.asarray(
                    _titled(
                        picture,
                        f"{about['states'][row['state']]}   {now - records['now'][0]:5.1f} s",
                    )
                ).tobytes()
            )
    finally:
        writer.close()
        world.close()


def _titled(picture: Image.Image, text: str) -> Image.Image:
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, SIZE[0], 28), fill=(24, 28, 36))
    draw.text((10, 20), text, fill=(240, 240, 240), font=ImageFont.load_default(17), anchor="ls")
    return picture
