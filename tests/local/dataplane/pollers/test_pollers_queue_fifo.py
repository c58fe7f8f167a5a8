"""FIFO queues: the order of each group, whatever fails."""

from collections import Counter

from dataplane_kit import until
from pollers_kit import Function, Queue
from queues_kit import Gate


def test_a_fifo_queue_keeps_the_order_of_each_group(rig):
    done, seen = [], Counter()

    def handle(event):
        for record in event["Records"]:
            seen[record["body"]] += 1
            if record["body"] == "a2" and seen["a2"] < 3:
                raise ValueError("not yet")
            done.append(record["body"])

    queue, function = Queue(rig, fifo=True, receives=5), Function(rig, handle)
    function.map(queue.arn, BatchSize=1)
    queue.send("a1", "a2", "a3", group="a")
    queue.send("b1", "b2", group="b")
    rig.settle()
    # Group a waits for its second message; group b does not wait for group a.
    assert sorted(done) == ["a1", "b1", "b2"]
    rig.advance(60)
    assert seen["a2"] == 2
    assert "a3" not in done
    rig.advance(60)
    assert [each for each in done if each[0] == "a"] == ["a1", "a2", "a3"]
    assert [each for each in done if each[0] == "b"] == ["b1", "b2"]
    first = function.events[0]["Records"][0]["attributes"]
    assert first["MessageGroupId"] == "a"
    assert len(first["SequenceNumber"]) == 20
    assert "MessageDeduplicationId" in first
    numbers = [int(e["Records"][0]["attributes"]["SequenceNumber"]) for e in function.events]
    assert len(set(numbers)) == 5


def test_a_poisoned_message_of_a_fifo_queue_leaves_its_group(rig):
    def handle(event):
        if event["Records"][0]["body"] == "poison":
            raise ValueError("no")

    queue, function = Queue(rig, fifo=True, receives=2), Function(rig, handle)
    function.map(queue.arn, BatchSize=1)
    queue.send("one", "poison", "two", group="g")
    rig.advance(600)
    assert function.batches == [["one"], ["poison"], ["poison"], ["two"]]
    assert (queue.left, queue.dead.bodies()) == (0, ["poison"])


def test_groups_of_a_fifo_queue_run_in_parallel_one_batch_each(rig):
    gate = Gate()
    queue, function = Queue(rig, fifo=True), Function(rig, gate)
    function.map(queue.arn, BatchSize=2)
    for group in "abc":
        queue.send(*(f"{group}{at}" for at in range(4)), group=group)
    until(lambda: gate.inside == 3)
    assert sorted(function.batches) == [["a0", "a1"], ["b0", "b1"], ["c0", "c1"]]
    gate.open.set()
    rig.settle()
    assert gate.most == 3
    for group in "abc":
        mine = [each for batch in function.batches for each in batch if each[0] == group]
        assert mine == [f"{group}{at}" for at in range(4)]


def test_a_fifo_queue_takes_a_message_once_in_five_minutes(rig):
    queue, function = Queue(rig, fifo=True), Function(rig)
    function.map(queue.arn)
    queue.send("a", group="g")
    rig.settle()
    queue.send("a", group="g")
    rig.advance(299)
    queue.send("a", group="g")
    rig.settle()
    assert function.batches == [["a"]]
    rig.advance(2)
    queue.send("a", group="g")
    rig.settle()
    assert function.batches == [["a"], ["a"]]


def test_a_group_waits_for_all_of_it_that_is_in_flight(rig):
    queue, function = Queue(rig, fifo=True), Function(rig)
    queue.send("a1", "a2", group="a")
    first, _ = queue.client.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=2)["Messages"]
    function.map(queue.arn)
    queue.client.change_message_visibility(
        QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0
    )
    rig.settle()
    assert function.events == []
    rig.advance(60)
    assert function.batches == [["a1", "a2"]]
