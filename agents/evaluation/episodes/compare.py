"""Two policies on the same episodes: the difference of their success rates, and whether it is more
than chance.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agents.evaluation.episodes.statistics import paired
from agents.evaluation.episodes.trials import Trial, TrialOutcome, Trials


class Contrast(NamedTuple):
    """One flight, or all of them, played by both."""

    flight: str
    episodes: int
    both: int
    """Episodes in which both policies arrived."""
    policy_alone: int
    other_alone: int
    difference: float
    """Difference of the success rates, the policy's minus the other's."""
    ci95: tuple[float, float]
    """Newcombe's paired interval of the difference."""
    verdict: str
    """"better" or "worse" where the interval excludes 0, else "open"."""


def compare(
    trials: Trials, outcomes: Mapping[Trial, TrialOutcome], others: Mapping[Trial, TrialOutcome]
) -> list[Contrast]:
    """One contrast a flight, in the order of `trials.flights`, then one of all episodes if there
    are several flights.
    """
    found = []
    for stairs in trials.flights:
        name = (
            f"{stairs.direction}, riser {100 * stairs.riser:.1f} cm, tread "
            f"{100 * stairs.tread:.1f} cm"
        )
        found.append(
            _contrast(
                name=name,
                chosen=[trial for trial in trials.each if trial.stairs == stairs],
                outcomes=outcomes,
                others=others,
            )
        )
    return (
        found
        if len(found) == 1
        else [
            *found,
            _contrast(name="all flights", chosen=trials.each, outcomes=outcomes, others=others),
        ]
    )


def _contrast(
    name: str,
    chosen: Sequence[Trial],
    outcomes: Mapping[Trial, TrialOutcome],
    others: Mapping[Trial, TrialOutcome],
) -> Contrast:
    pairs = [(outcomes[trial].end == "arrived", others[trial].end == "arrived") for trial in chosen]
    both, first, second, neither = (
        pairs.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))
    )
    low, high = paired(both=both, first=first, second=second, neither=neither)
    verdict = "better" if low > 0 else "worse" if high < 0 else "open"
    return Contrast(
        flight=name,
        episodes=len(pairs),
        both=both,
        policy_alone=first,
        other_alone=second,
        difference=(first - second) / len(pairs),
        ci95=(low, high),
        verdict=verdict,
    )


def table(policy: str, other: str, contrasts: Sequence[Contrast]) -> str:
    """The contrasts as a Markdown table, with a line that says how to read it."""
    head = (
        f"| flight | episodes | both arrive | {policy} alone | {other} alone | difference | "
        f"95% interval | {policy} is |"
    )
    lines = [
        f"`{policy}` against `{other}`, the same episodes. A verdict stands only where the "
        "interval excludes 0; each is at 95% by itself, so of 20 open questions one errs.",
        "",
    ]
    lines += [head, "| --- |" + " ---: |" * 6 + " --- |"]
    for c in contrasts:
        low, high = (f"{100 * bound:+.1f}" for bound in c.ci95)
        lines.append(
            f"| {c.flight} | {c.episodes} | {c.both} | {c.policy_alone} | {c.other_alone} | "
            f"{100 * c.difference:+.1f}% | {low} to {high}% | {c.verdict} |"
        )
    return "\n".join(lines)
