"""Catches the test that passes because its assertion never ran.

    def test_url():
        app = VmApp("notes", args)
        app.url.apply(lambda url: check(url))   # scheduled, and the test is over

Such a callback runs only when something waits for it, and not at all for a value that a preview
does not know. The guard watches the callbacks that a test file gives to `apply` and fails when one
of them has not run, or has failed an assertion that nobody heard of.
"""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import pulumi


@dataclass(kw_only=True, eq=False)
class _Watched:
    """One callback given to `apply`."""

    line: int
    ran: bool = False
    failure: AssertionError | None = None
    result: "pulumi.Output[Any] | None" = None

    def unheard(self) -> bool:
        """Whether it failed an assertion and the failure went no further than Pulumi's task."""
        if self.failure is None or self.failure.__traceback__ is None:
            return False
        # A traceback begins where the exception has come to.
        reached = self.failure.__traceback__.tb_frame.f_code.co_filename
        return reached == pulumi.Output.all.__code__.co_filename

    def waiting(self) -> bool:
        """Whether it has not run, though nothing before it failed."""
        future = self.result._data if self.result is not None else None
        if self.ran or future is None or not future.done():
            return not self.ran
        return not future.cancelled() and future.exception() is None


def _noting(watched: _Watched, func: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(func)
    def run(value: Any) -> Any:
        watched.ran = True
        try:
            return func(value)
        except AssertionError as failure:
            watched.failure = failure
            raise

    return run


class ApplyGuard:
    """Watches what one file gives to `apply`; see `applies_ran`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._watched: list[_Watched] = []
        self._original: Any = None

    def start(self) -> None:
        """Begin to watch."""
        self._original = original = pulumi.Output.apply

        @functools.wraps(original)
        def apply(
            output: "pulumi.Output[Any]", func: Callable[[Any], Any], *args: Any, **kwargs: Any
        ) -> "pulumi.Output[Any]":
            caller = sys._getframe(1)
            if caller.f_code.co_filename != self._path:
                return original(output, func, *args, **kwargs)
            watched = _Watched(line=caller.f_lineno)
            self._watched.append(watched)
            watched.result = original(output, _noting(watched, func), *args, **kwargs)
            return watched.result

        self._set_apply(apply)

    def stop(self) -> None:
        """Leave Pulumi as it was."""
        self._set_apply(self._original)

    def __enter__(self) -> "ApplyGuard":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        found = self.problem() if kind is None else None
        if found:
            raise AssertionError(found)

    def problem(self) -> str | None:
        """Tell what is wrong: a callback that has not run, or that failed unheard."""
        for watched in self._watched:
            if watched.unheard():
                return (
                    f"{self._path}:{watched.line}: an assertion in an apply failed, and nobody "
                    f"waited for it: {watched.failure}"
                )
        places = [f"{self._path}:{watched.line}" for watched in self._watched if watched.waiting()]
        if not places:
            return None
        return (
            "a function given to apply never ran, so what it asserts was never tested: "
            f"{', '.join(places)}. Nothing waited for it, or its value is unknown in a preview: "
            "make it inside the program that synth() runs, or use graph.check(output, test)"
        )

    def _set_apply(self, apply: Any) -> None:
        pulumi.Output.apply = apply  # type: ignore[method-assign]


def applies_ran() -> ApplyGuard:
    """Guard a block: whatever the calling file gives to `apply` in it must run before it ends.

    For test suites without pytest; with it, load `platform_lib.testing.plugin`, which guards every
    test:

        with applies_ran():
            synth(program)
    """
    return ApplyGuard(sys._getframe(1).f_code.co_filename)
