"""An account with pollers over it, whose functions are Python functions of the test."""

import asyncio
import io
import itertools
import json
import threading
import zipfile
from dataclasses import replace

from platform_lib.local.clock import Clock
from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.fronts.targets import TargetGroups
from platform_lib.local.dataplane.functions.functions import ThrottledError
from platform_lib.local.dataplane.functions.runtime_api import Outcome, failure
from platform_lib.local.dataplane.lineage import keep_with_messages
from platform_lib.local.dataplane.logs import CloudWatch
from platform_lib.local.dataplane.pollers.pollers import Pollers
from platform_lib.local.desired import Desired
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.moto.time import live_by
from platform_lib.local.permissions import Permissions

_numbers = itertools.count()
_CODE = io.BytesIO()
with zipfile.ZipFile(_CODE, "w") as _archive:
    _archive.writestr("main.py", "")

POLLING = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "kinesis:DescribeStream",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
    "kinesis:SubscribeToShard",
    "sqs:SendMessage",
    "sns:Publish",
    "s3:PutObject",
    "s3:ListBucket",
]


def name(word):
    return f"{word}{next(_numbers)}"


class Function:
    """A function with an alias, whose handler is `handle(event)`; it keeps every event."""

    def __init__(self, rig, handle=None, allowed=POLLING):
        self.name, self.rig = name("fn"), rig
        self.events, self.lineages = [], []
        self.handle = handle or (lambda event: None)
        # How many may run at once; None for as many as there are.
        self.reserved, self.running = None, 0
        iam = rig.account.client("iam")
        self.role = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument="{}")["Role"][
            "Arn"
        ]
        self.allow(allowed)
        self.client = rig.account.client("lambda")
        self.client.create_function(
            FunctionName=self.name,
            Runtime="python3.11",
            Handler="main.handler",
            Role=self.role,
            Publish=True,
            Code={"ZipFile": _CODE.getvalue()},
        )
        self.arn = self.client.create_alias(
            FunctionName=self.name, Name="live", FunctionVersion="1"
        )["AliasArn"]
        rig.functions[self.arn] = self

    def allow(self, actions, resource="*"):
        statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
        self.rig.account.client("iam").put_role_policy(
            RoleName=self.name,
            PolicyName="polling",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )

    def map(self, source, **settings):
        """Map a source to it; return the mapping's UUID."""
        made = self.client.create_event_source_mapping(
            EventSourceArn=source, FunctionName=self.arn, **settings
        )
        return made["UUID"]

    def delete(self):
        self.client.delete_function(FunctionName=self.name)
        del self.rig.functions[self.arn]

    @property
    def batches(self):
        """What it got, batch by batch, in the test's words."""
        return [[said(record) for record in event["Records"]] for event in self.events]


def said(record):
    if "body" in record:
        return record["body"]
    if "kinesis" in record:
        import base64

        return base64.b64decode(record["kinesis"]["data"]).decode()
    return record["dynamodb"]["Keys"]["id"]["S"]


class Rig:
    """The pollers of an account, in a loop of their own."""

    def __init__(self, account, tmp_path):
        self.account, self.said, self.functions = account, [], {}
        self.loop = asyncio.new_event_loop()
        self.clock = Clock(self.loop, self.said.append)
        desired = Desired(account.account_id, account.region)
        context = Context(
            account=account,
            desired=desired,
            state_dir=tmp_path,
            say=self.said.append,
            clock=self.clock,
            cloudwatch=CloudWatch(account, self.clock),
            groups=TargetGroups(desired),
            permissions=Permissions(desired),
            patience=1,
        )
        self.pollers = Pollers(context, self.loop, self._invoke, patience=0)
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self._undo = [live_by(self.clock), self.pollers.start(), keep_with_messages()]

    async def _invoke(self, arn, payload, *, lineage=None):
        if arn not in self.functions:
            raise LocalCloudError(f"there is no function {arn}")
        function = self.functions[arn]
        if function.reserved is not None and function.running >= function.reserved:
            raise ThrottledError(f"{function.name} has a reserved concurrency")
        function.lineages.append(lineage)
        event = json.loads(payload)
        function.events.append(event)
        function.running += 1
        await asyncio.sleep(0)
        try:
            answer = function.handle(event)
            if asyncio.iscoroutine(answer):
                answer = await answer
        except Exception as error:
            return replace(failure(type(error).__name__, str(error)), version="1"), []
        finally:
            function.running -= 1
        return Outcome(payload=json.dumps(answer).encode(), version="1"), []

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def settle(self):
        self.run(self.clock.settle())

    def advance(self, seconds):
        self.run(self.clock.advance(seconds))

    def stop(self):
        for undo in reversed(self._undo):
            undo()

        async def end():
            self.pollers.stop()
            await self.clock.stop()

        self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Queue:
    """A queue, with a dead-letter queue on demand."""

    def __init__(self, rig, receives=None, fifo=False, **attributes):
        self.client = rig.account.client("sqs")
        suffix = ".fifo" if fifo else ""
        settings = {"VisibilityTimeout": "60", **attributes}
        if fifo:
            settings |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        self.dead = None
        if receives:
            self.dead = Queue(rig, fifo=fifo)
            settings["RedrivePolicy"] = json.dumps(
                {"deadLetterTargetArn": self.dead.arn, "maxReceiveCount": receives}
            )
        self.url = self.client.create_queue(QueueName=name("q") + suffix, Attributes=settings)[
            "QueueUrl"
        ]
        self.arn = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])[
            "Attributes"
        ]["QueueArn"]

    def send(self, *bodies, group=None, **more):
        """Send messages, ten in a request."""
        entries = [
            {
                "Id": str(at),
                "MessageBody": body,
                **({"MessageGroupId": group} if group else {}),
                **more,
            }
            for at, body in enumerate(bodies)
        ]
        for at in range(0, len(entries), 10):
            self.client.send_message_batch(QueueUrl=self.url, Entries=entries[at : at + 10])

    @property
    def left(self):
        """How many messages it has, visible or not."""
        told = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        return sum(
            int(told["Attributes"][f"ApproximateNumberOfMessages{word}"])
            for word in ("", "NotVisible")
        )

    def bodies(self):
        """Receive and delete everything that is visible."""
        found = []
        while messages := self.client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                found.append(message["Body"])
                self.client.delete_message(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
                )
        return found


class Table:
    """A table with a stream."""

    def __init__(self, rig, view="NEW_AND_OLD_IMAGES"):
        self.client, self.name = rig.account.client("dynamodb"), name("table")
        made = self.client.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )
        self.arn = made["TableDescription"]["LatestStreamArn"]

    def put(self, *ids, **more):
        for each in ids:
            self.client.put_item(TableName=self.name, Item={"id": {"S": each}, **more})

    # Both kinds of stream take words.
    send = put


class Stream:
    """A stream of Kinesis."""

    def __init__(self, rig, shards=1):
        self.client, self.name = rig.account.client("kinesis"), name("stream")
        self.client.create_stream(StreamName=self.name, ShardCount=shards)
        told = self.client.describe_stream_summary(StreamName=self.name)
        self.arn = told["StreamDescriptionSummary"]["StreamARN"]

    def send(self, *words, key=None):
        """Put records in one request; the key is a word's first letter."""
        self.client.put_records(
            StreamName=self.name,
            Records=[{"Data": word.encode(), "PartitionKey": key or word[0]} for word in words],
        )
