"""The peak memory of the process that asks."""

import resource
import sys
from pathlib import Path


def peak_mib():
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux a process inherits its parent's peak as its own ru_maxrss; this it does not.
        line = next(line for line in status.read_text().splitlines() if "VmHWM" in line)
        return int(line.split()[1]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
