"""What our components cost against hand-written programs that make the very same resources.

    python benchmarks/components.py [--quick]

Every figure is the median of whole processes, both sides run in turns in one run; only the ratios
hold from machine to machine. First it proves that both sides make the same: types, names, inputs,
dependencies. `handwritten/` holds the other side; neither installs or builds anything.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "handwritten"))

import process  # noqa: E402
from provider import serve  # noqa: E402

from platform_lib.local.engine import find_engine  # noqa: E402
from platform_lib.local.screen import for_output  # noqa: E402
from platform_lib.testing import synth  # noqa: E402

PROCESS = HERE / "handwritten" / "process.py"
KINDS = ("container", "function", "vm", "worker")
SIDES = ("ours", "handwritten")
QUICK = "--quick" in sys.argv
MOCKED = {1: 3, 10: 2, 100: 1} if QUICK else {1: 9, 10: 5, 100: 3}
PREVIEWED = {1: 2, 10: 1} if QUICK else {1: 7, 10: 5}
"""Apps in a program -> rounds."""
SOURCE_ROUNDS = 1 if QUICK else 3
IMPORTS = 3 if QUICK else 15
UNWANTED = ("pulumi_aws.ec2", "pulumi_aws.lambda_", "pulumi_aws.cloudwatch", "boto3")

# Compiled modules as any user has them, whatever the environment of this run says.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def main() -> None:
    """Measure and print."""
    for kind in KINDS:
        prove_same(kind)
    imports()
    head = f"{'program':16}{'ours s':>8}{'by hand':>9}{'ratio':>8}{'CPU ratio':>10}"
    head += f"{'ours MiB':>9}{'by hand':>9}{'ratio':>8}"
    print(f"\nUnder mocks, whole process\n{head}")
    for count, rounds in MOCKED.items():
        for kind in KINDS:
            compare(kind, count, rounds, "mocks", ENVIRONMENT)
    sources()
    print(f"\nPreview of a new stack by the engine, whole process (memory: the program's)\n{head}")
    with engine_environment() as environment:
        for count, rounds in PREVIEWED.items():
            for kind in KINDS:
                compare(kind, count, rounds, "preview", environment)


def prove_same(kind: str) -> None:
    """Fail where the two sides do not make the same; what they are called apart is no matter."""
    ours, theirs = (synth(process.program(side, kind, 1)) for side in SIDES)
    app = next(one for one in ours.resources if not one.custom)
    names = {app.outputs["version"]: "1"}
    for one in ours.all("aws:ecs/taskDefinition:TaskDefinition"):
        names[one.inputs["family"]] = "app0-task"
    pictures = [{}, {}]
    for graph, picture in zip((ours, theirs), pictures, strict=True):
        for one in graph.all("aws:autoscaling/group:Group"):
            # A hash of that script is in it.
            names[one.inputs["namePrefix"]] = "app0-group-"
        for one in graph.resources:
            if not one.custom:
                continue
            # The instance's script is text of either side's own.
            inputs = {key: value for key, value in one.inputs.items() if key != "userData"}
            text = json.dumps([inputs, sorted(one.inputs)], sort_keys=True)
            for name, plain in names.items():
                text = text.replace(name, plain)
            needs = sorted(dependency.name for dependency in one.dependencies)
            picture[one.type, one.name] = (text, needs, one.options.ignore_changes)
    for key in sorted(pictures[0].keys() | pictures[1].keys()):
        mine, other = (picture.get(key) for picture in pictures)
        if mine != other:
            sys.exit(
                f"{kind}: the two sides differ in {key}:\n  ours    {mine}\n  by hand {other}"
            )
    print(f"{kind}: both sides make the same {len(pictures[0])} resources")


def imports() -> None:
    """Compare `import platform_lib` with `import pulumi`."""
    report = (
        f"import sys, time, types; sys.path.insert(0, {str(HERE / 'handwritten')!r}); "
        "import peak; start = time.perf_counter(); import {0}; "
        "print(time.perf_counter() - start, peak.peak_mib(), *(name for name in "
        f"{UNWANTED!r} if type(sys.modules.get(name)) is types.ModuleType))"
    )
    names = ("pulumi", "platform_lib")
    runs = {name: [] for name in names}
    for at in range(IMPORTS + 1):
        for name in names if at % 2 else reversed(names):
            seconds, peak, *loaded = run([report.format(name)], ENVIRONMENT, "-c")[2].split()
            if loaded:
                sys.exit(f"import {name} loads {', '.join(loaded)}")
            runs[name].append((float(seconds), float(peak)))
    print("\nImport: seconds, and the process's peak")
    found = {}
    for name in names:
        found[name] = [median(column) for column in zip(*runs[name][1:], strict=True)]
        print(f"  {name:14}{found[name][0]:8.3f} s {found[name][1]:7.1f} MiB")
    ratios = [found["platform_lib"][at] / found["pulumi"][at] for at in (0, 1)]
    print(f"  ratio {ratios[0]:.2f} in time, {ratios[1]:.2f} in memory; none of", *UNWANTED)


def sources() -> None:
    """Print what an event source costs in a small and in a large program, and their ratio.

    In calls of functions, which say whether the work grows evenly, and in seconds of the
    processor. Python's garbage collector visits what the SDK keeps the more often the more there
    is, on either side: without it the cost of the programs themselves shows.
    """
    print(f"\nA source under mocks, {process.SOURCES} a function: in 10 functions and in 100")

    def calls(script: list[str]) -> float:
        return float(run(script, ENVIRONMENT | {"CALLS": "1"})[2].split()[-1])

    for side in SIDES:
        compare_source(side, "calls of functions", calls)
    for collector in ("on", "off"):
        environment = ENVIRONMENT | {"GC": collector}

        def milliseconds(script: list[str], environment: dict[str, str] = environment) -> float:
            return 1000 * median(run(script, environment)[1] for _ in range(SOURCE_ROUNDS))

        for side in SIDES:
            compare_source(side, f"CPU ms, collector {collector}", milliseconds)


def compare_source(side: str, what: str, measure: Callable[[list[str]], float]) -> None:
    """Print what one source adds to a function, in 10 functions and in 100."""
    few, many = (
        (
            measure([str(PROCESS), side, "worker", str(count), "mocks"])
            - measure([str(PROCESS), side, "function", str(count), "mocks"])
        )
        / count
        / process.SOURCES
        for count in (10, 100)
    )
    print(f"  {side:12} {what:22}{few:9.1f}{many:9.1f}{many / few:7.2f} times", flush=True)


def compare(kind: str, count: int, rounds: int, how: str, environment: dict[str, str]) -> None:
    """Run both sides in turns and print one line."""
    runs = {side: [] for side in SIDES}
    for at in range(rounds + 1):
        for side in SIDES if at % 2 else reversed(SIDES):
            stack = {"STACK": f"{side}-{kind}-{count}-{at}"}
            script = [str(PROCESS), side, kind, str(count), how]
            seconds, cpu, text = run(script, environment | stack)
            runs[side].append((seconds, cpu, float(text.split()[-1])))
    # The first round warms caches.
    ours, theirs = (
        [median(column) for column in zip(*runs[side][1:], strict=True)] for side in SIDES
    )
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    print(
        f"{kind + ' x' + str(count):16}{ours[0]:8.2f}{theirs[0]:9.2f}{ratios[0]:8.2f}"
        f"{ratios[1]:10.2f}{ours[2]:9.0f}{theirs[2]:9.0f}{ratios[2]:8.2f}",
        flush=True,
    )


def run(script: list[str], environment: dict[str, str], *how: str) -> tuple[float, float, str]:
    """Run a script to its end: seconds, seconds of processor, what it printed."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, *how, *script], env=environment, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if child.returncode:
        sys.exit(f"{' '.join(script)} failed:\n{text}")
    return seconds, usage.ru_utime + usage.ru_stime, text


@contextmanager
def engine_environment() -> Iterator[dict[str, str]]:
    """Start a provider that only echoes, and say where it, the engine and an empty backend are."""
    engine = find_engine(for_output())
    server, port = serve()
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield ENVIRONMENT | {
                "PATH": f"{engine.command.parent}{os.pathsep}{os.environ['PATH']}",
                "PULUMI_HOME": f"{folder}/home",
                "PULUMI_BACKEND_URL": f"file://{folder}",
                "PULUMI_CONFIG_PASSPHRASE": "benchmark",
                "PULUMI_SKIP_UPDATE_CHECK": "1",
                "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "1",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_DEBUG_PROVIDERS": f"aws:{port},docker:{port}",
            }
        finally:
            server.stop(None)
            shutil.rmtree(f"{folder}/home", ignore_errors=True)


if __name__ == "__main__":
    main()
