"""What every test of the library goes by: an `apply` that a test makes must run."""

import pytest

pytest_plugins = ["platform_lib.testing.plugin"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what shares the session's local cloud last: a process has one imitated account."""
    items.sort(key=lambda item: "local_cloud" in getattr(item, "fixturenames", ()))
