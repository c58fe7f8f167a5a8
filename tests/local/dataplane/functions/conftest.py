"""What the tests of this folder share."""

import pytest
from functions_kit import Api


@pytest.fixture(scope="module")
def plane(module_plane):
    return module_plane


@pytest.fixture(scope="module")
def api(account, plane, tmp_path_factory):
    return Api(account, plane, tmp_path_factory.mktemp("code"), environment={"VERSION": "one"})
