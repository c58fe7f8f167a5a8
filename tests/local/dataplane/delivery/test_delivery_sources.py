"""SNS, S3 and EventBridge: each fires a function, or its failure home gets the event."""

import json
import re

import pytest
from botocore.exceptions import ClientError
from dataplane_kit import new_name
from events_kit import ACCOUNT, arn, events_cloud

BOOM = ValueError("boom")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        yield made


class Topic:
    def __init__(self, cloud):
        self.cloud, self.client = cloud, cloud.client("sns")
        self.arn = self.client.create_topic(Name=new_name("topic"))["TopicArn"]

    def subscribe(self, endpoint, protocol="lambda", **attributes):
        given = {k: v if isinstance(v, str) else json.dumps(v) for k, v in attributes.items()}
        return self.client.subscribe(
            TopicArn=self.arn, Protocol=protocol, Endpoint=endpoint, Attributes=given
        )["SubscriptionArn"]

    def publish(self, message, **attributes):
        given = {k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()}
        id = self.client.publish(
            TopicArn=self.arn, Message=message, Subject="news", MessageAttributes=given
        )["MessageId"]
        self.cloud.plane.settle()
        return id


def test_a_topic_calls_a_function_with_the_event_that_aws_documents(cloud):
    topic, function = Topic(cloud), cloud.function("fine")
    function.allow("sns.amazonaws.com", topic.arn)
    subscription = topic.subscribe(function.alias)
    id = topic.publish("hello", colour="blue")
    [event] = function.events
    [record] = event["Records"]
    assert set(record) == {"EventVersion", "EventSubscriptionArn", "EventSource", "Sns"}
    assert record["EventSource"] == "aws:sns"
    assert record["EventSubscriptionArn"] == subscription
    sns = record["Sns"]
    assert set(sns) == {
        "SignatureVersion", "Timestamp", "Signature", "SigningCertUrl", "MessageId", "Message",
        "MessageAttributes", "Type", "UnsubscribeUrl", "TopicArn", "Subject",
    }  # fmt: skip
    assert (sns["MessageId"], sns["Message"], sns["Subject"]) == (id, "hello", "news")
    assert (sns["TopicArn"], sns["Type"]) == (topic.arn, "Notification")
    assert sns["MessageAttributes"] == {"colour": {"Type": "String", "Value": "blue"}}
    assert function.calls[0].arn == function.alias


@pytest.mark.parametrize(
    ("scope", "policy", "yes", "no"),
    [
        ("MessageAttributes", {"colour": ["blue"]}, ("x", "blue"), ("x", "red")),
        ("MessageBody", {"colour": ["blue"]}, ('{"colour": "blue"}', "x"), ('{"colour": "b"}', "blue")),
    ],
)  # fmt: skip
def test_a_filter_policy_keeps_messages_away(cloud, scope, policy, yes, no):
    topic, function = Topic(cloud), cloud.function("fine")
    function.allow("sns.amazonaws.com", topic.arn)
    topic.subscribe(function.alias, FilterPolicy=policy, FilterPolicyScope=scope)
    for message, colour in (no, yes):
        topic.publish(message, colour=colour)
    assert [event["Records"][0]["Sns"]["Message"] for event in function.events] == [yes[0]]


def test_a_fifo_topic_fills_a_fifo_queue_in_order_and_by_group(cloud):
    topics, queues = cloud.client("sns"), cloud.client("sqs")
    name = f"{new_name('topic')}.fifo"
    topic = topics.create_topic(Name=name, Attributes={"FifoTopic": "true"})["TopicArn"]
    queue = arn("sqs", name)
    may = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}}
    may |= {"Action": "sqs:SendMessage", "Resource": queue}
    policy = {"Version": "2012-10-17", "Statement": [may]}
    url = queues.create_queue(
        QueueName=name, Attributes={"FifoQueue": "true", "Policy": json.dumps(policy)}
    )["QueueUrl"]
    raw = {"RawMessageDelivery": "true"}
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=raw)
    for text, group in (("a", "one"), ("b", "two"), ("c", "one"), ("c", "one")):
        topics.publish(
            TopicArn=topic, Message=text, MessageGroupId=group, MessageDeduplicationId=text
        )
    cloud.plane.settle()
    found = queues.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    )["Messages"]
    assert [(each["Body"], each["Attributes"]["MessageGroupId"]) for each in found] == [
        ("a", "one"),
        ("b", "two"),
        ("c", "one"),
    ]


