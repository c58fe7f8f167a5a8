"""The Automation API, without the CLI calls that this library has no need of.

An `up` of the stock API starts the CLI seven times (version, select, up, two times outputs,
history); each costs 0.2-0.4 s, more than the work itself. The same is read from files of the
backend, or already known.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation import OutputMap, OutputValue, UpdateSummary
from pulumi.automation._stack import StackInitMode

from platform_lib.local.engine import Engine, KnownCommand

_NEVER = datetime.fromtimestamp(0)

_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which the engine's state marks a secret, an asset or an output among plain values."""


def home_of(state: Path) -> Path:
    """Give the engine's own folder beside a backend."""
    return state / "home"


def open_stack(
    *,
    name: str,
    project: str,
    folder: Path,
    state: Path,
    engine: Engine,
    environment: Mapping[str, str] | None = None,
    program: automation.PulumiFn | None = None,
) -> "LocalStack":
    """Open a stack of the file backend, made when it is not there yet.

    Args:
        name: The stack's name.
        project: The project's name.
        folder: Where `write_workspace` put the settings.
        state: Folder of the backend.
        engine: The CLI.
        environment: Variables of the CLI, where this process has not the right ones itself.
        program: The inline program; not needed to destroy or to refresh.
    """
    checkpoint = state / ".pulumi" / "stacks" / project / f"{name}.json"
    workspace = _Workspace(
        checkpoint,
        work_dir=str(folder),
        pulumi_home=str(home_of(state)),
        program=program,
        env_vars=environment or {},
        pulumi_command=KnownCommand(engine),
    )
    return LocalStack(name, workspace, StackInitMode.CREATE_OR_SELECT)


class _Workspace(automation.LocalWorkspace):
    """A workspace that knows where its one stack's checkpoint lies."""

    def __init__(self, checkpoint: Path, **options: Any) -> None:
        super().__init__(**options)
        self.checkpoint = checkpoint

    def select_stack(self, stack_name: str) -> None:
        # Every command names its stack, so there is nothing to select; only whether it exists
        # matters.
        if not self.checkpoint.exists():
            raise automation.StackNotFoundError(
                automation.CommandResult(
                    stdout="", stderr=f"no stack named {stack_name!r}", code=1
                )
            )


class LocalStack(automation.Stack):
    """A stack whose outputs and resources are read from its checkpoint."""

    @property
    def deployment(self) -> dict[str, Any]:
        """What the checkpoint holds; empty before the first `up`."""
        workspace = self.workspace
        assert isinstance(workspace, _Workspace)  # noqa: S101 - made by open_stack only
        checkpoint = json.loads(workspace.checkpoint.read_text())["checkpoint"]
        return checkpoint.get("latest") or {}

    def outputs(self) -> OutputMap:
        """The program's exports. Only secrets need the CLI, which has the key."""
        values: dict[str, Any] = {}
        for resource in self.deployment.get("resources", []):
            if resource["type"] == "pulumi:pulumi:Stack" and not resource.get("delete"):
                values = resource.get("outputs", {})
        if _SIGNATURE in json.dumps(values):
            return super().outputs()
        return {key: OutputValue(value=value, secret=False) for key, value in values.items()}

    def secret_outputs(self) -> list[str]:
        """The names of exports that are, or hold, a secret."""
        for resource in self.deployment.get("resources", []):
            if resource["type"] == "pulumi:pulumi:Stack" and not resource.get("delete"):
                exports = resource.get("outputs", {}).items()
                return [key for key, value in exports if _SIGNATURE in json.dumps(value)]
        return []

    def info(self, show_secrets: bool = True) -> UpdateSummary | None:
        """Nothing: the engine's events told all, so the CLI need not be asked for its history."""
        return UpdateSummary(
            kind="update",
            start_time=_NEVER,
            message="",
            environment={},
            config={},
            result="succeeded",
        )
