"""The local cloud: an imitated AWS account that runs programs and serves what they make.

    from platform_lib.local import LocalCloud

    with LocalCloud() as cloud:
        stack = cloud.up("programs/ec2_app")
        print(stack.outputs["url"])
        cloud.client("s3").list_buckets()

One process holds the account (moto), the two providers that stand in for the `aws` and `docker`
plugins, and the runtimes that really run the apps. Each program runs in a process of its own.
Several programs may be brought up at once, and from other terminals too. Everything binds
127.0.0.1, and all of it ends with this process, however it ends; nothing but caches survives, so
each start begins with an empty account.
"""

import functools
import json
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from platform_lib.local.account import client_environment
from platform_lib.local.control import ControlServer
from platform_lib.local.ending import end_commands
from platform_lib.local.engine import find_engine
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.operations import Operations, changes_of
from platform_lib.local.project import Project
from platform_lib.local.results import Advanced, Change, Invoked, Outputs, Stack
from platform_lib.local.screen import Both, Screen
from platform_lib.local.services import Services, start_services
from platform_lib.local.state import DEFAULT, StateDir

_SERVICE = "aws:ecs/service:Service"
_WRITERS = (
    "aws:autoscaling/group:Group",
    "aws:lambda/function:Function",
    "aws:cloudwatch/logGroup:LogGroup",
)
"""What else has logs."""