def test_a_topic_that_may_not_call_goes_to_the_dead_letters_of_the_subscription(cloud):
    topic, function, dead = Topic(cloud), cloud.function(), cloud.queue("sns.amazonaws.com")
    # A permission of the function itself is none of its alias.
    function.allow("sns.amazonaws.com", topic.arn, qualifier=None)
    topic.subscribe(function.alias, RedrivePolicy={"deadLetterTargetArn": dead.arn})
    id = topic.publish("hello")
    assert function.calls == []
    [message] = dead.messages()
    assert json.loads(message["Body"])["MessageId"] == id
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "NO_PERMISSIONS"
    assert f"no statement in the policy of {function.alias} allows" in cloud.said[-1]
    assert cloud.said[-1].endswith(f"message {id} is in {dead.name}")
    function.allow("sns.amazonaws.com", topic.arn)
    topic.publish("hello")
    assert len(function.calls) == 1
    function.client.delete_function(FunctionName=function.name)
    topic.publish("hello")
    [message] = dead.messages()
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "RESOURCE_NOT_FOUND"


def test_a_message_without_a_home_is_told(cloud):
    topic, function, closed = Topic(cloud), cloud.function(), cloud.queue()
    topic.subscribe(function.alias)
    assert "is lost: no redrive policy" in (topic.publish("a"), cloud.said[-1])[1]
    topic.subscribe(closed.arn, "sqs", RedrivePolicy={"deadLetterTargetArn": closed.arn})
    topic.publish("b")
    assert closed.messages() == []
    assert "is lost, because no statement in the policy" in cloud.said[-1]


def test_what_a_topic_brings_is_tried_again_and_ends_at_home(cloud):
    topic, function, home = Topic(cloud), cloud.function(BOOM), cloud.queue()
    function.allow("sns.amazonaws.com", topic.arn)
    function.configure(DestinationConfig={"OnFailure": {"Destination": home.arn}})
    topic.subscribe(function.alias)
    id = topic.publish("hello")
    cloud.plane.advance(181)
    assert len(function.calls) == 3
    [record] = home.bodies()
    assert record["requestPayload"]["Records"][0]["Sns"]["MessageId"] == id


class Bucket:
    def __init__(self, cloud, versioned=False):
        self.cloud, self.client, self.name = cloud, cloud.client("s3"), new_name("bucket")
        self.arn = f"arn:aws:s3:::{self.name}"
        self.client.create_bucket(Bucket=self.name)
        if versioned:
            self.client.put_bucket_versioning(
                Bucket=self.name, VersioningConfiguration={"Status": "Enabled"}
            )

    def notify(self, function, *events, rules=(), **more):
        one = {"LambdaFunctionArn": function.alias, "Events": list(events), "Id": "mine"}
        if rules:
            listed = [{"Name": name, "Value": value} for name, value in rules]
            one["Filter"] = {"Key": {"FilterRules": listed}}
        self.client.put_bucket_notification_configuration(
            Bucket=self.name,
            NotificationConfiguration={"LambdaFunctionConfigurations": [one], **more},
        )

    def put(self, key, body=b"data"):
        self.client.put_object(Bucket=self.name, Key=key, Body=body)
        self.cloud.plane.settle()


