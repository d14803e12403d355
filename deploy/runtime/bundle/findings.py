"""Results of checks, as a person and as a program read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Finding:
    """One check: whether it passed, what was seen in words, and in figures."""

    check: str
    """What was checked."""
    passed: bool
    """Whether it is as it should be."""
    detail: str
    """What was found, in words."""
    figures: dict[str, float] = field(default_factory=dict)
    """What was found, in numbers."""


def passed(findings: Sequence[Finding]) -> bool:
    """Whether all checks passed."""
    return all(finding.passed for finding in findings)


def first_failure(findings: Sequence[Finding]) -> str:
    """How many checks failed and why the first one did, in one line."""
    failed = [finding for finding in findings if not finding.passed]
    return f"{len(failed)} of {len(findings)} checks failed; {failed[0].check}: {failed[0].detail}"


def as_text(title: str, findings: Sequence[Finding]) -> str:
    """The report: a line for each check, and the verdict."""
    width = max(len(finding.check) for finding in findings)
    lines = [
        f"{'pass' if finding.passed else 'FAIL'}  {finding.check:<{width}}  {finding.detail}"
        for finding in findings
    ]
    failed = sum(not finding.passed for finding in findings)
    verdict = (
        f"{failed} of {len(findings)} checks FAILED"
        if failed
        else f"all {len(findings)} checks passed"
    )
    return "\n".join([title, *lines, verdict, ""])


def as_json(title: str, findings: Sequence[Finding]) -> str:
    """The report for programs: "title", "passed" and "findings"."""
    report = {
        "title": title,
        "passed": passed(findings),
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(report, indent=2, sort_keys=True, allow_nan=False) + "\n"
