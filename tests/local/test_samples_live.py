"""`platform-local invoke --sample` gives what the local cloud's own deliveries give, key by key."""

import base64
import gzip
import json

import pytest
from dataplane_kit import new_name
from events_kit import arn, events_cloud
from pollers_kit import Stream

from platform_lib.local.samples import sample


def shape(value):
    """Leave of an event its keys and the kinds of its values."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        yield made


@pytest.fixture
def function(cloud):
    return cloud.function()


def brought(cloud, function):
    cloud.plane.settle()
    [event] = function.events
    return event


def map(function, source, **more):
    function.client.create_event_source_mapping(
        EventSourceArn=source, FunctionName=function.alias, **more
    )


def test_a_queue(cloud, function):
    queue = cloud.queue()
    map(function, queue.arn)
    queue.client.send_message(QueueUrl=queue.url, MessageBody='{"order": 7}')
    event = brought(cloud, function)
    assert shape(event) == shape(sample("sqs"))
    assert event["Records"][0]["md5OfBody"] == sample("sqs")["Records"][0]["md5OfBody"]


def test_a_table(cloud, function):
    tables, name = cloud.client("dynamodb"), new_name("notes")
    stream = tables.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]["LatestStreamArn"]
    map(function, stream, StartingPosition="LATEST")
    tables.put_item(TableName=name, Item={"id": {"N": "101"}, "message": {"S": "New item!"}})
    assert shape(brought(cloud, function)) == shape(sample("dynamodb"))


def test_a_stream(cloud, function):
    stream = Stream(cloud)
    map(function, stream.arn, StartingPosition="LATEST")
    stream.send("Hello, this is a test.")
    event = brought(cloud, function)
    assert shape(event) == shape(sample("kinesis"))
    data = event["Records"][0]["kinesis"]["data"]
    assert data == sample("kinesis")["Records"][0]["kinesis"]["data"]


def test_a_topic(cloud, function):
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=new_name("news"))["TopicArn"]
    function.allow("sns.amazonaws.com", topic)
    topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function.alias)
    topics.publish(
        TopicArn=topic,
        Message="Hello",
        Subject="News",
        MessageAttributes={"colour": {"DataType": "String", "StringValue": "blue"}},
    )
    assert shape(brought(cloud, function)) == shape(sample("sns"))


def test_a_bucket(cloud, function):
    objects, bucket = cloud.client("s3"), new_name("bucket")
    objects.create_bucket(Bucket=bucket)
    function.allow("s3.amazonaws.com", f"arn:aws:s3:::{bucket}")
    objects.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": function.alias, "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )
    objects.put_object(Bucket=bucket, Key="a folder/photo.jpg", Body=b"data")
    event = brought(cloud, function)
    assert shape(event) == shape(sample("s3"))
    key, same = (each["Records"][0]["s3"]["object"]["key"] for each in (event, sample("s3")))
    assert key == same


def test_a_rule(cloud, function):
    events = cloud.client("events")
    rule = events.put_rule(Name=new_name("rule"), EventPattern='{"source": ["shop"]}')["RuleArn"]
    function.allow("events.amazonaws.com", rule)
    name = rule.rpartition("/")[2]
    events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": function.alias}])
    told = sample("events")
    entry = {"Source": "shop", "DetailType": "Order placed", "Detail": json.dumps(told["detail"])}
    events.put_events(Entries=[entry])
    assert shape(brought(cloud, function)) == shape(told)


def test_a_schedule(cloud, function):
    trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    cloud.client("iam").update_assume_role_policy(
        RoleName=function.name, PolicyDocument=json.dumps(document)
    )
    cloud.client("scheduler").create_schedule(
        Name=new_name("daily"),
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": function.alias, "RoleArn": function.role["Arn"]},
    )
    event = brought(cloud, function)
    assert shape(event) == shape(sample("schedule"))
    assert event["detail"] == sample("schedule")["detail"]


def test_a_log_group(cloud, function):
    logs, group = cloud.client("logs"), new_name("/apps/shop")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    function.allow("logs.amazonaws.com", f"{arn('logs', 'log-group')}:{group}:*")
    logs.put_subscription_filter(
        logGroupName=group, filterName="all", filterPattern="", destinationArn=function.alias
    )
    line = {"timestamp": int(cloud.clock.now() * 1000), "message": "[ERROR] First test message"}
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[line])

    def data(event):
        packed = event["awslogs"]["data"]
        return shape(json.loads(gzip.decompress(base64.b64decode(packed))))

    event = brought(cloud, function)
    assert shape(event) == shape(sample("logs"))
    assert data(event) == data(sample("logs"))