def test_a_bucket_calls_a_function_with_the_event_that_aws_documents(cloud):
    bucket, function = Bucket(cloud), cloud.function()
    function.allow("s3.amazonaws.com", bucket.arn, SourceAccount=ACCOUNT)
    bucket.notify(function, "s3:ObjectCreated:*", "s3:ObjectRemoved:*")
    bucket.put("a folder/ü+1.txt")
    bucket.put("a folder/ü+1.txt")
    bucket.client.delete_object(Bucket=bucket.name, Key="a folder/ü+1.txt")
    cloud.plane.settle()
    records = [event["Records"][0] for event in function.events]
    assert [each["eventName"] for each in records] == [
        "ObjectCreated:Put",
        "ObjectCreated:Put",
        "ObjectRemoved:Delete",
    ]
    first, _, gone = records
    assert set(first) == {
        "eventVersion", "eventSource", "awsRegion", "eventTime", "eventName", "userIdentity",
        "requestParameters", "responseElements", "s3",
    }  # fmt: skip
    assert (first["eventSource"], first["awsRegion"]) == ("aws:s3", "us-east-1")
    assert first["s3"]["configurationId"] == "mine"
    assert (first["s3"]["bucket"]["name"], first["s3"]["bucket"]["arn"]) == (
        bucket.name,
        bucket.arn,
    )
    described = first["s3"]["object"]
    assert described["key"] == "a+folder/%C3%BC%2B1.txt"
    assert (described["size"], described["eTag"]) == (4, "8d777f385d3dfec8815d20f7496026dc")
    assert "versionId" not in described
    sequence = [each["s3"]["object"]["sequencer"] for each in records]
    assert sequence == sorted(set(sequence))
    assert set(gone["s3"]["object"]) == {"key", "sequencer"}


def test_prefix_suffix_and_kinds_of_events(cloud):
    bucket, function = Bucket(cloud), cloud.function()
    function.allow("s3.amazonaws.com", bucket.arn)
    rules = [("prefix", "in/"), ("suffix", ".csv")]
    bucket.notify(function, "s3:ObjectCreated:Put", rules=rules)
    for key in ("in/a.csv", "in/a.txt", "out/a.csv"):
        bucket.put(key)
    bucket.client.copy_object(
        Bucket=bucket.name, Key="in/b.csv", CopySource={"Bucket": bucket.name, "Key": "in/a.csv"}
    )
    bucket.client.delete_object(Bucket=bucket.name, Key="in/a.csv")
    cloud.plane.settle()
    keys = [event["Records"][0]["s3"]["object"]["key"] for event in function.events]
    assert keys == ["in/a.csv"]


@pytest.mark.parametrize(("prefix", "calls"), [("my+in/a%3D", 1), ("my in/a=", 0)])
def test_a_filter_is_compared_with_the_encoded_key(cloud, prefix, calls):
    bucket, function = Bucket(cloud), cloud.function()
    function.allow("s3.amazonaws.com", bucket.arn)
    bucket.notify(function, "s3:ObjectCreated:Put", rules=[("prefix", prefix)])
    bucket.put("my in/a=1")
    cloud.plane.settle()
    assert len(function.events) == calls


def test_a_versioned_bucket_tells_versions_and_delete_markers(cloud):
    bucket, function = Bucket(cloud, versioned=True), cloud.function()
    function.allow("s3.amazonaws.com", bucket.arn)
    bucket.notify(function, "s3:ObjectCreated:*", "s3:ObjectRemoved:*")
    bucket.put("a")
    bucket.client.delete_object(Bucket=bucket.name, Key="a")
    cloud.plane.settle()
    made, gone = (event["Records"][0] for event in function.events)
    assert gone["eventName"] == "ObjectRemoved:DeleteMarkerCreated"
    versions = [each["s3"]["object"]["versionId"] for each in (made, gone)]
    assert len(set(versions)) == 2


def test_a_bucket_that_may_not_call_is_told(cloud):
    bucket, function = Bucket(cloud), cloud.function()
    function.allow("s3.amazonaws.com", bucket.arn)
    bucket.notify(function, "s3:ObjectCreated:*")
    function.forbid()
    function.allow("s3.amazonaws.com", bucket.arn, SourceAccount="210987654321")
    bucket.put("a")
    assert function.calls == []
    assert cloud.said[-1].startswith(f"bucket {bucket.name} cannot tell")
    assert cloud.said[-1].endswith("S3 keeps no such event")


