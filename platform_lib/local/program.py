"""Runs one program in a process of its own: `python -m platform_lib.local.program FD`.

Programs share nothing this way: not `sys.modules`, not the working directory, not a crash. The
request is one line of JSON on standard input, see `runner.py`; what happens is reported as lines
of JSON on the file descriptor FD, so that what the program itself prints does not mix with it:

    {"event": "resource", "state": "started" | "done" | "failed", "op", "type", "name"}
    {"event": "diagnostic", "severity": "info" | "warning" | "error", "message"}
    {"event": "result", "changes": [...], "outputs": {...}, "secrets": [...],
     "resources": {...}, "runners": [...]}
    {"event": "failure", "message"}

Standard input stays open as long as the parent lives. When it closes, this process ends, and the
engine that it started with it: the whole process group is killed.
"""

import json
import os
import re
import runpy
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import pulumi
from pulumi import automation
from pulumi.automation import EngineEvent
from pulumi.runtime import settings

from platform_lib.local.engine import Engine
from platform_lib.local.workspace import LocalStack, open_stack

Report = Callable[[Mapping[str, Any]], None]

_RUNNERS = (
    "aws:ecs/service:Service",
    "aws:autoscaling/group:Group",
    "aws:lambda/function:Function",
)
_UNCHANGED = ("same", "read", "discard", "refresh")
"""What the account does not notice; what was read and no longer is, is only forgotten."""

_AGAIN = "an unhandled error occurred: "
"""How the engine begins its second telling of an error that ended the program."""

_COLOUR = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")


def main() -> int:
    """Serve the one request of this process."""
    channel = int(sys.argv[1])
    # Neither the engine nor anything else that starts from here may hold the parent's pipe open.
    os.set_inheritable(channel, False)
    request = json.loads(sys.stdin.readline())
    _die_with_parent()
    with os.fdopen(channel, "w", buffering=1) as stream:
        report = _reporter(stream)
        events = _Events(report)
        try:
            report({"event": "result", **_operate(request, events)})
        except automation.CommandError as failure:
            report({"event": "failure", "message": events.failure(failure)})
            return 1
    return 0


def _die_with_parent() -> None:
    """Kill this process group when the parent's end of standard input closes."""
    lifeline = os.dup(0)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)

    def watch() -> None:
        while os.read(lifeline, 1024):
            pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _reporter(stream: TextIO) -> Report:
    lock = threading.Lock()

    def report(event: Mapping[str, Any]) -> None:
        with lock:
            stream.write(json.dumps(event) + "\n")

    return report


def _operate(request: Mapping[str, Any], events: "_Events") -> dict[str, Any]:
    """Do what was asked for and return what the result says."""
    operation = request["operation"]
    root, entry = Path(request["root"]), Path(request["entry"])
    stack = open_stack(
        name=request["stack"],
        project=request["project"],
        folder=Path(request["folder"]),
        state=Path(request["state"]),
        engine=Engine(
            command=Path(request["engine"]["command"]), version=request["engine"]["version"]
        ),
        program=lambda: run_program(root, entry),
    )
    if operation == "preview":
        stack.preview(on_event=events)
    elif operation == "up":
        stack.up(on_event=events)
    elif operation == "refresh":
        stack.refresh(on_event=events)
    else:
        stack.destroy(on_event=events)
    outputs = {} if operation in ("preview", "destroy") else _outputs(stack)
    resources = stack.deployment.get("resources", [])
    return {
        "changes": events.changes,
        "outputs": outputs,
        "secrets": stack.secret_outputs() if outputs else [],
        "resources": _count(resources),
        "runners": _runners(resources),
    }


def _outputs(stack: LocalStack) -> dict[str, Any]:
    return {name: output.value for name, output in stack.outputs().items()}


