"""The command `platform-local`: a local cloud from the shell.

    platform-local up DIR...       bring programs up and serve them until Ctrl-C
    platform-local preview DIR...  what an up would change
    platform-local refresh DIR...  what drifted from the state
    platform-local destroy DIR...  delete what programs made
    platform-local logs [NAME]     what apps wrote last
    platform-local invoke NAME     call a function
    platform-local outputs [DIR]   what stacks export, and where the account answers
    platform-local env             let AWS clients of a shell reach the account
    platform-local advance TIME    move the account's clock on, such as 3m

One `up` owns the cloud and keeps it alive; every command in another terminal reaches it through
its state folder, a second `up` included. Ctrl-C and SIGTERM stop everything: the imitated account
lives in that process, so what the programs made is gone with it.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platform_lib.local.control import ControlClient
from platform_lib.local.ending import INTERRUPTED, Ending, run_until_signalled
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.project import read_project, region_of
from platform_lib.local.results import Advanced, Change, Outputs, Stack
from platform_lib.local.screen import Screen, for_output, harmless, lasting
from platform_lib.local.state import DEFAULT, InUseError, in_use

if TYPE_CHECKING:
    from platform_lib.local.cloud import LocalCloud

_LOOK = 0.1
"""Seconds between two looks whether a cloud that starts can be reached."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 1 for what failed, or 130 for Ctrl-C while it worked."""
    asked = _parser().parse_args(arguments)
    # A terminal or a pipe that goes away ends nothing that others may work with.
    sys.stdout, sys.stderr = lasting(sys.stdout), lasting(sys.stderr)
    screen = for_output()

    def work(ending: Ending) -> int:
        asked.ending = ending
        try:
            command: Callable[[argparse.Namespace, Screen], int] = asked.run
            return command(asked, screen)
        except (LocalCloudError, OSError) as problem:
            if ending.asked:
                return INTERRUPTED
            screen.close()
            print(harmless(f"error: {problem}"), file=sys.stderr)
            return 1

    try:
        return run_until_signalled(work, screen)
    finally:
        screen.close()


def _new_cloud(asked: argparse.Namespace, folder: Path | str, screen: Screen) -> "LocalCloud":
    # Only here: what a cloud is made of takes a second to import.
    from platform_lib.local import cloud

    return cloud.LocalCloud(
        folder,
        port=getattr(asked, "port", None),
        region=_region(asked),
        keep_unknown=asked.unknown == "keep",
        screen=screen,
        permissions=not getattr(asked, "no_permissions", False),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="platform-local", description="Run Pulumi programs on an imitated AWS account."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace, Screen], int], text: str) -> Any:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        command.add_argument(
            "--state-dir",
            type=Path,
            default=DEFAULT,
            help=f"the cloud's folder (default: {DEFAULT})",
        )
        return command

    def add_programs(command: Any, *, config: bool = False) -> None:
        command.add_argument(
            "directories", metavar="DIR", nargs="+", type=Path, help="a folder with a Pulumi.yaml"
        )
        command.add_argument("--stack", default="local", help="name of the stack (default: local)")
        if config:
            command.add_argument(
                "--config",
                "-c",
                metavar="KEY=VALUE",
                action="append",
                type=_pair,
                help="a config value, before those of Pulumi.<stack>.yaml; the stack keeps it, "
                "until the cloud stops or KEY= unsets it",
            )

    def add_unknown(command: Any) -> None:
        command.add_argument(
            "--unknown",
            choices=["error", "keep"],
            help="resource types that are not imitated: an error (default), or kept in the state "
            "with made-up ids",
        )

    up = add("up", _up, "Bring programs up and serve them until Ctrl-C.")
    add_programs(up, config=True)
    up.add_argument(
        "--once", action="store_true", help="stop when all are up and a preview is empty; for CI"
    )
    up.add_argument(
        "--region",
        help="the region that apps run in (default: aws:region of the programs, or us-east-1)",
    )
    up.add_argument("--port", type=int, help="port of the first address (default: free ones)")
    up.add_argument(
        "--no-permissions",
        action="store_true",
        help="let apps do what their roles do not allow; AWS does not",
    )
    preview = add("preview", _preview, "Show what an up would change.")
    add_programs(preview, config=True)
    add_unknown(up)
    add_unknown(preview)
    add_programs(add("refresh", _refresh, "Show, and take over, what drifted from the state."))
    add_programs(add("destroy", _destroy, "Delete what programs made."))
    logs = add("logs", _logs, "Show what apps wrote last.")
    logs.add_argument("name", nargs="?", help="a program's folder, an app or a log group")
    logs.add_argument("-n", dest="lines", type=int, default=100, help="how many lines of each")
    invoke = add("invoke", _invoke, "Call a function; exit code 1 when it fails.")
    invoke.add_argument("name", help="a program's folder, or a function's name[:alias]")
    event = invoke.add_mutually_exclusive_group()
    event.add_argument("--payload", help="the event: JSON, @FILE or - for the input (default: {})")
    event.add_argument(
        "--sample", metavar="SERVICE", help="the event that a service would bring, such as ses"
    )
    invoke.add_argument(
        "--asynchronous", action="store_true", help="let Lambda keep the event and retry"
    )
    outputs = add("outputs", _outputs, "Show what stacks export, and where the account answers.")
    outputs.add_argument("directory", metavar="DIR", nargs="?", type=Path, help="of one program")
    outputs.add_argument("name", nargs="?", help="of one output, for scripts: its bare value")
    outputs.add_argument("--show-secrets", action="store_true", help="show them as they are")
    add("env", _env, 'Variables for AWS clients of a shell: eval "$(platform-local env)".')
    advance = add("advance", _advance, "Move the account's clock on: what falls due runs now.")
    advance.add_argument("time", type=_seconds, help="how far: 90s, 3m, 2h or 1d")
    return parser


