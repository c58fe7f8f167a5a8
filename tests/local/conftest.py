"""Everything here needs the local cloud, or starts parts of it: it is the slower half."""

from pathlib import Path

import pytest

from platform_lib.local.account import Account

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the folder, so that `make quick` leaves it out."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="module")
def account():
    """An empty account."""
    with Account() as running:
        yield running


@pytest.fixture(scope="module")
def lab(account):
    """The provider over the account, asked as the engine would ask it."""
    from rows_kit import Lab

    return Lab(account)


@pytest.fixture(scope="module")
def rig(account, tmp_path_factory):
    """Pollers over the account, with functions that are the test's own."""
    from pollers_kit import Rig

    running = Rig(account, tmp_path_factory.mktemp("rig"))
    yield running
    running.stop()


@pytest.fixture
def plane(account, tmp_path, monkeypatch):
    """A data plane over the account, with a cache of its own, which runs apps as processes."""
    from platform_lib.local.dataplane import DataPlane

    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))
    said = []
    running = DataPlane(account, tmp_path / "state", said.append, patience=10, docker=False)
    running.said = said
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The cache of the module's data plane."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def module_plane(account, cache, tmp_path_factory):
    """As `plane`, one for a whole module."""
    from platform_lib.local.dataplane import DataPlane

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLATFORM_LIB_CACHE", str(cache))
        said = []
        running = DataPlane(account, tmp_path_factory.mktemp("state"), said.append, docker=False)
        running.said = said
        running.start()
        yield running
        running.stop()
