"""What runs on a robot, and back to what ran before."""

from dataclasses import dataclass

import tyro

from deploy.robot.connection import Connection, described, step
from deploy.robot.progress import StepProgress
from deploy.runtime.target.checks import damped

ROLLBACK_STEPS = ("hash", "swap", "restart", "health", "commit")


@dataclass(frozen=True)
class StatusConfig:
    """Say what a robot is, what runs on it, and what it would go back to."""

    connection: tyro.conf.OmitArgPrefixes[Connection]


@dataclass(frozen=True)
class RollbackConfig:
    """Go back to the release before the one that runs: the only way to an older version. The robot
    has to be damped, and comes up damped.
    """

    connection: tyro.conf.OmitArgPrefixes[Connection]
    dry_run: bool = False
    """Say what would run, and stop."""


def status(config: StatusConfig) -> str:
    """What the robot says about itself. Raises DeployError if it does not."""
    facts, *_ = described(config.connection)
    service = facts.service
    highest = ", ".join(f"{name} {version}" for name, (version, _) in facts.highest.items())
    lines = {
        "robot": facts.robot,
        "service": (
            f"{facts.keeper}, "
            f"{'ready' if service.ready else 'starting' if service.active else 'stopped'}"
        ),
        "state": service.status or "not known",
        "current": _release(facts.current)
        + ("" if facts.proven else ", which has not proved itself: the next flash goes back first"),
        "before": _release(facts.previous),
        "highest": highest or "none",
        "python": f"{facts.python}, torch {facts.torch}" if facts.torch else "without torch",
    }
    return "\n".join(f"{name:<8} {value}" for name, value in lines.items())


def rollback(config: RollbackConfig) -> str:
    """Go back and say to what. Raises DeployError with the status of what refused."""
    facts, *_ = described(config.connection)
    damped(facts.service)
    if config.dry_run:
        return (
            f"{config.connection.host} would go back to {_release(facts.previous)}; nothing was "
            "changed"
        )
    with StepProgress(ROLLBACK_STEPS) as steps:
        step(config.connection, "rollback", told=steps.begin)
    return f"{_release(facts.previous)} runs on {config.connection.host}, damped"


def _release(release: list[str]) -> str:
    return f"{' '.join(filter(None, release[:2]))} ({release[2][:12]})" if release else "none"