def _seconds(text: str) -> float:
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(text[-1:])
    try:
        seconds = float(text[:-1]) * unit if unit else math.nan
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 90s, 3m, 2h or 1d")
    return seconds


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def _up(asked: argparse.Namespace, screen: Screen) -> int:
    while True:
        running = _serving_or_starting(asked.state_dir, screen)
        if running:
            return _up_in(running, asked, screen)
        cloud = _new_cloud(asked, asked.state_dir, screen)
        try:
            with asked.ending.by(cloud.interrupt):
                try:
                    cloud.start()
                    return _up_and_serve(cloud, asked, screen)
                finally:
                    cloud.stop()
        except InUseError:
            continue  # another one took the folder meanwhile: it is joined


def _serving_or_starting(state_dir: Path, screen: Screen) -> ControlClient | None:
    """Return the cloud of a folder, once it has started; None where none is there."""
    said = False
    while True:
        running = ControlClient.find(state_dir)
        if running or not in_use(state_dir):
            return running
        if not said:
            screen.say(f"waiting for the local cloud that starts, or stops, in {state_dir}")
            said = True
        time.sleep(_LOOK)


def _up_in(running: ControlClient, asked: argparse.Namespace, screen: Screen) -> int:
    _refuse(asked, "port", "region", "unknown")
    if asked.no_permissions:
        told = "decided when the cloud starts, and one runs"
        raise LocalCloudError(f"--no-permissions: it is {told} in {asked.state_dir} already")
    made = _remotely(running, "up", asked, screen)
    stacks = [Stack.from_plain(one) for one in made]
    show_stacks(screen, stacks)
    _show_outputs(screen, running.call("account", screen), map(_outputs_of, stacks))
    return _unchanged(_changes(running, "preview", asked, screen), screen) if asked.once else 0


def _up_and_serve(cloud: "LocalCloud", asked: argparse.Namespace, screen: Screen) -> int:
    stacks = cloud.up_all(asked.directories, config=_config(asked, new=True), stack=asked.stack)
    show_stacks(screen, stacks)
    _show_outputs(screen, cloud.account_line, map(_outputs_of, stacks))
    if asked.once:
        with ThreadPoolExecutor(len(stacks)) as pool:
            again = [pool.submit(cloud.preview, s.directory, stack=s.stack) for s in stacks]
        return _unchanged([preview.result() for preview in again], screen)
    screen.say("Serving. Ctrl-C stops everything; other commands work from another terminal.")
    asked.ending.wait()
    return 0