def _runners(resources: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name, as the account does, what runs the program's apps."""
    return [str(r["outputs"].get("name")) for r in resources if r["type"] in _RUNNERS]


def _count(resources: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Count what the stack holds by type: components too, the stack and providers not."""
    types = (resource["type"] for resource in resources)
    return dict(sorted(Counter(t for t in types if not t.startswith("pulumi:")).items()))


def run_program(root: Path, entry: Path) -> None:
    """Run a program's file as the language host would, inside an inline program's context."""
    # The Automation API leaves it unset; components take relative sources from it.
    settings.SETTINGS.root_directory = str(root)
    os.chdir(entry.parent)
    sys.path.insert(0, str(entry.parent))
    sys.argv = [str(entry)]
    _make_asset_paths_absolute()
    try:
        runpy.run_path(str(entry), run_name="__main__")
    except SystemExit as ending:
        if ending.code:
            raise pulumi.RunError(f"the program ended itself: {ending.code}") from ending
    except pulumi.ConfigMissingError as missing:
        # Its own advice, `pulumi config set`, is for a stack that the local cloud does not have.
        told = (
            f"the config value {missing.key!r} is missing: give it by -c {missing.key}=VALUE, by "
            "config= in Python, or in a Pulumi.<stack>.yaml"
        )
        raise pulumi.RunError(told) from missing
    except pulumi.RunError:
        raise
    except Exception as problem:
        raise pulumi.RunError(_own_traceback(problem)) from problem


def _make_asset_paths_absolute() -> None:
    """Resolve relative paths of assets here: the providers serve many programs from one process.

    The plugins of real providers run in the program's folder; ours cannot.
    """
    for kind in (pulumi.FileAsset, pulumi.FileArchive):

        def make(self: Any, path: str | os.PathLike[str], given: Any = kind.__init__) -> None:
            given(self, os.path.abspath(path))

        kind.__init__ = make  # type: ignore[method-assign]


def _own_traceback(problem: Exception) -> str:
    """Format an exception without this file's and runpy's frames, which tell a user nothing."""
    frames = problem.__traceback__
    while frames and frames.tb_frame.f_code.co_filename in (
        __file__,
        runpy.__file__,
        "<frozen runpy>",
    ):
        frames = frames.tb_next
    return "".join(traceback.format_exception(problem.with_traceback(frames))).strip()


class _Events:
    """Turns the engine's events into reports, and keeps what the result needs."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._said: set[str] = set()
        self._errors: list[str] = []
        self.changes: list[dict[str, Any]] = []

    def __call__(self, event: EngineEvent) -> None:
        """Take one event of the engine."""
        for state, step in (
            ("started", event.resource_pre_event),
            ("done", event.res_outputs_event),
            ("failed", event.res_op_failed_event),
        ):
            if step and not step.metadata.type.startswith("pulumi:"):
                self._resource(state, step.metadata)
        if event.diagnostic_event:
            self._diagnostic(event.diagnostic_event)

    def _resource(self, state: str, step: automation.StepEventMetadata) -> None:
        op = step.op.value
        name = step.urn.rsplit("::", 1)[-1]
        if state == "done" and op not in _UNCHANGED:
            properties = sorted(step.detailed_diff or step.diffs or ())
            self.changes.append(
                {"op": op, "type": step.type, "name": name, "properties": properties}
            )
        self._report(
            {"event": "resource", "state": state, "op": op, "type": step.type, "name": name}
        )

    def _diagnostic(self, event: automation.DiagnosticEvent) -> None:
        message = _COLOUR.sub("", event.message).strip().removeprefix(_AGAIN)
        severity = event.severity.removeprefix("info#")
        if event.ephemeral or not message or message in self._said or severity == "debug":
            return
        self._said.add(message)
        if severity == "error":
            self._errors.append(f"{_subject(event.urn)}{message}")
        self._report({"event": "diagnostic", "severity": severity, "message": message})

    def failure(self, error: automation.CommandError) -> str:
        """Say why the operation failed: the engine's errors, else what the CLI wrote last."""
        text = _COLOUR.sub("", str(error))
        killed = re.match(r"\s*code: -(\d+)", text)
        if killed:
            name = signal.Signals(int(killed[1])).name
            return f"the engine was killed ({name}); the next up repairs what it left half done"
        # The engine ends with "update failed" when it has told why.
        told = [error for error in self._errors if not re.fullmatch(r"\w+ failed", error)]
        ending = [line for line in text.splitlines() if line.strip()][-10:]
        return "\n".join(told or ending)


def _subject(urn: str | None) -> str:
    """Name the resource that an error is about; nothing for an error of the whole program."""
    type_, name = urn.split("::")[2:4] if urn else ("pulumi:pulumi:Stack", "")
    kind = type_.rsplit("$", 1)[-1]
    return "" if kind == "pulumi:pulumi:Stack" else f"{kind} {name}: "


if __name__ == "__main__":
    # Threads of gRPC and of a failed program must not keep the process alive.
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
