"""Target groups: which address is well, by the group's own path, matcher and thresholds.

Time runs faster here: a health check's interval is divided by 15 (0.2 to 2 seconds), a new target
is asked ten times a second until it is well for the first time (one good answer is enough, as on
AWS), and draining ends after at most 5 seconds. Not imitated: slow start, stickiness, requests to
unhealthy targets where all are unhealthy, and `describe_target_health`, where the imitated account
always says "healthy".
"""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from platform_lib.local.desired import Desired, HealthCheck

PACE = 15.0
_FIRST_LOOK = 0.1
_DRAIN = 5.0


@dataclass(eq=False)
class Target:
    """One address in one target group."""

    address: str
    state: str = "initial"
    detail: str = "not asked yet"
    in_flight: int = 0
    well: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0
    successes: int = 0

    def judge(self, detail: str | None, check: HealthCheck) -> None:
        """Take the outcome of a check: None when it was good, else what was wrong."""
        if detail is None:
            self.failures, self.successes = 0, self.successes + 1
            needed = check.healthy_threshold if self.state == "unhealthy" else 1
            if self.successes >= needed:
                self.state, self.detail = "healthy", ""
                self.well.set()
            return
        self.detail, self.successes, self.failures = detail, 0, self.failures + 1
        if self.state == "healthy" and self.failures >= check.unhealthy_threshold:
            self.state = "unhealthy"
            self.well.clear()

    def down(self) -> None:
        """Its process ended: send nothing more until it has answered anew."""
        self.state, self.detail, self.successes = "initial", "the app is not running", 0
        self.well.clear()

    def enter(self) -> None:
        """Count a request that is on its way to it."""
        self.in_flight += 1
        self.idle.clear()

    def leave(self) -> None:
        """Count a request that is done."""
        self.in_flight -= 1
        if not self.in_flight:
            self.idle.set()


class TargetGroups:
    """The targets of every group, each with its health checks."""

    def __init__(self, desired: Desired) -> None:
        self._desired = desired
        self._groups: dict[str, list[tuple[Target, asyncio.Task[None]]]] = {}
        self._turns: dict[str, int] = {}
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the client that asks for health: a connection a question, as a fresh look."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))

    async def stop(self) -> None:
        """End every check."""
        for arn in list(self._groups):
            for target in self.targets(arn):
                await self.deregister(arn, target, drain=False)
        if self._session is not None:
            await self._session.close()

    def register(self, arn: str, address: str) -> Target:
        """Put an address into a group and begin to ask for its health."""
        target = Target(address)
        checks = asyncio.create_task(self._check(arn, target))
        self._groups.setdefault(arn, []).append((target, checks))
        return target

    async def deregister(self, arn: str, target: Target, *, drain: bool = True) -> None:
        """Take a target out; return when its requests are done or have had their time."""
        for entry in list(self._groups.get(arn, [])):
            if entry[0] is target:
                self._groups[arn].remove(entry)
                entry[1].cancel()
        check = self._desired.health_check(arn)
        if drain and target.in_flight and check is not None:
            try:
                await asyncio.wait_for(target.idle.wait(), min(check.drain, _DRAIN))
            except TimeoutError:
                target.detail = "draining took too long"

    def targets(self, arn: str) -> list[Target]:
        """Return a group's targets."""
        return [target for target, _ in self._groups.get(arn, [])]

    def choose(self, arn: str) -> Target | None:
        """Return the healthy target whose turn it is in this group."""
        healthy = [target for target in self.targets(arn) if target.state == "healthy"]
        if not healthy:
            return None
        turn = self._turns[arn] = self._turns.get(arn, -1) + 1
        return healthy[turn % len(healthy)]

    async def _check(self, arn: str, target: Target) -> None:
        while True:
            check = self._desired.health_check(arn)
            if check is None:
                return
            began = time.monotonic()
            target.judge(await self._ask(target.address, check) if check.enabled else None, check)
            settled = target.state != "initial"
            pause = min(max(check.interval / PACE, 0.2), 2.0) if settled else _FIRST_LOOK
            await asyncio.sleep(max(0.0, pause - (time.monotonic() - began)))

    async def _ask(self, address: str, check: HealthCheck) -> str | None:
        assert self._session is not None  # noqa: S101 - opened in start()
        timeout = aiohttp.ClientTimeout(total=check.timeout)
        headers = {"User-Agent": "ELB-HealthChecker/2.0"}
        try:
            async with self._session.get(
                f"http://{address}{check.path}",
                timeout=timeout,
                headers=headers,
                allow_redirects=False,
            ) as answer:
                if matches(answer.status, check.codes):
                    return None
                return f"{check.path} answers {answer.status}, not {check.codes}"
        except TimeoutError:
            return f"{check.path} does not answer within {check.timeout:g} s"
        except (aiohttp.ClientError, OSError) as error:
            return f"{check.path} is not to be reached: {error}"


def matches(status: int, codes: str) -> bool:
    """Tell whether a status is among a matcher's codes, such as `200-299,404`."""
    for part in re.split(r"\s*,\s*", codes.strip()):
        first, _, last = part.partition("-")
        if int(first) <= status <= int(last or first):
            return True
    return False


def describe(targets: Sequence[Target]) -> str:
    """Say what keeps targets from being well."""
    return "; ".join(f"{target.address}: {target.detail}" for target in targets if target.detail)
