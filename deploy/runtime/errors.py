"""Errors of `python -m deploy` and of the runtime: one line of what and why, and an exit status."""

from __future__ import annotations


class DeployError(RuntimeError):
    """Something cannot be done; the message names the remedy."""

    status = 1


class RefusedError(DeployError):
    """A bundle is not what its author signed: form, signature or hash."""

    status = 3


class SchemaError(RefusedError):
    """A bundle's manifest has another `schema` than the one that this version reads."""

    def __init__(self, message: str, schema: int) -> None:
        super().__init__(message)
        self.schema = schema


class VerificationError(DeployError):
    """A policy does not do what it must; `report` says it in full."""

    status = 4

    def __init__(self, message: str, report: str) -> None:
        super().__init__(message)
        self.report = report


class MissingExtraError(DeployError):
    """An optional package is not installed; the message says how to install it."""

    status = 5


class GaveUpError(DeployError):
    """The control loop or its deadman failed while it drove a robot, which is damped."""

    status = 7
