"""The data plane: runs what the account says is to run, and answers HTTP for it."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from platform_lib.local.account import Account
from platform_lib.local.clock import Clock
from platform_lib.local.dataplane.apps.containers import Containers
from platform_lib.local.dataplane.apps.engine import Engine
from platform_lib.local.dataplane.apps.images import Images
from platform_lib.local.dataplane.apps.machines import Machines
from platform_lib.local.dataplane.apps.replicas import Replica
from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.databases import Databases
from platform_lib.local.dataplane.databases.databases import KINDS
from platform_lib.local.dataplane.delivery import Deliveries
from platform_lib.local.dataplane.fronts.balancer import Balancer
from platform_lib.local.dataplane.fronts.calls import HEADER_LIMIT, continue_body
from platform_lib.local.dataplane.fronts.complaints import complaints
from platform_lib.local.dataplane.fronts.function_url import FunctionUrl
from platform_lib.local.dataplane.fronts.header_bytes import keep_header_bytes
from platform_lib.local.dataplane.fronts.http_api import ApiName, HttpApi
from platform_lib.local.dataplane.fronts.lambda_targets import LambdaTargets
from platform_lib.local.dataplane.fronts.targets import TargetGroups
from platform_lib.local.dataplane.functions.functions import Functions
from platform_lib.local.dataplane.last_lines import LastLines
from platform_lib.local.dataplane.lineage import Lineage
from platform_lib.local.dataplane.logs import CloudWatch
from platform_lib.local.dataplane.pollers.pollers import Pollers
from platform_lib.local.dataplane.workload import Workload
from platform_lib.local.desired import Desired, log_group
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.moto.time import live_by
from platform_lib.local.permissions import Permissions
from platform_lib.local.results import Advanced, Invoked

T = TypeVar("T")
Answerer = ApiName | Balancer | FunctionUrl | HttpApi


class DataPlane:
    """Runs apps for one account. Its methods may be called from any thread.

    Args:
        account: The imitated account, running.
        state_dir: Folder for logs.
        say: Shows a line; called from the data plane's own thread.
        port: Port of the first load balancer or API, the next one takes the next; None for free
            ones.
        patience: Seconds that each new version has to get healthy. Default: its health checks'
            grace period, or longer where its checks take longer to find it unhealthy.
        docker: Whether a Docker engine is used where one answers.
    """

    def __init__(
        self,
        account: Account,
        state_dir: Path,
        say: Callable[[str], None],
        port: int | None = None,
        *,
        patience: float | None = None,
        docker: bool = True,
    ) -> None:
        self._account = account
        self._next_port = port
        self._say = say
        self._loop = asyncio.new_event_loop()
        desired, clock = Desired(account.account_id, account.region), Clock(self._loop, say)
        self._context = Context(
            account=account,
            desired=desired,
            state_dir=state_dir,
            say=say,
            clock=clock,
            cloudwatch=CloudWatch(account, clock),
            groups=TargetGroups(desired),
            permissions=Permissions(desired),
            patience=patience,
        )
        self._engine = Engine(docker)
        self.images = Images(self._engine, say)
        self._containers = Containers(self._context, self.images, self._engine)
        self._machines = Machines(self._context)
        self._functions = Functions(self._context)
        self._databases = Databases(self._context)
        self._targets = LambdaTargets(self._context, self._functions)
        self._deliveries = Deliveries(self._context, self._functions, self._loop)
        self._pollers = Pollers(self._context, self._loop, self._functions.invoke)
        self._undo = ExitStack()
        self._fronts: dict[tuple[str, str], _Front] = {}
        self._opening = asyncio.Lock()
        self._asked: set[concurrent.futures.Future[Any]] = set()
        # A daemon: no failure of ours may keep this process alive.
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="data plane", daemon=True
        )

    def start(self) -> None:
        """Start; containers that a killed run left are removed first."""
        self._thread.start()
        for name in self._engine.remove_orphans():
            self._say(f"removed container {name}, left by a run that was killed")
        self._databases.clean()
        self._run(self._context.groups.start())
        self._context.clock.before_settled(self._context.cloudwatch.flush)
        self._undo.callback(live_by(self._context.clock))
        # Pollers first: what they replace in moto, deliveries add to.
        self._undo.callback(self._pollers.start())
        self._undo.callback(self._deliveries.start())

    def stop(self) -> None:
        """End every process and container, and stop answering."""
        if not self._thread.is_alive():
            return
        # Who waits for an app to get well need not: it ends now.
        for future in list(self._asked):
            future.cancel()
        with ExitStack() as last:
            # Whatever fails before: a thread that is left keeps this process from ending.
            last.callback(self._end_loop)
            last.callback(self._engine.remove_own)
            last.callback(lambda: self._run(self._stop()))
            self._undo.close()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._pollers.stop()
        await self._context.clock.stop()
        await self._targets.stop()
        await asyncio.gather(*(front.close() for front in self._fronts.values()))
        await asyncio.gather(
            self._containers.stop(),
            self._machines.stop(),
            self._functions.stop(),
            self._databases.stop(),
        )
        await self._context.groups.stop()
        await self._context.cloudwatch.close()

    def settle(self) -> None:
        """Wait until everything that happened in the account has had its effect.

        That is: each event that was sent is delivered, refused, or waits for a time to come.
        """
        self._run(self._context.clock.settle())

    def advance(self, seconds: float) -> Advanced:
        """Move the account's clock on; return when all that fell due meanwhile is done.

        Retries, visibility time-outs and schedules happen in order of time, as if it had passed.

        Args:
            seconds: How far; not back.
        """
        before = self._functions.calls
        self._run(self._context.clock.advance(seconds))
        return Advanced(now=self._context.clock.now(), calls=self._functions.calls - before)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._asked.add(future)
        future.add_done_callback(self._asked.discard)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise LocalCloudError("the local cloud is stopping") from None

    def endpoint(self, kind: str, id: str) -> str:
        """Return `127.0.0.1:PORT` of a front, which listens from the first ask on.

        Args:
            kind: `load_balancer`, `http_api`, `function_url`, `domain_name` (of an API),
                `db_instance`, `db_cluster`, `cache_cluster` or `cache_group`.
            id: The load balancer's ARN, the API's id, the function's or alias' ARN, or the name.

        Raises:
            LocalCloudError: The port that was asked for is busy.
        """
        if kind in KINDS.values():
            return self._run(self._databases.endpoint(kind, id))
        return self._run(self._front(kind, id))

    async def _front(self, kind: str, id: str) -> str:
        # One after the other: each takes the next port, and is there once it listens.
        async with self._opening:
            front = self._fronts.get((kind, id))
            if front is None:
                front = _Front(self._answerer(kind, id), self._say)
                try:
                    await front.open(self._next_port)
                except OSError as error:
                    await front.close()
                    raise LocalCloudError(
                        f"port {self._next_port} of 127.0.0.1 is busy: {error.strerror}; ask for "
                        "another, or for none to get a free one"
                    ) from error
                self._fronts[kind, id] = front
                if self._next_port is not None:
                    self._next_port += 1
            return front.address

    def _answerer(self, kind: str, id: str) -> Answerer:
        context = self._context
        match kind:
            case "load_balancer":
                return Balancer(id, context.desired, context.groups, self._targets)
            case "function_url":
                return FunctionUrl(id, context, self._functions)
            case "domain_name":
                return ApiName(id, context, self._functions)
        return HttpApi(id, context, self._functions)

    def changed(self, type: str, id: str, action: str) -> None:
        """Take note of a change in the account; return when what it changed serves again.

        Args:
            type: Pulumi's type token, such as `aws:ecs/service:Service`.
            id: The resource's id.
            action: `create`, `update` or `delete`; of an auto scaling group also `refresh`, an
                update that replaces its instances.

        Raises:
            NotSteady: The new version does not get healthy; the old one serves on.
            LocalCloudError: It cannot run here.
        """
        self._run(self._changed(type, id, action))

    async def _changed(self, type: str, id: str, action: str) -> None:
        match type:
            case _ if type in KINDS:
                await self._databases.changed(KINDS[type], id, action)
            case "aws:ecs/service:Service":
                await self._containers.reconcile(id)
            case "aws:autoscaling/group:Group":
                await self._machines.reconcile(id, refresh=action == "refresh")
            case "aws:lb/loadBalancer:LoadBalancer" if action == "delete":
                await self._close("load_balancer", id)
            case "aws:apigatewayv2/api:Api" if action == "delete":
                await self._close("http_api", id)
            case "aws:apigatewayv2/domainName:DomainName" if action == "delete":
                await self._close("domain_name", id)
            case "aws:lambda/functionUrl:FunctionUrl" if action == "delete":
                await self._close("function_url", id)
            case "aws:lb/targetGroupAttachment:TargetGroupAttachment":
                # Of the group's ARN, a slash and the target's: here only functions matter.
                group, is_function, name = id.partition("/arn:aws:lambda:")
                if is_function and action == "delete":
                    self._targets.deregister(group)
                elif is_function:
                    self._targets.register(group, f"arn:aws:lambda:{name}")
            case "aws:lambda/function:Function":
                await self._functions.reconcile(id)
            case "aws:lambda/alias:Alias":
                # An alias' id is its ARN, or the function's name before a slash and its own.
                name = id.rpartition(":function:")[2]
                await self._functions.reconcile(name.partition(":")[0].partition("/")[0])

    async def _close(self, kind: str, id: str) -> None:
        front = self._fronts.pop((kind, id), None)
        if front is not None:
            await front.close()

    def workloads(self) -> list[Workload]:
        """Return every copy of every app that runs."""
        return self._run(self._workloads())

    async def _workloads(self) -> list[Workload]:
        workers = [workload for workload, _ in self._functions.workers()]
        return [*(replica.workload() for replica in self._replicas()), *workers]

    def _replicas(self) -> list[Replica]:
        return [*self._machines.replicas(), *self._containers.replicas()]

    def invoke(self, name: str, payload: bytes, *, asynchronous: bool = False) -> Invoked:
        """Call a function, as a user who wants to see what it does.

        Args:
            name: Its ARN or name, or the part of that before a `-`, with or without `:` and a
                version or alias. Default of the latter: the alias that it has.
            payload: The event.
            asynchronous: Whether Lambda keeps the event and retries; it is not waited for.

        Raises:
            LocalCloudError: There is no such function, or it cannot run here.
        """
        return self._run(self._invoke(name, payload, asynchronous))

    async def _invoke(self, name: str, payload: bytes, asynchronous: bool) -> Invoked:
        arn = self._context.desired.callable_arn(name)
        label = arn.partition(":function:")[2]
        if asynchronous:
            self._deliveries.asynchronous.accept(arn, payload, Lineage())
            return Invoked(function=label, failed=False, answer="", logs=[])
        outcome, lines = await self._functions.invoke(arn, payload)
        answer = outcome.payload.decode(errors="replace")
        return Invoked(function=label, failed=outcome.failed, answer=answer, logs=lines)

    def log_names(self) -> list[str]:
        """Return the name of each app and of each log group that `logs` can read."""
        return self._run(self._last_lines()).names()

    def logs(self, names: str | Sequence[str], lines: int, *, titles: bool = False) -> list[str]:
        """Return the last lines of apps and log groups.

        Args:
            names: Names of services, auto scaling groups, functions or log groups, or the part of
                them before a `-`.
            lines: How many lines of each copy, and of what a group holds besides.
            titles: Whether each log begins with a line that names it, where there are several.

        Raises:
            LocalCloudError: A name is nobody's.
        """
        wanted = [names] if isinstance(names, str) else names
        return self._run(self._last_lines()).read(wanted, lines, titles=titles)

    async def _last_lines(self) -> LastLines:
        await self._context.cloudwatch.flush()
        live = [(each.name, part.log) for each in self._replicas() for part in each.parts]
        live += [(workload.name, worker.log) for workload, worker in self._functions.workers()]
        desired = self._context.desired
        functions = {str(each.function_name): log_group(each) for each in desired.functions()}
        return LastLines(live, functions, desired.log_groups())


class _Front:
    """A server on a port of 127.0.0.1."""

    def __init__(self, answerer: Answerer, say: Callable[[str], None]) -> None:
        self._answerer = answerer
        keep_header_bytes()
        server = web.Server(
            self._handle,
            access_log=None,
            logger=complaints(say),
            keepalive_timeout=60.0,
            # Bodies pass as they are: a front neither unpacks nor limits them itself.
            auto_decompress=False,
            max_line_size=HEADER_LIMIT,
            max_field_size=HEADER_LIMIT,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=1.0)
        self.address = ""

    async def open(self, port: int | None) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port or 0)
        await site.start()
        self.address = "127.0.0.1:{1}".format(*self._runner.addresses[0])

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "CONNECT" or request.raw_path == "*":
            refused = web.Response(status=400)
            refused.force_close()
            return refused
        await continue_body(request)
        return await self._answerer.handle(request)

    async def close(self) -> None:
        await self._runner.cleanup()
        await self._answerer.close()
