"""The pytest fixture `local_cloud`: a running local cloud for the tests of a stack.

    def test_my_program_answers(local_cloud):
        stack = local_cloud.up("my_program")
        assert urllib.request.urlopen(stack.outputs["url"]).status == 200

pytest finds it by itself where platform_lib is installed; nothing is imported before a test asks
for it. The cloud starts with the first such test and lives to the end of the session: tests share
its account, so each destroys what it made, or uses a stack of its own (`stack="..."`).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from platform_lib.local.cloud import LocalCloud


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the settings of pytest say what the cloud is."""
    parser.addini(
        "local_cloud_keep_unknown", "keep resource types that are not imitated", type="bool"
    )
    parser.addini(
        "local_cloud_permissions",
        "whether an app may do only what its role allows",
        type="bool",
        default=True,
    )
    parser.addini("local_cloud_region", "region of the local cloud's apps", default="us-east-1")


@pytest.fixture(scope="session")
def local_cloud(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator["LocalCloud"]:
    """A running `LocalCloud`, in a temporary folder; skips where the extra is missing."""
    from platform_lib.local.services import missing_packages

    missing = missing_packages()
    if missing:
        pytest.skip(f"local_cloud needs pip install 'platform-lib[local]': {missing} missing")
    from platform_lib.local.cloud import LocalCloud

    keep = bool(pytestconfig.getini("local_cloud_keep_unknown"))
    region = str(pytestconfig.getini("local_cloud_region"))
    with LocalCloud(
        tmp_path_factory.mktemp("local-cloud"),
        region=region,
        permissions=bool(pytestconfig.getini("local_cloud_permissions")),
        keep_unknown=keep,
    ) as cloud:
        yield cloud
