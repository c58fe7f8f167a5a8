"""How many processors this process may use: of the machine, by affinity, and by quota."""

import math
import os
from pathlib import Path


def processors(root: Path = Path("/")) -> int:
    """Count them; of a processor that is granted in part, the part counts as one."""
    given = [_machine(), *_quotas(root)]
    # A task's share of Fargate's machine stands in no file inside of its container.
    units = os.environ.get("PLATFORM_CPU_UNITS")
    if units:
        given.append(int(units) / 1024)
    return max(1, math.ceil(min(given)))


def _machine() -> float:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _quotas(root: Path) -> list[float]:
    """Read the quota of this process's control group and of those around it.

    https://docs.kernel.org/admin-guide/cgroup-v2.html and .../cgroup-v1/index.html. In a container
    the path may be one of the host, of which only the innermost group is mounted: at the top.
    """
    found = []
    mount = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers:
            top, read = mount, _second_version
        elif "cpu" in controllers.split(","):
            top, read = mount / controllers, _first_version
            if not top.is_dir():
                top = mount / "cpu"
        else:
            continue
        group = Path(path.lstrip("/"))
        found += [read(top / each) for each in (group, *group.parents)]
    return [quota for quota in found if quota]


def _second_version(group: Path) -> float:
    quota, _, period = _text(group / "cpu.max").partition(" ")
    return int(quota) / int(period) if quota.isdigit() else 0


def _first_version(group: Path) -> float:
    quota = _text(group / "cpu.cfs_quota_us")
    period = _text(group / "cpu.cfs_period_us")
    return int(quota) / int(period) if quota.isdigit() else 0


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
