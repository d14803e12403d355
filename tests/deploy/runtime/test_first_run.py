"""The page for the first run on a real robot says what the guards are."""

from deploy.runtime.safety.guards import GUARDS
from tests import ROOT


def test_the_page_has_every_guard_with_what_happens_and_its_remedy() -> None:
    page = (ROOT / "docs" / "first-run.md").read_text()
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    told = {
        row[0].removeprefix("| "): (row[2], row[3].removesuffix(" |"))
        for row in rows
        if len(row) == 4
    }
    assert {guard.name: (guard.event, guard.remedy) for guard in GUARDS}.items() <= told.items()
