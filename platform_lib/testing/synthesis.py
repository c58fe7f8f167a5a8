"""Run a program under mocks, all of it, and hand back what it made."""

import asyncio
import contextvars
import gc
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from inspect import isawaitable
from typing import Any, cast

from pulumi import runtime
from pulumi.runtime import Mocks

from platform_lib.testing.graph import Graph
from platform_lib.testing.mocks import AwsMocks
from platform_lib.testing.recorder import Recorder


def synth(
    program: Callable[[], Any],
    *,
    config: Mapping[str, Any] | None = None,
    project: str = "project",
    stack: str = "stack",
    preview: bool = False,
    mocks: Mocks | None = None,
) -> Graph:
    """Run a program function under mocks and wait for everything it started.

    Whatever goes wrong in the program, in an `apply` or in the mocks is raised here. Each call
    starts from nothing and leaves nothing behind, whatever `set_mocks` did before or does after.

    Args:
        program: Makes the resources; may be async. What it returns is the graph's `result`.
        config: Stack config; a key without a colon is the project's own.
        project: Name of the project.
        stack: Name of the stack.
        preview: Whether to run as a preview, where ids and other computed outputs are unknown.
        mocks: Who answers. Default: AwsMocks().
    """
    recorder = Recorder(mocks if mocks is not None else AwsMocks())

    def run() -> Graph:
        runtime.set_all_config(_config(config or {}, project), [])
        # set_mocks keeps the list of what is still running: here, another loop's that never ends.
        runtime.settings.reset_options(project=project, stack=stack)
        # A root that is there already keeps set_mocks from making one outside of the program.
        runtime.settings.set_root_resource(cast(Any, object()))
        runtime.set_mocks(
            recorder.mocks, project=project, stack=stack, preview=preview, monitor=recorder
        )
        runtime.settings.set_root_resource(cast(Any, None))
        with asyncio.Runner() as runner:
            # Several would answer in any order: the graph has that of the program.
            runner.get_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
            try:
                return recorder.graph(runner.run(_run(program)))
            except BaseException:
                # What waits for a resource that failed fails with it, and nobody asks why:
                # asyncio would print each, thousands of lines around the one that is raised.
                runner.get_loop().set_exception_handler(lambda *_: None)
                raise

    # Pulumi keeps its state in context variables and on the thread's event loop: a context and a
    # thread of our own isolate runs from each other and from a loop that the test itself runs.
    context = contextvars.copy_context()
    with (
        _uncollected(),
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="synth") as thread,
    ):
        return thread.submit(context.run, run).result()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Do without the garbage collector meanwhile: it would visit all that the SDK keeps anyway."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


async def _run(program: Callable[[], Any]) -> Any:
    results = []

    async def keep_result() -> None:
        result = program()
        results.append(await result if isawaitable(result) else result)

    await runtime.run_in_stack(keep_result)
    return results[0]


def _config(given: Mapping[str, Any], project: str) -> dict[str, str]:
    return {
        key if ":" in key else f"{project}:{key}": value
        if isinstance(value, str)
        else json.dumps(value)
        for key, value in given.items()
    }
