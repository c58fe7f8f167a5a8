"""Log groups bring the lines that a filter matches, and never a function its own."""

import base64
import gzip
import json

import pytest
from dataplane_kit import new_name
from events_kit import ACCOUNT, arn, events_cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        yield made


class Group:
    def __init__(self, cloud, name=None):
        self.cloud, self.client = cloud, cloud.client("logs")
        self.name = name or new_name("/apps/group")
        self.arn = arn("logs", f"log-group:{self.name}:*")
        self.client.create_log_group(logGroupName=self.name)
        self.client.create_log_stream(logGroupName=self.name, logStreamName="one")

    def subscribe(self, function, pattern="", service="logs.amazonaws.com"):
        if service:
            function.allow(service, self.arn, SourceAccount=ACCOUNT)
        self.client.put_subscription_filter(
            logGroupName=self.name,
            filterName="mine",
            filterPattern=pattern,
            destinationArn=function.alias,
        )
        return self

    def write(self, *lines):
        now = int(self.cloud.clock.now() * 1000)
        self.client.put_log_events(
            logGroupName=self.name,
            logStreamName="one",
            logEvents=[{"timestamp": now, "message": line} for line in lines],
        )
        self.cloud.plane.settle()


def unpacked(event):
    return json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))


@pytest.mark.parametrize("service", ["logs.amazonaws.com", "logs.us-east-1.amazonaws.com"])
def test_a_log_group_brings_the_lines_that_match(cloud, service):
    function, group = cloud.function(), Group(cloud)
    group.subscribe(function, "{ $.level = ERROR }", service)
    group.write("plain", '{"level": "ERROR", "n": 1}', '{"level": "INFO"}')
    group.write("nothing that matches")
    [event] = function.events
    data = unpacked(event)
    [line] = data.pop("logEvents")
    assert data == {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": group.name,
        "logStream": "one",
        "subscriptionFilters": ["mine"],
    }
    assert set(line) == {"id", "timestamp", "message"}
    assert json.loads(line["message"])["n"] == 1


def test_what_a_log_group_does_not_bring_is_told_once(cloud):
    fields, closed, loop = cloud.function(), cloud.function(), cloud.function()
    odd = Group(cloud).subscribe(fields, "[ip, user]")
    shut = Group(cloud).subscribe(closed, service=None)
    own = Group(cloud, f"/aws/lambda/{loop.name}").subscribe(loop)
    for group in (odd, shut, own):
        group.write("a")
        group.write("a")
    assert fields.calls + closed.calls + loop.calls == []
    first, second, third = cloud.said
    assert "patterns of fields between spaces are not imitated" in first
    assert "because no statement in the policy" in second
    assert "writes to that group, a loop" in third
