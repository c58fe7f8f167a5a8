"""A thousand messages through a function in the local cloud, and what one invoke costs there.

    python benchmarks/events.py

One side is a mapping: batches of 10 to a function's workers, each message deleted when it is
done. The other side is a consumer as people write it, two boto3 calls a batch, with the same
handler in its own process. Both work off the same queue in turns, in one run. The handler notes
every message it gets, so that what is lost or comes twice is counted.
"""

import io
import json
import os
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from platform_lib.local.account import Account
from platform_lib.local.dataplane import DataPlane

MESSAGES = 1000
BATCH = 10
ROUNDS = 5
INVOKES = 300
HANDLER = """
import os

def handle(event, context):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write("".join(record["body"] + "\\n" for record in event["Records"]))
"""


def main() -> int:
    """Measure and print; fail where a message is lost or comes twice."""
    with tempfile.TemporaryDirectory() as folder, Account() as account:
        root = Path(folder)
        os.environ["NOTES"] = str(root / "notes")
        plane = DataPlane(account, root / "state", lambda line: None, docker=False)
        plane.start()
        try:
            return _measure(Bench(account, plane, root / "notes"))
        finally:
            plane.stop()


class Bench:
    """A function with a queue."""

    def __init__(self, account: Account, plane: DataPlane, notes: Path) -> None:
        self.plane, self.notes = plane, notes
        self.sqs, self.lambda_ = account.client("sqs"), account.client("lambda")
        self.url = self.sqs.create_queue(
            QueueName="work", Attributes={"VisibilityTimeout": "600"}
        )["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        iam = account.client("iam")
        role = iam.create_role(RoleName="work", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        iam.put_role_policy(
            RoleName="work",
            PolicyName="work",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("main.py", HANDLER)
        self.lambda_.create_function(
            FunctionName="work",
            Runtime="python3.11",
            Handler="main.handle",
            Role=role,
            Timeout=30,
            Code={"ZipFile": code.getvalue()},
            Environment={"Variables": {"NOTES": str(notes)}},
        )
        plane.changed("aws:lambda/function:Function", "work", "create")
        self.mapping = self.lambda_.create_event_source_mapping(
            EventSourceArn=arn["Attributes"]["QueueArn"],
            FunctionName="work",
            BatchSize=BATCH,
            Enabled=False,
        )["UUID"]
        space: dict[str, Any] = {}
        exec(compile(HANDLER, "main.py", "exec"), space)
        self.handle = space["handle"]

    def fill(self) -> None:
        """Queue the messages."""
        self.notes.unlink(missing_ok=True)
        for start in range(0, MESSAGES, 10):
            entries = [{"Id": str(at), "MessageBody": f"message {start + at}"} for at in range(10)]
            self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def enable(self, enabled: bool) -> None:
        """Let the mapping poll or pause."""
        self.lambda_.update_event_source_mapping(UUID=self.mapping, Enabled=enabled)

    def by_mapping(self) -> float:
        """Work off a full queue by the mapping."""
        self.fill()
        began = time.perf_counter()
        self.enable(True)
        self.plane.settle()
        took = time.perf_counter() - began
        self.enable(False)
        return took

    def while_sent(self) -> float:
        """Work off the queue while it is being filled."""
        self.enable(True)
        began = time.perf_counter()
        self.fill()
        self.plane.settle()
        took = time.perf_counter() - began
        self.enable(False)
        return took

    def by_hand(self) -> float:
        """Work off a full queue by a consumer of boto3 calls."""
        self.fill()
        began = time.perf_counter()
        while messages := self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=BATCH, AttributeNames=["All"]
        ).get("Messages"):
            self.handle({"Records": [{"body": each["Body"]} for each in messages]}, None)
            self.sqs.delete_message_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]}
                    for at, each in enumerate(messages)
                ],
            )
        return time.perf_counter() - began

    def miscounted(self) -> tuple[int, int]:
        """Count the messages that were lost, and those that came twice."""
        got = Counter(self.notes.read_text().splitlines())
        lost = sum(f"message {at}" not in got for at in range(MESSAGES))
        return lost, sum(count - 1 for count in got.values())


def _measure(bench: Bench) -> int:
    bench.by_mapping()
    sides = {
        "mapping": bench.by_mapping,
        "mapping, while sent": bench.while_sent,
        "boto3 consumer": bench.by_hand,
    }
    took: dict[str, list[float]] = {name: [] for name in sides}
    lost = doubled = 0
    for turn in range(ROUNDS):
        for name in list(sides) if turn % 2 else reversed(list(sides)):
            took[name].append(sides[name]())
            missing, twice = bench.miscounted()
            lost, doubled = lost + missing, doubled + twice
    print(f"{MESSAGES} messages in batches of {BATCH}, medians of {ROUNDS} rounds in turns")
    for name, times in took.items():
        print(f"  {name:20} {MESSAGES / median(times):6.0f} messages/s")
    ratio = median(took["mapping"]) / median(took["boto3 consumer"])
    print(f"  mapping against consumer: {ratio:.2f} of its time")
    each = median(took["mapping"]) / (MESSAGES / BATCH) * 1000
    print(f"  {each:.2f} ms a batch of the mapping, its workers side by side")
    print(f"  lost {lost}, doubled {doubled}")
    _invokes(bench)
    return 1 if lost or doubled else 0


def _invokes(bench: Bench) -> None:
    """Time one batch through the runtime and by a direct call, in turns."""
    event = {"Records": [{"body": f"message {at}"} for at in range(BATCH)]}
    payload = json.dumps(event).encode()
    through, direct = [], []
    for _ in range(INVOKES):
        began = time.perf_counter()
        bench.lambda_.invoke(FunctionName="work", Payload=payload)["Payload"].read()
        middle = time.perf_counter()
        bench.handle(json.loads(payload), None)
        direct.append(time.perf_counter() - middle)
        through.append(middle - began)
    ours, bare = median(through) * 1000, median(direct) * 1000
    print(f"An invoke of {BATCH} records (ms, medians of {INVOKES})")
    print(f"  boto3's Invoke {ours:.2f}  direct call {bare:.3f}  more {ours - bare:+.2f} ms")


if __name__ == "__main__":
    raise SystemExit(main())
