"""How many batches of a queue run at once, and what waits for a function that has no room."""

import asyncio
import itertools

import pytest
from dataplane_kit import until
from pollers_kit import Function, Queue
from queues_kit import Gate


@pytest.mark.parametrize(("asked", "most"), [(2, 2), (7, 7), (None, 5)])
def test_concurrency(rig, asked, most):
    gate = Gate()
    queue, function = Queue(rig), Function(rig, gate)
    scaling = {"ScalingConfig": {"MaximumConcurrency": asked}} if asked else {}
    function.map(queue.arn, BatchSize=1, **scaling)
    queue.send(*map(str, range(12)))
    until(lambda: gate.inside == most)
    gate.open.set()
    rig.settle()
    assert gate.most == most
    assert sorted([*itertools.chain(*function.batches)], key=int) == [str(at) for at in range(12)]


def received(event):
    return event["Records"][0]["attributes"]["ApproximateReceiveCount"]


def test_a_batch_waits_for_a_function_without_room(rig):
    queue, function = Queue(rig, receives=1, fifo=True), Function(rig)
    function.map(queue.arn)
    function.reserved = 0
    queue.send("a", "b", "c", group="g")
    # After one second, and then after two, four and so on.
    rig.advance(14)
    assert function.events == []
    function.reserved = None
    rig.advance(2)
    assert function.batches == [["a", "b", "c"]]
    assert received(function.events[0]) == "1"
    assert (queue.left, queue.dead.left) == (0, 0)


def test_messages_go_back_that_a_function_had_no_room_for_as_long_as_they_were_hidden(rig):
    queue, function = Queue(rig, receives=2), Function(rig)
    function.map(queue.arn)
    function.reserved = 0
    queue.send("a")
    rig.advance(61)
    assert function.events == []
    assert rig.said[-1].endswith("has a reserved concurrency: 1 message goes back to the queue")
    function.reserved = 1
    rig.advance(3)
    assert [received(event) for event in function.events] == ["2"]
    function.reserved = 0
    queue.send("b", "c")
    rig.advance(120)
    assert function.batches == [["a"]]
    assert sorted(queue.dead.bodies()) == ["b", "c"]
    assert rig.said[-2].endswith("2 messages go back to the queue")


def test_a_queue_is_worked_off_within_what_is_reserved(rig):
    running = []

    async def handle(event):
        running.append(function.running)
        await asyncio.sleep(0.001)

    queue, function = Queue(rig, receives=1), Function(rig, handle)
    function.reserved = 2
    function.map(queue.arn, BatchSize=1)
    queue.send(*map(str, range(20)))
    rig.advance(30)
    assert sorted([*itertools.chain(*function.batches)], key=int) == [str(at) for at in range(20)]
    assert max(running) == 2
    assert (queue.left, queue.dead.left) == (0, 0)


def test_a_mapping_that_is_disabled_tries_no_more(rig):
    queue, function = Queue(rig), Function(rig)
    uuid = function.map(queue.arn)
    function.reserved = 0
    queue.send("a")
    rig.settle()
    function.client.update_event_source_mapping(UUID=uuid, Enabled=False)
    function.reserved = None
    rig.advance(50)
    assert function.events == []
    function.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    rig.advance(11)
    assert [received(event) for event in function.events] == ["2"]
