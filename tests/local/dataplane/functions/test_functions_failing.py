"""However a handler fails, its message is tried again, the rest is done, and the error is told."""

import base64
import json
import re

import pytest
from dataplane_kit import write_bundle, zipped
from pollers_kit import POLLING, Queue, name

HANDLER = """
import json, os, sys, time

def forever(): return forever()
def late(): time.sleep(60)
def error(): raise KeyError("x")
def greedy():
    held = b"x" * 300_000_000
    time.sleep(60)
def spike(): del (held := [b"x" * 300_000_000])[0]

WAYS = {
    "error": error, "recursion": forever, "late": late, "exit": lambda: sys.exit(2),
    "gone": lambda: os._exit(0), "no json": lambda: {1, 2}, "large": lambda: 7_000_000 * "x",
    "greedy": greedy, "spike": spike,
}

def handle(event, context):
    words = [each["body"] for each in event.get("Records", [])] or [event["word"]]
    return next((WAYS[each]() for each in words if each in WAYS), None)
"""


class Cloud:
    def __init__(self, account, plane, code):
        self.account, self.plane = account, plane
        self.client = account.client("lambda")
        self.name = name("fails")
        iam = account.client("iam")
        role = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        grant = {"Effect": "Allow", "Action": POLLING, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
        iam.put_role_policy(RoleName=self.name, PolicyName="p", PolicyDocument=document)
        self.client.create_function(
            FunctionName=self.name,
            Runtime="python3.11",
            Handler="main.handle",
            Role=role,
            Timeout=2,
            Code={"ZipFile": code},
        )


@pytest.fixture
def cloud(account, plane, tmp_path):
    return Cloud(account, plane, zipped(write_bundle(tmp_path / "code", {"main.py": HANDLER})))


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("error", "KeyError"),
        # Its traceback is longer than a header usually may be.
        ("recursion", "RecursionError"),
        ("late", "Sandbox.Timedout"),
        ("exit", "Runtime.ExitError"),
        ("gone", "Runtime.ExitError"),
        ("no json", "Runtime.MarshalError"),
        ("large", "Function.ResponseSizeTooLarge"),
        ("greedy", "Runtime.ExitError"),
        ("spike", "Runtime.ExitError"),
    ],
)
def test_a_handler_that_fails(cloud, way, told):
    queue = Queue(cloud, receives=2)
    cloud.client.create_event_source_mapping(
        EventSourceArn=queue.arn,
        FunctionName=cloud.name,
        BatchSize=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    queue.send("before", way, "after")
    cloud.plane.advance(200)
    assert (queue.left, queue.dead.bodies()) == (0, [way])
    answer = cloud.client.invoke(
        FunctionName=cloud.name, Payload=json.dumps({"word": way}).encode()
    )
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == told


@pytest.mark.parametrize("way", ["greedy", "spike"])
def test_a_function_over_its_memory_is_ended(cloud, plane, way):
    """It has Lambda's default, 128 MB; Lambda words it as a runtime that was killed."""

    def call(word):
        answer = cloud.client.invoke(
            FunctionName=cloud.name, Payload=json.dumps({"word": word}), LogType="Tail"
        )
        told = json.loads(answer["Payload"].read())
        report = base64.b64decode(answer["LogResult"]).decode().splitlines()[-1]
        return told, int(re.search(r"Memory Size: 128 MB\tMax Memory Used: (\d+) MB", report)[1])

    calm, used = call("calm")
    assert calm is None
    assert 5 < used < 100
    told, used = call(way)
    assert told["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert used == 128
    [said] = [line for line in plane.said if f"function {cloud.name} failed" in line]
    assert re.search(r"\(it held \d{3} MB of memory, and has 128 MB\)", said)
    assert call("calm")[0] is None
