"""Filter policies of topics: what their operators let through, to a function and to a queue."""

import json

import pytest
from botocore.exceptions import ClientError
from dataplane_kit import new_name
from events_kit import events_cloud

BODY = "MessageBody"
ATTRIBUTES = "MessageAttributes"
PICTURE = {"type": "Binary", "binary": "picture"}
LABELLED = {"type": "Binary.gif", "binary": "picture"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        yield made


def attribute(value):
    if isinstance(value, dict):
        return {"DataType": value["type"], "BinaryValue": value["binary"].encode()}
    if isinstance(value, list):
        return {"DataType": "String.Array", "StringValue": json.dumps(value)}
    kind = "String" if isinstance(value, str) else "Number"
    return {"DataType": kind, "StringValue": str(value)}


@pytest.mark.parametrize(
    ("scope", "policy", "yes", "no"),
    [
        (BODY, {"$or": [{"a": [1]}, {"b": [2]}]}, [{"a": 1}, {"b": 2}], [{"a": 2, "b": 1}]),
        (BODY, {"a": {"b": [{"numeric": [">", 5]}]}}, [{"a": {"b": 6}}], [{"a": {"b": 5}}, "x"]),
        (BODY, {"a": [{"exists": False}]}, [{}], [{"a": 1}, "no JSON", [1]]),
        (BODY, {"a": [{"anything-but": {"suffix": "x"}}]}, [{"a": "y"}], [{"a": "yx"}, {}]),
        (BODY, {"a": [None]}, [{"a": None}], [{"a": ""}, {}]),
        (ATTRIBUTES, {"a": [{"prefix": "x"}, {"suffix": "z"}]}, ["xy", "yz"], ["y"]),
        (ATTRIBUTES, {"a": [{"equals-ignore-case": "Big"}]}, ["bIG"], ["bigger"]),
        (ATTRIBUTES, {"a": [{"numeric": [">=", 1, "<", 2.5]}]}, [1, 2.25], [2.5, "2"]),
        (ATTRIBUTES, {"a": ["blue", 7]}, ["blue", 7, ["red", "blue"]], ["7", ["red"]]),
        # Binary attributes are as if they were not there.
        (ATTRIBUTES, {"a": [{"exists": True}]}, ["x"], [PICTURE, LABELLED]),
        (ATTRIBUTES, {"a": [{"exists": False}]}, [PICTURE, LABELLED], ["x"]),
        (ATTRIBUTES, {"a": [{"anything-but": "x"}]}, ["y"], [PICTURE]),
        (ATTRIBUTES, {"a": [{"cidr": "10.0.0.0/24"}]}, ["10.0.0.255"], ["10.0.1.0", "here"]),
    ],
)  # fmt: skip
def test_what_a_filter_policy_lets_through(cloud, scope, policy, yes, no):
    topics, function, queue = (
        cloud.client("sns"),
        cloud.function(),
        cloud.queue("sns.amazonaws.com"),
    )
    topic = topics.create_topic(Name=new_name("topic"))["TopicArn"]
    function.allow("sns.amazonaws.com", topic)
    settings = {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": scope}
    for protocol, end in (("lambda", function.alias), ("sqs", queue.arn)):
        topics.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=end, Attributes=settings)
    for told in (*yes, *no):
        message, attributes = json.dumps(told), {}
        if scope == ATTRIBUTES:
            attributes = {"a": attribute(told)}
        topics.publish(TopicArn=topic, Message=message, MessageAttributes=attributes)
    cloud.plane.settle()
    got = [json.loads(event["Records"][0]["Sns"]["Message"]) for event in function.events]
    assert got == yes
    assert [json.loads(body["Message"]) for body in queue.bodies()] == yes


@pytest.mark.parametrize("rule", [{"teapot": 1}, {"cidr": "here"}])
def test_an_operator_that_nobody_knows_is_refused(cloud, rule):
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=new_name("topic"))["TopicArn"]
    with pytest.raises(ClientError, match=r"FilterPolicy: .*(teapot|ADDRESS/BITS)"):
        topics.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=cloud.queue().arn,
            Attributes={"FilterPolicy": json.dumps({"a": [rule]})},
        )
