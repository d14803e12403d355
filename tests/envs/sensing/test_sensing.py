"""The sensors: exact when nominal; noise, bias, delay and holes as the randomisation table says."""

from typing import Any

import numpy as np
import pytest
import torch

from envs.programs.sensors import MAP_X_START, MAP_X_STEP, Sensors
from envs.robots.ranges import Randomization, rows
from envs.sensing.measurement import ExactReading, Sensing
from envs.task.randomization import Values
from envs.task.staircase import Staircase, Terrain

STEP = 0.02
TABLE = rows(Randomization())
ROWS = {row.name: row for row in TABLE}


def nominal(**changed: Any) -> Values:
    values = {
        row.name: np.full(12 if row.size == "joints" else row.size, row.nominal) for row in TABLE
    }
    return values | {
        name: np.atleast_1d(np.asarray(value, float)) for name, value in changed.items()
    }


def truth(x: float = 0.5, yaw: float = 0.0) -> ExactReading:
    down = np.array([[0.0, 0.0, -1.0]])
    spin = np.array([[0.1, 0.2, 0.3]])
    return ExactReading(
        position=np.array([[x, 0.0, 0.3]]),
        yaw=np.array([yaw]),
        gravity_in_base=down,
        angular_velocity_base_in_base=spin,
        joint_position=np.linspace(-1, 1, 12)[None],
        joint_velocity=np.linspace(-2, 2, 12)[None],
    )


class Bench:
    """One robot's sensors over one staircase."""

    def __init__(self, values: Values, riser: float = 0.0, seed: int = 0) -> None:
        self.terrain = Terrain(1)
        self.sensing = Sensing(1, 12, STEP)
        self.generator = np.random.default_rng(seed)
        self.terrain.place(0, Staircase(riser=riser))
        self.offset = values["zero_offset"][None] * np.ones((1, 12))
        self.sensing.reset(0, values, truth().position[0], 0.0)

    def read(self, state: ExactReading | None = None) -> Sensors:
        return self.sensing.measure(
            slice(None),
            state or truth(),
            self.offset,
            np.array([[0.5, 0.1]]),
            self.terrain,
            [self.generator],
        )


def test_nominal_sensors_tell_the_truth() -> None:
    read = Bench(nominal()).read()
    expected = truth()
    for got, true in zip(read[:4], expected[2:], strict=True):
        torch.testing.assert_close(got.double(), torch.from_numpy(true), rtol=0, atol=1e-6)
    assert read.command.tolist() == pytest.approx(np.array([[0.5, 0.1]]))
    torch.testing.assert_close(read.height_map, torch.full((1, 29, 7), -0.3))


def test_the_map_shows_the_stairs_where_they_are() -> None:
    read = Bench(nominal(), riser=0.1).read(truth(x=-0.3))
    x = -0.3 + MAP_X_START + MAP_X_STEP * np.arange(29)
    expected = 0.1 * ((x >= 0.0).astype(float) + (x >= 0.28) + (x >= 0.56)) - 0.3
    assert read.height_map[0, :, 3].numpy() == pytest.approx(expected, abs=1e-6)


def test_the_map_turns_with_the_robot() -> None:
    read = Bench(nominal(), riser=0.1).read(truth(x=0.1, yaw=np.pi))
    assert read.height_map[0, 0, 3] > read.height_map[0, -1, 3]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("gravity_noise", "gravity_in_base"),
        ("gyro_noise", "angular_velocity_base_in_base"),
        ("position_noise", "joint_position"),
        ("velocity_noise", "joint_velocity"),
        ("map_noise", "height_map"),
    ],
)
def test_noise_has_the_deviation_of_the_table_and_reaches_its_own_sensor_only(
    row: str, field: str
) -> None:
    deviation = ROWS[row].high
    bench = Bench(nominal(**{row: deviation}))
    reads = [bench.read() for _ in range(600)]
    for name in Sensors._fields:
        values = torch.stack([getattr(read, name) for read in reads]).double()
        # The length of gravity is 1: only its two horizontal components can err.
        values = values[..., :2] if name == "gravity_in_base" else values
        spread = values.std(0).mean().item()
        assert spread == pytest.approx(deviation if name == field else 0.0, rel=0.05, abs=1e-6), (
            name
        )


def test_noise_is_new_in_every_reading_and_repeats_with_the_generator() -> None:
    one = Bench(nominal(gyro_noise=0.1))
    other = Bench(nominal(gyro_noise=0.1))
    first = one.read().angular_velocity_base_in_base
    second = one.read().angular_velocity_base_in_base
    assert not torch.equal(first, second)
    assert torch.equal(first, other.read().angular_velocity_base_in_base)


def test_gravity_stays_a_unit_vector() -> None:
    bench = Bench(nominal(gravity_noise=0.03))
    assert torch.stack(
        [bench.read().gravity_in_base.norm() for _ in range(20)]
    ).numpy() == pytest.approx(np.ones(20), abs=1e-6)


def test_biases_are_constant() -> None:
    bench = Bench(nominal(gyro_bias=[0.01, -0.02, 0.03], zero_offset=0.02, map_offset=0.03))
    for _ in range(2):
        read = bench.read()
        assert (read.angular_velocity_base_in_base - torch.tensor([0.1, 0.2, 0.3]))[
            0
        ].tolist() == pytest.approx([0.01, -0.02, 0.03], abs=1e-6)
        assert (read.joint_position.numpy() - truth().joint_position)[0] == pytest.approx(
            np.full(12, 0.02), abs=1e-6
        )
        assert read.height_map.numpy() == pytest.approx(np.full((1, 29, 7), -0.27), abs=1e-6)


def test_a_tilted_map_rises_ahead_and_to_the_left() -> None:
    heights = Bench(nominal(map_tilt=[0.03, -0.02])).read().height_map[0]
    assert (heights[-1, 3] - heights[0, 3]).item() == pytest.approx(0.03 * 1.4, abs=1e-6)
    assert (heights[0, -1] - heights[0, 0]).item() == pytest.approx(-0.02 * 0.6, abs=1e-6)


@pytest.mark.parametrize(("delay", "steps"), [(0.0, 0), (0.02, 1), (0.06, 3)])
def test_the_map_is_as_old_as_its_delay(delay: float, steps: int) -> None:
    late = Bench(nominal(map_delay=delay), riser=0.1)
    prompt = Bench(nominal(), riser=0.1)
    places = 0.5 + 0.06 * np.arange(8)
    reads = [late.read(truth(x=x)).height_map for x in places]
    expected = [prompt.read(truth(x=x)).height_map for x in places]
    for now in range(steps, 8):
        assert torch.equal(reads[now], expected[now - steps])


def test_the_map_slides_and_turns_back_at_five_centimetres() -> None:
    bench = Bench(nominal(map_drift=[0.015, 0.0]))
    slid = []
    for _ in range(1500):
        bench.read()
        slid.append(bench.sensing._maps._drift[0, 0])
    assert 0.045 < max(slid) < 0.052
    assert -0.052 < min(slid) < -0.045


def test_the_share_of_missing_cells_is_that_of_the_table() -> None:
    bench = Bench(nominal(map_missing=0.1))
    missing = torch.stack([torch.isnan(bench.read().height_map) for _ in range(100)])
    assert missing.double().mean().item() == pytest.approx(0.1, abs=0.01)
    assert not torch.equal(missing[0], missing[1])
