"""Writes to tables are whole or not at all, and their stream tells of each one once."""

import threading

import pytest
from botocore.exceptions import ClientError
from pollers_kit import Function, Table

ONE = {":one": {"N": "1"}}
ABSENT = "attribute_not_exists(id)"


def key(id):
    return {"id": {"S": id}}


def put(table, id, **more):
    return {"Put": {"TableName": table.name, "Item": key(id), **more}}


def count(table, id):
    return {
        "Update": {
            "TableName": table.name,
            "Key": key(id),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": ONE,
        }
    }


def number(table, id):
    item = table.client.get_item(TableName=table.name, Key=key(id)).get("Item", {})
    return int(item.get("n", {"N": "0"})["N"])


@pytest.fixture
def followed(rig):
    table, function = Table(rig), Function(rig)
    function.map(table.arn, StartingPosition="TRIM_HORIZON", BatchSize=1)
    return table, function


def names(function):
    return [event["Records"][0]["eventName"] for event in function.events]


def test_what_a_transaction_takes_back_was_never_there(rig, followed):
    table, function = followed
    table.put("a")
    with pytest.raises(ClientError, match="TransactionCanceled"):
        table.client.transact_write_items(
            TransactItems=[
                put(table, "x"),
                count(table, "n"),
                put(table, "a", ConditionExpression=ABSENT),
            ]
        )
    rig.settle()
    assert "Item" not in table.client.get_item(TableName=table.name, Key=key("x"))
    # What comes after it is missed no more than what came before.
    table.put("b", "c")
    rig.settle()
    assert function.batches == [["a"], ["b"], ["c"]]


def test_a_transaction_that_fails_leaves_items_as_they_were(followed):
    table, _ = followed
    table.client.transact_write_items(TransactItems=[count(table, "n")])
    with pytest.raises(ClientError, match="TransactionCanceled"):
        table.client.transact_write_items(
            TransactItems=[
                count(table, "n"),
                {
                    "ConditionCheck": {
                        "TableName": table.name,
                        "Key": key("gone"),
                        "ConditionExpression": "attribute_exists(id)",
                    }
                },
            ]
        )
    assert number(table, "n") == 1


def test_a_transaction_is_told_whole(rig, followed):
    table, function = followed
    table.client.transact_write_items(TransactItems=[put(table, "a"), count(table, "n")])
    table.client.transact_write_items(
        TransactItems=[{"Delete": {"TableName": table.name, "Key": key("a")}}, count(table, "n")]
    )
    rig.settle()
    assert function.batches == [["a"], ["n"], ["a"], ["n"]]
    assert names(function) == ["INSERT", "INSERT", "REMOVE", "MODIFY"]


def test_an_update_that_makes_an_item_is_told_once(rig, followed):
    table, function = followed
    for _ in range(2):
        table.client.update_item(
            TableName=table.name,
            Key=key("n"),
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues=ONE,
        )
    rig.settle()
    assert names(function) == ["INSERT", "MODIFY"]
    first, second = (event["Records"][0]["dynamodb"] for event in function.events)
    assert first["NewImage"] == {"id": {"S": "n"}, "n": {"N": "1"}}
    assert second["OldImage"] == first["NewImage"]
    assert int(second["SequenceNumber"]) == int(first["SequenceNumber"]) + 1


def test_many_writers_lose_and_double_nothing(rig, account):
    table, function = Table(rig), Function(rig)
    function.map(table.arn, StartingPosition="TRIM_HORIZON", BatchSize=100)
    done = []

    def write():
        client = account.client("dynamodb")
        for each in range(15):
            client.update_item(
                TableName=table.name,
                Key=key("n"),
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues=ONE,
            )
            mark = put(table, f"mark-{each}", ConditionExpression=ABSENT)
            try:
                client.transact_write_items(TransactItems=[mark, count(table, "sum")])
            except client.exceptions.TransactionCanceledException:
                continue
            done.append(each)

    writers = [threading.Thread(target=write) for _ in range(5)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    rig.settle()
    assert sorted(done) == list(range(15))
    assert (number(table, "n"), number(table, "sum")) == (75, 15)
    assert sum(len(event["Records"]) for event in function.events) == 75 + 15 + 15
