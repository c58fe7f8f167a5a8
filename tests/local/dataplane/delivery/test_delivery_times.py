"""Whatever tells a time of an event tells the account's, which was moved on."""

import asyncio
import base64
import gzip
import json
from datetime import UTC, datetime

import pytest
from dataplane_kit import new_name
from events_kit import ACCOUNT, arn, events_cloud

DAYS = 30


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        made.plane.advance(DAYS * 86400)
        yield made


def assert_moved(*told):
    """Check that times are those of the account, in seconds or as AWS words them."""
    assert told
    for each in told:
        seconds = datetime.fromisoformat(each).timestamp() if isinstance(each, str) else each
        ahead = seconds - datetime.now(UTC).timestamp()
        assert DAYS * 86400 - 600 < ahead < DAYS * 86400 + 600, each


def rule(cloud, source, *targets):
    events, name = cloud.client("events"), new_name("rule")
    pattern = json.dumps({"source": [source]})
    made = events.put_rule(Name=name, EventPattern=pattern)["RuleArn"]
    listed = [{"Id": new_name("t"), "Arn": each} for each in targets]
    events.put_targets(Rule=name, Targets=listed)
    return made


def test_a_rules_event(cloud):
    function, queue, source = cloud.function(), cloud.queue("events.amazonaws.com"), new_name("s")
    function.allow("events.amazonaws.com", rule(cloud, source, function.alias, queue.arn))
    entry = {"Source": source, "DetailType": "Order", "Detail": "{}"}
    cloud.client("events").put_events(Entries=[entry])
    cloud.plane.settle()
    assert_moved(*(each["time"] for each in function.events + queue.bodies()))
    # A time that was given stays.
    given = datetime(2026, 1, 1, tzinfo=UTC)
    cloud.client("events").put_events(Entries=[{**entry, "Time": given}])
    cloud.plane.settle()
    assert function.events[-1]["time"] == "2026-01-01T00:00:00Z"


def test_a_schedules_event(cloud):
    function, name = cloud.function(), new_name("rule")
    events = cloud.client("events")
    made = events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "a", "Arn": function.alias}])
    function.allow("events.amazonaws.com", made)
    cloud.plane.advance(61)
    events.disable_rule(Name=name)
    assert_moved(*(each["time"] for each in function.events))


def test_a_topics_message_to_a_function_and_to_a_queue(cloud):
    function, queue, sns = cloud.function(), cloud.queue("sns.amazonaws.com"), cloud.client("sns")
    topic = sns.create_topic(Name=new_name("topic"))["TopicArn"]
    function.allow("sns.amazonaws.com", topic)
    for protocol, endpoint in (("lambda", function.alias), ("sqs", queue.arn)):
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    sns.publish(TopicArn=topic, Message="hello")
    cloud.plane.settle()
    [event], [message] = function.events, queue.messages()
    told = json.loads(message["Body"])["Timestamp"]
    sent = int(message["Attributes"]["SentTimestamp"]) / 1000
    assert_moved(event["Records"][0]["Sns"]["Timestamp"], told, sent)


def test_what_happened_to_an_object_reaches_a_function_the_bus_and_its_log_group(cloud):
    function, heard, s3 = cloud.function(), cloud.function(), cloud.client("s3")
    group, bucket = new_name("/aws/events/heard"), new_name("bucket")
    cloud.client("logs").create_log_group(logGroupName=group)
    made = rule(cloud, "aws.s3", heard.alias, arn("logs", f"log-group:{group}"))
    heard.allow("events.amazonaws.com", made)
    s3.create_bucket(Bucket=bucket)
    function.allow("s3.amazonaws.com", f"arn:aws:s3:::{bucket}")
    tell(s3, bucket, function, EventBridgeConfiguration={})
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    cloud.plane.settle()
    [event], [on_bus] = function.events, heard.events
    [line] = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
    logged = json.loads(line["message"])
    assert (logged["id"], logged["time"]) == (on_bus["id"], on_bus["time"])
    assert_moved(event["Records"][0]["eventTime"], on_bus["time"])
    # A notification takes the place of the whole one before it, the event bus too.
    tell(s3, bucket, function)
    s3.put_object(Bucket=bucket, Key="b", Body=b"b")
    cloud.plane.settle()
    assert (len(function.events), len(heard.events)) == (2, 1)


def tell(s3, bucket, function, **more):
    one = {"LambdaFunctionArn": function.alias, "Events": ["s3:ObjectCreated:*"]}
    config = {"LambdaFunctionConfigurations": [one], **more}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=config)


def test_the_record_of_what_failed(cloud):
    function, home = cloud.function(ValueError("boom")), cloud.queue()
    where = {"OnFailure": {"Destination": home.arn}}
    function.configure(MaximumRetryAttempts=0, DestinationConfig=where).send({})
    cloud.plane.settle()
    assert_moved(*(each["timestamp"] for each in home.bodies()))


def test_lines_of_a_log_group(cloud):
    function, logs, group = cloud.function(), cloud.client("logs"), new_name("/apps/group")
    logs.create_log_group(logGroupName=group)
    function.allow(
        "logs.amazonaws.com", arn("logs", f"log-group:{group}:*"), SourceAccount=ACCOUNT
    )
    logs.put_subscription_filter(
        logGroupName=group, filterName="f", filterPattern="", destinationArn=function.alias
    )

    async def write():
        cloud.plane._context.cloudwatch.write(group, "one", ["a line"])

    asyncio.run_coroutine_threadsafe(write(), cloud.plane._loop).result()
    cloud.plane.settle()
    [event] = function.events
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    [kept] = logs.filter_log_events(logGroupName=group)["events"]
    assert_moved(data["logEvents"][0]["timestamp"] / 1000, kept["timestamp"] / 1000)
