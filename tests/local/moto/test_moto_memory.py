"""What is done is let go of: an account that runs for days holds what it has, and no more."""

import gc

from pollers_kit import Function, Queue, Table


def alive(kind):
    gc.collect()
    return sum(type(each) is kind for each in gc.get_objects())


def test_messages_that_are_done_are_gone(rig):
    from moto.sqs.models import Message

    queue, function = Queue(rig), Function(rig)
    function.map(queue.arn)
    before = alive(Message)
    queue.send(*"abcdefghij")
    rig.settle()
    assert len(function.batches[0]) == 10
    assert alive(Message) == before


def test_items_that_were_changed_are_gone(rig):
    from moto.dynamodb.models.dynamo_type import Item

    table = Table(rig)
    table.put("a")
    before = alive(Item)
    for number in range(20):
        table.put("a", n={"N": str(number)})
    assert alive(Item) == before


def test_a_call_makes_no_iam_of_partitions_that_nobody_asks(account):
    from moto.iam.models import iam_backends

    account.client("lambda").list_functions()
    assert list(iam_backends[account.account_id]) == ["aws"]


def test_what_describes_a_service_is_read_once_a_process(account, monkeypatch):
    account.client("sqs")
    account._client.cache_clear()
    monkeypatch.setattr("botocore.loaders.JSONFileLoader.load_file", None)
    assert account.client("sqs").meta.region_name == account.region
