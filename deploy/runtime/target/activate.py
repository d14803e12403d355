"""The swap to a verified release, and the way back."""

from __future__ import annotations

from deploy.runtime import disk
from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.bundle.opening import open_bundle
from deploy.runtime.errors import DeployError
from deploy.runtime.target import service
from deploy.runtime.target.checks import damped, number
from deploy.runtime.target.config import ReleaseState, load_config, load_state, save
from deploy.runtime.target.errors import NotProvisionedError, UnhealthyError
from deploy.runtime.target.layout import Layout, point
from deploy.runtime.target.say import Say, deaf


def activate(layout: Layout, after: ReleaseState, say: Say) -> None:
    """Swap to the verified release that is proven in the state `after`, restart, watch, and commit
    that state; or go back.

    Raises:
        ArmedError: somebody has armed the robot meanwhile; nothing was changed.
        UnhealthyError: the service did not come up or stay up; the release before runs again.
    """
    config = load_config(layout)
    damped(service.see(layout, config))
    try:
        say("swap")
        point(layout, after.proven)
        say("restart")
        started = service.start(layout, config)
        say("health")
        service.watch(layout, config, started)
        say("commit")
        save(layout.state, after)
    except (DeployError, OSError) as error:
        outcome = recover(layout, say)
        raise UnhealthyError(f"{error}; {outcome}") from error
    prune(layout)


def committed(state: ReleaseState, digest: str, about: Manifest) -> ReleaseState:
    """The state with `digest` proven. The highest version only grows: going back to an old release
    does not let older ones in.
    """
    version, _ = state.highest.get(about.name, ["0.0.0", ""])
    highest = (
        {**state.highest, about.name: [about.version, digest]}
        if number(about.version) >= number(version)
        else state.highest
    )
    previous = state.previous if digest == state.proven else state.proven
    return ReleaseState(digest, previous, highest)


def go_back(layout: Layout) -> None:
    """Let `current` name the release that proved itself, if it names another: somebody was cut off,
    or the new one failed.
    """
    proven = load_state(layout).proven
    if layout.running() != proven:
        point(layout, proven)


def recover(layout: Layout, say: Say) -> str:
    """As `go_back`, and the service with it. Says what came of it."""
    if layout.running() == load_state(layout).proven:
        return "the release is the one that had proved itself"
    say("rollback")
    config = load_config(layout)
    # First, so that whoever is cut off here leaves no service that runs another release than
    # `current`.
    service.CONTROLS[config.service].stop(layout)
    go_back(layout)
    if layout.running() is None:
        return "there was no release before, so none runs"
    try:
        service.start(layout, config)
    except UnhealthyError as error:
        return f"the release before is back, but {error}"
    return "the release before runs again"


def rollback(layout: Layout, say: Say) -> None:
    """The owner's way back to the proven release before this one.

    Raises:
        NotProvisionedError: there is none.
        RefusedError, ArmedError, UnhealthyError: as `install`.
    """
    say = deaf(say)
    damped(service.see(layout, load_config(layout)))
    recover(layout, say)
    state = load_state(layout)
    if state.previous is None:
        raise NotProvisionedError("there is no release to go back to")
    say("hash")
    open_bundle(layout.release(state.previous), layout.key)
    activate(layout, ReleaseState(state.previous, None, state.highest), say)


def prune(layout: Layout) -> None:
    """Keep the proven release and the one before; everything else has had its time."""
    state = load_state(layout)
    kept = {layout.release(digest) for digest in (state.proven, state.previous) if digest}
    for path in set(layout.releases.iterdir()) - kept:
        path.unlink()
    disk.sync(layout.releases)
