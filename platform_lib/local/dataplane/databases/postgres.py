"""PostgreSQL, for RDS's and Aurora's: the programs `initdb` and `postgres` are all it takes."""

import asyncio
import re
import struct
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platform_lib.local.dataplane.databases.server import Home, find_programs
from platform_lib.local.desired import Database
from platform_lib.local.errors import LocalCloudError

_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # The path of a socket is short on every system, and a run's folder may be deep.
    "unix_socket_directories": "",
    # Nothing survives the run, so nothing is lost in a crash.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}
_PROTOCOL = 196608


@dataclass(frozen=True)
class Programs:
    """One installed PostgreSQL."""

    folder: Path
    major: str


def find(version: str) -> Programs:
    """Find a PostgreSQL on this machine: one of the wanted major version, else another.

    Raises:
        LocalCloudError: There is none.
    """
    places = [place for each in _PLACES for place in sorted(Path("/").glob(each[1:]))]
    wanted = version.partition(".")[0]
    found = [
        Programs(folder, _major(folder)) for folder in find_programs(places, "postgres", "initdb")
    ]
    if not found:
        raise LocalCloudError(
            "no PostgreSQL is on this machine: install one (apt-get install postgresql, brew "
            "install postgresql) so that `postgres` and `initdb` are on PATH"
        )
    return next((each for each in found if each.major == wanted), found[0])


def _major(folder: Path) -> str:
    told = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=30
    )
    match = re.search(r"\)\s+(\d+)", told.stdout)
    return match[1] if match else ""


class Postgres:
    """One PostgreSQL with the files of one database."""

    def __init__(self, database: Database, home: Home, programs: Programs) -> None:
        self._database = database
        self._home = home
        self._folder = programs.folder

    @property
    def _data(self) -> str:
        return str(self._home.path / "data")

    async def prepare(self) -> None:
        """Make the cluster with its master user, and the database in it."""
        database = self._database
        secret = self._home.write("password", database.password + "\n")
        await self._home.run(
            str(self._folder / "initdb"),
            *("--pgdata", self._data, "--username", database.user, "--pwfile", str(secret)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync"),
        )
        secret.unlink()
        if database.database not in ("", "postgres"):
            await self._alone(f"CREATE DATABASE {_name(database.database)};")

    async def _alone(self, statement: str) -> None:
        """Run one statement without a server, so that no client is needed."""
        await self._home.run(
            *(str(self._folder / "postgres"), "--single", "-D", self._data, "postgres"),
            given=statement + "\n",
        )

    def command(self, port: int) -> tuple[str, ...]:
        """Word its start."""
        settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
        server = str(self._folder / "postgres")
        return self._home.words(server, "-D", self._data, "-p", str(port), *settings)

    async def answers(self, port: int) -> bool:
        """Say whether it asks who wants to log in: while it starts it answers with an error."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        words = f"user\0{self._database.user}\0database\0postgres\0\0".encode()
        try:
            writer.write(struct.pack("!ii", len(words) + 8, _PROTOCOL) + words)
            await writer.drain()
            return await reader.read(1) == b"R"
        except OSError:
            return False
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def change(self, wanted: Database) -> None:
        """Set the master user's other password."""
        password = wanted.password.replace("'", "''")
        await self._alone(f"ALTER ROLE {_name(wanted.user)} PASSWORD '{password}';")
        self._database = wanted


def _name(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
