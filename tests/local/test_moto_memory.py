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
