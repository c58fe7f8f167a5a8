"""Runs one command and ends it, with all that it started, when its parent is gone.

Started as ``python -I -S watcher.py GRACE READ_ONLY COMMAND...``. Its standard input is a socket
whose other end the parent holds: the command's process id is told there, and end of file means
"stop", whether the parent closed it or was killed with SIGKILL, on every POSIX system. The command
gets a process group of its own, so that workers which outlive their parent (granian's do) end too:
TERM, GRACE seconds, then KILL. READ_ONLY, if it is not empty, is a folder that the command cannot
write to.

Only modules that start fast are imported: every function's cold start passes through here.
"""

import os
import select
import signal
import sys
import time

_NEW_NAMESPACE = 0x00020000
_NEW_USER = 0x10000000
_READ_ONLY, _REMOUNT, _BIND, _ALL_BELOW, _PRIVATE = 1, 1 << 5, 1 << 12, 1 << 14, 1 << 18


def main(grace: float, read_only: str, command: list[str]) -> int:
    """Run the command until it ends or standard input closes; return its exit code."""
    if read_only and sys.platform == "linux":
        keep_from_writing(read_only)
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


def keep_from_writing(folder: str) -> bool:
    """Make a folder read-only for this process and its children; False where that cannot be.

    They get a mount namespace of their own: as root; else with a user namespace, in which they
    keep their id, where the kernel lets users have one.
    https://man7.org/linux/man-pages/man7/user_namespaces.7.html
    """
    import ctypes

    libc = ctypes.CDLL(None)
    if libc.unshare(_NEW_NAMESPACE) != 0:
        user, group = os.getuid(), os.getgid()
        if libc.unshare(_NEW_USER | _NEW_NAMESPACE) != 0:
            return False
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    place = os.fsencode(folder)
    # What is mounted here is not to be seen outside.
    done: bool = (
        libc.mount(None, b"/", None, _ALL_BELOW | _PRIVATE, None) == 0
        and libc.mount(place, place, None, _BIND, None) == 0
        and libc.mount(None, place, None, _REMOUNT | _BIND | _READ_ONLY, None) == 0
    )
    # A current folder stays the one that it was, below what was mounted over it.
    os.chdir(os.getcwd())
    return done


def _signal(group: int, number: int) -> None:
    # The group may be gone already: that is what the signal is for.
    try:  # noqa: SIM105 - contextlib would be one more import on the way to a cold start
        os.killpg(group, number)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
