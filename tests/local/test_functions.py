import asyncio
import base64
import json
import os
import re
import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from dataplane_kit import ask, until, write_bundle, zipped
from doc_blocks import python_blocks

from platform_lib.local.dataplane import DataPlane
from platform_lib.local.dataplane.functions import functions
from platform_lib.local.errors import LocalCloudError

FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"

HANDLER = """
import json, os, sys, time

def echo(event, context):
    print("handling", event.get("rawPath"))
    path = event.get("rawPath", "")
    if path == "/raise":
        raise ValueError("no such luck")
    if path == "/exit":
        os._exit(9)
    if path == "/slow":
        time.sleep(30)
    if path == "/wait":
        open(os.environ["FLAG"] + str(os.getpid()), "w").close()
        while not os.path.exists(os.environ["FLAG"]):
            time.sleep(0.01)
    if path == "/large":
        return {"statusCode": 200, "body": "x" * 6_300_000}
    if path == "/malformed":
        return {"statusCode": "many"}
    if path == "/plain":
        return {"any": "thing"}
    if path == "/binary":
        return {"statusCode": 201, "body": "/wAB", "isBase64Encoded": True,
                "headers": {"Content-Type": "image/png", "X-One": "1"}, "cookies": ["a=1; Secure", "b=2"]}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps({
        "event": event, "pid": os.getpid(), "env": dict(os.environ), "cwd": os.getcwd(),
        "arn": context.invoked_function_arn, "version": os.environ.get("VERSION"),
        "left": context.get_remaining_time_in_millis(),
    })}

def plain(event, context):
    import boto3
    return {"got": event, "boto3": boto3.__file__}
"""


@pytest.fixture(scope="module")
def plane(module_plane):
    return module_plane


_names = iter(range(1000))


