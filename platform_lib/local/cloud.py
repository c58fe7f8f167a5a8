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

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from platform_lib.local.control import ControlServer
from platform_lib.local.engine import Engine, find_engine
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.project import Project, read_project, write_workspace
from platform_lib.local.repair import is_locked, repair
from platform_lib.local.results import Change, Invoked, Stack
from platform_lib.local.runner import ProgramProcess, Request
from platform_lib.local.screen import Screen
from platform_lib.local.services import Services, start_services
from platform_lib.local.state import DEFAULT, StateDir
from platform_lib.local.workspace import open_stack

_FOREIGN = (
    # The user's own Pulumi and AWS settings have no place here: no program must reach a real
    # account.
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_STACK",
)


@dataclass
class _Slot:
    """What the cloud remembers of one stack of one program."""

    directory: Path
    config: Mapping[str, object] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    journal_mark: int = 0
    """How long the journal was when the last operation began."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class LocalCloud:
    """An imitated AWS account on this machine, for as long as the `with` block lasts.

    Args:
        state_dir: Where this run keeps its files. Default: `.platform-local` in the working
            directory. One cloud a folder; what an earlier run left there is removed.
        port: Port of the first load balancer or API; the next ones get the next ports. Default:
            free ones.
        screen: Where progress is shown, see `platform_lib.local.screen.for_output`. Default:
            nowhere.
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
        screen: Screen | None = None,
        services: Callable[..., Services] = start_services,
    ) -> None:
        self.screen = screen or Screen()
        self._state = StateDir(Path(state_dir) if state_dir else DEFAULT)
        self._port = port
        self._start_services = services
        self._open = ExitStack()
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._processes: set[ProgramProcess] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._passphrase = secrets.token_urlsafe()
        self._services: Services | None = None
        self._engine: Engine | None = None

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

    def start(self) -> None:
        """Start everything; `with` does it for you."""
        if self._port is not None:
            _check_port(self._port)
        try:
            self._state.acquire()
            self._open.callback(self._state.release)
            with ThreadPoolExecutor(1) as pool:
                # The engine in this thread: only here does Ctrl-C end a build that takes minutes.
                starting = pool.submit(
                    self._start_services, self._state.run, self.screen.say, self._port
                )
                try:
                    self._engine = find_engine(self.screen)
                finally:
                    self._services = starting.result()
                    self._open.callback(self._services.stop)
            self._open.callback(self._end_programs)
            control = ControlServer(self._commands())
            self._open.callback(control.close)
            self._state.publish({"pid": os.getpid(), "port": control.port, "token": control.token})
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every program, process and container, and forget the account."""
        self._stopping = True
        self._open.close()
        self._services = None

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
        project, slot, result = self._run("up", directory, config, stack, screen)
        slot.outputs = result["outputs"]
        return Stack(
            name=project.name,
            stack=stack,
            directory=project.root,
            outputs=result["outputs"],
            resources=result["resources"],
            changes=_changes(result),
            compute=self._compute(result["runners"]),
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
        return _changes(self._run("preview", directory, config, stack, screen)[2])

    def refresh(
        self, directory: str | Path, *, stack: str = "local", screen: Screen | None = None
    ) -> list[Change]:
        """Read every resource of the program again and return what had drifted from the state."""
        return _changes(self._run("refresh", directory, None, stack, screen)[2])

    def destroy(
        self, directory: str | Path, *, stack: str = "local", screen: Screen | None = None
    ) -> list[Change]:
        """Delete what the program made and return what was deleted."""
        _, slot, result = self._run("destroy", directory, None, stack, screen)
        slot.outputs = {}
        return _changes(result)

    def client(self, service: str) -> Any:
        """Return a boto3 client of the imitated account."""
        return self.services.account.client(service)

    def logs(self, name: str | Path | None = None, lines: int = 100) -> list[str]:
        """Return the last lines that apps wrote.

        Args:
            name: A program's folder, a log group, or the name of an app. Default: everything that
                runs.
            lines: How many lines of each.
        """
        plane = self.services.data_plane
        if name is None:
            names = list(dict.fromkeys(workload.name for workload in plane.workloads()))
        else:
            names = self._log_groups(Path(name)) or [str(name)]
        return [line for one in names for line in plane.logs(one, lines)]

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

    def settle(self) -> None:
        """Wait until all that happened in the account so far has had its effect.

        Each event that was sent is then delivered, refused, or waits for a time to come (see
        `advance`): after it a test can look at what its event did.
        """
        self.services.data_plane.settle()

    def advance(self, seconds: float) -> None:
        """Move the account's clock on, and return when all that fell due meanwhile is done.

        What waits on AWS for minutes or days happens now, in order of time: a failed call is tried
        again, a message gets visible again, a schedule fires as often as it would have.

        Args:
            seconds: How far, such as `60` or `24 * 3600`.
        """
        self.services.data_plane.advance(seconds)

    def _compute(self, runners: Sequence[str]) -> list[str]:
        """How what runs the apps runs here. A function's worker starts with its first request."""
        ways = {w.name: w.how for w in self.services.data_plane.workloads()}
        return sorted({ways.get(runner, "process") for runner in runners})

    def _log_groups(self, directory: Path) -> list[str]:
        """The log groups that the programs of a folder export; none for other folders."""
        slots = [slot for slot in self._slots.values() if slot.directory == directory.resolve()]
        outputs = [value for slot in slots for value in slot.outputs.items()]
        return [str(value) for key, value in outputs if key.endswith("log_group_name")]

    def _run(
        self,
        operation: str,
        directory: str | Path,
        config: Mapping[str, object] | None,
        stack: str,
        screen: Screen | None,
    ) -> tuple[Project, _Slot, dict[str, Any]]:
        """Run one operation on one stack; operations on the same stack wait for each other."""
        services, shown = self.services, screen or self.screen
        assert self._engine  # noqa: S101 - set together with the services
        project = read_project(Path(directory))
        slot = self._slot(project, stack)
        label = project.name if stack == "local" else f"{project.name}/{stack}"
        with slot.lock:
            if config is not None:
                slot.config = dict(config)
            request = Request(
                operation=operation,
                project=project,
                stack=stack,
                folder=self._state.run / "programs" / project.name / stack,
                state=self._state.run / "state",
                engine=self._engine,
                environment=self._environment(services),
            )
            write_workspace(project, stack, slot.config, request.folder)
            request.state.mkdir(exist_ok=True)
            if is_locked(request.state, project.name, stack):
                self._repair(request, slot, label, shown)
            slot.journal_mark = len(services.journal.entries())
            shown.progress(label, {"event": "start", "text": operation})
            began = time.monotonic()
            try:
                result = self._follow(request, lambda event: shown.progress(label, event))
            except LocalCloudError as problem:
                shown.progress(label, {"event": "end", "text": f"{operation} failed"})
                raise LocalCloudError(f"{label}: {operation} failed: {problem}") from problem
            spent = time.monotonic() - began
            text = f"{operation} done: {_counted(_changes(result))}, {spent:.1f} s"
            shown.progress(label, {"event": "end", "text": text})
            return project, slot, result

    def _slot(self, project: Project, stack: str) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault((project.name, stack), _Slot(project.root))
        if slot.directory != project.root:
            raise LocalCloudError(
                f"{project.root} and {slot.directory} are both project {project.name!r}, stack "
                f"{stack!r}: they would replace each other's resources; rename one"
            )
        return slot

    def _follow(
        self, request: Request, on_event: Callable[[Mapping[str, Any]], None]
    ) -> dict[str, Any]:
        with self._lock:
            if self._stopping:
                raise LocalCloudError("the local cloud is stopping")
            process = ProgramProcess(request, on_event)
            self._processes.add(process)
        try:
            return process.wait()
        except LocalCloudError as problem:
            if self._stopping:
                raise LocalCloudError("the local cloud was stopped") from problem
            raise
        except BaseException:
            process.kill()
            raise
        finally:
            with self._lock:
                self._processes.discard(process)

    def _repair(self, request: Request, slot: _Slot, label: str, screen: Screen) -> None:
        """Put right what a killed operation left, before the next one."""
        services = self.services
        services.providers.wait_idle()
        prefix = f"urn:pulumi:{request.stack}::{request.project.name}::"
        entries = services.journal.entries()[slot.journal_mark :]
        made = [entry for entry in entries if entry.urn.startswith(prefix)]
        stack = open_stack(
            name=request.stack,
            project=request.project.name,
            folder=request.folder,
            state=request.state,
            engine=request.engine,
            environment=request.environment,
        )
        for line in repair(stack, made, services.providers.delete):
            screen.progress(label, {"event": "print", "line": f"repaired: {line}"})

    def _function_of(self, directory: Path) -> str:
        """The one function that the programs of a folder made; empty for other folders."""
        slots = [key for key, s in self._slots.items() if s.directory == directory.resolve()]
        prefixes = tuple(f"urn:pulumi:{stack}::{project}::" for project, stack in slots)
        if not prefixes:
            return ""
        lambda_ = self.client("lambda")
        pages = lambda_.get_paginator("list_functions").paginate()
        alive = {each["FunctionName"] for page in pages for each in page["Functions"]}
        made = sorted(
            {
                entry.id
                for entry in self.services.journal.entries()
                if entry.type == "aws:lambda/function:Function"
                and entry.urn.startswith(prefixes)
                and entry.id in alive
            }
        )
        if len(made) != 1:
            listed = f"the functions {', '.join(made)}: say which" if made else "no function"
            raise LocalCloudError(f"{directory} has {listed}")
        return str(made[0])

    def _environment(self, services: Services) -> dict[str, str]:
        """Variables of a program and its engine: this account, this backend, no other."""
        kept = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
        region = services.account.region
        return {
            **kept,
            "AWS_ENDPOINT_URL": services.account.endpoint,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            # No side files of metadata: one that a kill leaves empty makes a stack unreadable.
            "PULUMI_BACKEND_URL": f"{(self._state.run / 'state').as_uri()}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": self._passphrase,
            "PULUMI_DEBUG_PROVIDERS": ",".join(
                f"{name}:{port}" for name, port in services.ports.items()
            ),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # Offline every preview of an existing stack would lose seconds looking for plugins.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "PYTHONUNBUFFERED": "1",
        }

    def _end_programs(self) -> None:
        with self._lock:
            running = list(self._processes)
        for process in running:
            process.kill()

    def _commands(self) -> dict[str, Callable[..., Any]]:
        """What other terminals may ask for; results are plain data."""

        def up(screen: Screen, **arguments: Any) -> dict[str, Any]:
            return self.up(screen=screen, **arguments).plain()

        def changes(operation: Callable[..., list[Change]]) -> Callable[..., list[Any]]:
            return lambda **arguments: [asdict(change) for change in operation(**arguments)]

        return {
            "ping": lambda screen: os.getpid(),
            "up": up,
            "preview": changes(self.preview),
            "refresh": changes(self.refresh),
            "destroy": changes(self.destroy),
            "logs": lambda screen, **arguments: self.logs(**arguments),
            "invoke": lambda screen, **arguments: asdict(self.invoke(**arguments)),
            "advance": lambda screen, seconds: self.advance(seconds),
        }


def _changes(result: Mapping[str, Any]) -> list[Change]:
    return [Change(**change) for change in result["changes"]]


def _counted(changes: Sequence[Change]) -> str:
    """Word changes as `3 create, 1 update`."""
    ops = sorted({change.op for change in changes})
    counts = [f"{sum(change.op == op for change in changes)} {op}" for op in ops]
    return ", ".join(counts) or "no changes"


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
