"""MkDocs hooks: files of the repository become pages of the site where they are, without a copy.

Each file keeps its path, so that links between these files need no change. A page of `docs/` links
to the same paths as it does in the repository, `../agents/...`; the hook takes the step out of
`docs/` away.
"""
# mypy: disable-error-code="import-not-found, unused-ignore"

import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
SHOWN = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "agents/EXPERIMENTS.md",
    "agents/pretrained/*/README.md",
    "agents/pretrained/*/*.csv",
    "agents/pretrained/*/*.mp4",
    "agents/pretrained/*/*.png",
    "urdf/*/README.md",
)
"""Files that the site shows, as patterns relative to the repository's root."""
LINK = re.compile(r"(\]\(|src=\")((?:\.\./)+)")
"""Start of a link or a picture that leads to a folder above."""
BOX = re.compile(r"^- \[ \] ", re.MULTILINE)
"""An empty box of a checklist."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files of the repository that the site shows.

    Raises:
        PluginError: a pattern of `SHOWN` finds nothing.
    """
    for pattern in SHOWN:
        found = sorted(ROOT.glob(pattern))
        if not found:
            raise PluginError(f"docs/hooks.py: no file is like {pattern}; correct SHOWN")
        for path in found:
            name = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the page's text with boxes, and links that leave `docs/` seen from the site's root."""
    markdown = BOX.sub("- \N{BALLOT BOX} ", markdown)
    if page.file.generated_by is not None:
        return markdown
    depth = len(PurePosixPath(page.file.src_uri).parts) - 1

    def shortened(match: re.Match[str]) -> str:
        start, ups = match.groups()
        return start + (ups[3:] if ups.count("../") > depth else ups)

    return LINK.sub(shortened, markdown)
