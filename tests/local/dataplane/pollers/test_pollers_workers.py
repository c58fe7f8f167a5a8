"""Queues and streams to real workers: what only they show."""

import json

import pytest
from dataplane_kit import write_bundle, zipped
from pollers_kit import POLLING, Queue, Table, name

HANDLER = """
import boto3, json, os

def word(record):
    return record["body"] if "body" in record else record["dynamodb"]["Keys"]["id"]["S"]

def handle(event, context):
    words = [word(record) for record in event["Records"]]
    print("got", json.dumps(words))
    if "die" in words:
        os._exit(3)
    if "loop" in words:
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody="loop")
    return {"batchItemFailures": [
        {"itemIdentifier": record["messageId"]} for record in event["Records"] if word(record) == "bad"
    ]}
"""


class Cloud:
    """What the kit's queues and tables ask for, with workers."""

    def __init__(self, account, plane, folder):
        self.account, self.plane, self.said = account, plane, plane.said
        self.code = zipped(write_bundle(folder, {"main.py": HANDLER}))

    def function(self, **environment):
        made, client = name("worker"), self.account.client("lambda")
        iam = self.account.client("iam")
        role = iam.create_role(RoleName=made, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        grant = {"Effect": "Allow", "Action": POLLING, "Resource": "*"}
        iam.put_role_policy(
            RoleName=made,
            PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [grant]}),
        )
        client.create_function(
            FunctionName=made,
            Runtime="python3.11",
            Handler="main.handle",
            Role=role,
            Timeout=30,
            Code={"ZipFile": self.code},
            Environment={"Variables": environment},
        )
        return made

    def map(self, function, source, **settings):
        self.account.client("lambda").create_event_source_mapping(
            EventSourceArn=source,
            FunctionName=function,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            **settings,
        )

    def got(self, function):
        lines = self.plane.logs(function, 500)
        return [json.loads(line[4:]) for line in lines if line.startswith("got ")]


@pytest.fixture(scope="module")
def cloud(account, module_plane, tmp_path_factory):
    return Cloud(account, module_plane, tmp_path_factory.mktemp("code"))


def test_a_partial_batch_response_of_a_real_handler(cloud):
    queue, function = Queue(cloud, receives=2), cloud.function()
    cloud.map(function, queue.arn)
    queue.send("a", "bad", "b")
    cloud.plane.settle()
    assert cloud.got(function) == [["a", "bad", "b"]]
    cloud.plane.advance(120)
    assert cloud.got(function) == [["a", "bad", "b"], ["bad"]]
    assert (queue.left, queue.dead.bodies()) == (0, ["bad"])


def test_a_worker_that_dies_holds_up_its_shard_until_its_record_is_home(cloud):
    table, home, function = Table(cloud), Queue(cloud), cloud.function()
    table.put("die", "after")
    cloud.map(
        function,
        table.arn,
        StartingPosition="TRIM_HORIZON",
        BatchSize=1,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
    )
    cloud.plane.settle()
    # The lines of a worker that died went with it.
    assert (cloud.got(function), home.left) == ([], 0)
    cloud.plane.advance(10)
    assert cloud.got(function) == [["after"]]
    [told] = map(json.loads, home.bodies())
    assert told["requestContext"]["approximateInvokeCount"] == 2
    assert told["responseContext"]["functionError"] == "Unhandled"


def test_a_loop_that_the_sdk_of_a_handler_makes_ends(cloud):
    queue = Queue(cloud, receives=1)
    function = cloud.function(QUEUE=queue.url)
    cloud.map(function, queue.arn)
    queue.send("loop")
    cloud.plane.advance(120)
    assert cloud.got(function) == [["loop"]] * 16
    assert queue.dead.bodies() == ["loop"]
    assert any("a loop, which is stopped as on AWS" in line for line in cloud.said)


def test_one_reserved_call_works_off_a_queue(cloud):
    queue, function = Queue(cloud, receives=1), cloud.function()
    cloud.account.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=1
    )
    cloud.map(function, queue.arn, BatchSize=1)
    words = [str(at) for at in range(8)]
    queue.send(*words)
    cloud.plane.advance(55)
    assert sorted(cloud.got(function)) == [[word] for word in words]
    assert (queue.left, queue.dead.left) == (0, 0)
    assert len([each for each in cloud.plane.workloads() if each.name == function]) == 1
