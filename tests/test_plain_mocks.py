"""The components under a team's own mocks, as Pulumi's documentation teaches to write them."""

import asyncio
import contextvars
import zipfile

import pulumi
import pulumi_aws as aws
import pytest

from platform_lib import TARGETS, grants
from platform_lib.testing import AwsMocks, synth

COUNTS = {"container": 20, "function": 13, "vm": 20}


class Minimal(pulumi.runtime.Mocks):
    """Answers with what it was asked, and nothing of the cloud's own."""

    def __init__(self):
        self.made = []

    def new_resource(self, args):
        self.made.append(args)
        return f"{args.name}_id", args.inputs

    def call(self, args):
        return {}


@pytest.fixture(params=sorted(COUNTS))
def target(request):
    return request.param


@pytest.fixture
def ready(target, tmp_path):
    """A ready artifact, so that nothing is installed; the image is a repository's of the team."""
    if target == "container":
        return {}
    code = tmp_path / "notes.zip"
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("notes.py", "def handler(event, context): return {}\n")
    if target == "function":
        return {"code": str(code), "handler": "notes.handler"}
    return {"bundle": str(code), "start_command": "python3 -m notes"}


def make(target, ready):
    """An app as teams make it: beside a table and a secret of their own."""
    table = aws.dynamodb.Table("table", hash_key="id", attributes=[{"name": "id", "type": "S"}])
    secret = aws.secretsmanager.Secret("secret")
    if target == "container":
        ready = {"image": aws.ecr.Repository("images").repository_url}
    return TARGETS[target](
        "notes",
        {
            **ready,
            "grants": [grants.read_write_table(table.arn)],
            "environment": {"TABLE": table.name},
            "secrets": {"TOKEN": secret.arn, "KEY": pulumi.Output.format("{}#key", secret.arn)},
            "tags": {"team": "shop"},
        },
    )


def alone(test):
    """Run a test as a team's would, but in a context of its own: set_mocks is for good."""

    async def run():
        return await test()

    return contextvars.copy_context().run(asyncio.run, run())


@pytest.mark.parametrize("preview", [False, True])
def test_minimal_mocks_are_enough(target, ready, preview):
    mocks = Minimal()

    async def test():
        pulumi.runtime.set_mocks(mocks, preview=preview)
        app = make(target, ready)
        return await app.role_arn.future(), await app.version.future(), await app.urn.future()

    arn, version, urn = alone(test)
    assert arn is None
    assert version or preview
    assert urn.endswith("::notes")


def test_every_child_is_seen_by_minimal_mocks(target, ready):
    mocks = Minimal()
    graph = synth(lambda: make(target, ready), mocks=mocks)
    seen = [args.name for args in mocks.made if args.custom and args.name.startswith("notes-")]
    assert len(seen) == COUNTS[target]
    app = graph.one(TARGETS[target])
    assert sorted(seen) == sorted(one.name for one in graph.resources if one.parent is app)


def test_pulumis_own_test_runner_and_our_mocks(target, ready):
    """The documented way: set_mocks, the decorator, an assertion inside of apply."""
    seen = []

    @pulumi.runtime.test
    def test():
        def check(url):
            assert url.startswith(("http://notes-", "https://"))
            seen.append(url)

        return make(target, ready).url.apply(check)

    def run():
        # Pulumi's runner takes the thread's loop, and after asyncio.run there is none.
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            pulumi.runtime.settings.reset_options()
            pulumi.runtime.set_mocks(AwsMocks(), project="shop", stack="test")
            test()
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    contextvars.copy_context().run(run)
    assert len(seen) == 1
