"""Runs one command and ends it, with all that it started, when its parent is gone.

Started as ``python -I -S watcher.py GRACE COMMAND...``. Its standard input is a socket whose other
end the parent holds: the command's process id is told there, and end of file means "stop", whether
the parent closed it or was killed with SIGKILL, on every POSIX system. The command gets a process
group of its own, so that workers which outlive their parent (granian's do) end too: TERM, GRACE
seconds, then KILL.

Only modules that start fast are imported: every function's cold start passes through here.
"""

import os
import select
import signal
import sys
import time


def main(grace: float, command: list[str]) -> int:
    """Run the command until it ends or standard input closes; return its exit code."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        child = os.posix_spawnp(
            command[0],
            command,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
            setpgroup=0,
            setsigdef=[signal.SIGTERM, signal.SIGINT, signal.SIGPIPE],
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    os.write(0, str(child).encode())
    stop_at: float | None = None
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            break
        timeout = None if stop_at is None else stop_at - time.monotonic()
        if timeout is not None and timeout <= 0:
            _signal(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            break
        readable, _, _ = select.select([reader] if stop_at else [reader, 0], [], [], timeout)
        asked = 0 in readable and not os.read(0, 1024)
        if reader in readable:
            arrived = os.read(reader, 64)
            asked = asked or signal.SIGTERM in arrived or signal.SIGINT in arrived
        if asked and stop_at is None:
            stop_at = time.monotonic() + grace
            _signal(child, signal.SIGTERM)
    _signal(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _signal(group: int, number: int) -> None:
    # The group may be gone already: that is what the signal is for.
    try:  # noqa: SIM105 - contextlib would be one more import on the way to a cold start
        os.killpg(group, number)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
