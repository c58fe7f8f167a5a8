"""Delivery to real workers: what the handler sees, and loops that handlers make."""

import json

import pytest
from dataplane_kit import new_name, write_bundle, zipped
from events_kit import Queue, arn

HANDLER = """
import json, os, boto3

def handle(event, context):
    print("handling", json.dumps(event), context.aws_request_id)
    if event.get("fail"):
        raise ValueError("no such luck")
    if event.get("again"):
        boto3.client("lambda").invoke(
            FunctionName=context.invoked_function_arn, InvocationType="Event", Payload=json.dumps(event)
        )
    kind, _, name = os.environ.get("LOOP", "").partition(" ")
    if kind == "topic":
        boto3.client("sns").publish(TopicArn=name, Message="again")
    if kind == "bucket":
        boto3.client("s3").put_object(Bucket=name, Key=context.aws_request_id, Body=b"")
    if kind == "rule":
        entry = {"Source": name, "DetailType": "again", "Detail": "{}"}
        boto3.client("events").put_events(Entries=[entry])
    if "queue" in event:
        boto3.client("sqs").send_message(QueueUrl=event["queue"], MessageBody="{}")
    return {"trace": os.environ["_X_AMZN_TRACE_ID"]}
"""


class Cloud:
    def __init__(self, account, plane, folder):
        self.account, self.plane, self.said = account, plane, plane.said
        self.code = zipped(write_bundle(folder, {"main.py": HANDLER}))

    def client(self, service):
        return self.account.client(service)


@pytest.fixture(scope="module")
def cloud(account, module_plane, tmp_path_factory):
    return Cloud(account, module_plane, tmp_path_factory.mktemp("code"))


class Worker:
    def __init__(self, cloud, loop=""):
        self.cloud, self.name, self.client = cloud, new_name("worker"), cloud.client("lambda")
        role = cloud.client("iam").create_role(RoleName=self.name, AssumeRolePolicyDocument="{}")
        grant = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        cloud.client("iam").put_role_policy(
            RoleName=self.name,
            PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [grant]}),
        )
        self.arn = self.client.create_function(
            FunctionName=self.name,
            Runtime="python3.11",
            Handler="main.handle",
            Role=role["Role"]["Arn"],
            Timeout=30,
            Environment={"Variables": {"LOOP": loop}},
            Code={"ZipFile": cloud.code},
        )["FunctionArn"]

    def allow(self, service, source):
        self.client.add_permission(
            FunctionName=self.name,
            StatementId="loop",
            Action="lambda:InvokeFunction",
            Principal=service,
            SourceArn=source,
        )

    def send(self, event):
        self.client.invoke(
            FunctionName=self.name, InvocationType="Event", Payload=json.dumps(event).encode()
        )
        self.cloud.plane.settle()

    def handled(self):
        lines = self.cloud.plane.logs(self.name, 500)
        return [line.split()[-1] for line in lines if line.startswith("handling")]


def test_a_worker_that_fails_gets_the_event_again_with_the_same_request_id(cloud):
    worker, home = Worker(cloud), Queue(cloud)
    worker.client.put_function_event_invoke_config(
        FunctionName=worker.name, DestinationConfig={"OnFailure": {"Destination": home.arn}}
    )
    worker.send({"fail": True})
    cloud.plane.advance(240)
    handled = worker.handled()
    assert (len(handled), len(set(handled))) == (3, 1)
    [record] = home.bodies()
    assert record["responsePayload"]["errorMessage"] == "no such luck"
    assert record["requestContext"]["requestId"] == handled[0]


def test_a_function_that_calls_itself_is_stopped(cloud):
    worker, home = Worker(cloud), Queue(cloud)
    worker.client.put_function_event_invoke_config(
        FunctionName=worker.name,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": home.arn}},
    )
    worker.send({"again": True})
    assert len(worker.handled()) == 16
    [record] = home.bodies()
    assert record["responsePayload"]["errorType"] == "RecursiveInvocationException"
    told = f"function {worker.name} was called 16 times in one chain of events: a loop"
    assert any(told in line for line in cloud.said)


def topic_loop(cloud):
    sns = cloud.client("sns")
    topic = sns.create_topic(Name=new_name("topic"))["TopicArn"]
    worker = Worker(cloud, f"topic {topic}")
    worker.allow("sns.amazonaws.com", topic)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=worker.arn)
    return worker


def bucket_loop(cloud):
    s3, name = cloud.client("s3"), new_name("bucket")
    s3.create_bucket(Bucket=name)
    worker = Worker(cloud, f"bucket {name}")
    worker.allow("s3.amazonaws.com", f"arn:aws:s3:::{name}")
    one = {"LambdaFunctionArn": worker.arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"LambdaFunctionConfigurations": [one]}
    )
    return worker


def rule_loop(cloud):
    events, name = cloud.client("events"), new_name("rule")
    worker = Worker(cloud, f"rule {name}")
    pattern = json.dumps({"source": [name]})
    worker.allow(
        "events.amazonaws.com", events.put_rule(Name=name, EventPattern=pattern)["RuleArn"]
    )
    events.put_targets(Rule=name, Targets=[{"Id": "f", "Arn": worker.arn}])
    return worker


@pytest.mark.parametrize("make", [topic_loop, bucket_loop, rule_loop])
def test_a_loop_of_events_ends(cloud, make):
    worker, home = make(cloud), Queue(cloud)
    worker.client.put_function_event_invoke_config(
        FunctionName=worker.name, DestinationConfig={"OnFailure": {"Destination": home.arn}}
    )
    worker.send({})
    assert len(worker.handled()) == 16
    assert len(home.messages()) == 1
    told = f"function {worker.name} gave up an event, because function {worker.name} was called 16"
    assert cloud.said[-1].startswith(told)


def test_messages_that_a_function_sends_keep_its_chain(cloud):
    worker, queue = Worker(cloud), Queue(cloud)
    worker.send({"queue": queue.url})
    [message] = queue.messages()
    assert "Lineage=" in message["Attributes"]["AWSTraceHeader"]
    queue.client.send_message(QueueUrl=queue.url, MessageBody="{}")
    [message] = queue.messages()
    assert "AWSTraceHeader" not in message["Attributes"]
    assert queue.arn == arn("sqs", queue.name)