def test_a_bucket_reaches_queues_topics_and_the_event_bus(cloud):
    bucket, function = Bucket(cloud), cloud.function()
    queue, closed = cloud.queue("s3.amazonaws.com"), cloud.queue("s3.amazonaws.com")
    rule = Rule(cloud, {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket.name]}}})
    rule.to(function)
    bucket.client.put_bucket_notification_configuration(
        Bucket=bucket.name,
        NotificationConfiguration={
            "QueueConfigurations": [
                {"QueueArn": each.arn, "Events": ["s3:ObjectCreated:*"]}
                for each in (queue, closed)
            ],
            "EventBridgeConfiguration": {},
        },
    )
    closed.close()
    bucket.put("a b")
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    bucket.client.put_object_tagging(Bucket=bucket.name, Key="a b", Tagging=tags)
    bucket.client.delete_object(Bucket=bucket.name, Key="a b")
    cloud.plane.settle()
    told = [each for each in queue.bodies() if "Records" in each]
    assert [each["Records"][0]["s3"]["object"]["key"] for each in told] == ["a+b"]
    assert [each for each in closed.bodies() if "Records" in each] == []
    made, tagged, gone = function.events
    assert tagged["detail-type"] == "Object Tags Added"
    assert (made["detail-type"], made["source"]) == ("Object Created", "aws.s3")
    assert made["resources"] == [bucket.arn]
    # On the bus a key is as it is.
    assert (made["detail"]["object"]["key"], made["detail"]["reason"]) == ("a b", "PutObject")
    assert made["detail"]["object"]["etag"] == "8d777f385d3dfec8815d20f7496026dc"
    assert gone["detail-type"] == "Object Deleted"
    assert gone["detail"]["deletion-type"] == "Permanently Deleted"


class Rule:
    def __init__(self, cloud, pattern=None, bus="default", **settings):
        self.cloud, self.client, self.name = cloud, cloud.client("events"), new_name("rule")
        self.bus = bus
        given = {"EventPattern": json.dumps(pattern)} if pattern else {}
        self.arn = self.client.put_rule(Name=self.name, EventBusName=bus, **given, **settings)[
            "RuleArn"
        ]

    def target(self, arn, **settings):
        one = {"Id": new_name("t"), "Arn": arn, **settings}
        self.client.put_targets(Rule=self.name, EventBusName=self.bus, Targets=[one])
        return self

    def to(self, function, **settings):
        function.allow("events.amazonaws.com", self.arn)
        return self.target(function.alias, **settings)


def put(cloud, detail, bus="default", source="shop"):
    answer = cloud.client("events").put_events(
        Entries=[
            {
                "Source": source,
                "DetailType": "Order",
                "Detail": json.dumps(detail),
                "EventBusName": bus,
                "Resources": ["order/7"],
            }
        ]
    )
    cloud.plane.settle()
    return answer["Entries"][0]["EventId"]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"Source": "aws.ec2"}, "NotAuthorizedForSourceException"),
        ({"Detail": "[1]"}, "MalformedDetail"),
        ({"Detail": '"text"'}, "MalformedDetail"),
        ({"Detail": "no JSON"}, "MalformedDetail"),
        ({"DetailType": ""}, "InvalidArgument"),
        ({"Source": ""}, "InvalidArgument"),
    ],
)
def test_an_event_that_is_refused_fails_alone(cloud, entry, code):
    function, source = cloud.function(), new_name("shop")
    Rule(cloud, {"source": [{"prefix": ""}], "detail-type": [source]}).to(function)
    fine = {"Source": source, "DetailType": source, "Detail": "{}"}
    answer = cloud.client("events").put_events(Entries=[fine, {**fine, **entry}, fine])
    cloud.plane.settle()
    assert answer["FailedEntryCount"] == 1
    first, refused, last = answer["Entries"]
    assert refused["ErrorCode"] == code
    assert [each["id"] for each in function.events] == [first["EventId"], last["EventId"]]


@pytest.mark.parametrize("extra", [0, 1])
def test_a_request_of_events_holds_less_than_a_mebibyte(cloud, extra):
    def entry(size):
        parts = {"Source": "shop", "DetailType": "é", "Resources": ["abc"], "Time": 1}
        rest = 4 + 2 + 3 + 14 + len('{"a":""}')
        return {**parts, "Detail": json.dumps({"a": "x" * (size - rest)}, separators=(",", ":"))}

    client, half = cloud.client("events"), 512 * 1024
    entries = [entry(half), entry(half - 1 + extra)]
    if not extra:
        assert client.put_events(Entries=entries)["FailedEntryCount"] == 0
        return
    with pytest.raises(ClientError, match=r"ValidationException.*Total size of the entries"):
        client.put_events(Entries=entries)


