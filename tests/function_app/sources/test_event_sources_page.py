"""docs/event_sources.md: what it says each source is made of is what is made."""

import json
import re

import pulumi_aws as aws
import pytest
from doc_blocks import ROOT

from platform_lib import FunctionApp
from platform_lib.function_app.args import FunctionAppArgs
from platform_lib.function_app.sources.event_sources import KINDS
from platform_lib.testing import synth

PAGE = (ROOT / "docs" / "event_sources.md").read_text()
HERE = "us-east-1:123456789012"
TOPIC = f"arn:aws:sns:{HERE}:news"
STREAMS = {
    "DynamoDB": f"arn:aws:dynamodb:{HERE}:table/notes/stream/2026-01-01T00:00:00.000",
    "Kinesis": f"arn:aws:kinesis:{HERE}:stream/clicks",
}
SOURCES = {
    "`queues`": {"queues": [{}]},
    "`streams` of DynamoDB": {"streams": [{"arn": STREAMS["DynamoDB"]}]},
    "`streams` of Kinesis": {"streams": [{"arn": STREAMS["Kinesis"]}]},
    "`topics`": {"topics": [{"arn": TOPIC}]},
    "`topics` with `raw`": {"topics": [{"arn": TOPIC, "raw": True}]},
    "`buckets`": {"buckets": [{"bucket": "photos"}]},
    "`buckets` with `event_bridge`": {"buckets": [{"bucket": "photos", "route": "event_bridge"}]},
    "`event_rules`": {"event_rules": [{"pattern": {"source": ["shop"]}}]},
    "`schedules`": {"schedules": [{"rate": "1 day"}]},
    "`log_groups`": {"log_groups": [{"log_group": "/shop/web"}]},
    "`receipt_rules`": {"receipt_rules": [{"rule_set_name": "mail"}]},
}
NO_TRIGGER = {
    *("Alarm", "FunctionEventInvokeConfig", "MetricAlarm", "Permission"),
    *("Queue", "QueuePolicy", "Role", "RolePolicy"),
}
"""What a source brings along that calls nothing."""


def graph_of(**sources):
    code = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
    return synth(lambda: FunctionApp("notes", {**code, **sources}))


PLAIN = graph_of()


def rows():
    """The table that says what each source is made of: source -> the other cells."""
    table = PAGE.partition("<!-- compared by tests/test_event_sources_page.py -->")[2]
    lines = [line for line in table.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    return {
        cells[0]: cells[1:]
        for cells in ([*map(str.strip, line.split("|")[1:-1])] for line in lines)
    }


def words(cell):
    return set(re.findall("`([^`]+)`", cell))


def own(graph):
    """The resources that a plain function does not have."""
    before = {(each.type, each.name) for each in PLAIN.resources}
    return [each for each in graph.resources if (each.type, each.name) not in before]


def test_the_table_has_every_source():
    assert set(rows()) == set(SOURCES)
    kinds = {kind for args in SOURCES.values() for kind in args}
    assert kinds == set(KINDS) - {"invoke_permissions"}


@pytest.mark.parametrize("source", SOURCES)
def test_a_row_tells_trigger_statements_and_permission(source):
    trigger, statements, permission, _ = rows()[source]
    graph = graph_of(**SOURCES[source])
    made = own(graph)
    types = {each.type.rpartition(":")[2] for each in made}
    assert words(trigger) == types - NO_TRIGGER
    policy = json.loads(graph.one(aws.iam.RolePolicy, "notes-policy").inputs["policy"])
    actions = {action for each in policy["Statement"] for action in each["Action"]}
    assert words(statements) == {each for each in actions if not each.startswith("logs:")}
    conditions = [each.inputs for each in made if each.type == "aws:lambda/permission:Permission"]
    assert words(permission) == {each["principal"] for each in conditions}
    says_account = "the account" in permission
    assert says_account == any("sourceAccount" in each for each in conditions)


@pytest.mark.parametrize("kind", KINDS)
def test_every_source_has_a_section_and_a_place_in_the_choice(kind):
    assert kind in FunctionAppArgs.__annotations__
    assert f"\n### {kind}\n" in PAGE
    choice = PAGE.partition("## Which one")[2].partition("\n## ")[0]
    assert f"`{kind}`" in choice
