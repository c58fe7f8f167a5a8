"""What functions write, and where it is read again."""

import base64
import json
import re

from dataplane_kit import ask, until
from doc_blocks import python_blocks
from functions_kit import FUNCTION, Api


def test_a_call_tells_its_own_lines_alone(api, plane):
    before = plane.invoke(api.name, b'{"rawPath": "/before"}')
    after = plane.invoke(api.name, b'{"rawPath": "/after"}')
    pids = {json.loads(json.loads(each.answer)["body"])["pid"] for each in (before, after)}
    assert len(pids) == 1, "one worker served both"
    assert after.logs[0].startswith("START RequestId: ")
    assert sum(line.startswith(("START ", "END ")) for line in after.logs) == 2
    assert "handling /before" in plane.logs(api.name, 50)
    assert "handling /before" not in after.logs


def test_boto3_invoke_gives_the_end_of_the_calls_log_when_asked(account, plane, tmp_path):
    handler = """
def handle(event, context):
    for _ in range(event["lines"]):
        print("x" * 99)
    print("é" * event["long"])
    if event.get("fail"):
        raise ValueError("no such luck")
"""
    app = Api(account, plane, tmp_path, Handler="main.handle", handler=handler)

    def invoke(event, **more):
        answer = app.client.invoke(
            FunctionName=app.name, Payload=json.dumps(event).encode(), LogType="Tail", **more
        )
        return base64.b64decode(answer["LogResult"]), answer

    for lines in (3, 2):
        log, _ = invoke({"lines": lines, "long": 1})
        told = log.decode().splitlines()
        assert told[-lines - 4].startswith("START RequestId: ")
        assert told[-lines - 3 : -2] == ["x" * 99] * lines + ["é"]
        assert [line.split()[0] for line in told[-2:]] == ["END", "REPORT"]
        assert log.endswith(b"\n")
    log, answer = invoke({"lines": 0, "long": 1, "fail": True})
    assert answer["FunctionError"] == "Unhandled"
    assert b"ValueError: no such luck" in log
    log, _ = invoke({"lines": 100, "long": 1})
    assert len(log) == 4096
    assert log.splitlines()[-1].startswith(b"REPORT RequestId: ")
    log, _ = invoke({"lines": 300, "long": 1})
    assert len(log) == 4096
    log, _ = invoke({"lines": 0, "long": 5000})
    assert 4000 < len(log) <= 4096

    for more in ({}, {"LogType": "None"}, {"LogType": "Tail", "InvocationType": "Event"}):
        event = {"lines": 1, "long": 1}
        answer = app.client.invoke(
            FunctionName=app.name, Payload=json.dumps(event).encode(), **more
        )
        assert "LogResult" not in answer
    dry = app.client.invoke(FunctionName=app.name, InvocationType="DryRun", LogType="Tail")
    assert (dry["StatusCode"], "LogResult" in dry) == (204, False)


def test_what_an_ended_worker_wrote_is_still_read(account, plane, tmp_path):
    short = Api(account, plane, tmp_path, Timeout=1)
    account.client("logs").create_log_group(logGroupName=f"/aws/lambda/{short.name}")
    plane.invoke(short.name, b'{"rawPath": "/slow"}')
    assert not [each for each in plane.workloads() if each.name == short.name]
    for name in (short.name, f"/aws/lambda/{short.name}"):
        assert "handling /slow" in until(lambda name=name: plane.logs(name, 50))


def test_a_function_writes_to_its_log_group(account, api):
    ask(api.url, "/marked")

    def shipped():
        group = f"/aws/lambda/{api.name}"
        groups = account.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if not groups:
            account.client("logs").create_log_group(logGroupName=group)
            ask(api.url, "/marked")
        events = account.client("logs").filter_log_events(logGroupName=group)["events"]
        return {event["message"].split(" ")[0] for event in events} >= {
            "START",
            "handling",
            "REPORT",
        }

    until(shipped)


TALKING = """
import logging

def echo(event, context):
    try:
        int("no")
    except ValueError:
        logging.getLogger().exception("first")
    logging.getLogger().error("second\\n")
    print("unfinished", end="")
"""


def test_a_record_is_one_event_whatever_lines_it_has(account, plane, tmp_path):
    app = Api(account, plane, tmp_path, TALKING)
    group = f"/aws/lambda/{app.name}"
    logs = account.client("logs")
    logs.create_log_group(logGroupName=group)
    lines = plane.invoke(app.name, b"{}").logs
    assert lines[1].endswith("\tfirst") and lines[2].startswith("Traceback ")
    at = lines.index("ValueError: invalid literal for int() with base 10: 'no'")
    assert lines[at + 1].endswith("\tsecond")
    assert lines[at + 2] == "unfinished" and lines[at + 3].startswith("END ")

    def told():
        events = logs.filter_log_events(logGroupName=group)["events"]
        return [each["message"] for each in events if "REPORT" in events[-1]["message"]]

    words = until(told)
    assert len(words) == 6, "START, two records, what was printed, END, REPORT"
    assert "first" in words[1] and words[1].endswith("'no'")


def test_a_function_that_gets_another_log_group_writes_to_that(account, plane, tmp_path):
    app = Api(account, plane, tmp_path)
    group = {"FunctionName": app.name}
    for name in ("/one", "/two"):
        app.client.update_function_configuration(LoggingConfig={"LogGroup": name}, **group)
        plane.changed(FUNCTION, app.name, "update")
        answer = json.loads(app.client.invoke(**group)["Payload"].read())
        assert json.loads(answer["body"])["env"]["AWS_LAMBDA_LOG_GROUP_NAME"] == name
        assert [each.log.group for _, each in plane._functions.workers()][-1] == name


def test_the_documented_log_lines_are_json_with_the_requests_id(account, plane, tmp_path):
    [block] = [each for each in python_blocks("docs/handlers.md") if "JsonLines" in each]
    app = Api(account, plane, tmp_path, block.replace("def handler(", "def echo("))
    group = f"/aws/lambda/{app.name}"
    logs = account.client("logs")
    logs.create_log_group(logGroupName=group)
    ask(app.url)

    def told():
        events = logs.filter_log_events(logGroupName=group)["events"]
        return [line for line in (each["message"] for each in events) if "cold_start" in line]

    line = json.loads(until(told)[0])
    assert (line["level"], line["cold_start"]) == ("INFO", True)
    assert re.fullmatch(r"[0-9a-f-]{36}", line["request_id"])
