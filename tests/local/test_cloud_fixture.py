"""What a consumer gets: the `local_cloud` fixture, with the real account behind it."""

import pytest

from platform_lib.bundling.cache import cache_dir

pytest_plugins = ["pytester"]

PROGRAM = """
import pulumi
import pulumi_aws as aws

table = aws.dynamodb.Table(
    "notes", hash_key="id", billing_mode="PAY_PER_REQUEST",
    attributes=[{"name": "id", "type": "S"}],
)
pulumi.export("table", table.name)
"""

CONSUMER = """
def test_the_table_takes_notes(local_cloud, request):
    stack = local_cloud.up(request.path.parent / "program")
    client = local_cloud.client("dynamodb")
    client.put_item(TableName=stack.outputs["table"], Item={"id": {"S": "1"}})
    assert client.scan(TableName=stack.outputs["table"])["Count"] == 1
    assert local_cloud.preview(stack.directory) == []
    local_cloud.destroy(stack.directory)
    assert client.list_tables()["TableNames"] == []
"""


CACHE = str(cache_dir())
"""Found before pytester gives the inner run another home, where an engine would have to be built."""


@pytest.mark.engine
def test_a_consumer_tests_a_stack(pytester, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", CACHE)
    folder = pytester.mkdir("program")
    (folder / "Pulumi.yaml").write_text("name: consumer\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    pytester.makepyfile(CONSUMER)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_it_skips_without_the_extra(pytester):
    """`moto` is hidden, as in an installation without the extra."""
    pytester.makeconftest(
        """
        import importlib.util
        real = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *a: None if name == "moto" else real(name, *a)
        """
    )
    pytester.makepyfile("def test_it(local_cloud): pass")
    result = pytester.runpytest_subprocess("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*pip install 'platform-lib*local*': moto missing*"])


def test_the_plugin_costs_nothing_until_it_is_used(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_nothing_heavy_is_loaded():
            heavy = {"moto", "boto3", "aiohttp", "pulumi_aws"}
            heavy |= {"platform_lib.local.cloud", "platform_lib.local.engine"}
            assert not heavy & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
