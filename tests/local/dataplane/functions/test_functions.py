import json
import os
import re

import pytest
from dataplane_kit import READ_ONLY, ask, can_keep_from_writing, until, write_bundle, zipped
from functions_kit import ALIAS, FUNCTION, HANDLER, Api, _names, once

from platform_lib.local.dataplane import DataPlane
from platform_lib.local.errors import LocalCloudError


def test_the_screen_says_what_fails_once_a_kind(account, plane, tmp_path):
    app = Api(account, plane, tmp_path)
    for path in ("/raise", "/raise", "/exit", "/plain", "/raise"):
        plane.invoke(app.name, json.dumps({"rawPath": path}).encode())
    said = [line for line in plane.said if line.startswith(f"function {app.name} ")]
    once = f"(said once; platform-local logs {app.name} has every failure)"
    assert said[0] == f"function {app.name} failed: ValueError: no such luck {once}"
    assert said[1].startswith(f"function {app.name} failed: Runtime.ExitError: RequestId: ")
    assert len(said) == 2


def test_a_function_that_runs_out_of_time_is_started_anew(account, plane, tmp_path):
    slow = Api(account, plane, tmp_path, Timeout=1)
    before = ask(slow.url).json["pid"]
    answer = ask(slow.url, "/slow")
    assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')
    assert ask(slow.url).json["pid"] != before
    called = plane.invoke(slow.name, b'{"rawPath": "/slow"}')
    assert re.match(r"2\S+Z [0-9a-f-]{36} Task timed out after 1.00 s", called.logs[-3])
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_broken_start_is_told(account, plane, tmp_path):
    broken = Api(account, plane, tmp_path, "import flux_capacitor")
    assert ask(broken.url).status == 500
    lines = "\n".join(broken.plane.logs(broken.name, 50))
    answer = broken.client.invoke(FunctionName=broken.alias, Payload=b"{}")
    assert "FunctionError" in answer
    assert "flux_capacitor" in lines + json.loads(answer["Payload"].read())["errorMessage"]


def test_a_part_that_does_not_stop_keeps_no_thread(account, tmp_path, monkeypatch):
    own = DataPlane(account, tmp_path / "state", lambda line: None, docker=False)
    own.start()

    async def fail():
        raise ZeroDivisionError

    monkeypatch.setattr(own._machines, "stop", fail)
    with pytest.raises(ZeroDivisionError):
        own.stop()
    assert not own._thread.is_alive()


def test_an_alias_moves_to_a_new_version_and_old_workers_end(account, plane, tmp_path):
    app = Api(account, plane, tmp_path, environment={"VERSION": "one"})
    old = ask(app.url).json
    assert old["version"] == "one"
    version = app.publish({"VERSION": "two"})
    assert ask(app.url).json["version"] == "one"
    app.client.update_alias(FunctionName=app.name, Name="live", FunctionVersion=version)
    plane.changed(ALIAS, app.alias, "update")
    assert ask(app.url).json["version"] == "two"
    with pytest.raises(ProcessLookupError):
        os.kill(old["pid"], 0)


def test_an_alias_shares_its_calls_by_weight(account, plane, tmp_path):
    app = Api(account, plane, tmp_path, environment={"VERSION": "one"})
    version = app.publish({"VERSION": "two"})
    app.client.update_alias(
        FunctionName=app.name,
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {version: 0.25}},
    )
    answers = [ask(app.url).json["version"] for _ in range(8)]
    assert (answers.count("one"), answers.count("two")) == (6, 2)


def test_boto3_invoke_runs_the_function_here_with_a_boto3_of_lambdas(account, plane, tmp_path):
    app = Api(account, plane, tmp_path, Handler="main.plain")
    answer = app.client.invoke(FunctionName=app.name, Payload=b'{"a": [1]}')
    got = json.loads(answer["Payload"].read())
    assert got["got"] == {"a": [1]}
    assert "/local/lambda/" in got["boto3"]


def test_a_queue_reaches_its_function(account, plane, tmp_path):
    app = Api(
        account,
        plane,
        tmp_path,
        Handler="main.plain",
        handler=HANDLER
        + """
def plain(event, context):
    print("got", event["Records"][0]["body"])
""",
    )
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName=app.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    polling = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    statement = {"Effect": "Allow", "Action": polling, "Resource": arn}
    role = app.client.get_function_configuration(FunctionName=app.name)["Role"]
    account.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="polling",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    app.client.create_event_source_mapping(EventSourceArn=arn, FunctionName=app.name)
    sqs.send_message(QueueUrl=url, MessageBody="over the queue")
    until(lambda: "got over the queue" in plane.logs(app.name, 50))


def test_a_function_that_cannot_run_here_is_refused(account, plane, tmp_path):
    with pytest.raises(LocalCloudError, match=r"nodejs20\.x cannot run here"):
        Api(account, plane, tmp_path, Runtime="nodejs20.x")
    client = once(account)
    name = f"fn{next(_names)}"
    client.create_function(
        FunctionName=name,
        Runtime="nodejs20.x",
        Handler="main.echo",
        Role=account.client("iam").list_roles()["Roles"][0]["Arn"],
        Code={"ZipFile": zipped(write_bundle(tmp_path / name, {"main.py": ""}))},
    )
    with pytest.raises(client.exceptions.ServiceException, match=r"nodejs20\.x cannot run here"):
        client.invoke(FunctionName=name)


def test_a_deleted_function_leaves_no_worker(account, plane, tmp_path):
    app = Api(account, plane, tmp_path)
    pid = ask(app.url).json["pid"]
    app.client.delete_function(FunctionName=app.name)
    plane.changed(FUNCTION, app.name, "delete")
    assert app.workers() == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert ask(app.url).status == 500


@pytest.mark.skipif(not can_keep_from_writing(), reason="no mount namespaces on this machine")
def test_a_function_cannot_write_where_its_code_is(account, plane, tmp_path):
    answer = ask(Api(account, plane, tmp_path).url, "/write")
    assert json.loads(answer.body) == READ_ONLY
