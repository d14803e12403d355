"""The Gymnasium environments: one robot, and a vector of robots.

`StairClimb-Go2-v1` and `StairClimb-Tracked-v1` are ids of both.
"""

from collections.abc import Iterable
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from envs import robots
from envs.climb import ClimbBatch, Result
from envs.data_sheet import data_sheet
from envs.physics.camera import Camera
from envs.programs.observation import LIMIT
from envs.robots import ROBOTS
from envs.task import randomization
from envs.task.privileged import PRIVILEGED_LIMIT, PRIVILEGED_SIZE
from envs.task.randomization import Randomize
from envs.task.scenario import Scenario, from_options
from envs.task.terminations import End

Observation = dict[str, Any]
PICTURE_SIZE = (640, 400)
"""Width and height of a picture [pixels]."""


def observation_space(observations: int) -> spaces.Dict:
    """Space of what the policy sees ("policy") and what only a critic may see ("privileged")."""
    return spaces.Dict(
        policy=spaces.Box(-LIMIT, LIMIT, (observations,), np.float32),
        privileged=spaces.Box(-PRIVILEGED_LIMIT, PRIVILEGED_LIMIT, (PRIVILEGED_SIZE,), np.float32),
    )


class StairClimbEnv(gym.Env[Observation, NDArray[np.float32]]):
    """One robot on one staircase.

    The data sheet below is made from the tables that the code itself uses.

    Args:
        robot: name of a robot in `envs.robots`.
        randomize: "full" draws the whole randomisation table in every episode, "nominal" uses its
            nominal values.
        render_mode: "rgb_array" (needs no display), "human" (Bullet's window) or None.
    """

    metadata: dict[str, Any] = {"render_modes": ["human", "rgb_array"], "render_fps": 50}

    def __init__(
        self, robot: str = "go2", randomize: Randomize = "full", render_mode: str | None = None
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode is {render_mode!r}; use 'rgb_array', 'human' or None")
        randomization.check(randomize)
        self.render_mode = render_mode
        self.randomize: Randomize = randomize
        self.robot = robots.find(robot)
        self.metadata = self.metadata | {"render_fps": round(1 / self.robot.control_step)}
        self.batch = ClimbBatch(self.robot, 1, gui=render_mode == "human")
        self.observation_space = observation_space(self.batch.observations)
        self.action_space = spaces.Box(-1.0, 1.0, (self.batch.actions,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start an episode.

        `options` sets what it names (`envs.task.scenario.OPTIONS`). The rest is drawn or has its
        default.
        """
        super().reset(seed=seed)
        generator = np.random.default_rng(self.np_random.integers(2**63))
        scenario = from_options(
            rng=generator, spec=self.robot, options=options or {}, randomize=self.randomize
        )
        policy, privileged = self.batch.reset({0: scenario}, {0: generator})
        return {"policy": policy[0], "privileged": privileged[0]}, start_info(scenario)

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Advance by one control step: 0.02 s on legs, 0.05 s on tracks."""
        result = self.batch.step(np.asarray(action)[None])
        end = End(result.end[0])
        info: dict[str, Any] = {"is_success": end == End.ARRIVED, "end": end.label}
        info |= self.batch.episodes.summary(0, end) if end else {}
        observation = {"policy": result.policy[0], "privileged": result.privileged[0]}
        return (
            observation,
            float(result.reward[0]),
            bool(result.terminated[0]),
            bool(result.truncated[0]),
            info,
        )

    def render(self) -> Any:
        """RGB picture (400, 640, 3) of a camera that follows the robot; None unless "rgb_array".

        With "human" the window shows the robot.
        """
        if self.render_mode != "rgb_array":
            return None
        return self.batch.physics.worlds[0].picture(follow(self.batch), PICTURE_SIZE)

    def close(self) -> None:
        """Disconnect the physics client."""
        self.batch.close()


def start_info(scenario: Scenario | None) -> dict[str, Any]:
    """The episode's riser [m] and direction, as `reset` returns them."""
    return (
        {}
        if scenario is None
        else {"riser": scenario.stairs.riser, "direction": scenario.stairs.direction}
    )


def follow(batch: ClimbBatch, row: int = 0) -> Camera:
    """A camera beside the robot of `row`, at the height of the flight there.

    The picture does not bob with the body.
    """
    x, y, _ = batch.physics.worlds[row].base()[:3]
    scenario = batch.episodes.scenarios[row]
    if scenario is None:
        return Camera((x, y, 0.2))
    stairs = scenario.stairs
    height = float(np.clip(stairs.slope * x, 0.0, stairs.tops[-1]))
    # From the low side the camera sees the faces of the steps, whichever way the robot goes.
    return Camera((x, y, height + 0.2), distance=1.6, yaw=-30.0, pitch=-20.0)


class StairClimbVectorEnv(VectorEnv[dict[str, Any], NDArray[np.float32], Any]):
    """`num_envs` robots stepped together in one process.

    Made by `gymnasium.make_vec("StairClimb-Go2-v1", num_envs=8)`. Spaces, rewards and terminations
    are those of `StairClimbEnv`. A finished robot starts anew with the next step (Gymnasium's
    NEXT_STEP autoreset).
    """

    metadata: dict[str, Any] = {
        "autoreset_mode": AutoresetMode.NEXT_STEP,
        "render_modes": ["rgb_array"],
    }

    def __init__(
        self,
        num_envs: int = 1,
        robot: str = "go2",
        randomize: Randomize = "full",
        render_mode: str | None = None,
    ) -> None:
        if render_mode == "human":
            raise ValueError(
                "a vector environment has no window; use render_mode='rgb_array' or None"
            )
        randomization.check(randomize)
        self.render_mode = render_mode
        self.num_envs = num_envs
        self.randomize = randomize
        self.robot = robots.find(robot)
        self.batch = ClimbBatch(self.robot, num_envs)
        self.single_observation_space = observation_space(self.batch.observations)
        self.single_action_space = spaces.Box(-1.0, 1.0, (self.batch.actions,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._streams: list[np.random.Generator] = []
        self._over = np.zeros(num_envs, dtype=bool)
        self._options: dict[str, Any] = {}

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Start all robots.

        Robot i of seed s starts as a single environment of seed s + i would.
        """
        seeds = (
            [seed + i for i in range(self.num_envs)]
            if isinstance(seed, int)
            else (seed or [None] * self.num_envs)
        )
        if len(seeds) != self.num_envs:
            raise ValueError(
                f"seed has {len(seeds)} entries; this environment has {self.num_envs} robots"
            )
        if not self._streams:
            self._streams = [np_random()[0] for _ in seeds]
        self._streams = [
            stream if s is None else np_random(s)[0]
            for s, stream in zip(seeds, self._streams, strict=True)
        ]
        self._options = options or {}
        self._over[:] = False
        policy, privileged = self._start(range(self.num_envs))
        info: dict[str, Any] = {}
        for row, scenario in enumerate(self.batch.episodes.scenarios):
            info = self._add_info(info, start_info(scenario), row)
        return {"policy": policy, "privileged": privileged}, info

    def _start(self, rows: Iterable[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        generators = {
            row: np.random.default_rng(self._streams[row].integers(2**63)) for row in rows
        }
        scenarios = {
            row: from_options(
                rng=rng, spec=self.robot, options=self._options, randomize=self.randomize
            )
            for row, rng in generators.items()
        }
        return self.batch.reset(scenarios, generators)

    def step(
        self, actions: NDArray[np.float32]
    ) -> tuple[dict[str, Any], Any, Any, Any, dict[str, Any]]:
        """Advance all robots by one control step.

        Robots whose episode ended in the step before start anew, with reward 0.
        """
        if not self._streams:
            raise gym.error.ResetNeeded(
                "this environment has not been started; call reset() before step()"
            )
        result = self.batch.step(np.asarray(actions))
        fresh = self._over.copy()
        policy = result.policy.copy()
        privileged = result.privileged.copy()
        if fresh.any():
            rows = np.flatnonzero(fresh).tolist()
            policy[rows], privileged[rows] = self._start(rows)
        terminated = result.terminated & ~fresh
        truncated = result.truncated & ~fresh
        self._over = terminated | truncated
        info = self._info(result)
        return (
            {"policy": policy, "privileged": privileged},
            np.where(fresh, 0.0, result.reward),
            terminated,
            truncated,
            info,
        )

    def _info(self, result: Result) -> dict[str, Any]:
        info: dict[str, Any] = {}
        for row in np.flatnonzero(self._over):
            info = self._add_info(
                info, self.batch.episodes.summary(int(row), int(result.end[row])), int(row)
            )
        return info

    def render(self) -> Any:
        """RGB pictures, one per robot."""
        return tuple(
            world.picture(follow(self.batch, row), PICTURE_SIZE)
            for row, world in enumerate(self.batch.physics.worlds)
        )

    def close_extras(self, **kwargs: Any) -> None:
        """Disconnect the physics clients."""
        self.batch.close()


_SHEETS = (f"Robot {name!r}\n\n{data_sheet(spec)}" for name, spec in ROBOTS.items())
StairClimbEnv.__doc__ = "\n\n".join([str(StairClimbEnv.__doc__), *_SHEETS])
