"""Functions behind an HTTP API: what an event says, what an answer becomes, routes and stages."""

import asyncio
import base64
import json
import re

import pytest
from dataplane_kit import ask, until
from functions_kit import Api


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


def test_a_body_that_is_too_large(api):
    assert ask(api.url, "/", "POST", body=b"x" * 10_500_000).status == 413
    text = {"Content-Type": "text/plain"}
    assert ask(api.url, "/", "POST", body=b"x" * 6_300_000, headers=text).status == 413


def test_an_integration_that_runs_out_of_time_is_a_503(account, plane, tmp_path):
    slow = Api(account, plane, tmp_path)
    slow.gateway.update_integration(
        ApiId=slow.id, IntegrationId=slow.integration, TimeoutInMillis=200
    )
    ask(slow.url)
    answer = ask(slow.url, "/slow")
    assert (answer.status, answer.body) == (503, b'{"message":"Service Unavailable"}')


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
