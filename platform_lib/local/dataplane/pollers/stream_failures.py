"""Where a stream's poller puts what it gave up: a queue, a topic or a bucket.

Queues and topics get what is needed to find the records again, as the records stay in the stream;
a bucket gets the records too.
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from platform_lib.local.account import Account
from platform_lib.local.clock import stamp
from platform_lib.local.dataplane.pollers.mappings import Settings
from platform_lib.local.dataplane.pollers.streams import Record


class StreamFailures:
    """Sends to failure destinations.

    Args:
        account: The account.
        say: Shows a line.
    """

    def __init__(self, account: Account, say: Callable[[str], None]) -> None:
        self._account = account
        self._say = say

    async def keep(
        self, settings: Settings, told: Mapping[str, Any], records: Sequence[Mapping[str, Any]]
    ) -> None:
        """Put what was given up where the mapping says, and say in a line what became of it.

        Args:
            settings: The mapping.
            told: What `invocation_record` worded.
            records: The records as the function would have got them.
        """
        if not settings.on_failure:
            why = "the mapping has no failure destination"
            self._say(f"{_given_up(settings, told, records)} lost: {why}")
        else:
            await asyncio.to_thread(self._send, settings, told, records)

    def _send(
        self, settings: Settings, told: Mapping[str, Any], records: Sequence[Mapping[str, Any]]
    ) -> None:
        from botocore.exceptions import ClientError

        home = settings.on_failure
        service, name = home.split(":")[2], home.rpartition(":")[2]
        client = self._account.client(service)
        try:
            match service:
                case "sqs":
                    url = client.get_queue_url(QueueName=name)["QueueUrl"]
                    client.send_message(QueueUrl=url, MessageBody=json.dumps(told))
                case "sns":
                    client.publish(TopicArn=home, Message=json.dumps(told))
                case _:
                    whole = {**told, "payload": json.dumps({"Records": records})}
                    key = _key(settings, told)
                    client.put_object(Bucket=name, Key=key, Body=json.dumps(whole).encode())
        except ClientError as problem:
            line = f"lost, as {home} does not take them: {problem}"
        else:
            line = f"in {name}"
        self._say(f"{_given_up(settings, told, records)} {line}")


def _given_up(
    settings: Settings, told: Mapping[str, Any], records: Sequence[Mapping[str, Any]]
) -> str:
    """Word that records were given up, and why, up to what became of them."""
    context = told["requestContext"]
    failed = f"failed {_times(context['approximateInvokeCount'])}"
    why = "too old" if context["condition"] == "RecordAgeExceeded" else failed
    be = "is" if len(records) == 1 else "are"
    return f"{_name(settings)} gave up {_counted(settings, len(records))} ({why}), which {be}"


def missed_records(settings: Settings, count: int, kept_for: float) -> str:
    """Word that a stream kept records no longer, which AWS tells nobody."""
    told = f"{_name(settings)} misses {_counted(settings, count)}"
    return f"{told}: the stream keeps a record for {kept_for / 3600:.0f} hours"


def lost_state(settings: Settings, times: int) -> str:
    """Word that a tumbling window's last call failed for good; its records were done before."""
    stream = settings.source.split(":", 5)[5]
    return (
        f"{_name(settings)} gave up the state of a window of {stream} (failed {_times(times)}), "
        "which is lost"
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _name(settings: Settings) -> str:
    return f"function {settings.function.partition(':function:')[2]}"


def _counted(settings: Settings, count: int) -> str:
    records = "a record" if count == 1 else f"{count} records"
    return f"{records} of {settings.source.split(':', 5)[5]}"


def _key(settings: Settings, told: Mapping[str, Any]) -> str:
    info = next(value for name, value in told.items() if name.endswith("BatchInfo"))
    when = datetime.fromisoformat(told["timestamp"])
    day, second = when.strftime("%Y/%m/%d"), when.strftime("%Y-%m-%dT%H.%M.%S")
    return f"aws/lambda/{settings.uuid}/{info['shardId']}/{day}/{second}-{uuid.uuid4()}"


def invocation_record(
    settings: Settings,
    shard_id: str,
    records: Sequence[Record],
    now: float,
    *,
    condition: str,
    invocations: int,
    version: str = "",
    failed: bool = False,
) -> dict[str, Any]:
    """Word what AWS tells of a batch that was given up.

    Args:
        settings: The mapping.
        shard_id: Where the records are.
        records: The records, in order.
        now: Seconds since 1970.
        condition: `RetryAttemptsExhausted` or `RecordAgeExceeded`.
        invocations: How often the function got them.
        version: The version that ran last.
        failed: Whether it raised an error, which a batch can be given up without.
    """
    kinesis = ":kinesis:" in settings.source
    told: dict[str, Any] = {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": settings.function,
            "condition": condition,
            "approximateInvokeCount": invocations,
        },
        "version": "1.0",
        "timestamp": stamp(now),
        "KinesisBatchInfo" if kinesis else "DDBStreamBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": records[0].sequence,
            "endSequenceNumber": records[-1].sequence,
            "approximateArrivalOfFirstRecord": stamp(records[0].arrived),
            "approximateArrivalOfLastRecord": stamp(records[-1].arrived),
            "batchSize": len(records),
            "streamArn": settings.source,
        },
    }
    if invocations:
        told["responseContext"] = {
            "statusCode": 200,
            "executedVersion": version,
            "functionError": "Unhandled" if failed else None,
        }
    return told
