"""How much memory a process held, by Linux's `/proc`; elsewhere nobody tells.

https://docs.kernel.org/filesystems/proc.html (`status`: VmHWM)
"""

import os
import re

_PEAK = re.compile(rb"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


class Peak:
    """The most bytes that a process has held; what it started itself is not counted.

    The file stays open: it is read after each call of a function.
    """

    def __init__(self, pid: int) -> None:
        self._file: int | None = None
        try:
            self._file = os.open(f"/proc/{pid}/status", os.O_RDONLY)
        except OSError:
            return

    def read(self) -> int:
        """Return the bytes; 0 where they cannot be told, or the process has ended."""
        if self._file is None:
            return 0
        try:
            found = _PEAK.search(os.pread(self._file, 4096, 0))
        except OSError:
            return 0
        return 0 if found is None else int(found[1]) * 1024

    def close(self) -> None:
        """Read no more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
