"""Workers on a Ray cluster: each collects whole rollouts of the shards it holds; those of a worker
that is lost are collected again by another.

Which worker holds which shard changes nothing in what is collected, so the number of workers and
machines does not either.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import ray
import torch
from ray.exceptions import RayError, RayTaskError

from agents.cluster.shard import Rollout, Shard, State
from agents.learning.driven import NotFiniteError
from agents.learning.ppo import PPOConfig
from agents.versions import versions
from envs.robots import find
from envs.workers.pool import LOSSES, STARTING
from envs.workers.worker import Job, WorkerError

ROLLOUTS = 80
"""A shard that is lost more than `LOSSES` times within so many rollouts ends the run: something is
wrong that another worker does not mend.
"""
STEP = 1.0
"""Time for a control step beyond which a worker counts as hung [s]; a step takes some 10 ms."""
POLL = 0.2
"""Interval at which a waiting trainer looks for Ctrl-C [s]."""


class RayWorker:
    """A Ray actor on a CPU of the cluster, which collects the rollouts of the shards it holds."""

    def __init__(self, config: PPOConfig) -> None:
        # Otherwise the networks would take all cores of the machine, which the other workers need.
        torch.set_num_threads(1)
        self._config = config
        self._shards: dict[int, Shard] = {}

    def versions(self) -> dict[str, str]:
        """Versions that the worker's results are made with."""
        return versions()

    def collect(self, job: Job, begin: State | None, weights: dict[str, Any], seed: int) -> Rollout:
        """The next rollout of the shard `job`; its robots first start anew from `begin`, if any."""
        shard = self._shard(job)
        if begin is not None:
            shard.begin(begin)
        return shard.collect(weights, seed)

    def hold(self, jobs: list[Job]) -> None:
        """Give up all shards but these. Those that are new start side by side."""
        for first in self._shards.keys() - {job.first for job in jobs}:
            self._shards.pop(first).close()
        for job in jobs:
            self._shard(job)

    def _shard(self, job: Job) -> Shard:
        if job.first not in self._shards:
            # Its robot's file is at another place on this machine.
            spec = replace(job.spec, urdf=find(job.spec.name).urdf)
            self._shards[job.first] = Shard(replace(job, spec=spec), self._config)
        return self._shards[job.first]


@dataclass(frozen=True)
class Errand:
    """A rollout that a worker is collecting."""

    shard: int
    worker: int
    until: float
    """Time on the monotonic clock from which on the worker counts as hung [s]."""


