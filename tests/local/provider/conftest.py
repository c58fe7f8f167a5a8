"""What the tests of this folder share."""

import pytest
from provider_kit import Engine, Plane

from platform_lib.local.provider import Journal, Providers


@pytest.fixture
def plane():
    return Plane()


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


@pytest.fixture
def providers(account, plane, journal):
    return Providers(account, plane, journal)


@pytest.fixture
def ports(providers):
    yield providers.start()
    providers.stop()


@pytest.fixture
def engine(ports):
    engine = Engine(ports["aws"])
    yield engine
    engine.close()


@pytest.fixture
def context(tmp_path):
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY app.py /\n")
    (folder / "app.py").write_text("print(1)")
    return folder
