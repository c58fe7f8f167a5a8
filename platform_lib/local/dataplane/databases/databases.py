"""The database servers that run, each for one database of the account."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.databases import postgres, redis
from platform_lib.local.dataplane.databases.server import Home, Server, choose_port, remove_left
from platform_lib.local.dataplane.running.processes import Command, Kept, with_this_machines
from platform_lib.local.desired import Database
from platform_lib.local.errors import LocalCloudError, NotSteady

_POSTGRES: Final = ("postgres", "aurora-postgresql")
_REDIS: Final = ("redis", "valkey")
_PAUSE: Final = 0.05
_START_SECONDS: Final = 60.0
KINDS: Final[Mapping[str, str]] = {
    "aws:rds/instance:Instance": "db_instance",
    "aws:rds/cluster:Cluster": "db_cluster",
    "aws:elasticache/cluster:Cluster": "cache_cluster",
    "aws:elasticache/replicationGroup:ReplicationGroup": "cache_group",
}
"""Resource type -> the kind of endpoint that it has."""


@dataclass
class _Running:
    database: Database
    server: Server
    home: Home
    port: int
    process: Kept


class Databases:
    """Starts a server when its endpoint is first asked for, and ends it with its resource."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._running: dict[tuple[str, str], _Running] = {}
        self._starting = asyncio.Lock()

    @staticmethod
    def clean() -> None:
        """Remove what killed runs left."""
        remove_left()

    async def endpoint(self, kind: str, id: str) -> str:
        """Return `127.0.0.1:PORT` of a database that takes logins.

        Args:
            kind: `db_instance`, `db_cluster`, `cache_cluster` or `cache_group`.
            id: The resource's id.

        Raises:
            LocalCloudError: No server for it is on this machine, or it does not start.
        """
        async with self._starting:
            running = self._running.get((kind, id))
            if running is None:
                running = await self._start(self._context.desired.database(kind, id))
                self._running[kind, id] = running
                self._context.desired.serve_database(kind, id, "127.0.0.1", running.port)
        return f"127.0.0.1:{running.port}"

    async def _start(self, database: Database) -> _Running:
        home, server = self._server(database)
        try:
            await server.prepare()
        except BaseException:
            home.remove()
            raise
        port = choose_port(database.port)
        running = _Running(database, server, home, port, self._process(database, server, port))
        await self._launch(running)
        return running

    def _server(self, database: Database) -> tuple[Home, Server]:
        if database.engine in _POSTGRES:
            programs = postgres.find(database.version)
            if programs.major != database.version.partition(".")[0]:
                self._context.say(
                    f"database {database.name}: PostgreSQL {programs.major}, which is on this "
                    f"machine, stands for {database.version}"
                )
            home = self._home(database, "postgres")
            return home, postgres.Postgres(database, home, programs)
        if database.engine in _REDIS:
            program = redis.find(database.engine)
            home = self._home(database, "redis")
            return home, redis.Redis(database, home, program)
        raise LocalCloudError(
            f"database {database.name}: no server for {database.engine} runs here; PostgreSQL, "
            "Redis and Valkey do"
        )

    def _home(self, database: Database, user: str) -> Home:
        folder = self._context.state_dir / "databases"
        return Home(folder, f"{database.name}-{self._context.number()}", user)

    def _process(self, database: Database, server: Server, port: int) -> Kept:
        async def command() -> Command:
            return Command(argv=server.command(port), env=with_this_machines({}))

        log = self._context.log(f"database-{database.name}")
        # A server that still has clients waits for them: there is nothing that it could lose.
        return Kept(f"database {database.name}", command, log, self._context.say, grace=0.5)

    async def _launch(self, running: _Running) -> None:
        await running.process.start()
        deadline = time.monotonic() + self._context.patience_for(_START_SECONDS)
        while not await running.server.answers(running.port):
            if running.process.crashes > 1 or time.monotonic() > deadline:
                lines = "\n  ".join(running.process.log.tail(8))
                await self._end(running)
                name = running.database.name
                raise NotSteady(f"database {name} does not take logins:\n  {lines}")
            await asyncio.sleep(_PAUSE)

    async def changed(self, kind: str, id: str, action: str) -> None:
        """Follow a change of the account: the end of a database, or its other password."""
        running = self._running.get((kind, id))
        if running is None:
            return
        if action == "delete":
            del self._running[kind, id]
            await self._end(running)
            return
        wanted = self._context.desired.database(kind, id)
        if wanted.password != running.database.password:
            await running.process.stop()
            await running.server.change(wanted)
            running.database = replace(running.database, password=wanted.password)
            running.process = self._process(wanted, running.server, running.port)
            await self._launch(running)

    async def stop(self) -> None:
        """End every server."""
        running, self._running = self._running, {}
        await asyncio.gather(*(self._end(each) for each in running.values()))

    @staticmethod
    async def _end(running: _Running) -> None:
        await running.process.stop()
        running.home.remove()
