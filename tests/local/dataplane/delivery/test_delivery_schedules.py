"""Schedules fire by the account's clock: once for each time they are due."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from dataplane_kit import new_name
from events_kit import ACCOUNT, events_cloud

from platform_lib.local.dataplane.delivery.schedules import Plan

HOUR = 3600.0


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        yield made


@pytest.fixture
def cloud(whole):
    """Give the account, and leave no schedule for the next test."""
    yield whole
    scheduler = whole.client("scheduler")
    for each in scheduler.list_schedules()["Schedules"]:
        scheduler.delete_schedule(Name=each["Name"])


class Schedule:
    def __init__(self, cloud, expression, arn, role_may="*", trusted=None, **settings):
        self.cloud, self.client, self.name = cloud, cloud.client("scheduler"), new_name("schedule")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": trusted or ACCOUNT}},
        }
        grant = {"Effect": "Allow", "Action": role_may, "Resource": "*"}
        iam = cloud.client("iam")
        role = iam.create_role(
            RoleName=self.name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]["Arn"]
        document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
        iam.put_role_policy(RoleName=self.name, PolicyName="p", PolicyDocument=document)
        more = settings.pop("target", {})
        self.settings = {
            "Name": self.name,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": arn, "RoleArn": role, **more},
            **settings,
        }
        self.arn = self.client.create_schedule(**self.settings)["ScheduleArn"]
        cloud.plane.settle()

    def update(self, **settings):
        self.client.update_schedule(**self.settings, **settings)
        self.cloud.plane.settle()


def times(function):
    return [datetime.fromtimestamp(call.time, UTC) for call in function.calls]


def test_a_cron_fires_at_each_of_its_times(cloud):
    function = cloud.function()
    schedule = Schedule(
        cloud,
        "cron(30 7 * * ? *)",
        function.alias,
        ScheduleExpressionTimezone="Asia/Kolkata",
        target={"Input": json.dumps({"at": "<aws.scheduler.scheduled-time>", "n": 1})},
    )
    cloud.plane.advance(7 * 24 * HOUR)
    fired = times(function)
    assert len(fired) == 7
    assert {(each.hour, each.minute) for each in fired} == {(2, 0)}
    ats = [event["at"] for event in function.events]
    assert ats == [each.strftime("%Y-%m-%dT02:00:00Z") for each in fired]
    schedule.client.delete_schedule(Name=schedule.name)
    cloud.plane.advance(7 * 24 * HOUR)
    assert len(function.calls) == 7


def test_a_rate_fires_at_once_and_then_in_step(cloud):
    function = cloud.function()
    schedule = Schedule(cloud, "rate(5 minutes)", function.alias)
    cloud.plane.settle()
    cloud.plane.advance(1)
    assert len(function.calls) == 1
    [event] = function.events
    assert (event["source"], event["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert (event["resources"], event["detail"]) == ([schedule.arn], "{}")
    cloud.plane.advance(HOUR)
    assert len(function.calls) == 13
    steps = {round(b.time - a.time) for a, b in pairwise(function.calls)}
    assert steps == {300}
    # What changes nothing about the times neither fires anew nor skips.
    schedule.update(Description="the same")
    cloud.plane.advance(300)
    assert len(function.calls) == 13 + 1
    schedule.settings["State"] = "DISABLED"
    schedule.update()
    cloud.plane.advance(HOUR)
    assert len(function.calls) == 14


def test_a_time_fires_once_and_the_schedule_goes_if_it_shall(cloud):
    function = cloud.function()
    when = datetime.fromtimestamp(cloud.clock.now() + HOUR, UTC)
    schedule = Schedule(
        cloud,
        f"at({when:%Y-%m-%dT%H:%M:%S})",
        function.alias,
        ActionAfterCompletion="DELETE",
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
    )
    cloud.plane.advance(HOUR - 60)
    assert function.calls == []
    cloud.plane.advance(2 * HOUR)
    assert len(function.calls) == 1
    with pytest.raises(schedule.client.exceptions.ResourceNotFoundException):
        schedule.client.get_schedule(Name=schedule.name)


def test_a_start_and_an_end(cloud):
    function = cloud.function()
    now = datetime.fromtimestamp(cloud.clock.now(), UTC)
    Schedule(
        cloud,
        "rate(1 hour)",
        function.alias,
        StartDate=now + timedelta(hours=2),
        EndDate=now + timedelta(hours=4, minutes=30),
    )
    cloud.plane.advance(10 * HOUR)
    offsets = [round((each - now) / timedelta(hours=1)) for each in times(function)]
    assert offsets == [2, 3, 4]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"role_may": "sqs:*"}, "does not allow lambda:InvokeFunction"),
        ({"trusted": "210987654321"}, "does not let scheduler.amazonaws.com assume it"),
    ],
)
def test_a_schedule_that_may_not_call_leaves_dead_letters(cloud, wrong, told):
    function, dead = cloud.function(), cloud.queue()
    schedule = Schedule(
        cloud,
        "rate(1 day)",
        function.alias,
        target={"DeadLetterConfig": {"Arn": dead.arn}, "Input": '{"n": 1}'},
        **wrong,
    )
    cloud.plane.advance(1)
    assert function.calls == []
    assert told in cloud.said[-1]
    if "trusted" in wrong:
        assert dead.messages() == []
        # Nothing can be sent in the name of a role that cannot be assumed.
        assert cloud.said[-1].endswith("this run is lost")
        return
    [message] = dead.messages()
    assert message["Body"] == '{"n": 1}'
    attributes = message["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert attributes["SCHEDULE_ARN"]["StringValue"] == schedule.arn
    assert cloud.said[-1].endswith(f"this run is in {dead.name}")


def test_a_schedule_whose_function_is_gone_and_one_for_a_queue(cloud):
    function, queue = cloud.function(), cloud.queue()
    function.client.delete_function(FunctionName=function.name)
    Schedule(cloud, "rate(1 day)", function.alias)
    Schedule(cloud, "rate(1 day)", queue.arn, target={"Input": '{"n": 1}'})
    cloud.plane.advance(1)
    told = f"there is no function {function.name}:live; this run is lost: the target has no dead"
    assert told in cloud.said[-1]
    assert queue.bodies() == [{"n": 1}]


def test_what_a_schedule_brings_is_tried_again_and_ends_at_home(cloud):
    function, home = cloud.function(ValueError("boom")), cloud.queue()
    function.configure(DestinationConfig={"OnFailure": {"Destination": home.arn}})
    Schedule(cloud, "rate(1 day)", function.alias)
    cloud.plane.advance(HOUR)
    assert len(function.calls) == 3
    assert len(home.messages()) == 1
    cloud.plane.advance(24 * HOUR)
    assert len(function.calls) == 6


def test_a_rule_with_a_schedule(cloud):
    function, events = cloud.function(), cloud.client("events")
    rule = events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)")["RuleArn"]
    events.put_targets(Rule="hourly", Targets=[{"Id": "f", "Arn": function.alias}])
    function.allow("events.amazonaws.com", rule)
    cloud.plane.advance(HOUR - 10)
    assert function.calls == []
    cloud.plane.advance(3 * HOUR)
    assert len(function.calls) == 3
    event = function.events[0]
    assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
    assert (event["resources"], event["detail"]) == ([rule], {})
    events.disable_rule(Name="hourly")
    cloud.plane.advance(3 * HOUR)
    assert len(function.calls) == 3
    # A put event never fires a rule that has only a schedule.
    events.put_events(Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}"}])
    cloud.plane.settle()
    assert len(function.calls) == 3


def test_times_that_were_slept_through_fire_once():
    plan = Plan(expression="rate(5 minutes)", at_once=True)
    assert plan.first(1000.0) == 1000.0
    assert plan.after(1000.0, 1000.1) == 1300.0
    assert plan.after(1000.0, 5000.0) == 5200.0
    daily = Plan(expression="cron(0 8 * * ? *)")
    eight = datetime(2026, 11, 24, 8, tzinfo=UTC).timestamp()
    assert daily.first(eight - 60) == eight
    assert daily.after(eight, eight + 0.2) == eight + 24 * HOUR
    assert daily.after(eight, eight + 50 * HOUR) == eight + 72 * HOUR
    later = Plan(expression="cron(0 8 * * ? *)", start=eight + 24 * HOUR, end=eight + 24 * HOUR)
    assert later.first(eight - 60) == eight + 24 * HOUR
    assert later.after(eight + 24 * HOUR, eight + 24 * HOUR) is None


def test_an_expression_that_cannot_be_read_is_told(cloud):
    Schedule(cloud, "cron(0 8 * * * *)", cloud.function().alias)
    assert "never fires: it has '*' for the day-of-month" in cloud.said[-1]
