"""A weighted alias sends its share, and moves to all at once and back without a replacement."""

import http.client
import json
import urllib.parse
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from platform_lib.local import LocalCloud

pytestmark = pytest.mark.engine

ALIAS = ("update", "aws:lambda/alias:Alias")
FUNCTION = ("update", "aws:lambda/function:Function")

PROGRAM = """
import pulumi
from platform_lib import FunctionApp

config = pulumi.Config()
app = FunctionApp(
    "weighted",
    {
        "code": config.require("code"),
        "handler": "notes.handler",
        "alias": "stable",
        "rollout": config.get_object("rollout") or {},
    },
)
pulumi.export("url", app.url)
pulumi.export("alias", app.alias.arn)
pulumi.export("version", app.function.version)
"""
HANDLER = """
import os

def handler(event, context):
    return {{"statusCode": 200, "body": os.environ["AWS_LAMBDA_FUNCTION_VERSION"] + " {line}"}}
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: weighted\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    for line in ("first", "second"):
        with zipfile.ZipFile(tmp_path / f"{line}.zip", "w") as archive:
            archive.writestr("notes.py", HANDLER.format(line=line))
    return tmp_path


def answers(url: str, count: int) -> Counter[str]:
    """Ask so many times, over one connection, and count what answered."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    told: Counter[str] = Counter()
    for _ in range(count):
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.status == 200
        told[answer.read().decode()] += 1
    connection.close()
    return told


def rolled(result) -> set[tuple[str, str]]:
    return {(change.op, change.type) for change in result.changes if change.op != "same"}


def test_a_weighted_alias_sends_its_share(local_cloud: LocalCloud, program: Path) -> None:
    def up(line, **rollout):
        config = {"code": f"{line}.zip", "rollout": json.dumps(rollout)}
        result = local_cloud.up(program, config=config)
        assert local_cloud.preview(program, config=config) == []
        return result

    def weighted(line, percent, previous="1"):
        return up(line, strategy="weighted", percent=percent, previous_version=previous)

    url = up("first").outputs["url"]
    try:
        assert answers(url, 20) == {"1 first": 20}

        # The new version gets a tenth from its first moment on.
        new = weighted("second", 10)
        assert rolled(new) == {FUNCTION, ALIAS}
        assert new.outputs["version"] == "2"
        assert answers(url, 1000) == {"1 first": 900, "2 second": 100}

        assert rolled(weighted("second", 25)) == {ALIAS}
        assert answers(url, 1000) == {"1 first": 750, "2 second": 250}

        # What calls the alias by its ARN gets the same share.
        client = local_cloud.client("lambda")
        told = Counter(
            json.load(client.invoke(FunctionName=new.outputs["alias"])["Payload"])["body"]
            for _ in range(40)
        )
        assert told == {"1 first": 30, "2 second": 10}

        # All at once, and back, in place.
        assert rolled(up("second")) == {ALIAS}
        assert answers(url, 20) == {"2 second": 20}
        assert rolled(weighted("second", 50)) == {ALIAS}
        assert answers(url, 20) == {"1 first": 10, "2 second": 10}

        # Where the previous version is the newest, that has every call, and no weights.
        assert rolled(weighted("second", 10, previous="2")) == {ALIAS}
        assert answers(url, 20) == {"2 second": 20}
        assert rolled(up("second")) == set()
    finally:
        local_cloud.destroy(program)
