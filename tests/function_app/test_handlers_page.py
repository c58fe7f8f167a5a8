"""The handlers of docs/handlers.md, each called as Lambda would call it."""

import json
import logging

import boto3
import pytest
from doc_blocks import python_blocks
from moto import mock_aws

BLOCKS = python_blocks("docs/handlers.md")
LOOKUP, LOGS, QUEUE, STREAM, ONCE = range(5)


def module(at):
    """Import a block of the page, as Lambda does when a process starts."""
    names = {"__name__": "index"}
    exec(compile(BLOCKS[at], f"handlers.md-{at}", "exec"), names)
    return names


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("TABLE", "notes")
    with mock_aws():
        yield boto3.resource("dynamodb").create_table(
            TableName="notes",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def test_every_block_of_the_page_is_one_of_these():
    assert len(BLOCKS) == 5
    assert all("def handler(event, context)" in block for block in BLOCKS)


def test_a_client_is_made_once(table, monkeypatch):
    handler = module(LOOKUP)["handler"]
    monkeypatch.delenv("TABLE")
    with pytest.raises(KeyError, match="TABLE"):
        module(LOOKUP)
    monkeypatch.setattr(boto3, "resource", None)
    table.put_item(Item={"id": "1", "text": "a"})
    assert handler({"id": "1"}, None) == {"id": "1", "text": "a"}
    assert handler({"id": "2"}, None) is None


@pytest.fixture
def lambda_log():
    """The root logger as Lambda's runtime leaves it: one handler, the request's ID on records."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level

    class Lines(logging.Handler):
        def emit(self, record):
            record.aws_request_id = "request-1"
            lines.append(self.format(record))

    lines = []
    root.handlers[:] = [Lines()]
    yield lines
    root.handlers[:] = before
    root.setLevel(level)


def test_a_log_line_is_json_with_request_and_cold_start(lambda_log):
    names = module(LOGS)
    assert [names["handler"]({}, None) for _ in range(2)] == [
        {"cold_start": True},
        {"cold_start": False},
    ]
    try:
        int("no")
    except ValueError:
        names["log"].exception("it %s", "broke")
    first, second, third = map(json.loads, lambda_log)
    assert first == {
        "level": "INFO",
        "message": "called",
        "request_id": "request-1",
        "cold_start": True,
    }
    assert second["cold_start"] is False
    assert (third["level"], third["message"]) == ("ERROR", "it broke")
    assert third["exception"].endswith("base 10: 'no'")


def test_of_a_queues_batch_the_failed_messages_come_again():
    bodies = ['{"amount": 1}', '{"amount": -1}', "no JSON", '{"amount": 2}']
    records = [{"messageId": str(at), "body": body} for at, body in enumerate(bodies)]
    answer = module(QUEUE)["handler"]({"Records": records}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}


def test_of_a_streams_batch_all_from_the_first_failure_comes_again():
    images = [{"id": {"S": "a"}}, {}, {"id": {"S": "c"}}]
    records = [
        {"dynamodb": {"SequenceNumber": str(at), "NewImage": image}}
        for at, image in enumerate(images)
    ]
    names = module(STREAM)
    assert names["handler"]({"Records": records}, None) == {
        "batchItemFailures": [{"itemIdentifier": "1"}]
    }
    assert names["seen"] == ["a"]
    assert names["handler"]({"Records": records[2:]}, None) == {"batchItemFailures": []}


def test_an_event_that_comes_twice_counts_once(table):
    handler = module(ONCE)["handler"]
    said = [handler({"id": id, "amount": 5}, None) for id in ("a", "b", "a")]
    assert said == ["done", "done", "done before"]
    assert table.get_item(Key={"id": "total"})["Item"]["amount"] == 10
