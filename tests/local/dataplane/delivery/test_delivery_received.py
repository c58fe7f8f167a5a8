"""An event has the time that its sender gave it, and the one at which the bus got it."""

import json
from datetime import datetime

import pytest
from dataplane_kit import new_name
from events_kit import events_cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        yield made


def test_a_template_tells_when_the_bus_got_the_event(cloud):
    events, function, name = cloud.client("events"), cloud.function(), new_name("rule")
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    function.allow("events.amazonaws.com", rule)
    template = '{"got": <aws.events.event.ingestion-time>, "happened": <happened>}'
    target = {
        "Id": "one",
        "Arn": function.alias,
        "InputTransformer": {
            "InputPathsMap": {"happened": "$.time"},
            "InputTemplate": template,
        },
    }
    events.put_targets(Rule=name, Targets=[target])
    cloud.plane.advance(3600)
    entry = {"Source": name, "DetailType": "d", "Detail": "{}", "Time": 1_700_000_000}
    events.put_events(Entries=[entry])
    cloud.plane.settle()
    [event] = function.events
    assert event["happened"] == "2023-11-14T22:13:20Z"
    got = datetime.fromisoformat(event["got"]).timestamp()
    assert abs(got - cloud.clock.now()) < 60
