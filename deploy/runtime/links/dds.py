"""A DDS bus by Cyclone DDS: messages of fixed size as bytes, the others as objects."""

from __future__ import annotations

import types as python_types
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Iterable
from xml.sax.saxutils import quoteattr

from deploy.runtime.errors import MissingExtraError
from deploy.runtime.link import LinkError
from deploy.runtime.links.go2_messages import SEQUENCE, TOPICS, Struct

try:
    import cyclonedds.idl as idl
    from cyclonedds.core import (
        DDSException,
        InstanceState,
        ReadCondition,
        SampleState,
        ViewState,
        WaitSet,
    )
    from cyclonedds.domain import Domain, DomainParticipant
    from cyclonedds.idl import types
    from cyclonedds.idl.annotations import autoid, final
    from cyclonedds.pub import DataWriter
    from cyclonedds.qos import Policy, Qos
    from cyclonedds.sub import DataReader
    from cyclonedds.topic import Topic
    from cyclonedds.util import duration
except ImportError as missing:
    raise MissingExtraError(
        "the Go2's bus needs cyclonedds; install it: pip install cyclonedds (on the "
        "robot: pip install cyclonedds==0.10.2)"
    ) from missing

ROBOT_DOMAIN = 0
"""Domain of a real robot."""
LARGEST_DOMAIN = 230
"""Largest domain: beyond it there are no UDP ports left."""
_KINDS: dict[Any, Any] = {
    "u1": types.uint8,
    "u2": types.uint16,
    "i2": types.int16,
    "u4": types.uint32,
    "i4": types.int32,
    "i8": types.int64,
    "f4": types.float32,
    "f8": types.float64,
    "bool": bool,
    "str": str,
}
_LOOPBACK = """<Discovery><ParticipantIndex>auto</ParticipantIndex>
<MaxAutoParticipantIndex>30</MaxAutoParticipantIndex>
<Peers><Peer address="127.0.0.1"/></Peers></Discovery>"""
"""A loopback interface has no multicast: participants are looked for one by one."""


class _Lasting(Domain):
    """A domain that ends with its process and not before: when Cyclone 11.0.1 gives one back, one
    time in four it waits for ever, and a deadman with it.
    """

    def __del__(self) -> None:
        """Delete nothing."""


_configured: dict[int, Any] = {}
"""Domains that this process has configured: Cyclone does so once a process."""


def _of(cls: Any, /, data: Any, **_: Any) -> Any:
    made = cls.__new__(cls)
    made.data = bytes(data)
    return made


_RAW: dict[str, Any] = {
    "of": classmethod(_of),
    "deserialize": classmethod(_of),
    "serialize": lambda self, **_: self.data,
}
"""A message of fixed size is its bytes, `data`: `go2_layout` reads and writes them, ten times
faster than Cyclone's Python does.
"""


@lru_cache(maxsize=None)
def message(struct: Struct) -> type[Any]:
    """The class of a message. It is made of its fields in order; one of fixed size by `of(data)` of
    its bytes, which it keeps as `data`.
    """
    fields = {name: _type(kind, length) for name, kind, length in struct.fields}
    methods = _RAW if is_fixed(struct) and struct in TOPICS.values() else {}

    def body(namespace: dict[str, Any]) -> None:
        namespace.setdefault("__annotations__", {}).update(fields)
        namespace.update(methods)

    made = python_types.new_class(
        struct.typename.rsplit(".", 1)[-1], (idl.IdlStruct,), {"typename": struct.typename}, body
    )
    return autoid("sequential")(final(dataclass(made)))


def is_fixed(struct: Struct) -> bool:
    """Whether a message has always the same size."""
    return all(
        is_fixed(kind) if isinstance(kind, Struct) else kind != "str" and length != SEQUENCE
        for _, kind, length in struct.fields
    )


def _type(kind: Any, length: int) -> Any:
    one = message(kind) if isinstance(kind, Struct) else _KINDS[kind]
    if length == 1:
        return one
    forms: Any = types
    return forms.sequence[one] if length == SEQUENCE else forms.array[one, length]


class Bus:
    """One participant in a domain.

    Args:
        domain: its number; a real robot's is 0.
        interface: network interface by name; "lo" stays on this machine, "" lets Cyclone choose.
        force: join a robot's domain with a Cyclone DDS that is known to crash its programs.

    Raises:
        LinkError: the domain cannot be joined.
    """

    def __init__(self, domain: int, interface: str, force: bool = False) -> None:
        if not 0 <= domain <= LARGEST_DOMAIN:
            raise LinkError(
                f"DDS domain {domain} does not exist; use 0 (a robot's) to {LARGEST_DOMAIN}"
            )
        if domain == ROBOT_DOMAIN and not force:
            _refuse_newer()
        try:
            if domain not in _configured:
                _configured[domain] = _Lasting(domain, _config(interface))
            self._participant: Any = DomainParticipant(domain)
        except DDSException as error:
            raise LinkError(
                f"cannot join DDS domain {domain} on {interface or 'any interface'}: {error.msg}; "
                "does the interface exist?"
            ) from error

    def writer(self, topic: str) -> Any:
        """Sends messages on `topic`: reliable, the newest only, as the vendor's SDK does."""
        return DataWriter(self._participant, self._topic(topic))

    def reader(self, topic: str, depth: int = 1) -> Any:
        """Receives the newest `depth` messages on `topic`."""
        return DataReader(
            self._participant, self._topic(topic), Qos(Policy.History.KeepLast(depth))
        )

    def waitset(self) -> Any:
        """A set of conditions to wait for."""
        return WaitSet(self._participant)

    def _topic(self, name: str) -> Any:
        return Topic(self._participant, name, message(TOPICS[name]))


def take(reader: Any) -> list[Any]:
    """All messages that have come in since, oldest first; None for one that cannot be decoded."""
    found: list[Any] = []
    while True:
        try:
            samples = reader.take(1)
        # Whatever Cyclone's decoder trips over in garbage: it documents nothing. The message is
        # gone; the next take goes on.
        except Exception:
            found.append(None)
            continue
        if not samples:
            return found
        if samples[0].sample_info.valid_data:
            found.append(samples[0])


class Waiting:
    """Waits for messages on any of `readers`."""

    def __init__(self, bus: Bus, readers: Iterable[Any]) -> None:
        self._set = bus.waitset()
        self._conditions = [
            ReadCondition(reader, SampleState.NotRead | ViewState.Any | InstanceState.Any)
            for reader in readers
        ]
        for condition in self._conditions:
            self._set.attach(condition)

    def wait(self, seconds: float) -> None:
        """Return when there is a message, or after `seconds`."""
        self._set.wait(duration(milliseconds=int(1000 * seconds)))


def _refuse_newer() -> None:
    import importlib.metadata

    version = importlib.metadata.version("cyclonedds")
    if int(version.split(".")[0]) >= 11:
        raise LinkError(
            f"cyclonedds {version} must not join domain {ROBOT_DOMAIN}: the robot's own 0.10.2 "
            "crashes when it meets 11.x; "
            "install cyclonedds==0.10.2, use another domain, or force it"
        )


def _config(interface: str) -> str:
    chosen = (
        f"<NetworkInterface name={quoteattr(interface)}/>"
        if interface
        else '<NetworkInterface autodetermine="true"/>'
    )
    local = _LOOPBACK if interface == "lo" else ""
    multicast = "<AllowMulticast>false</AllowMulticast>" if interface == "lo" else ""
    general = f"<General><Interfaces>{chosen}</Interfaces>{multicast}</General>"
    return f'<CycloneDDS><Domain Id="any">{general}{local}</Domain></CycloneDDS>'