def _refuse(asked: argparse.Namespace, *options: str) -> None:
    """Refuse what only a new cloud can be told."""
    for option in options:
        if getattr(asked, option) is not None:
            raise LocalCloudError(f"--{option}: a local cloud runs in {asked.state_dir} already")


def _region(asked: argparse.Namespace) -> str:
    """Choose the new cloud's region: what was asked for, or what the programs agree on."""
    given = getattr(asked, "region", None)
    config = _config(asked, new=True) or {}
    named = {region_of(read_project(d), asked.stack, config) for d in asked.directories}
    return given or (named.pop() if len(named) == 1 else "") or "us-east-1"


def _unchanged(previews: Sequence[Sequence[Change]], screen: Screen) -> int:
    """Judge previews that ought to be empty."""
    changes = [change for preview in previews for change in preview]
    for change in changes:
        screen.say(f"a second up would change: {change}")
    return 1 if changes else 0


def _preview(asked: argparse.Namespace, screen: Screen) -> int:
    running = ControlClient.find(asked.state_dir)
    if running:
        _refuse(asked, "unknown")
        return _show_changes(asked, _changes(running, "preview", asked, screen), screen)
    with tempfile.TemporaryDirectory(prefix="platform-local-") as folder:
        cloud = _new_cloud(asked, folder, screen)
        with asked.ending.by(cloud.interrupt), cloud:
            config = _config(asked, new=True)
            found = [cloud.preview(d, config=config, stack=asked.stack) for d in asked.directories]
    return _show_changes(asked, found, screen)


def _refresh(asked: argparse.Namespace, screen: Screen) -> int:
    return _show_changes(asked, _changes(_running(asked), "refresh", asked, screen), screen)


def _destroy(asked: argparse.Namespace, screen: Screen) -> int:
    return _show_changes(asked, _changes(_running(asked), "destroy", asked, screen), screen)


def _logs(asked: argparse.Namespace, screen: Screen) -> int:
    name = asked.name
    if name and Path(name).is_dir():
        name = str(Path(name).resolve())
    lines = _running(asked).call("logs", screen, name=name, lines=asked.lines, titles=True)
    for line in lines:
        print(harmless(line))
    if not lines:
        print("nothing was written yet", file=sys.stderr)
    return 0


def _invoke(asked: argparse.Namespace, screen: Screen) -> int:
    name = asked.name
    if Path(name).is_dir():
        name = str(Path(name).resolve())
    done = _running(asked).call(
        "invoke", screen, name=name, payload=_event(asked), asynchronous=asked.asynchronous
    )
    if asked.asynchronous:
        print(f"{done['function']} has the event; see platform-local logs {asked.name}")
        return 0
    for line in done["logs"]:
        print(harmless(line), file=sys.stderr)
    _print_value(done["answer"])
    return 1 if done["failed"] else 0


def _event(asked: argparse.Namespace) -> Any:
    """Return the event that was asked for."""
    if asked.sample is not None:
        # Only here: it brings the data plane's modules.
        from platform_lib.local.samples import sample

        return sample(asked.sample)
    text = asked.payload if asked.payload is not None else "{}"
    if text == "-":
        text = sys.stdin.read()
    elif text.startswith("@"):
        try:
            text = Path(text[1:]).read_text()
        except OSError as problem:
            raise LocalCloudError(f"--payload {text}: {problem.strerror}") from problem
    try:
        return json.loads(text)
    except ValueError as problem:
        raise LocalCloudError(f"--payload is not JSON: {problem}") from problem


def _advance(asked: argparse.Namespace, screen: Screen) -> int:
    moved = Advanced(**_running(asked).call("advance", screen, seconds=asked.time))
    now = datetime.fromtimestamp(moved.now, UTC)
    times = {0: "no function was called", 1: "a function was called once"}.get(
        moved.calls, f"functions were called {moved.calls} times"
    )
    print(f"the account's time is {now:%Y-%m-%d %H:%M:%S} UTC; {times} meanwhile")
    return 0


def _env(asked: argparse.Namespace, screen: Screen) -> int:
    for name, value in _running(asked).call("environment", screen).items():
        print(f"export {name}={value}")
    return 0