class Api:
    """A function with an alias, behind an HTTP API."""

    def __init__(self, account, plane, tmp_path, handler=HANDLER, environment=None, **settings):
        number = next(_names)
        self.name, self.account, self.plane = f"fn{number}", account, plane
        self.client, self.gateway = account.client("lambda"), account.client("apigatewayv2")
        self.folder = tmp_path / self.name
        role = account.client("iam").create_role(
            RoleName=f"role{number}", AssumeRolePolicyDocument="{}"
        )["Role"]["Arn"]
        write_bundle(self.folder, {"main.py": handler})
        self.client.create_function(
            **{
                "FunctionName": self.name,
                "Runtime": "python3.11",
                "Handler": "main.echo",
                "Role": role,
                "Timeout": 10,
                "Publish": True,
                "Code": {"ZipFile": zipped(self.folder)},
                "Environment": {"Variables": environment or {}},
                **settings,
            }
        )
        plane.changed(FUNCTION, self.name, "create")
        self.alias = self.client.create_alias(
            FunctionName=self.name, Name="live", FunctionVersion="1"
        )["AliasArn"]
        plane.changed(ALIAS, self.alias, "create")
        self.id = self.gateway.create_api(Name=self.name, ProtocolType="HTTP")["ApiId"]
        self.url = plane.endpoint("http_api", self.id)
        self.client.add_permission(
            FunctionName=self.name,
            Qualifier="live",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{self.id}/*/*",
        )
        self.logs = f"/access/{self.name}"
        account.client("logs").create_log_group(logGroupName=self.logs)
        words = ("requestId", "httpMethod", "path", "status", "integrationErrorMessage")
        self.stage("$default", {word: f"$context.{word}" for word in words})
        self.integration = self.integrate(
            f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{self.alias}/invocations"
        )
        self.route("$default")

    def stage(self, name, log, **more):
        arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{self.logs}:*"
        settings = {"DestinationArn": arn, "Format": json.dumps(log)}
        self.gateway.create_stage(
            ApiId=self.id, StageName=name, AutoDeploy=True, AccessLogSettings=settings, **more
        )

    def integrate(self, uri, **more):
        return self.gateway.create_integration(
            ApiId=self.id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=uri,
            **{"PayloadFormatVersion": "2.0", **more},
        )["IntegrationId"]

    def route(self, key, integration=None):
        target = f"integrations/{integration or self.integration}"
        self.gateway.create_route(ApiId=self.id, RouteKey=key, Target=target)

    def publish(self, environment):
        self.client.update_function_configuration(
            FunctionName=self.name, Environment={"Variables": environment}
        )
        version = self.client.publish_version(FunctionName=self.name)["Version"]
        self.plane.changed(FUNCTION, self.name, "update")
        return version

    def workers(self):
        return [each for each in self.plane.workloads() if each.name == self.name]


@pytest.fixture(scope="module")
def api(account, plane, tmp_path_factory):
    return Api(account, plane, tmp_path_factory.mktemp("code"), environment={"VERSION": "one"})


def test_a_request_becomes_an_event_of_format_2(api):
    answer = ask(
        api.url,
        "/a%20b/c?x=1&x=2&y=",
        "POST",
        body=b'{"text": "\xc3\xa9"}',
        headers={"Content-Type": "application/json", "Cookie": "a=1; b=2", "X-Many": "one"},
    )
    assert answer.status == 200
    event = answer.json["event"]
    assert (event["version"], event["routeKey"]) == ("2.0", "$default")
    assert (event["rawPath"], event["rawQueryString"]) == ("/a b/c", "x=1&x=2&y=")
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"text": "é"}', False)
    assert event["headers"]["x-many"] == "one"
    context = event["requestContext"]
    assert (context["stage"], context["apiId"]) == ("$default", api.id)
    assert context["http"]["method"] == "POST"
    assert answer.json["arn"] == api.alias
    assert 0 < answer.json["left"] <= 10_000


def test_a_form_and_bytes_come_as_base64(api):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    event = ask(api.url, "/", "POST", body=b"a=1", headers=form).json["event"]
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"a=1", True)
    event = ask(
        api.url, "/", "PUT", body=b"\xff\x00", headers={"Content-Type": "text/plain"}
    ).json["event"]
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff\x00", True)


def test_a_binary_answer_with_cookies(api):
    answer = ask(api.url, "/binary")
    assert (answer.status, answer.body) == (201, b"\xff\x00\x01")
    assert answer.headers["X-One"] == "1"
    assert answer.headers.get_all("Set-Cookie") == ["a=1; Secure", "b=2"]
    head = ask(api.url, "/binary", "HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (201, b"", "3")


def test_an_answer_without_a_status_is_its_own_body(api):
    answer = ask(api.url, "/plain")
    assert (answer.status, answer.json) == (200, {"any": "thing"})
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/raise", "no such luck"),
        ("/exit", "Runtime exited with error: exit status 9"),
        ("/malformed", "malformed"),
        ("/large", "larger than 6 MB"),
    ],
)
def test_what_a_function_does_wrong_is_a_500_and_in_the_access_log(account, api, path, told):
    answer = ask(api.url, path)
    assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')

    def logged():
        events = account.client("logs").filter_log_events(logGroupName=api.logs)["events"]
        lines = [json.loads(event["message"]) for event in events]
        return [line for line in lines if line["path"] == path and line["status"] == "500"]

    assert told in until(logged)[0]["integrationErrorMessage"]
    assert ask(api.url, "/").status == 200


def test_the_screen_says_what_fails_once_a_kind(account, plane, tmp_path):
    app = Api(account, plane, tmp_path)
    for path in ("/raise", "/raise", "/exit", "/plain", "/raise"):
        plane.invoke(app.name, json.dumps({"rawPath": path}).encode())
    said = [line for line in plane.said if line.startswith(f"function {app.name} ")]
    once = f"(said once; platform-local logs {app.name} has every failure)"
    assert said[0] == f"function {app.name} failed: ValueError: no such luck {once}"
    assert said[1].startswith(f"function {app.name} failed: Runtime.ExitError: RequestId: ")
    assert len(said) == 2


def test_a_body_that_is_too_large(api):
    assert ask(api.url, "/", "POST", body=b"x" * 10_500_000).status == 413
    text = {"Content-Type": "text/plain"}
    assert ask(api.url, "/", "POST", body=b"x" * 6_300_000, headers=text).status == 413


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


def test_an_integration_that_runs_out_of_time_is_a_503(account, plane, tmp_path):
    slow = Api(account, plane, tmp_path)
    slow.gateway.update_integration(
        ApiId=slow.id, IntegrationId=slow.integration, TimeoutInMillis=200
    )
    ask(slow.url)
    answer = ask(slow.url, "/slow")
    assert (answer.status, answer.body) == (503, b'{"message":"Service Unavailable"}')


def test_a_broken_start_is_told(account, plane, tmp_path):
    broken = Api(account, plane, tmp_path, "import flux_capacitor")
    assert ask(broken.url).status == 500
    lines = "\n".join(broken.plane.logs(broken.name, 50))
    answer = broken.client.invoke(FunctionName=broken.alias, Payload=b"{}")
    assert "FunctionError" in answer
    assert "flux_capacitor" in lines + json.loads(answer["Payload"].read())["errorMessage"]


def test_one_event_a_worker_at_a_time_and_more_workers_on_demand(account, plane, tmp_path):
    flag = tmp_path / "flag"
    many = Api(account, plane, tmp_path, environment={"FLAG": str(flag)}, Timeout=30)
    pids = []
    threads = [
        threading.Thread(target=lambda: pids.append(ask(many.url, "/wait").json["pid"]))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(list(tmp_path.glob("flag*"))) == 3)
    flag.touch()
    for thread in threads:
        thread.join()
    assert len(set(pids)) == 3
    assert len(many.workers()) == 3
    assert ask(many.url).json["pid"] in pids


class Held:
    """Calls of a function that are at work until they are let go."""

    def __init__(self, api, folder, count=1):
        self._flag = folder / "flag"
        self._answers, self.errors = [], []
        self._threads = [threading.Thread(target=self._call, args=(api,)) for _ in range(count)]
        for thread in self._threads:
            thread.start()
        until(lambda: list(folder.glob("flag?*")))

    def _call(self, api):
        event = json.dumps({"rawPath": "/wait"}).encode()
        try:
            answer = api.client.invoke(FunctionName=api.alias, Payload=event)["Payload"].read()
        except ClientError as error:
            self.errors.append(str(error))
        else:
            self._answers.append(json.loads(json.loads(answer)["body"]))

    def let_go(self):
        self._flag.touch()
        for thread in self._threads:
            thread.join()
        return self._answers


def held_api(account, plane, tmp_path):
    flag = {"FLAG": str(tmp_path / "flag")}
    return Api(account, plane, tmp_path, environment=flag, Timeout=60)


def once(account):
    """A client that takes the first answer that it gets."""
    return boto3.client(
        "lambda",
        endpoint_url=account.endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_calls_beyond_the_workers_wait(account, plane, tmp_path, monkeypatch):
    monkeypatch.setattr(functions, "_WORKERS", 1)
    one = held_api(account, plane, tmp_path)
    held = Held(one, tmp_path, 2)
    assert len(one.workers()) == 1
    assert len({each["pid"] for each in held.let_go()}) == 1


def test_calls_beyond_the_reserved_concurrency_are_refused(account, plane, tmp_path):
    one = held_api(account, plane, tmp_path)
    client = once(account)
    client.put_function_concurrency(FunctionName=one.name, ReservedConcurrentExecutions=1)
    held = Held(one, tmp_path)
    # Versions share what is reserved.
    for name in (one.alias, one.name):
        with pytest.raises(
            client.exceptions.TooManyRequestsException, match="Rate Exceeded"
        ) as told:
            client.invoke(FunctionName=name)
        assert told.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert (ask(one.url).status, ask(one.url).body) == (503, b'{"message":"Service Unavailable"}')
    # An asynchronous call is taken, and tried until there is room.
    client.invoke(FunctionName=one.name, InvocationType="Event", Payload=b'{"rawPath": "/later"}')
    plane.advance(5)
    assert "handling /later" not in plane.logs(one.name, 50)
    assert len(held.let_go()) == 1
    plane.advance(10)
    until(lambda: "handling /later" in plane.logs(one.name, 50))
    assert client.invoke(FunctionName=one.name)["StatusCode"] == 200


def test_a_function_without_concurrency_takes_no_calls(account, plane, tmp_path):
    app = Api(account, plane, tmp_path)
    assert ask(app.url).status == 200
    app.client.put_function_concurrency(FunctionName=app.name, ReservedConcurrentExecutions=0)
    assert (ask(app.url).status, ask(app.url).body) == (503, b'{"message":"Service Unavailable"}')
    with pytest.raises(app.client.exceptions.TooManyRequestsException):
        app.client.invoke(FunctionName=app.alias)
    app.client.delete_function_concurrency(FunctionName=app.name)
    assert ask(app.url).status == 200


def test_a_call_of_an_old_version_ends_with_the_data_plane(account, tmp_path, cache, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(cache))
    own = DataPlane(account, tmp_path / "state", lambda line: None, docker=False)
    own.start()
    try:
        old = held_api(account, own, tmp_path)
        held = Held(old, tmp_path)
        [worker] = old.workers()
        version = old.publish({"VERSION": "two"})
        old.client.update_alias(FunctionName=old.name, Name="live", FunctionVersion=version)
        own.changed(ALIAS, old.alias, "update")
        assert [each.id for each in old.workers()] == [worker.id]
    finally:
        own.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int(worker.id), 0)
    assert held.let_go() == []
    [error] = held.errors
    assert "ServiceException" in error and "the local cloud was stopped" in error


def test_calls_that_wait_end_with_the_data_plane(account, tmp_path, cache, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(cache))
    monkeypatch.setattr(functions, "_WORKERS", 1)
    own = DataPlane(account, tmp_path / "state", lambda line: None, docker=False)
    own.start()
    try:
        api = held_api(account, own, tmp_path)
        held = Held(api, tmp_path, 3)
    finally:
        own.stop()
    assert held.let_go() == []
    assert len(held.errors) == 3
    assert len(list(tmp_path.glob("flag?*"))) == 1, "no other worker was started"


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


def test_a_front_has_one_address_however_many_ask_for_it_at_once(account, plane, tmp_path):
    api = Api(account, plane, tmp_path)
    ids = [api.gateway.create_api(Name=api.name, ProtocolType="HTTP")["ApiId"] for _ in range(2)]

    async def all_at_once():
        return await asyncio.gather(*(plane._front("http_api", id) for id in ids * 3))

    found = plane._run(all_at_once())
    assert len(set(found)) == 2
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", each) for each in found)


def test_routes_and_stages(account, plane, tmp_path):
    app = Api(account, plane, tmp_path)
    app.route("GET /notes/{id}")
    app.route("ANY /files/{rest+}")
    app.stage("blue", {}, StageVariables={"colour": "blue"})
    event = ask(app.url, "/notes/a%2Fb").json["event"]
    assert event["routeKey"] == "GET /notes/{id}"
    assert event["pathParameters"] == {"id": "a/b"}
    assert ask(app.url, "/notes/7", "POST").json["event"]["routeKey"] == "$default"
    assert ask(app.url, "/files/x/y").json["event"]["pathParameters"] == {"rest": "x/y"}
    event = ask(app.url, "/blue/notes/7").json["event"]
    assert (event["rawPath"], event["routeKey"]) == ("/blue/notes/7", "GET /notes/{id}")
    assert event["stageVariables"] == {"colour": "blue"}


def test_what_is_not_routed_or_not_imitated(account, plane, tmp_path):
    app = Api(account, plane, tmp_path)
    (route,) = app.gateway.get_routes(ApiId=app.id)["Items"]
    app.gateway.delete_route(ApiId=app.id, RouteId=route["RouteId"])
    answer = ask(app.url, "/")
    assert (answer.status, answer.body) == (404, b'{"message":"Not Found"}')
    app.route("GET /old", app.integrate(app.alias, PayloadFormatVersion="1.0"))
    answer = ask(app.url, "/old")
    assert answer.status == 501
    assert "1.0" in answer.json["message"]


def test_cross_origin_requests(account, plane, tmp_path):
    app = Api(account, plane, tmp_path)
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 60}
    app.gateway.update_api(ApiId=app.id, CorsConfiguration=cors)
    asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    answer = ask(app.url, "/", "OPTIONS", headers=asks)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert answer.headers["access-control-allow-methods"] == "GET"
    answer = ask(app.url, "/", headers={"Origin": "https://b.example"})
    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.headers


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
