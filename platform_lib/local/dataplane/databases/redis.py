"""Redis or Valkey, for ElastiCache's: whichever is on this machine serves both."""

import asyncio
from contextlib import suppress
from pathlib import Path

from platform_lib.local.dataplane.databases.server import Home, find_programs
from platform_lib.local.desired import Database
from platform_lib.local.errors import LocalCloudError

_PLACES = ("/usr/sbin", "/opt/homebrew/bin", "/usr/local/bin")


def find(engine: str) -> Path:
    """Find a server on this machine: the one that was asked for, else its relative.

    Raises:
        LocalCloudError: There is none.
    """
    places = [Path(place) for place in _PLACES]
    for name in (f"{engine}-server", "redis-server", "valkey-server"):
        folders = find_programs(places, name)
        if folders:
            return folders[0] / name
    raise LocalCloudError(
        "no Redis or Valkey is on this machine: install one (apt-get install redis-server, brew "
        "install valkey) so that `redis-server` or `valkey-server` is on PATH"
    )


class Redis:
    """One server with nothing in it."""

    def __init__(self, database: Database, home: Home, program: Path) -> None:
        self._database = database
        self._home = home
        self._program = program

    async def prepare(self) -> None:
        """Write its settings: a password has no place in a command line."""
        lines = ["bind 127.0.0.1", 'save ""', "appendonly no", f"dir {self._home.path}"]
        if self._database.password:
            lines.append(f'requirepass "{self._database.password}"')
        self._home.write("redis.conf", "\n".join(lines) + "\n")

    def command(self, port: int) -> tuple[str, ...]:
        """Word its start."""
        settings = str(self._home.path / "redis.conf")
        return self._home.words(str(self._program), settings, "--port", str(port))

    async def answers(self, port: int) -> bool:
        """Say whether it answers at all: with a password it first wants to hear it."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        try:
            writer.write(b"PING\r\n")
            await writer.drain()
            return (await reader.readline()).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def change(self, wanted: Database) -> None:
        """Take another token."""
        self._database = wanted
        await self.prepare()