def _outputs(asked: argparse.Namespace, screen: Screen) -> int:
    running = _running(asked)
    directory = str(asked.directory.resolve()) if asked.directory else None
    found = [Outputs(**one) for one in running.call("outputs", screen, directory=directory)]
    if asked.name is None:
        words = ("account",) if directory else ("account", "network")
        account = "\n".join(running.call(word, screen) for word in words)
        _show_outputs(screen, account, found, secrets=asked.show_secrets)
        return 0
    values = [one.shown(secrets=asked.show_secrets) for one in found]
    named = [each[asked.name] for each in values if asked.name in each]
    if not named:
        there = ", ".join(sorted({name for each in values for name in each})) or "none"
        raise LocalCloudError(f"no output is called {asked.name}; there are {there}")
    _print_value("\n".join(named))
    return 0


def _print_value(value: str) -> None:
    """Print what a script may want as it is."""
    print(harmless(value) if sys.stdout.isatty() else value)


def _running(asked: argparse.Namespace) -> ControlClient:
    running = ControlClient.find(asked.state_dir)
    if running is None:
        raise LocalCloudError(
            f"no local cloud runs in {asked.state_dir.resolve()}: start one with platform-local "
            "up DIR, or say which with --state-dir. Nothing survives a cloud that stopped"
        )
    return running


def _remotely(
    running: ControlClient, command: str, asked: argparse.Namespace, screen: Screen
) -> list[Any]:
    """Ask the running cloud to do something with every folder, all at once."""
    arguments: dict[str, Any] = {"stack": asked.stack}
    if command in ("up", "preview"):
        arguments["config"] = _config(asked)
    with ThreadPoolExecutor(len(asked.directories)) as pool:
        calls = [
            pool.submit(running.call, command, screen, directory=str(d.resolve()), **arguments)
            for d in asked.directories
        ]
    return [call.result() for call in calls]


def _changes(
    running: ControlClient, command: str, asked: argparse.Namespace, screen: Screen
) -> list[list[Change]]:
    answers = _remotely(running, command, asked, screen)
    return [[Change(**change) for change in answer] for answer in answers]


def _config(asked: argparse.Namespace, *, new: bool = False) -> Mapping[str, str] | None:
    """Return what was given; to a new cloud there is nothing to unset."""
    given = dict(asked.config or ())
    return {key: value for key, value in given.items() if value or not new} or None


def _show_changes(
    asked: argparse.Namespace, found: Sequence[Sequence[Change]], screen: Screen
) -> int:
    for directory, changes in zip(asked.directories, found, strict=True):
        screen.say(f"{directory}: {'no changes' if not changes else ''}".rstrip())
        for change in changes:
            screen.say(f"  {change}")
    return 0


def _outputs_of(stack: Stack) -> Outputs:
    return Outputs(
        project=stack.name, stack=stack.stack, values=stack.outputs, secrets=stack.secrets
    )


def _show_outputs(
    screen: Screen, account: str, stacks: Iterable[Outputs], *, secrets: bool = False
) -> None:
    """Show where the account answers, and what each stack exports."""
    screen.say(f"\n{account}")
    for one in stacks:
        label = one.project if one.stack == "local" else f"{one.project}/{one.stack}"
        for name, value in one.shown(secrets=secrets).items():
            screen.say(f"{label}  {name}  {value}")


def show_stacks(screen: Screen, stacks: Sequence[Stack]) -> None:
    """Show what came up as a table."""
    head = ["program", "target", "url", "compute", "resources", "seconds"]
    rows = [
        [
            stack.name,
            ", ".join(stack.targets) or "-",
            _addresses(stack) or "-",
            ", ".join(stack.compute) or "-",
            str(stack.resource_count),
            f"{stack.seconds:.1f}",
        ]
        for stack in stacks
    ]
    screen.table(head, rows)


def _addresses(stack: Stack) -> str:
    """Word a stack's addresses; where there are several, each with its export's name."""
    if len(stack.addresses) == 1:
        return stack.urls[0]
    return " ".join(f"{name}={url}" for name, url in stack.addresses.items())


if __name__ == "__main__":
    sys.exit(main())
