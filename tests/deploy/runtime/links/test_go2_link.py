"""The Go2's link against a fake robot in another process, over a real DDS bus."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from deploy.fake_go2.operator import FakeOperator, fake_robot, free_domain
from deploy.runtime.link import LinkError, MotorCommand, RobotState
from deploy.runtime.links.go2 import Go2Link, Go2Writer, open_bus
from envs.robots.go2 import GO2
from tests.support.bundles import about
from tests.support.fake_robots import behave, counts, until
from tests.support.go2_traffic import (
    JOINTS,
    damping,
    fuzz_link,
    fuzz_robot,
    keep_sending,
    more,
    sound,
    stance,
)


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeOperator]:
    with fake_robot(tmp_path_factory.mktemp("go2"), riser=0.1) as robot:
        yield robot


@pytest.fixture
def link(fake: FakeOperator) -> Iterator[Go2Link]:
    """A link to the robot, taken over, which behaves again."""
    behave(fake)
    robot = Go2Link(about(), fake.options)
    robot.start()
    yield robot
    robot.close()


def other_state(link: Go2Link, than: RobotState | None) -> bool:
    return link.state() is not than


def test_the_motion_service_is_released_before_anything_else(
    fake: FakeOperator, link: Go2Link
) -> None:
    assert fake.events("released")
    again = time.monotonic()
    link.start()
    assert time.monotonic() - again < 5.0


def test_a_robot_that_restarts_holds_itself_again_and_refuses_until_it_is_released(
    fake: FakeOperator, link: Go2Link
) -> None:
    before = counts(fake).get("motion service", 0)
    fake.order(restart=0.3)
    until(lambda: link.state().tick < 1000)  # type: ignore[union-attr]
    keep_sending(link, stance(), lambda: counts(fake).get("motion service", 0) > before)
    link.start()
    keep_sending(link, stance(), lambda: counts(fake)["accepted"])


def test_states_are_those_of_the_robot_in_the_manifests_order(
    fake: FakeOperator, link: Go2Link
) -> None:
    turned = about(motor_index=tuple(reversed(range(JOINTS))))
    other = Go2Link(turned, fake.options)
    try:
        theirs = until(other.state)
        mine = link.state()
        assert mine is not None
        np.testing.assert_allclose(theirs.joint_position[::-1], mine.joint_position, atol=0.05)
        assert np.linalg.norm(mine.quaternion) == pytest.approx(1.0, abs=1e-5)
        # It stands level before the stairs: the real part is the last.
        assert mine.quaternion[3] > 0.9
        assert (mine.battery, mine.joint_position.shape, mine.temperature[0]) == (
            0.8,
            (JOINTS,),
            30.0,
        )
    finally:
        other.close()


def test_the_tick_advances_and_states_are_young(link: Go2Link) -> None:
    first = link.state()
    assert first is not None
    later = until(lambda: (state := link.state()) and state.tick >= first.tick + 100 and state)
    assert first.received < later.received <= time.monotonic()


def test_the_remote_control_arrives(fake: FakeOperator, link: Go2Link) -> None:
    fake.order(buttons=["start", "L2"], forward=0.5, turn=-1.0)
    remote = until(lambda: (state := link.state()) and state.remote.buttons and state.remote)
    assert (remote.buttons, remote.forward, remote.turn) == ({"start", "L2"}, 0.5, -1.0)


def test_the_stairs_are_on_the_height_map(fake: FakeOperator, link: Go2Link) -> None:
    # 0.7 to 1 m before the first edge: the grid, which reaches 0.9 m, sees the ground and at most
    # one riser.
    def as_it_is() -> bool:
        where = fake.wait("where", time.monotonic())
        ground = link.height_map()
        assert ground is not None
        levels = np.unique(np.round(ground.heights + where["over_ground"], 2))
        return set(levels) <= {np.float32(0.0), np.float32(0.1)}

    until(link.height_map)
    until(as_it_is)


@pytest.mark.long
def test_commands_move_the_robot_and_nothing_is_refused(fake: FakeOperator, link: Go2Link) -> None:
    began = time.monotonic()
    before = counts(fake)
    start = link.state().joint_position  # type: ignore[union-attr]
    for part in np.linspace(0, 1, 40):
        goal = stance()
        link.send(
            goal._replace(position=(start + part * (goal.position - start)).astype(np.float32))
        )
        time.sleep(0.02)

    def stands() -> bool:
        state = link.state()
        return state is not None and bool(np.abs(state.joint_position - GO2.stance).max() < 0.2)

    keep_sending(link, stance(), stands)
    link.send(damping())
    fake.wait("damping", began)
    after = counts(fake)
    assert after["accepted"] > before.get("accepted", 0)
    assert {name: count for name, count in after.items() if name != "accepted"} == {
        name: count for name, count in before.items() if name != "accepted"
    }


def test_a_second_way_in_damps_the_robot(fake: FakeOperator, link: Go2Link) -> None:
    link.send(stance())
    fake.wait("where", time.monotonic())
    writer = Go2Writer(about(), fake.options)
    began = time.monotonic()
    keep_sending(writer, damping(), lambda: fake.events("damping", began))
    writer.close()


def test_a_command_that_is_not_finite_is_not_sent(fake: FakeOperator, link: Go2Link) -> None:
    before = counts(fake)
    with pytest.raises(LinkError, match="not finite"):
        link.send(stance(kp=float("nan")))
    with pytest.raises(LinkError, match="not one for each joint"):
        link.send(MotorCommand(*(part[:3] for part in stance())))
    assert counts(fake) == before


def test_silence_lets_the_state_grow_old(fake: FakeOperator, link: Go2Link) -> None:
    fake.order(drop=1.0)
    until(lambda: time.monotonic() - link.state().received > 0.3)  # type: ignore[union-attr]


def test_a_frozen_robot_speaks_and_its_tick_stands_still(fake: FakeOperator, link: Go2Link) -> None:
    fake.order(freeze=True)

    def frozen() -> bool:
        first = link.state()
        time.sleep(0.2)
        second = link.state()
        assert first is not None
        assert second is not None
        return second.tick == first.tick and second.received > first.received

    until(frozen)


def test_damaged_states_are_refused_and_the_last_sound_one_stays(
    fake: FakeOperator, link: Go2Link
) -> None:
    for kind in ("corrupt", "nan"):
        refused = link.refused["rt/lowstate"]
        fake.order(**{kind: 1.0})
        until(partial(more, link.refused, "rt/lowstate", refused + 20))
        assert sound(link)
        old = link.state()
        time.sleep(0.1)
        assert link.state() is old is not None
        behave(fake)
        until(partial(other_state, link, old))


def test_a_late_robot_is_still_read(fake: FakeOperator, link: Go2Link) -> None:
    fake.order(delay=0.1)
    tick = link.state().tick  # type: ignore[union-attr]
    until(lambda: link.state().tick > tick + 300)  # type: ignore[union-attr]


def test_a_lost_map_grows_old(fake: FakeOperator, link: Go2Link) -> None:
    until(link.height_map)
    fake.order(map=False)
    until(lambda: time.monotonic() - link.height_map().received > 0.5)  # type: ignore[union-attr]


def test_a_wrong_order_is_noted_and_changes_nothing(fake: FakeOperator, link: Go2Link) -> None:
    began = time.monotonic()
    fake.order(drop=2.0)
    assert "drop cannot be 2.0" in fake.wait("wrong order", began)["why"]
    fake.order(nonsense=1)
    until(
        lambda: any(
            "there is no order 'nonsense'" in event["why"]
            for event in fake.events("wrong order", began)
        )
    )


def test_no_robot_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from deploy.runtime.links import go2_motion

    monkeypatch.setattr(go2_motion, "PATIENCE", 0.2)
    nobody = Go2Link(about(), {"domain": str(free_domain()), "interface": "lo"})
    with pytest.raises(LinkError, match="no robot speaks"):
        nobody.start()
    nobody.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"interface": "lo"}, "must not join domain 0"),
        ({"domain": "231"}, "does not exist"),
        ({"domain": "x"}, "use a number"),
        ({"domian": "1"}, "no option domian"),
        ({"domain": "201", "interface": "nowhere0"}, "does the interface exist"),
    ],
)
def test_what_cannot_be_joined_is_refused(options: dict[str, str], says: str) -> None:
    with pytest.raises(LinkError, match=says):
        open_bus(options)


def test_another_robots_bundle_is_refused() -> None:
    for other in (
        about(robot="spot"),
        about(motor_index=(0,) * JOINTS),
        about(motor_index=tuple(range(10, 22))),
    ):
        with pytest.raises(LinkError, match="needs a go2's"):
            Go2Writer(other, {"domain": "1", "interface": "lo"})


def test_fuzzed_payloads_crash_nobody_and_are_not_believed(
    fake: FakeOperator, link: Go2Link
) -> None:
    fuzz_link(500)
    fuzz_robot(fake, link, 500)


@pytest.mark.long
def test_ten_thousand_fuzzed_payloads_crash_nobody_and_are_not_believed(
    fake: FakeOperator, link: Go2Link
) -> None:
    fuzz_link(10_000)
    fuzz_robot(fake, link, 10_000)


def test_there_is_a_way_in_by_name(fake: FakeOperator) -> None:
    from deploy.runtime.links import open_link, open_writer

    opened: list[Any] = [
        open_link("go2", about(), fake.options),
        open_writer("go2", about(), fake.options),
    ]
    for one in opened:
        one.close()
