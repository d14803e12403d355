"""Filmed episodes: a seeded choice, replayed exactly as they were counted, with figures in the
picture.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from agents.evaluation.episodes.parallel import gather
from agents.evaluation.episodes.trials import Trial, Trials, play
from envs.physics.quiet import quiet

if TYPE_CHECKING:
    from envs.climb import ClimbBatch

Film = list[bytes]
"""Frames as PNG files."""
SIZE = (640, 400)
FRAMES_PER_SECOND = 25
HOLD = FRAMES_PER_SECOND
"""The last picture stays for so many frames, with what came of the episode."""
SHEET = (4, 2)
"""Columns and rows of the contact sheet."""
OUTCOMES = {
    "arrived": "arrived",
    "fall": "fell",
    "timeout": "stuck: time is up",
    "off_side": "left the stairs at the side",
}


def sample(trials: Trials) -> list[Trial]:
    """One episode in each direction, drawn by the seed from all that were counted: neither the best
    nor the worst.
    """
    rng = np.random.default_rng([trials.seed, trials.episodes])
    ways = dict.fromkeys(stairs.direction for stairs in trials.flights)
    choices = [[trial for trial in trials.each if trial.stairs.direction == way] for way in ways]
    return [chosen[int(rng.integers(len(chosen)))] for chosen in choices]


def film(trials: Trials, chosen: Sequence[Trial]) -> dict[Trial, Film]:
    """Replay `chosen`, each in a process of its own, and film them.

    Raises:
        WorkerError: a worker process died or failed.
    """
    films = dict(gather(_shoot, [(trials, trial) for trial in chosen]))
    return {trial: films[trial] for trial in chosen}


def _shoot(share: tuple[Trials, Trial]) -> Iterator[tuple[Trial, Film]]:
    with quiet():
        from envs.gym_env import follow

    trials, trial = share
    film: Film = []
    steps = 0
    picture = Image.new("RGB", SIZE)

    def watch(batch: "ClimbBatch") -> None:
        nonlocal steps, picture
        # In real time, whatever the control step: a slow robot's picture may stand for two frames.
        frames = int(steps * batch.spec.control_step * FRAMES_PER_SECOND + 1e-6) + 1 - len(film)
        if frames > 0:
            picture = Image.fromarray(batch.physics.worlds[0].picture(follow(batch), SIZE))
            film.extend(
                [
                    _png(
                        _caption(
                            picture=picture,
                            trials=trials,
                            trial=trial,
                            seconds=steps * batch.spec.control_step,
                        )
                    )
                ]
                * frames
            )
        steps += 1

    ((_, outcome),) = play(trials, [trial], watch)
    last = _caption(
        picture=picture,
        trials=trials,
        trial=trial,
        seconds=outcome.seconds,
        outcome=OUTCOMES[outcome.end],
    )
    yield trial, film + [_png(last)] * HOLD


def _caption(
    picture: Image.Image, trials: Trials, trial: Trial, seconds: float, outcome: str = ""
) -> Image.Image:
    stairs = trial.stairs
    canvas = picture.copy()
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(17)
    flight = (
        f"{stairs.direction}   riser {100 * stairs.riser:g} cm   tread {100 * stairs.tread:g} cm"
    )
    ends = (
        (10, "ls", f"{flight}   command {trials.speed:g} m/s"),
        (SIZE[0] - 10, "rs", f"{seconds:.2f} s"),
    )
    draw.rectangle((0, 0, SIZE[0], 28), fill=(24, 28, 36))
    for x, anchor, text in ends:
        draw.text((x, 20), text, fill=(240, 240, 240), font=font, anchor=anchor)
    if outcome:
        colour = (32, 120, 60) if outcome == OUTCOMES["arrived"] else (160, 40, 30)
        draw.rectangle((0, SIZE[1] - 28, SIZE[0], SIZE[1]), fill=colour)
        draw.text(
            (SIZE[0] // 2, SIZE[1] - 8), outcome, fill=(255, 255, 255), font=font, anchor="ms"
        )
    return canvas


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def write(path: Path, films: Mapping[Trial, Film]) -> None:
    """The films one after another as an H.264 MP4."""
    writer = imageio_ffmpeg.write_frames(
        str(path),
        SIZE,
        fps=FRAMES_PER_SECOND,
        codec="libx264",
        pix_fmt_out="yuv420p",
        output_params=["-movflags", "+faststart"],
    )
    writer.send(None)
    for frames in films.values():
        for frame in frames:
            writer.send(np.asarray(Image.open(io.BytesIO(frame))).tobytes())
    writer.close()


def contact_sheet(path: Path, films: Mapping[Trial, Film]) -> None:
    """Frames at equal intervals, the same number of each film, row by row."""
    columns, rows = SHEET
    each = columns * rows // len(films)
    chosen = [
        frames[i]
        for frames in films.values()
        for i in np.linspace(0, len(frames) - 1, each).round().astype(int)
    ]
    sheet = Image.new("RGB", (columns * SIZE[0], rows * SIZE[1]))
    for number, frame in enumerate(chosen):
        sheet.paste(
            Image.open(io.BytesIO(frame)), (number % columns * SIZE[0], number // columns * SIZE[1])
        )
    sheet.resize((sheet.width * 3 // 4, sheet.height * 3 // 4), Image.Resampling.LANCZOS).save(
        path, "PNG", optimize=True
    )
