"""What every database server here has: a program of this machine, a folder, a user, a port."""

import asyncio
import os
import pwd
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from platform_lib.local.dataplane.running.processes import free_port, with_this_machines
from platform_lib.local.desired import Database
from platform_lib.local.errors import LocalCloudError

_FALL = (
    "import os, sys; os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1])); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
_SHOWN_LINES = 8


class Server(Protocol):
    """How one kind of server is prepared and run."""

    async def prepare(self) -> None:
        """Make its files.

        Raises:
            LocalCloudError: It cannot be made here.
        """

    def command(self, port: int) -> tuple[str, ...]:
        """Word its start."""

    async def answers(self, port: int) -> bool:
        """Say whether it takes logins."""

    async def change(self, wanted: Database) -> None:
        """Make its stopped files those of a changed database."""


def find_programs(folders: Iterable[Path], *names: str) -> list[Path]:
    """Return the folders that have all the programs: those of PATH first."""
    on_path = [Path(each) for each in os.environ.get("PATH", "").split(os.pathsep) if each]
    found: list[Path] = []
    for folder in (*on_path, *folders):
        if all(shutil.which(name, path=str(folder)) for name in names) and folder not in found:
            found.append(folder)
    return found


def choose_port(wanted: int) -> int:
    """Return the port that was asked for, as on AWS; a free one where somebody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
        return wanted


class Home:
    """A server's folder, and the user that it runs as.

    Servers refuse to run as root. Then one of the machine's own users has them, and the folder is
    where that user gets to.
    """

    def __init__(self, folder: Path, name: str, *users: str) -> None:
        self._owner = _owner(users) if os.geteuid() == 0 else None
        if self._owner is None:
            self.path = folder / name
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            return
        self.path = Path(tempfile.mkdtemp(prefix=f"platform-local-{os.getpid()}-"))
        os.chown(self.path, self._owner.pw_uid, self._owner.pw_gid)

    def words(self, *argv: str) -> tuple[str, ...]:
        """Word a command as the user who may run it."""
        if self._owner is None:
            return argv
        user, group = str(self._owner.pw_uid), str(self._owner.pw_gid)
        return (sys.executable, "-I", "-S", "-c", _FALL, user, group, *argv)

    def write(self, name: str, text: str) -> Path:
        """Write a file that only the server's user can read."""
        path = self.path / name
        path.touch(mode=0o600)
        path.write_text(text)
        if self._owner is not None:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)
        return path

    async def run(self, *argv: str, given: str = "") -> None:
        """Run a program to its end.

        Raises:
            LocalCloudError: It failed; with its last lines.
        """
        process = await asyncio.create_subprocess_exec(
            *self.words(*argv),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=with_this_machines({}),
            cwd=self.path,
        )
        told, _ = await process.communicate(given.encode())
        if process.returncode:
            lines = told.decode(errors="replace").strip().splitlines()[-_SHOWN_LINES:]
            raise LocalCloudError(f"{Path(argv[0]).name} failed:\n  " + "\n  ".join(lines))

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)


def remove_left() -> None:
    """Remove the folders of clouds that were killed while they ran as root."""
    for path in Path(tempfile.gettempdir()).glob("platform-local-*-*"):
        owner = path.name.split("-")[2]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(path, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _owner(users: tuple[str, ...]) -> pwd.struct_passwd:
    for name in (*users, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LocalCloudError("a database server refuses to run as root, and there is no user nobody")
