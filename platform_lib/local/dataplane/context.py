"""What every part of the data plane works with."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platform_lib.local.account import Account
from platform_lib.local.clock import Clock
from platform_lib.local.dataplane.fronts.targets import TargetGroups
from platform_lib.local.dataplane.logs import CloudWatch, Log
from platform_lib.local.desired import Desired
from platform_lib.local.permissions import Permissions

_LEAST_PATIENCE = 10.0


@dataclass(frozen=True, kw_only=True)
class Context:
    """The account and its time, where lines go, and how long an app may take to get healthy."""

    account: Account
    desired: Desired
    state_dir: Path
    say: Callable[[str], None]
    clock: Clock
    cloudwatch: CloudWatch
    groups: TargetGroups
    permissions: Permissions
    patience: float | None = None
    """Seconds that every new version has to get healthy. Default: what it says itself."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def patience_for(self, grace: float, groups: Iterable[str] = ()) -> float:
        """Tell how many seconds a new version has to get healthy.

        Args:
            grace: For how long a failed health check means nothing.
            groups: ARNs of its target groups: each takes its time to find it unhealthy.
        """
        if self.patience is not None:
            return self.patience
        checks = [self.desired.health_check(arn) for arn in groups]
        found = [check.interval * check.unhealthy_threshold for check in checks if check]
        return max(_LEAST_PATIENCE, grace, *found)

    def number(self) -> int:
        """Return a number that no other workload of this run has."""
        return next(self._numbers)

    def log(self, name: str, group: str = "", stream: str = "") -> Log:
        """Open the log of a workload."""
        path = self.state_dir / "logs" / f"{name}.log"
        return Log(path, self.cloudwatch, group, stream)

    def home(self, name: str) -> str:
        """Make the home of a workload, in the place of the target's: empty where it is new."""
        home = self.state_dir / "homes" / name
        home.mkdir(parents=True, exist_ok=True)
        return str(home)

    def endpoint(self) -> Mapping[str, str]:
        """Return what lets an SDK in an app reach the imitated account, and no other."""
        return {"AWS_ENDPOINT_URL": self.account.endpoint}

    def region(self) -> Mapping[str, str]:
        """Return how a target tells its region, where it does."""
        region = self.account.region
        return {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
