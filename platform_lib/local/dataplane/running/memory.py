"""How much memory a process held, by Linux's `/proc`; elsewhere nobody tells.

https://docs.kernel.org/filesystems/proc.html (`status`: VmHWM)
"""

import re
from pathlib import Path

_PEAK = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


def peak(pid: int) -> int | None:
    """Return the most bytes that a process has held; None where that cannot be told.

    What it started itself is not counted.
    """
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    # A process that has ended, and that nobody has waited for yet, has no such line.
    found = _PEAK.search(text)
    return None if found is None else int(found[1]) * 1024
