"""Dead letters that are sent back, as by the console's redrive."""

import pytest
from botocore.exceptions import ClientError
from pollers_kit import Function, Queue


class Bad:
    """A handler that fails until its bug is mended."""

    mended = False

    def __call__(self, event):
        if not self.mended:
            raise ValueError("a bug")


def buried(rig, *bodies, **more):
    """A queue whose messages all died, and its function, now mended."""
    handle = Bad()
    queue, function = Queue(rig, receives=2, **more), Function(rig, handle)
    function.map(queue.arn)
    group = {"group": "g"} if more.get("fifo") else {}
    queue.send(*bodies, **group)
    rig.advance(130)
    assert (queue.left, queue.dead.left) == (0, len(bodies))
    function.events.clear()
    handle.mended = True
    return queue, function


def last_move(queue):
    [task] = queue.client.list_message_move_tasks(SourceArn=queue.arn)["Results"]
    return {key: value for key, value in task.items() if key != "StartedTimestamp"}


@pytest.mark.parametrize("fifo", [False, True])
def test_what_died_goes_back_to_its_queue_and_is_tried_anew(rig, fifo):
    queue, function = buried(rig, "a", "b", fifo=fifo)
    queue.client.start_message_move_task(SourceArn=queue.dead.arn)
    rig.settle()
    assert [body for batch in function.batches for body in batch] == ["a", "b"]
    assert (queue.left, queue.dead.left) == (0, 0)
    attributes = function.events[0]["Records"][0]["attributes"]
    assert attributes["ApproximateReceiveCount"] == "1"
    assert "DeadLetterQueueSourceArn" not in attributes
    assert abs(int(attributes["SentTimestamp"]) / 1000 - rig.clock.now()) < 60
    assert last_move(queue.dead) == {
        "Status": "COMPLETED",
        "SourceArn": queue.dead.arn,
        "ApproximateNumberOfMessagesMoved": 2,
        "ApproximateNumberOfMessagesToMove": 2,
    }


def test_it_may_go_elsewhere_and_what_told_no_queue_too(rig):
    queue, function = buried(rig, "a")
    queue.dead.send("by hand")
    queue.client.start_message_move_task(SourceArn=queue.dead.arn)
    rig.settle()
    assert (function.batches, queue.dead.left) == ([["a"]], 1)
    failed = last_move(queue.dead)
    assert (failed["Status"], failed["FailureReason"]) == (
        "FAILED",
        "CouldNotDetermineMessageSource",
    )
    other = Queue(rig)
    queue.client.start_message_move_task(
        SourceArn=queue.dead.arn, DestinationArn=other.arn, MaxNumberOfMessagesPerSecond=5
    )
    assert (other.bodies(), queue.dead.left) == (["by hand"], 0)
    done = last_move(queue.dead)
    assert (done["DestinationArn"], done["MaxNumberOfMessagesPerSecond"]) == (other.arn, 5)
    both = queue.client.list_message_move_tasks(SourceArn=queue.dead.arn, MaxResults=10)
    assert [task["Status"] for task in both["Results"]] == ["COMPLETED", "FAILED"]


def test_what_a_consumer_holds_stays(rig):
    queue, function = buried(rig, "a")
    [held] = queue.client.receive_message(QueueUrl=queue.dead.url)["Messages"]
    queue.client.start_message_move_task(SourceArn=queue.dead.arn)
    rig.settle()
    assert (function.events, queue.dead.left) == ([], 1)
    queue.client.delete_message(QueueUrl=queue.dead.url, ReceiptHandle=held["ReceiptHandle"])
    assert queue.dead.left == 0


def test_refusals(rig):
    queue = Queue(rig, receives=2)
    sqs = queue.client
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=queue.arn)
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*SourceArn"):
        sqs.start_message_move_task(SourceArn=f"{queue.arn}x")
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*DestinationArn"):
        sqs.start_message_move_task(SourceArn=queue.dead.arn, DestinationArn="x")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        sqs.cancel_message_move_task(TaskHandle="x")
    assert sqs.list_message_move_tasks(SourceArn=queue.dead.arn)["Results"] == []
