"""Copies of one app, and the change from one version to the next without a gap.

Both an ECS service and an auto scaling group are a number of equal copies, some in target groups.
New copies are started beside the old ones; when all of them are well, the old ones leave the
balancer, finish their requests and end. When a new copy crashes three times, or is not well in
time, the new ones end and the old ones go on: AWS's circuit breaker, and its rollback. Not
imitated: that a copy which the balancer finds unhealthy is replaced; it only gets no requests.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from platform_lib.local.dataplane.fronts.targets import Target, TargetGroups, describe
from platform_lib.local.dataplane.logs import Log
from platform_lib.local.dataplane.running.processes import Kept
from platform_lib.local.dataplane.workload import Workload
from platform_lib.local.errors import NotSteady

_CRASHES = 3
_SHOWN_LINES = 15
_SETTLED = 1.0
_LOOK = 0.05

Probe = Callable[[], Awaitable[str | None]]
"""Asks a copy for its health in the copy's own way; None when it is well, else what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A health check that is not a target group's: ECS's own, run in the container."""

    probe: Probe
    interval: float
    retries: int


@dataclass(eq=False, kw_only=True)
class Replica:
    """One copy. `parts` are its processes, the first is the app; a task's sidecars follow."""

    name: str
    target: str
    version: str
    how: str
    parts: Sequence[Kept]
    addresses: Sequence[tuple[str, str]] = ()
    """Target group's ARN and the address that stands in it."""
    checks: Sequence[Check] = ()
    targets: list[tuple[str, Target]] = field(default_factory=list)
    well: bool = False
    problem: str = ""
    up: asyncio.Event = field(default_factory=asyncio.Event)
    checking: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def log(self) -> Log:
        """The app's output."""
        return self.parts[0].log

    @property
    def crashes(self) -> int:
        """How often a part of it died since it was last well."""
        return max(part.crashes for part in self.parts)

    @property
    def running(self) -> bool:
        """Whether all its processes run now."""
        return all(part.process is not None and not part.process.ended for part in self.parts)

    @property
    def healthy(self) -> bool:
        """Whether its processes run, its own check is good and the balancer sends it requests."""
        if not (self.targets or self.checks):
            # Nothing asks a worker without a port how it is: it has to stay up for a moment.
            return min(part.up_for for part in self.parts) >= _SETTLED
        in_groups = all(target.state == "healthy" for _, target in self.targets)
        return self.running and self.well and in_groups

    def down(self) -> None:
        """Hear that a process of it ended: no more requests until it has answered anew."""
        for _, target in self.targets:
            target.down()
        self.well = not self.checks

    def why(self) -> str:
        """Say what keeps it from being healthy."""
        told = describe([target for _, target in self.targets])
        return "; ".join(filter(None, [self.problem, told])) or "it did not stay up"

    def workload(self) -> Workload:
        """Tell about it."""
        process = self.parts[0].process
        state = "stopped" if not self.running else "healthy" if self.healthy else "starting"
        if state == "starting" and any(t.state == "unhealthy" for _, t in self.targets):
            state = "unhealthy"
        return Workload(
            name=self.name,
            target=self.target,
            version=self.version,
            id=str(process.pid) if process else "",
            address=self.addresses[0][1] if self.addresses else "",
            state=state,
            how=self.how,
        )


class Replicas:
    """The copies of one app that serve, and their replacement."""

    def __init__(self, groups: TargetGroups, say: Callable[[str], None]) -> None:
        self._groups = groups
        self._say = say
        self._lock = asyncio.Lock()
        self.serving: list[Replica] = []
        self.fresh: list[Replica] = []
        self.version = ""

    async def apply(
        self,
        version: str,
        count: int,
        make: Callable[[], Awaitable[Replica]],
        *,
        patience: float,
        replaces: bool = True,
    ) -> None:
        """Have `count` healthy copies: new ones are of `version`, and so are all with `replaces`.

        Args:
            version: What they are copies of.
            count: How many.
            make: Makes one.
            patience: Seconds that new ones have to get healthy.
            replaces: Whether copies of another version go.

        Raises:
            NotSteady: The new copies did not get well; what served before serves on.
        """
        async with self._lock:
            same = version == self.version or not replaces
            missing = count - len(self.serving) if same else count
            await self._add(missing, make, patience)
            surplus = self.serving[count:] if same else self.serving
            kept = self.serving[:count] if same else []
            self.serving = [*kept, *self.fresh]
            self.fresh = []
            self.version = version
            await asyncio.gather(*(self.end(replica) for replica in surplus))

    async def _add(
        self, count: int, make: Callable[[], Awaitable[Replica]], patience: float
    ) -> None:
        try:
            for _ in range(count):
                replica = await make()
                self.fresh.append(replica)
                await self._begin(replica)
            await self._until_healthy(patience)
        except BaseException:
            failed, self.fresh = self.fresh, []
            await asyncio.gather(*(self.end(replica) for replica in failed))
            raise

    async def _begin(self, replica: Replica) -> None:
        for part in replica.parts:
            part.on_death = replica.down
            await part.start()
        for arn, address in replica.addresses:
            replica.targets.append((arn, self._groups.register(arn, address)))
        replica.checking = [asyncio.create_task(self._check(replica, c)) for c in replica.checks]
        if not replica.checks:
            replica.well = True

    async def _check(self, replica: Replica, check: Check) -> None:
        """Ask again and again: often until it is well, then at the check's own interval."""
        failures = 0
        while True:
            problem = await check.probe()
            if problem is None:
                replica.well, replica.problem, failures = True, "", 0
            elif replica.running:
                failures += 1
                replica.problem = problem
                if replica.well and failures >= check.retries:
                    replica.well, failures = False, 0
                    self._say(f"{replica.name} is unhealthy and is replaced: {problem}")
                    await replica.parts[0].restart()
            await asyncio.sleep(check.interval if replica.well and not failures else 0.3)

    async def _until_healthy(self, patience: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while True:
            # Broken before steady: a copy between two crashes may look well for an instant.
            broken = next((each for each in self.fresh if each.crashes >= _CRASHES), None)
            if broken is not None:
                raise NotSteady(_report(broken, f"crashed {broken.crashes} times"))
            if all(each.healthy for each in self.fresh):
                return
            if loop.time() > deadline:
                late = next(each for each in self.fresh if not each.healthy)
                waited = f"did not get healthy within {patience:g} s"
                raise NotSteady(_report(late, waited))
            await asyncio.sleep(_LOOK)

    async def end(self, replica: Replica) -> None:
        """Take a copy out of the balancer, let it finish, and end it."""
        for task in replica.checking:
            task.cancel()
        await asyncio.gather(*(self._groups.deregister(arn, t) for arn, t in replica.targets))
        await asyncio.gather(*(part.stop() for part in replica.parts))

    async def stop(self) -> None:
        """End every copy."""
        async with self._lock:
            ending, self.serving, self.version = self.serving, [], ""
            await asyncio.gather(*(self.end(replica) for replica in ending))


def _report(replica: Replica, what: str) -> str:
    lines = "\n".join(f"  {line}" for line in replica.log.tail(_SHOWN_LINES))
    return f"{replica.name} {what}: {replica.why()}\n{lines or '  it wrote nothing'}"
