"""Asynchronous invocation: every event is done, tried again, or in a failure home."""

import json

import pytest
from events_kit import EMPTY_ZIP, arn, events_cloud

from platform_lib.local.errors import LocalCloudError

BOOM = ValueError("boom")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with events_cloud(tmp_path_factory.mktemp("state")) as made:
        yield made


def test_an_event_is_taken_at_once_and_done_once(cloud):
    function = cloud.function("fine")
    answer = function.send({"a": 1})
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    cloud.plane.settle()
    [call] = function.calls
    assert (call.arn, call.event) == (function.alias, {"a": 1})
    cloud.plane.advance(3600)
    assert len(function.calls) == 1


@pytest.mark.parametrize("failures", [1, 2])
def test_a_call_that_fails_is_tried_again_after_a_minute_and_then_two(cloud, failures):
    function = cloud.function(*[BOOM] * failures, "fine")
    home = cloud.queue()
    function.configure(DestinationConfig={"OnFailure": {"Destination": home.arn}})
    function.send({"n": failures})
    cloud.plane.settle()
    assert len(function.calls) == 1
    cloud.plane.advance(3600)
    first, *others = function.calls
    assert [round(call.time - first.time) for call in others] == [60, 180][:failures]
    assert {call.id for call in others} == {first.id}
    assert home.messages() == []


def test_a_call_that_always_fails_ends_in_the_failure_destination(cloud):
    function, home = cloud.function(BOOM), cloud.queue()
    function.configure(DestinationConfig={"OnFailure": {"Destination": home.arn}})
    function.send({"order": 7})
    cloud.plane.advance(179)
    assert home.messages() == []
    cloud.plane.advance(2)
    [record] = home.bodies()
    assert len(function.calls) == 3
    assert record["version"] == "1.0"
    assert record["requestContext"] == {
        "requestId": function.calls[0].id,
        "functionArn": function.alias,
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["requestPayload"] == {"order": 7}
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "1",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"] == {"errorType": "ValueError", "errorMessage": "boom"}
    assert record["timestamp"].endswith("Z")
    told = f"function {function.name}:live gave up an event, because it failed 3 times"
    assert any(line.startswith(told) and home.name in line for line in cloud.said)
    cloud.plane.advance(7 * 3600)
    assert len(function.calls) == 3


def test_retries_and_age_are_those_of_the_qualifier(cloud):
    function, home = cloud.function(BOOM), cloud.queue()
    function.configure(
        MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": home.arn}}
    )
    function.send({})
    cloud.plane.settle()
    assert home.bodies()[0]["requestContext"]["approximateInvokeCount"] == 1
    # $LATEST has none of it: two retries, and no home.
    function.send({}, qualifier="$LATEST")
    cloud.plane.advance(600)
    assert len(function.calls) == 4
    assert home.messages() == []
    assert "it is lost: there is no failure destination" in cloud.said[-1]


def test_an_event_that_is_too_old_goes_home(cloud):
    function, home = cloud.function(BOOM), cloud.queue()
    function.configure(
        MaximumEventAgeInSeconds=100, DestinationConfig={"OnFailure": {"Destination": home.arn}}
    )
    function.send({})
    cloud.plane.advance(99)
    assert (len(function.calls), home.messages()) == (2, [])
    cloud.plane.advance(2)
    context = home.bodies()[0]["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 2)
    cloud.plane.advance(600)
    assert len(function.calls) == 2


def test_a_function_without_concurrency_keeps_its_events(cloud):
    function, home = cloud.function("fine"), cloud.queue()
    function.configure(DestinationConfig={"OnFailure": {"Destination": home.arn}})
    function.client.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )
    function.send({})
    cloud.plane.advance(600)
    assert function.calls == []
    with pytest.raises(function.client.exceptions.TooManyRequestsException):
        function.client.invoke(FunctionName=function.name)
    function.client.delete_function_concurrency(FunctionName=function.name)
    cloud.plane.advance(300)
    assert len(function.calls) == 1
    function.client.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )
    function.send({"late": True})
    cloud.plane.advance(6 * 3600 + 1)
    [record] = home.bodies()
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert "responsePayload" not in record
    assert len(function.calls) == 1


def test_dead_letters_are_the_event_itself(cloud):
    home = cloud.queue()
    function = cloud.function(BOOM, DeadLetterConfig={"TargetArn": home.arn})
    function.configure(MaximumRetryAttempts=0)
    function.send({"order": 7})
    cloud.plane.settle()
    [message] = home.messages()
    assert json.loads(message["Body"]) == {"order": 7}
    attributes = message["MessageAttributes"]
    assert attributes["RequestID"]["StringValue"] == function.calls[0].id
    assert (attributes["ErrorCode"]["DataType"], attributes["ErrorCode"]["StringValue"]) == (
        "Number",
        "200",
    )
    assert "boom" in attributes["ErrorMessage"]["StringValue"]


