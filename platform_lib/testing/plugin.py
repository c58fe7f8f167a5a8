"""pytest plugin: a test fails when a function that it gave to `apply` never ran.

Load it in a suite's topmost conftest.py:

    pytest_plugins = ["platform_lib.testing.plugin"]

A test that means to leave an `apply` waiting says so with `@pytest.mark.applies_may_wait`.
"""

from collections.abc import Generator

import pytest

from platform_lib.testing.guard import ApplyGuard

_GUARD = pytest.StashKey[ApplyGuard]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, for suites with strict markers."""
    config.addinivalue_line(
        "markers", "applies_may_wait: the test leaves an Output.apply without a run on purpose"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Watch from the first fixture on: programs are often run in one."""
    guard = ApplyGuard(str(item.path))
    item.stash[_GUARD] = guard
    guard.start()
    try:
        return (yield)
    finally:
        guard.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passed although an `apply` of its file did not run."""
    outcome = yield
    problem = item.stash[_GUARD].problem()
    if problem and item.get_closest_marker("applies_may_wait") is None:
        pytest.fail(problem, pytrace=False)
    return outcome
