"""One page that says what was done and what came of it, with the video inside."""

import base64
import html
from dataclasses import dataclass
from pathlib import Path

STYLE = """body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}
pre{background:#f3f3f0;padding:.6em 1em;overflow-x:auto;white-space:pre-wrap;font-size:13px}
h2{margin-bottom:.2em}video{width:100%}
.yes{color:#20783c}.no{color:#a0281e}"""


@dataclass(frozen=True)
class Act:
    """One thing that was done."""

    title: str
    """What was done."""
    why: str
    """What it is good for."""
    command: str
    """Command line as one would type it; empty for what was done by hand."""
    said: str
    """Output."""
    status: int
    """Exit status."""
    expected: int
    """Exit status that it should have."""
    seconds: float
    """Time that it took [s]."""

    @property
    def well(self) -> bool:
        """Whether it came out as it should."""
        return self.status == self.expected


def write(path: Path, acts: list[Act], video: Path) -> None:
    """The page, whole in one file."""
    film = base64.b64encode(video.read_bytes()).decode("ascii")
    verdict = (
        '<p class="yes">Everything came out as it should.</p>'
        if all(act.well for act in acts)
        else '<p class="no">Not everything came out as it should.</p>'
    )
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        f"<title>Treadwell: dress rehearsal</title><style>{STYLE}</style>",
        "<h1>From policy to robot, without a robot</h1>",
        "<p>A real sshd on this machine plays the robot's computer, a process with physics behind "
        "it plays the Go2 on a DDS bus.</p>",
        verdict,
        f'<video controls src="data:video/mp4;base64,{film}"></video>',
        "<p>Drawn from the robot's own black box: what its joints and its attitude were at each "
        "tick.</p>",
        *map(_section, acts),
        "</html>",
    ]
    path.write_text("\n".join(parts))


def _section(act: Act) -> str:
    command = (
        f"<pre>$ {html.escape(act.command)}\n{html.escape(act.said)}</pre>"
        if act.command
        else f"<pre>{html.escape(act.said)}</pre>"
    )
    outcome = (
        f"status {act.status}, {'as' if act.well else 'NOT as'} it should, {act.seconds:.1f} s"
    )
    mark = f'<span class="{"yes" if act.well else "no"}">{outcome}</span>'
    title = html.escape(act.title)
    return f"<h2>{title}</h2><p>{html.escape(act.why)} {mark}</p>{command}"