def test_every_kind_of_destination(cloud):
    on_topic, on_bus, caught = cloud.queue("sns.amazonaws.com"), cloud.queue(), cloud.function()
    topic = cloud.client("sns").create_topic(Name="failures")["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=on_topic.arn)
    cloud.client("s3").create_bucket(Bucket="failures")
    events = cloud.client("events")
    events.create_event_bus(Name="failures")
    function = cloud.function(BOOM)
    bus = arn("events", "event-bus/failures")
    for home in (topic, caught.alias, bus, "arn:aws:s3:::failures"):
        destinations = {"OnFailure": {"Destination": home}}
        function.configure(MaximumRetryAttempts=0, DestinationConfig=destinations)
        function.send({"home": home})
        cloud.plane.settle()
        named = home.partition(":function:")[2] or home.rpartition(":")[2]
        assert cloud.said[-1].endswith(f"it is in {named}")
    [told] = on_topic.bodies()
    assert json.loads(told["Message"])["requestPayload"] == {"home": topic}
    assert caught.events[0]["requestPayload"] == {"home": caught.alias}
    [listed] = cloud.client("s3").list_objects_v2(Bucket="failures")["Contents"]
    assert listed["Key"].startswith(f"aws/lambda/async/{function.name}/20")
    body = cloud.client("s3").get_object(Bucket="failures", Key=listed["Key"])["Body"].read()
    assert json.loads(body)["requestPayload"] == {"home": "arn:aws:s3:::failures"}
    assert on_bus.messages() == []


def test_a_success_destination_hears_of_success(cloud):
    function, heard = cloud.function({"total": 3}), cloud.queue()
    function.configure(DestinationConfig={"OnSuccess": {"Destination": heard.arn}})
    function.send({"a": 1})
    cloud.plane.settle()
    [record] = heard.bodies()
    assert record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"] == {"total": 3}
    assert "functionError" not in record["responseContext"]


def test_a_role_that_may_not_send_is_told(cloud):
    home = cloud.queue()
    function = cloud.function(BOOM, role_may=["sns:Publish"])
    function.configure(
        MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": home.arn}}
    )
    function.send({})
    cloud.plane.settle()
    assert home.messages() == []
    told = f"role {function.name} does not allow sqs:SendMessage on {home.arn}"
    assert cloud.said[-1].endswith(f"{home.name} did not get it, because {told}")


@pytest.mark.parametrize(
    ("allowed", "lacks"), [("s3:ListBucket", "s3:PutObject"), ("s3:PutObject", "s3:ListBucket")]
)
def test_a_bucket_needs_both_rights(cloud, allowed, lacks):
    bucket = f"only-{allowed[3:].lower()}"
    cloud.client("s3").create_bucket(Bucket=bucket)
    function = cloud.function(BOOM, role_may=[allowed])
    home = {"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}}
    function.configure(MaximumRetryAttempts=0, DestinationConfig=home)
    function.send({})
    cloud.plane.settle()
    assert cloud.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert f"role {function.name} does not allow {lacks} on arn:aws:s3:::" in cloud.said[-1]


def test_a_home_that_is_gone_is_told(cloud):
    function = cloud.function(BOOM)
    function.configure(
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn("sqs", "nowhere")}},
    )
    function.send({})
    cloud.plane.settle()
    assert "nowhere did not get it, because" in cloud.said[-1]


def test_a_function_that_goes_before_its_retry(cloud):
    function = cloud.function(BOOM)
    function.send({})
    cloud.plane.settle()
    function.client.delete_function(FunctionName=function.name)
    cloud.plane.advance(3600)
    assert len(function.calls) == 1
    assert cloud.said[-1].startswith(f"an event for function {function.name}:live is lost")


def test_a_synchronous_call_is_answered_and_never_tried_again(cloud):
    function = cloud.function(BOOM, {"a": 2})
    failed = function.client.invoke(FunctionName=function.name, Qualifier="live")
    assert (failed["StatusCode"], failed["FunctionError"]) == (200, "Unhandled")
    assert json.loads(failed["Payload"].read())["errorMessage"] == "boom"
    cloud.plane.advance(3600)
    assert len(function.calls) == 1
    good = function.client.invoke(FunctionName=function.alias, LogType="Tail")
    assert (good["ExecutedVersion"], "FunctionError" in good) == ("1", False)
    assert json.loads(good["Payload"].read()) == {"a": 2}
    assert [call.arn for call in function.calls] == [function.alias] * 2
    dry = function.client.invoke(FunctionName=function.name, InvocationType="DryRun")
    assert (dry["StatusCode"], len(function.calls)) == (204, 2)
    for qualifier in ("nowhere", "7"):
        with pytest.raises(function.client.exceptions.ResourceNotFoundException):
            function.send({}, qualifier=qualifier)


def test_a_user_calls_a_function_by_its_name(cloud):
    function = cloud.function({"a": 1}, BOOM, {"a": 3})
    called = cloud.plane.invoke(function.name, b'{"n": 1}')
    assert (called.function, called.failed) == (f"{function.name}:live", False)
    assert (json.loads(called.answer), list(called.logs)) == ({"a": 1}, ["a line"])
    failed = cloud.plane.invoke(f"{function.name}:1", b"{}")
    assert (failed.failed, json.loads(failed.answer)["errorMessage"]) == (True, "boom")
    later = cloud.plane.invoke(function.arn, b"{}", asynchronous=True)
    assert (later.answer, later.failed) == ("", False)
    cloud.plane.settle()
    arns = [call.arn for call in function.calls]
    assert arns == [function.alias, f"{function.arn}:1", function.alias]


def test_a_name_that_means_no_function_or_several(cloud):
    lambda_, role = cloud.client("lambda"), cloud.function().role["Arn"]
    for name in ("mail-a", "mail-b"):
        lambda_.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="main.handle",
            Role=role,
            Code={"ZipFile": EMPTY_ZIP},
        )
    for wanted, told in (
        ("mail", "function mail: mail-a, mail-b are meant: say which"),
        ("post", "function post: none is there; there are fn"),
        ("mail-a:live", "there is no function mail-a:live"),
    ):
        with pytest.raises(LocalCloudError) as problem:
            cloud.plane.invoke(wanted, b"{}")
        assert str(problem.value).startswith(told)
    lambda_.delete_function(FunctionName="mail-b")
    assert cloud.plane.invoke("mail", b"{}").function == "mail-a"
