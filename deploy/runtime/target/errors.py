"""What the robot's side refuses with; each has its own exit status, listed in `deploy.__main__`."""

from __future__ import annotations

from deploy.runtime.errors import DeployError


class NotProvisionedError(DeployError):
    """There is no installation, or not a whole one."""

    status = 23


class ArmedError(DeployError):
    """The robot is not known to be damped."""

    status = 24


class MismatchError(DeployError):
    """The bundle is for another robot, or for another version of the runtime."""

    status = 25


class DowngradeError(DeployError):
    """A version that is below the highest one seen, or that another bundle has already used."""

    status = 26


class BusyError(DeployError):
    """Somebody else is at work on this robot."""

    status = 27


class SelfTestError(DeployError):
    """The bundle does not do over there what it did here; nothing was installed."""

    status = 28


class UnhealthyError(DeployError):
    """The service did not come up, or did not stay up; the release before is back."""

    status = 29
