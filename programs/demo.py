"""What `make up` runs: the notes app on a VM, a function and a container in the local cloud.

    python -m programs.demo           bring all three up, prove it, serve until Ctrl-C
    python -m programs.demo --once    bring up, prove, preview, destroy; exit 0 when all went well

The proof is a note that is posted through one address and read through the other two, and a
message in the queue of the function's workers, which must become one more.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from platform_lib.local.cli import show_stacks
from platform_lib.local.ending import INTERRUPTED, Ending, run_until_signalled
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.screen import Screen, for_output, harmless, lasting

if TYPE_CHECKING:
    from platform_lib.local import LocalCloud, Stack

PROGRAMS = Path(__file__).resolve().parent
FIRST = PROGRAMS / "ec2_app"
"""Makes the table of notes."""
OTHERS = (PROGRAMS / "lambda_app", PROGRAMS / "ecs_app")
"""Share that table."""

_WRITTEN = 2
"""Notes that the proof writes: one through an address, one through the queue."""

_DAY_SECONDS = 24 * 3600
# The addresses are on this machine, whatever proxy the environment names for others.
_http = build_opener(ProxyHandler({}))


class DemoError(Exception):
    """The three apps are not one app; the message says what was seen."""


class Clock:
    """Where the time goes: the seconds of each step, in the order of their ends."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.steps: list[tuple[str, float]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done within."""
        began = time.monotonic()
        yield
        self.steps.append((name, time.monotonic() - began))

    def show(self, screen: Screen) -> None:
        """Show the steps, and the whole from the first to now."""
        whole = time.monotonic() - self.began
        rows = [[name, f"{seconds:.1f}"] for name, seconds in [*self.steps, ("whole run", whole)]]
        screen.table(["step", "seconds"], rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return 0, 1 for what failed, or 130 for Ctrl-C before it served."""
    parser = argparse.ArgumentParser(prog="make up", description=__doc__.partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="stop after the proof; for CI")
    once = parser.parse_args(arguments).once
    sys.stdout, sys.stderr = lasting(sys.stdout), lasting(sys.stderr)
    screen = for_output()

    def work(ending: Ending) -> int:
        try:
            show(once, screen, ending)
        except (LocalCloudError, DemoError) as problem:
            if ending.asked:
                return INTERRUPTED
            screen.close()
            print(harmless(f"error: {problem}"), file=sys.stderr)
            return 1
        return 0

    try:
        return run_until_signalled(work, screen)
    finally:
        screen.close()


def show(once: bool, screen: Screen, ending: Ending) -> None:
    """Bring all three up and prove that they are one app; then serve, or take them down."""
    # Only here: what a cloud is made of takes a second to import.
    from platform_lib.local import LocalCloud

    clock, cloud = Clock(), LocalCloud(screen=screen)
    with ending.by(cloud.interrupt):
        try:
            with clock.step("start the local cloud"):
                cloud.start()
            stacks = bring_up(cloud, clock)
            show_stacks(screen, stacks)
            urls = {stack.targets[0]: stack.outputs["url"].rstrip("/") for stack in stacks}
            with clock.step("the proof"):
                prove(urls, screen)
                prove_workers(cloud, stacks[1].outputs, urls, screen)
            if once:
                # Not where it serves: an account that stays keeps the right time.
                with clock.step("a day of the account's clock"):
                    prove_digest(cloud, stacks[1].outputs, screen)
                take_down(cloud, clock)
            else:
                addresses = "\n".join(f"  {stack.outputs['url']}" for stack in stacks)
                screen.say(
                    f"Open any of them in a browser:\n{addresses}\nCtrl-C takes everything down."
                )
                ending.wait()
        finally:
            with clock.step("stop the local cloud"):
                cloud.stop()
    if once:
        clock.show(screen)
        screen.say("All three answered as one app, and nothing is left of them.")


def bring_up(cloud: "LocalCloud", clock: Clock) -> "list[Stack]":
    """Bring the first program up, which makes the table, then the others at once."""
    first = cloud.up(FIRST)
    others = cloud.up_all(OTHERS, config={"table": first.outputs["table_name"]})
    stacks = [first, *others]
    clock.steps += [(f"up {stack.name}", stack.seconds) for stack in stacks]
    return stacks


def prove(urls: Mapping[str, str], screen: Screen) -> None:
    """Post a note through one address and read it through all; show each step."""
    screen.say("")
    versions = set()
    for target, url in urls.items():
        who = _ask(screen, "GET", f"{url}/whoami", expect=200)
        if who["target"] != target:
            raise DemoError(f"{url} should be the {target}, and says it is {who['target']}")
        versions.add(who["version"])
    if len(versions) != 1:
        raise DemoError(f"the targets run different versions of the app: {sorted(versions)}")
    source = next(iter(urls))
    text = f"Written through the {source}"
    note = _ask(screen, "POST", f"{urls[source]}/notes", expect=201, body={"text": text})
    for url in urls.values():
        found = _ask(screen, "GET", f"{url}/notes/{note['id']}", expect=200)
        if found != note or found["text"] != text:
            raise DemoError(f"{url} has another note than was posted: {found}")
    screen.say("")
    screen.say("One app on three targets: the note posted through one is read through all.")


def prove_workers(
    cloud: "LocalCloud", outputs: Mapping[str, Any], urls: Mapping[str, str], screen: Screen
) -> None:
    """Send a message, which must be a note for all, and see it counted by the table's stream."""
    text, queue = "Sent to the queue", outputs["inbox_queue_url"]
    screen.say(f"\n  SEND {queue}  {text!r}")
    cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=text)
    cloud.settle()
    for url in urls.values():
        newest = _ask(screen, "GET", f"{url}/notes?limit=1", expect=200)["notes"]
        if [note["text"] for note in newest] != [text]:
            raise DemoError(f"{url} has no note of the message that was sent: {newest}")
    items = cloud.client("dynamodb").scan(TableName=outputs["activity_table_name"])["Items"]
    counted = sum(int(item["written"]["N"]) for item in items if "written" in item)
    if counted != _WRITTEN:
        raise DemoError(f"{_WRITTEN} notes were written, and the worker counted {counted}")
    screen.say("")
    screen.say(f"The workers ran: the message is a note, and {counted} notes are counted.")