def test_a_rule_calls_a_function_with_what_matches(cloud):
    function = cloud.function()
    source = new_name("shop")
    pattern = {"source": [source], "detail": {"total": [{"numeric": [">", 100]}]}}
    rule = Rule(cloud, pattern).to(function)
    put(cloud, {"total": 7}, source=source)
    id = put(cloud, {"total": 700}, source=source)
    [event] = function.events
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event.pop("time"))
    assert event == {
        "version": "0",
        "id": id,
        "detail-type": "Order",
        "source": source,
        "account": ACCOUNT,
        "region": "us-east-1",
        "resources": ["order/7"],
        "detail": {"total": 700},
    }
    rule.client.disable_rule(Name=rule.name)
    put(cloud, {"total": 700}, source=source)
    assert len(function.calls) == 1


def test_inputs_of_targets(cloud):
    source = new_name("shop")
    rule = Rule(cloud, {"source": [source]})
    fixed, part, made = cloud.function(), cloud.function(), cloud.function()
    rule.to(fixed, Input='{"fixed": true}').to(part, InputPath="$.detail")
    template = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"order": <n>}'}
    rule.to(made, InputTransformer=template)
    put(cloud, {"n": 7}, source=source)
    assert fixed.events + part.events + made.events == [{"fixed": True}, {"n": 7}, {"order": 7}]


def test_a_rule_sends_to_queues_topics_and_other_buses(cloud):
    source = new_name("shop")
    events, topic, function = cloud.client("events"), Topic(cloud), cloud.function()
    bus = new_name("bus")
    events.create_event_bus(Name=bus)
    rule, there = Rule(cloud, {"source": [source]}), Rule(cloud, {"source": [source]}, bus=bus)
    queue, closed, heard = (
        cloud.queue("events.amazonaws.com"),
        cloud.queue(),
        cloud.queue("sns.amazonaws.com"),
    )
    grant = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic.arn,
    }
    topic.client.set_topic_attributes(
        TopicArn=topic.arn,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [grant]}),
    )
    topic.subscribe(heard.arn, "sqs")
    there.to(function).target(arn("events", "event-bus/default"))
    for each in (queue.arn, closed.arn, topic.arn, arn("events", f"event-bus/{bus}")):
        rule.target(each)
    id = put(cloud, {"n": 7}, source=source)
    # The two buses send to each other: that ends.
    assert "came through 5 buses" in "".join(cloud.said)
    assert {each["id"] for each in queue.bodies()} == {id}
    assert closed.messages() == []
    assert f"rule {rule.name} cannot reach {closed.name}, because no statement" in "".join(
        cloud.said
    )
    assert json.loads(heard.bodies()[0]["Message"])["id"] == id
    assert function.events[0]["resources"] == ["order/7"]


def test_what_a_rule_cannot_bring_is_in_the_dead_letters_of_its_target(cloud):
    source = new_name("shop")
    function, dead = cloud.function(), cloud.queue("events.amazonaws.com")
    rule = Rule(cloud, {"source": [source]})
    rule.target(function.alias, DeadLetterConfig={"Arn": dead.arn})
    id = put(cloud, {"n": 7}, source=source)
    [message] = dead.messages()
    assert json.loads(message["Body"])["id"] == id
    told = {k: v["StringValue"] for k, v in message["MessageAttributes"].items()}
    assert (told["RULE_ARN"], told["TARGET_ARN"]) == (rule.arn, function.alias)
    assert told["ERROR_CODE"] == "NO_PERMISSIONS"
    assert cloud.said[-1].endswith(f"event {id} is in {dead.name}")
    broken = {"InputPathsMap": {}, "InputTemplate": "no JSON"}
    rule.to(cloud.function(), DeadLetterConfig={"Arn": dead.arn}, InputTransformer=broken)
    put(cloud, {"n": 8}, source=source)
    codes = {m["MessageAttributes"]["ERROR_CODE"]["StringValue"] for m in dead.messages()}
    assert codes == {"NO_PERMISSIONS", "INVALID_JSON"}


def test_what_a_rule_brings_is_tried_again_and_ends_at_home(cloud):
    source = new_name("shop")
    function, home = cloud.function(BOOM, "fine"), cloud.queue()
    function.configure(DestinationConfig={"OnFailure": {"Destination": home.arn}})
    Rule(cloud, {"source": [source]}).to(function)
    put(cloud, {}, source=source)
    cloud.plane.advance(61)
    assert (len(function.calls), home.messages()) == (2, [])