class Cluster:
    """The workers of a run. Ray must be connected.

    Args:
        jobs: the shards.
        config: of the run.
    """

    def __init__(self, jobs: list[Job], config: PPOConfig) -> None:
        self.jobs = jobs
        self.config = config
        self._actor: Any = ray.remote(num_cpus=1, max_restarts=0)(RayWorker)
        self._workers: dict[int, Any] = {}
        self._hired = 0
        self._round = 0
        self._holder: dict[int, int] = {}
        self._begun: set[int] = set()
        self._losses: dict[int, list[int]] = defaultdict(list)

    def reset(self) -> None:
        """Let all shards start anew, spread evenly over all free CPUs of the cluster: here a worker
        that was lost is replaced, and a new machine is used.
        """
        self._begun.clear()
        self._hire(min(len(self.jobs), len(self._workers) + _free()) - len(self._workers))
        numbers = sorted(self._workers)
        self._holder = {
            shard: numbers[shard * len(numbers) // len(self.jobs)]
            for shard in range(len(self.jobs))
        }
        for number, worker in self._workers.items():
            worker.hold.remote(
                [job for shard, job in enumerate(self.jobs) if self._holder[shard] == number]
            )

    def collect(
        self, weights: dict[str, Any], seeds: list[int], states: list[State]
    ) -> Iterator[tuple[int, Rollout] | None]:
        """The number and the next rollout of every shard, in the order of their arrival; None when
        it is worth looking up.

        Args:
            weights: of the policy; sent to each machine once.
            seeds: by shard.
            states: by shard, from where its robots start if they have to.

        Raises:
            NotFiniteError: an action is not finite.
            WorkerError: something fails whichever worker does it.
        """
        self._round += 1
        shared = ray.put(weights)
        under_way: dict[Any, Errand] = {}

        def send(shard: int) -> None:
            number = self._worker(shard)
            begin = None if shard in self._begun else states[shard]
            reference = self._workers[number].collect.remote(
                self.jobs[shard], begin, shared, seeds[shard]
            )
            queued = 1 + sum(errand.worker == number for errand in under_way.values())
            under_way[reference] = Errand(
                shard, number, time.monotonic() + STARTING + queued * STEP * self.config.rollout
            )
            self._begun.add(shard)

        for shard in range(len(self.jobs)):
            send(shard)
        while under_way:
            done, waiting = ray.wait(list(under_way), timeout=POLL)
            late = [
                reference for reference in waiting if time.monotonic() > under_way[reference].until
            ]
            for reference in (*done, *late):
                errand = under_way.pop(reference)
                rollout = self._receive(reference, errand, 0.0 if reference in late else STARTING)
                if rollout is None:
                    send(errand.shard)
                else:
                    yield errand.shard, rollout
            yield None

    def _receive(self, reference: Any, errand: Errand, patience: float) -> Rollout | None:
        """What came of an errand; None if its worker is lost, or has nothing to give within
        `patience` [s].
        """
        try:
            return ray.get(reference, timeout=patience)
        except RayTaskError as error:
            if isinstance(error.cause, NotFiniteError):
                raise NotFiniteError("action") from None
            raise WorkerError(
                f"a worker on the Ray cluster failed: {str(error.cause).splitlines()[-1]}"
            ) from error
        except RayError as error:
            self._lose(errand, f"{type(error).__name__}: {str(error).splitlines()[0]}")
            return None

    def _lose(self, errand: Errand, why: str) -> None:
        worker = self._workers.pop(errand.worker, None)
        if worker is not None:
            print(
                f"worker {errand.worker} on the Ray cluster is lost ({why}); others collect its "
                "rollouts from their start",
                file=sys.stderr,
                flush=True,
            )
            ray.kill(worker)
        losses = [
            *(loss for loss in self._losses[errand.shard] if self._round - loss < ROLLOUTS),
            self._round,
        ]
        self._losses[errand.shard] = losses
        if len(losses) > LOSSES:
            raise WorkerError(
                f"{len(losses)} workers on the Ray cluster were lost within {ROLLOUTS} rollouts, "
                f"the last: {why}; mend that, then continue with --resume"
            )

    def _worker(self, shard: int) -> int:
        """Who holds `shard`: if that one is lost, a new worker, or where there is no CPU for one
        the one with the fewest shards, for whom its robots start anew.
        """
        if self._holder[shard] not in self._workers:
            if _free() or not self._workers:
                self._hire(1)
            holders = list(self._holder.values())
            self._holder[shard] = min(self._workers, key=holders.count)
            self._begun.discard(shard)
        return self._holder[shard]

    def _hire(self, count: int) -> None:
        """Start `count` workers. One that has not started in time is done without, unless it is the
        only one.
        """
        asked = {}
        for _ in range(max(count, 0 if self._workers else 1)):
            actor = self._actor.remote(self.config)
            asked[actor.versions.remote()] = actor
        ready, late = (
            ray.wait(list(asked), num_returns=len(asked), timeout=STARTING) if asked else ([], [])
        )
        for reference in late:
            ray.kill(asked[reference])
        for reference in ready:
            self._admit(asked[reference], reference)
        if not self._workers:
            raise WorkerError(
                f"the Ray cluster has started no worker within {STARTING:.0f} s; it needs a free "
                "CPU"
            )

    def _admit(self, actor: Any, reference: Any) -> None:
        try:
            theirs = ray.get(reference)
        except RayTaskError as error:
            raise WorkerError(
                f"a worker on the Ray cluster cannot start: {str(error.cause).splitlines()[-1]}"
            ) from error
        except RayError:
            return
        if theirs != (ours := versions()):
            differ = ", ".join(
                f"{name} {theirs[name]} instead of {ours[name]}"
                for name in ours
                if theirs[name] != ours[name]
            )
            raise WorkerError(
                f"a machine of the Ray cluster has {differ}, and would collect something else; "
                "install the same there"
            )
        self._workers[self._hired] = actor
        self._hired += 1

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers.values():
            ray.kill(worker)
        self._workers.clear()


def _free() -> int:
    """CPUs of the cluster that nobody has asked for."""
    return int(ray.available_resources().get("CPU", 0))
