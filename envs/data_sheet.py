"""The data sheet of a robot's environment, made from the tables that the code itself uses."""

from envs.families import family
from envs.programs.observation import LIMIT, describe
from envs.robots.ranges import rows
from envs.robots.spec import RobotSpec
from envs.task import randomization, rewards
from envs.task.privileged import PRIVILEGED, PRIVILEGED_LIMIT
from envs.task.scenario import OPTIONS


def data_sheet(spec: RobotSpec) -> str:
    """The data sheet of `spec` as text.

    It lists actions, observations, rewards, randomisation, options, terminations and versions.
    """
    its = family(spec)
    terminations = (
        "terminated: arrived (success), fall (over 65 degrees), off_side (base beside the "
        "stairs); truncated: timeout. info['end'] says which."
    )
    return "\n\n".join(
        [
            its.mirror,
            "Action, each -1..1:\n" + "\n".join(its.actions(spec)),
            f"Observation 'policy', each scaled and clipped to +-{LIMIT:g}: index, name, scale, "
            "meaning\n" + describe(its.terms(spec)),
            "Observation 'privileged', for a critic only, each clipped to "
            f"+-{PRIVILEGED_LIMIT:g}:\n" + "\n".join(PRIVILEGED),
            "Reward terms, per second unless it says once; a step's sum is at least 0:\n"
            + rewards.describe(spec.rewards),
            "Random under randomize='full':\n" + randomization.describe(rows(spec.randomization)),
            "Reset options: " + ", ".join(OPTIONS),
            terminations,
            "Versions: " + "; ".join(f"v{k}, {change}" for k, change in enumerate(spec.history)),
        ]
    )