class LocalCloud:
    """An imitated AWS account on this machine, for as long as the `with` block lasts.

    Args:
        state_dir: Where this run keeps its files. Default: `.platform-local` in the working
            directory. One cloud a folder; what an earlier run left there is removed.
        port: Port of the first load balancer or API; the next ones get the next ports. Default:
            free ones.
        region: The region that apps run in, and programs work in where they name no other.
        keep_unknown: Whether resource types that it does not know are kept in the state with
            made-up ids, which the screen tells. Default: they are errors.
        screen: Where progress is shown, see `platform_lib.local.screen.for_output`. Default:
            nowhere.
        permissions: Whether an app may do only what its role allows, as on AWS. Default: yes.
        services: Starts account, providers and data plane; for tests of the cloud itself.

    Raises:
        LocalCloudError: from every method, in words for the user: what failed, and what the app
            said last.
    """

    def __init__(
        self,
        state_dir: str | Path | None = None,
        *,
        port: int | None = None,
        region: str = "us-east-1",
        keep_unknown: bool = False,
        screen: Screen | None = None,
        permissions: bool = True,
        services: Callable[..., Services] = start_services,
    ) -> None:
        self.screen = screen or Screen()
        self._state = StateDir(Path(state_dir) if state_dir else DEFAULT)
        self._port = port
        self._region = region
        self._keep_unknown = keep_unknown
        self._start_services = (
            services if permissions else functools.partial(services, permissions=False)
        )
        self._open = ExitStack()
        self._interrupted = False
        self._services: Services | None = None
        self._operations: Operations | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def directory(self) -> Path:
        """The folder of this cloud's files."""
        return self._state.path

    @property
    def services(self) -> Services:
        """The account, the providers and the data plane behind this cloud."""
        if self._services is None:
            raise LocalCloudError("the local cloud is not started: use it in a with block")
        return self._services

    @property
    def operations(self) -> Operations:
        """What runs programs in this cloud."""
        if self._operations is None:
            raise LocalCloudError("the local cloud is not started: use it in a with block")
        return self._operations

    def start(self) -> None:
        """Start everything; `with` does it for you."""
        if self._port is not None:
            _check_port(self._port)
        try:
            self._start()
        except BaseException as problem:
            self.stop()
            if isinstance(problem, LocalCloudError) or not isinstance(problem, Exception):
                raise
            text = " ".join(str(problem).split())
            raise LocalCloudError(
                f"the local cloud does not start: {type(problem).__name__}: {text}"
            ) from problem

    def _start(self) -> None:
        self._state.acquire()
        self._open.callback(self._state.release)

        def begin() -> None:
            services = self._start_services(
                self._state.run, self.screen.say, self._port, self._region, self._keep_unknown
            )
            self._open.callback(services.stop)
            self._services = services

        with ThreadPoolExecutor(1) as pool:
            # Both at once: the account takes a second, and so may the engine.
            starting = pool.submit(begin)
            engine = find_engine(self.screen)
            starting.result()
        self._operations = Operations(self._state.run, engine, self.services)
        self._open.callback(self._operations.end)
        control = ControlServer(self._commands())
        self._open.callback(control.close)
        if self._interrupted:
            raise LocalCloudError("the local cloud was stopped")
        self._state.publish({"pid": os.getpid(), "port": control.port, "token": control.token})

    def interrupt(self) -> None:
        """Let what is being done fail soon; `stop` is called by who called `start`.

        Any thread may call it, at any time, a `start` that still runs included.
        """
        self._interrupted = True
        if self._operations is not None:
            self._operations.refuse()
            self._operations.end()
        end_commands()

    def stop(self) -> None:
        """End every program, process and container, and forget the account."""
        if self._operations is not None:
            self._operations.refuse()
            self._operations.end()
        self._open.close()
        self._services = self._operations = None

    def up(
        self,
        directory: str | Path,
        *,
        config: Mapping[str, object] | None = None,
        stack: str = "local",
        screen: Screen | None = None,
    ) -> Stack:
        """Make what the program in a folder describes, and return when it serves.

        Args:
            directory: A folder with a `Pulumi.yaml` of runtime python.
            config: Values that go before those of `Pulumi.<stack>.yaml`; a key without a namespace
                is the project's. Default: what the last operation on this stack was given.
            stack: Name of the stack.
            screen: Where to show progress. Default: the cloud's.
        """
        began = time.monotonic()
        project, result = self._run("up", directory, config, stack, screen)
        return Stack(
            name=project.name,
            stack=stack,
            directory=project.root,
            outputs=result["outputs"],
            resources=result["resources"],
            changes=changes_of(result),
            compute=self._compute(result["runners"]),
            secrets=result["secrets"],
            seconds=time.monotonic() - began,
        )

    def up_all(
        self,
        directories: Sequence[str | Path],
        *,
        config: Mapping[str, object] | None = None,
        stack: str = "local",
    ) -> list[Stack]:
        """Bring several programs up at once; all are tried before what failed is raised."""
        with ThreadPoolExecutor(max(1, len(directories))) as pool:
            runs = [pool.submit(self.up, d, config=config, stack=stack) for d in directories]
        problems = [
            str(e) for run in runs if (e := run.exception()) and isinstance(e, LocalCloudError)
        ]
        if len(problems) > 1:
            raise LocalCloudError("\n".join(problems))
        return [run.result() for run in runs]

    def preview(
        self,
        directory: str | Path,
        *,
        config: Mapping[str, object] | None = None,
        stack: str = "local",
        screen: Screen | None = None,
    ) -> list[Change]:
        """Return what `up` would change now; empty when nothing."""
        return changes_of(self._run("preview", directory, config, stack, screen)[1])

    def refresh(
        self, directory: str | Path, *, stack: str = "local", screen: Screen | None = None
    ) -> list[Change]:
        """Read every resource of the program again and return what had drifted from the state."""
        return changes_of(self._run("refresh", directory, None, stack, screen)[1])

    def destroy(
        self, directory: str | Path, *, stack: str = "local", screen: Screen | None = None
    ) -> list[Change]:
        """Delete what the program made and return what was deleted."""
        return changes_of(self._run("destroy", directory, None, stack, screen)[1])

    def client(self, service: str) -> Any:
        """Return a boto3 client of the imitated account."""
        return self.services.account.client(service)

    def logs(
        self, name: str | Path | None = None, lines: int = 100, *, titles: bool = False
    ) -> list[str]:
        """Return the last lines that apps wrote.

        Args:
            name: A program's folder; an app, a function or a log group, by its name or the part of
                it before a `-`. Default: everything.
            lines: How many lines of each.
            titles: Whether each log begins with a line that names it, where there are several.
        """
        plane = self.services.data_plane
        names = plane.log_names() if name is None else self._log_names(Path(name)) or [str(name)]
        read: list[str] = plane.logs(names, lines, titles=titles)
        return read

    def invoke(
        self, name: str | Path, payload: Any = None, *, asynchronous: bool = False
    ) -> Invoked:
        """Call a function and return what it came to.

        Args:
            name: A program's folder with one function, or a function's name or the part of it
                before a `-`; with `:` and a version or alias, or else by the alias that it has.
            payload: The event, as what JSON can hold. Default: an empty object.
            asynchronous: Whether Lambda keeps the event and retries; it is not waited for.
        """
        wanted = self._function_of(Path(name)) or str(name)
        text = json.dumps({} if payload is None else payload)
        plane = self.services.data_plane
        invoked: Invoked = plane.invoke(wanted, text.encode(), asynchronous=asynchronous)
        return invoked

    @property
    def account_line(self) -> str:
        """How AWS clients reach the account, in words."""
        account = self.services.account
        return f"account {account.endpoint} (any keys, {account.region})"

    @property
    def network_line(self) -> str:
        """The default VPC of the account and its subnets with their zones, in words."""
        ec2 = self.client("ec2")
        default = [{"Name": "is-default", "Values": ["true"]}]
        vpcs = ec2.describe_vpcs(Filters=default)["Vpcs"]
        if not vpcs:
            return "no default VPC"
        own = [{"Name": "vpc-id", "Values": [vpcs[0]["VpcId"]]}]
        found = ec2.describe_subnets(Filters=own)["Subnets"]
        placed = sorted((one["AvailabilityZone"], one["SubnetId"]) for one in found)
        subnets = ", ".join(f"{id} ({zone})" for zone, id in placed)
        return f"default VPC {vpcs[0]['VpcId']}, subnets {subnets}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which an AWS client reaches the account."""
        return client_environment(self.services.account)

    def outputs(self, directory: str | Path | None = None) -> list[Outputs]:
        """Return what stacks export: those of a program's folder, or all."""
        found = self.operations.outputs(None if directory is None else Path(directory))
        if directory is not None and not found:
            raise LocalCloudError(f"{directory} is not up in this local cloud")
        return found

    def settle(self) -> None:
        """Wait until all that happened in the account so far has had its effect.

        Each event that was sent is then delivered, refused, or waits for a time to come (see
        `advance`): after it a test can look at what its event did.
        """
        self.services.data_plane.settle()

    def advance(self, seconds: float) -> Advanced:
        """Move the account's clock on, and return when all that fell due meanwhile is done.

        What waits on AWS for minutes or days happens now, in order of time: a failed call is tried
        again, a message gets visible again, a schedule fires as often as it would have.

        Args:
            seconds: How far, such as `60` or `24 * 3600`.
        """
        moved: Advanced = self.services.data_plane.advance(seconds)
        return moved

    def _compute(self, runners: Sequence[str]) -> list[str]:
        """How what runs the apps runs here. A function's worker starts with its first request."""
        ways = {w.name: w.how for w in self.services.data_plane.workloads()}
        return sorted({ways.get(runner, "process") for runner in runners})

    def _log_names(self, directory: Path) -> list[str]:
        """The apps and log groups that the programs of a folder made; none for other folders."""
        if not self.operations.urn_prefixes(directory):
            if (directory / "Pulumi.yaml").is_file():
                raise LocalCloudError(f"{directory} is not up in this local cloud")
            return []
        # Of a service the id is its ARN, which its name ends; the others' ids are their names.
        services = {arn.rpartition("/")[2] for arn in self._made(directory, _SERVICE)}
        made = services.union(*(self._made(directory, each) for each in _WRITERS))
        # What was replaced or deleted since is in the journal too.
        names = [name for name in self.services.data_plane.log_names() if name in made]
        if not names:
            raise LocalCloudError(f"{directory} has no app and no log group")
        return names

    def _made(self, directory: Path, type: str) -> set[str]:
        """The ids of what the programs of a folder ever made of a type."""
        prefixes = self.operations.urn_prefixes(directory)
        return {
            entry.id
            for entry in (self.services.journal.entries() if prefixes else ())
            if entry.type == type and not entry.deleted and entry.urn.startswith(prefixes)
        }

    def _run(
        self,
        operation: str,
        directory: str | Path,
        config: Mapping[str, object] | None,
        stack: str,
        screen: Screen | None,
    ) -> tuple[Project, dict[str, Any]]:
        return self.operations.run(operation, directory, config, stack, screen or self.screen)

    def _function_of(self, directory: Path) -> str:
        """The one function that the programs of a folder made; empty for other folders."""
        if not self.operations.urn_prefixes(directory):
            return ""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        alive = {each["FunctionName"] for page in pages for each in page["Functions"]}
        made = sorted(alive & self._made(directory, "aws:lambda/function:Function"))
        if len(made) != 1:
            listed = f"the functions {', '.join(made)}: say which" if made else "no function"
            raise LocalCloudError(f"{directory} has {listed}")
        return str(made[0])

    def _commands(self) -> dict[str, Callable[..., Any]]:
        """What other terminals may ask for; results are plain data."""

        def configured(arguments: dict[str, Any]) -> dict[str, Any]:
            # A terminal sets single values, as `pulumi up -c` does; in Python all are given.
            if not arguments.get("config"):
                return arguments
            directory, stack = Path(arguments["directory"]), arguments["stack"]
            config = self.operations.with_config(directory, stack, arguments["config"])
            return {**arguments, "config": config}

        def up(screen: Screen, **arguments: Any) -> dict[str, Any]:
            return self.up(screen=Both(screen, self.screen), **configured(arguments)).plain()

        def changes(operation: Callable[..., list[Change]]) -> Callable[..., list[Any]]:
            def run(**arguments: Any) -> list[Any]:
                return [asdict(change) for change in operation(**configured(arguments))]

            return run

        def destroy(screen: Screen, **arguments: Any) -> list[Any]:
            return changes(self.destroy)(screen=Both(screen, self.screen), **arguments)

        return {
            "ping": lambda screen: os.getpid(),
            "up": up,
            "preview": changes(self.preview),
            "refresh": changes(self.refresh),
            "destroy": destroy,
            "logs": lambda screen, **arguments: self.logs(**arguments),
            "invoke": lambda screen, **arguments: asdict(self.invoke(**arguments)),
            "advance": lambda screen, seconds: asdict(self.advance(seconds)),
            "account": lambda screen: self.account_line,
            "network": lambda screen: self.network_line,
            "environment": lambda screen: self.environment,
            "outputs": lambda screen, **arguments: [
                asdict(stack) for stack in self.outputs(**arguments)
            ],
        }


def _check_port(port: int) -> None:
    """Refuse a port that somebody listens on, before anything starts."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as problem:
            raise LocalCloudError(
                f"port {port} cannot be used on 127.0.0.1 ({problem}): stop what uses it, or "
                "choose another port"
            ) from problem
