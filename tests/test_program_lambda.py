"""The programs of this repository under mocks: what the workers of programs/lambda_app may do."""

import json
import runpy

import pulumi_aws as aws
import pytest
from doc_blocks import ROOT

from platform_lib.testing import Graph, synth

WORKERS = ("inbox", "activity", "digest")


@pytest.fixture(scope="module")
def graph() -> Graph:
    program = str(ROOT / "programs" / "lambda_app" / "__main__.py")
    config = {"architecture": "arm64", "memoryMib": "512"}
    return synth(lambda: runpy.run_path(program, run_name="__main__"), config=config)


def statements(graph: Graph, worker: str) -> dict[str, list[str]]:
    """What a worker's role may do: resource -> actions."""
    policy = json.loads(graph.one(aws.iam.RolePolicy, f"notes-{worker}-policy").inputs["policy"])
    found = {}
    for statement in policy["Statement"]:
        resources = statement["Resource"]
        for resource in [resources] if isinstance(resources, str) else resources:
            found[resource] = [*found.get(resource, []), *statement["Action"]]
    return found


def alias(graph: Graph, worker: str) -> str:
    return graph.one(aws.lambda_.Alias, f"notes-{worker}-alias").outputs["arn"]


def test_a_message_of_the_queue_reaches_the_inbox(graph):
    queue = graph.one(aws.sqs.Queue, "notes-inbox-queue").outputs
    mapping = graph.one(aws.lambda_.EventSourceMapping, "notes-inbox-queue-mapping").inputs
    assert mapping["eventSourceArn"] == queue["arn"]
    assert mapping["functionName"] == alias(graph, "inbox")
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]


def test_changes_of_the_notes_reach_the_count_and_it_cannot_write_to_them(graph):
    notes = graph.one(aws.dynamodb.Table, "notes")
    assert notes.inputs["streamViewType"] == "NEW_AND_OLD_IMAGES"
    mapping = graph.one(aws.lambda_.EventSourceMapping, "notes-activity-stream-mapping").inputs
    assert mapping["eventSourceArn"] == notes.outputs["streamArn"]
    assert mapping["functionName"] == alias(graph, "activity")
    [filter_] = mapping["filterCriteria"]["filters"]
    assert json.loads(filter_["pattern"]) == {"eventName": ["INSERT", "REMOVE"]}
    assert notes.outputs["arn"] not in statements(graph, "activity")
    counts = graph.one(aws.dynamodb.Table, "notes-counts")
    writes = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
    assert statements(graph, "activity")[counts.outputs["arn"]] == writes


def test_the_digest_is_called_every_morning_with_the_time_that_it_is_of(graph):
    schedule = graph.one(aws.scheduler.Schedule).inputs
    assert schedule["scheduleExpression"] == "cron(0 7 * * ? *)"
    assert schedule["target"]["arn"] == alias(graph, "digest")
    assert json.loads(schedule["target"]["input"]) == {"time": "<aws.scheduler.scheduled-time>"}
    topic = graph.one(aws.sns.Topic).outputs["arn"]
    assert statements(graph, "digest")[topic] == ["sns:Publish"]


def test_a_worker_writes_to_no_table_but_its_own(graph):
    notes = graph.one(aws.dynamodb.Table, "notes").outputs["arn"]
    assert statements(graph, "inbox")[notes] == ["dynamodb:PutItem"]
    assert statements(graph, "digest")[notes] == ["dynamodb:Query"]


def test_only_the_web_app_has_an_address(graph):
    assert graph.one(aws.apigatewayv2.Api).name == "notes-api"
    assert graph.one(aws.lambda_.Permission).name == "notes-permission"


def test_what_a_handler_reads_of_its_environment_is_there(graph):
    ours = {}
    for worker in WORKERS:
        function = graph.one(aws.lambda_.Function, f"notes-{worker}-fn").inputs
        ours[worker] = {
            name: value
            for name, value in function["environment"]["variables"].items()
            if name.endswith(("TABLE_NAME", "TOPIC_ARN"))
        }
    notes = graph.one(aws.dynamodb.Table, "notes").outputs["name"]
    counts = graph.one(aws.dynamodb.Table, "notes-counts").outputs["name"]
    topic = graph.one(aws.sns.Topic).outputs["arn"]
    assert ours == {
        "inbox": {"TABLE_NAME": notes},
        "activity": {"ACTIVITY_TABLE_NAME": counts},
        "digest": {"TABLE_NAME": notes, "DIGEST_TOPIC_ARN": topic},
    }
