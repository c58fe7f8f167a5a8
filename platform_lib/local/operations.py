"""The operations of a local cloud: each runs one program on one stack, in a process of its own."""

import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platform_lib.local.account import client_environment
from platform_lib.local.engine import Engine
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.plugins import fetch_missing, link_plugins
from platform_lib.local.project import Project, read_project, write_workspace
from platform_lib.local.repair import is_locked, repair
from platform_lib.local.results import TARGETS, Change, Outputs
from platform_lib.local.runner import ProgramProcess, Request
from platform_lib.local.screen import Screen
from platform_lib.local.services import Services
from platform_lib.local.workspace import home_of, open_stack

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
    secrets: Sequence[str] = ()
    """The outputs that hold a secret."""
    journal_mark: int = 0
    """How long the journal was when the last operation began."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Operations:
    """Runs operations, and remembers what each stack was given and exports.

    Args:
        folder: Where this run keeps its files.
        engine: The Pulumi CLI.
        services: The account, the providers and the data plane.
    """

    def __init__(self, folder: Path, engine: Engine, services: Services) -> None:
        self._folder = folder
        self._engine = engine
        self._services = services
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._lock = threading.Lock()
        self._stopping = False
        self._passphrase = secrets.token_urlsafe()
        self.processes: set[ProgramProcess] = set()

    def refuse(self) -> None:
        """Begin nothing more: the cloud is stopping."""
        self._stopping = True

    def end(self) -> None:
        """End every program that runs."""
        with self._lock:
            running = list(self.processes)
        for process in running:
            process.kill()

    def run(
        self,
        operation: str,
        directory: str | Path,
        config: Mapping[str, object] | None,
        stack: str,
        screen: Screen,
    ) -> tuple[Project, dict[str, Any]]:
        """Run one operation on one stack; operations on the same stack wait for each other.

        Args:
            operation: `up`, `preview`, `refresh` or `destroy`.
            directory: The program's folder.
            config: Values for it. Default: what the last operation on this stack was given.
            stack: The stack's name.
            screen: Where progress is shown.

        Returns:
            The project, and what `program.py` tells at its end.

        Raises:
            LocalCloudError: It failed.
        """
        project = read_project(Path(directory))
        self._services.providers.read_project(project.root)
        slot = self._slot(project, stack)
        label = project.name if stack == "local" else f"{project.name}/{stack}"
        with slot.lock:
            if config is not None:
                slot.config = dict(config)
            request = Request(
                operation=operation,
                project=project,
                stack=stack,
                folder=self._folder / "programs" / project.name / stack,
                state=self._folder / "state",
                engine=self._engine,
                environment=self._environment(),
            )
            write_workspace(project, stack, slot.config, request.folder)
            request.state.mkdir(exist_ok=True)
            if is_locked(request.state, project.name, stack):
                self._repair(request, slot, label, screen)
            slot.journal_mark = len(self._services.journal.entries())
            screen.progress(label, {"event": "start", "text": operation})
            began = time.monotonic()
            try:
                result = self._with_plugins(request, label, screen)
            except LocalCloudError as problem:
                screen.progress(label, {"event": "end", "text": f"{operation} failed"})
                raise LocalCloudError(f"{label}: {operation} failed: {problem}") from problem
            spent = time.monotonic() - began
            text = f"{operation} done: {_counted(changes_of(result))}, {spent:.1f} s"
            screen.progress(label, {"event": "end", "text": text})
            if operation in ("up", "destroy"):
                slot.outputs = result["outputs"] if operation == "up" else {}
                slot.secrets = result["secrets"] if operation == "up" else ()
            return project, result

    def _slot(self, project: Project, stack: str) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault((project.name, stack), _Slot(project.root))
        if slot.directory != project.root:
            raise LocalCloudError(
                f"{project.root} and {slot.directory} are both project {project.name!r}, stack "
                f"{stack!r}: they would replace each other's resources; rename one"
            )
        return slot

    def _with_plugins(self, request: Request, label: str, screen: Screen) -> dict[str, Any]:
        """Run an operation, again once a plugin that it wants was fetched."""
        home = home_of(request.state)
        link_plugins(home)
        fetched: set[str] = set()
        while True:
            try:
                return self._follow(request, lambda event: screen.progress(label, event))
            except LocalCloudError as problem:
                told = str(problem)
                if told in fetched or not fetch_missing(told, request.engine, home, screen):
                    raise
                fetched.add(told)

    def _follow(
        self, request: Request, on_event: Callable[[Mapping[str, Any]], None]
    ) -> dict[str, Any]:
        with self._lock:
            if self._stopping:
                raise LocalCloudError("the local cloud is stopping")
            process = ProgramProcess(request, on_event)
            self.processes.add(process)
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
                self.processes.discard(process)

    def _repair(self, request: Request, slot: _Slot, label: str, screen: Screen) -> None:
        """Put right what a killed operation left, before the next one."""
        self._services.providers.wait_idle()
        prefix = f"urn:pulumi:{request.stack}::{request.project.name}::"
        entries = self._services.journal.entries()[slot.journal_mark :]
        made = [entry for entry in entries if entry.urn.startswith(prefix)]
        stack = open_stack(
            name=request.stack,
            project=request.project.name,
            folder=request.folder,
            state=request.state,
            engine=request.engine,
            environment=request.environment,
        )
        for line in repair(stack, made, self._services.providers.delete):
            screen.progress(label, {"event": "print", "line": f"repaired: {line}"})

    def with_config(
        self, directory: Path, stack: str, changes: Mapping[str, object]
    ) -> dict[str, object]:
        """Return the config of a stack with some values set, as `pulumi up -c` does; "" unsets."""
        slot = self._slots.get((read_project(directory).name, stack))
        config = {**(slot.config if slot else {}), **changes}
        return {key: value for key, value in config.items() if value != ""}

    def outputs(self, directory: Path | None = None) -> list[Outputs]:
        """Return what stacks export: those of a folder, or all."""
        with self._lock:
            slots = sorted(self._slots.items())
        return [
            Outputs(project=project, stack=stack, values=slot.outputs, secrets=slot.secrets)
            for (project, stack), slot in slots
            if directory is None or slot.directory == directory.resolve()
        ]

    def urn_prefixes(self, directory: Path) -> tuple[str, ...]:
        """Return how the URNs of what the programs of a folder made begin; none for others."""
        slots = [key for key, s in self._slots.items() if s.directory == directory.resolve()]
        return tuple(f"urn:pulumi:{stack}::{project}::" for project, stack in slots)

    def _environment(self) -> dict[str, str]:
        """Variables of a program and its engine: this account, this backend, no other."""
        kept = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
        return {
            **kept,
            **client_environment(self._services.account),
            # No side files of metadata: one that a kill leaves empty makes a stack unreadable.
            "PULUMI_BACKEND_URL": f"{(self._folder / 'state').as_uri()}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": self._passphrase,
            "PULUMI_DEBUG_PROVIDERS": ",".join(
                f"{name}:{port}" for name, port in self._services.ports.items()
            ),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # Offline every preview of an existing stack would lose seconds looking for plugins.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "PYTHONUNBUFFERED": "1",
        }


def changes_of(result: Mapping[str, Any]) -> list[Change]:
    """Read the changes of what an operation tells."""
    return [Change(**change) for change in result["changes"]]


def _counted(changes: Sequence[Change]) -> str:
    """Word changes as `3 create, 1 update`; components of ours group resources and are none."""
    ops = [change.op for change in changes if change.type not in TARGETS]
    counts = [f"{ops.count(op)} {op}" for op in sorted(set(ops))]
    return ", ".join(counts) or "no changes"