def prove_digest(cloud: "LocalCloud", outputs: Mapping[str, Any], screen: Screen) -> None:
    """Let a day go by, in which the schedule must have called its worker once."""
    cloud.advance(_DAY_SECONDS)
    lines = cloud.logs(outputs["digest_log_group_name"])
    told = [json.loads(line) for line in lines if line.startswith("{")]
    if [line.get("notes") for line in told] != [_WRITTEN]:
        raise DemoError(f"a day went by, and the digest's worker said:\n{chr(10).join(lines)}")
    screen.say(f"A day later the schedule published a digest of {_WRITTEN} notes.")


def take_down(cloud: "LocalCloud", clock: Clock) -> None:
    """Preview again, which must find nothing to do, and destroy all that was made."""
    programs = (FIRST, *OTHERS)
    with clock.step("preview all three, unchanged"):
        changes = [change for found in _at_once(cloud.preview, programs) for change in found]
    if changes:
        found = "\n".join(f"  {change}" for change in changes)
        raise DemoError(f"nothing changed, and yet a second up would change:\n{found}")
    with clock.step("destroy all three"):
        _at_once(cloud.destroy, OTHERS)
        # Last, because the table of the others is its own.
        cloud.destroy(FIRST)
    left = cloud.services.data_plane.workloads()
    if left:
        raise DemoError(f"after the destroy there still runs: {left}")


def _at_once(operation: Any, programs: Sequence[Path]) -> list[Any]:
    with ThreadPoolExecutor(len(programs)) as pool:
        return list(pool.map(operation, programs))


def _ask(
    screen: Screen, method: str, url: str, *, expect: int, body: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Send a request, show it with its answer, and return the answer's JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
    try:
        with _http.open(request, timeout=30) as answer:
            status, content = answer.status, answer.read().decode()
    except HTTPError as problem:
        status, content = problem.code, problem.read().decode(errors="replace")
    except OSError as problem:
        raise DemoError(f"{method} {url}: {problem}") from problem
    screen.say(f"  {method:4} {url}  ->  {status}  {content}")
    if status != expect:
        raise DemoError(f"{method} {url} answered {status}, not {expect}: {content}")
    try:
        found = json.loads(content)
    except ValueError as problem:
        raise DemoError(f"{method} {url} answered with something that is not JSON") from problem
    return dict(found)


if __name__ == "__main__":
    sys.exit(main())
