import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_lib.local.dataplane.apps.images import read_recipe
from platform_lib.local.dataplane.fronts.http_events import (
    Answer,
    MalformedAnswer,
    access_line,
    match_route,
    response_answer,
)
from platform_lib.local.dataplane.fronts.rules import (
    Request,
    first_match,
    redirect_location,
)
from platform_lib.local.dataplane.fronts.targets import matches
from platform_lib.local.dataplane.shares import Shares
from platform_lib.local.errors import LocalCloudError

REQUEST = Request(
    method="GET",
    host="Shop.Example:8080",
    path="/api/notes",
    query="a=1&colour=Blue",
    source_ip="10.1.2.3",
    headers={"x-user": "Ann Smith"},
)


def rule(name, *conditions):
    return SimpleNamespace(name=name, conditions=conditions)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/x", "/api/*"]}}, True),
        ({"Field": "path-pattern", "Values": ["/api/note?"]}, True),
        ({"Field": "path-pattern", "Values": ["/API/*"]}, False),
        ({"Field": "path-pattern", "Values": ["/api"]}, False),
        ({"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example"]}}, True),
        ({"Field": "host-header", "Values": ["example"]}, False),
        ({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}}, True),
        ({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["PUT"]}}, False),
        (
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-User", "Values": ["ann*"]},
            },
            True,
        ),
        (
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X", "Values": ["*"]}},
            False,
        ),
        (
            {
                "Field": "query-string",
                "QueryStringConfig": {"Values": [{"Key": "Colour", "Value": "bl*"}]},
            },
            True,
        ),
        ({"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "2"}]}}, False),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}, True),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["192.168.0.0/16"]}}, False),
    ],
)
def test_conditions(condition, holds):
    found = first_match([rule("one", condition), rule("default")], REQUEST)
    assert found.name == ("one" if holds else "default")


def test_all_conditions_of_a_rule_must_hold():
    here = {"Field": "path-pattern", "Values": ["/api/*"]}
    not_here = {"Field": "host-header", "Values": ["other"]}
    found = first_match([rule("both", here, not_here), rule("default")], REQUEST)
    assert found.name == "default"


@given(st.lists(st.integers(0, 20), min_size=1, max_size=4).filter(any))
def test_shares_are_exact_over_a_round(weights):
    names = {str(at): float(weight) for at, weight in enumerate(weights)}
    shares = Shares()
    chosen = [shares.choose("rule", names) for _ in range(sum(weights))]
    assert [chosen.count(name) for name in names] == weights


def test_weights_of_zero_choose_nothing():
    assert Shares().choose("rule", {"a": 0.0}) is None


@pytest.mark.parametrize(
    ("config", "location"),
    [
        ({"Protocol": "HTTPS", "Port": "443"}, "https://Shop.Example/api/notes?a=1&colour=Blue"),
        (
            {"Path": "/new/#{path}", "Query": "#{query}&b=2", "Port": "#{port}"},
            "http://Shop.Example/new/api/notes?a=1&colour=Blue&b=2",
        ),
        (
            {"Host": "www.#{host}", "Query": "", "Port": "81"},
            "http://www.Shop.Example:81/api/notes",
        ),
    ],
)
def test_redirects(config, location):
    assert redirect_location(config, REQUEST, 80) == location


@pytest.mark.parametrize(
    ("codes", "status", "fits"),
    [
        ("200", 200, True),
        ("200-299,404", 404, True),
        ("200,202", 201, False),
        ("200-399", 400, False),
    ],
)
def test_matchers(codes, status, fits):
    assert matches(status, codes) is fits


ROUTES = {
    "$default": "d",
    "GET /notes": "exact",
    "ANY /notes": "any",
    "GET /notes/{id}": "one",
    "GET /notes/new": "new",
    "ANY /{proxy+}": "greedy",
    "POST /notes/{id}/{rest+}": "rest",
}


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("GET", "/notes", "exact"),
        ("POST", "/notes", "any"),
        ("GET", "/notes/new", "new"),
        ("GET", "/notes/7", "one"),
        ("PUT", "/notes/7", "greedy"),
        ("POST", "/notes/7/a/b", "rest"),
        ("GET", "/", "d"),
    ],
)
def test_routes(method, path, target):
    assert match_route(ROUTES, method, path).target == target


def test_no_route():
    assert match_route({"GET /a": "t"}, "GET", "/b") is None


@pytest.mark.parametrize(
    ("given_back", "status", "body", "kind"),
    [
        ({"statusCode": 204}, 204, b"", "text/plain;charset=UTF-8"),
        ({"statusCode": "201", "body": "é"}, 201, "é".encode(), "text/plain;charset=UTF-8"),
        ({"a": 1}, 200, b'{"a": 1}', "application/json"),
        ("text", 200, b"text", "application/json"),
        (None, 200, b"null", "application/json"),
    ],
)
def test_answers(given_back, status, body, kind):
    answer = response_answer(json.dumps(given_back).encode())
    headers = [("content-type", kind)]
    assert answer == Answer(status=status, headers=headers, body=body)


@pytest.mark.parametrize(
    "given_back",
    [
        {"statusCode": "x"},
        {"statusCode": 99},
        {"statusCode": 200, "headers": [1]},
        {"statusCode": 200, "body": "!", "isBase64Encoded": True},
    ],
)
def test_malformed_answers(given_back):
    with pytest.raises(MalformedAnswer):
        response_answer(json.dumps(given_back).encode())


def test_access_log_lines():
    known = {"status": "200", "identity.sourceIp": "1.2.3.4"}
    line = access_line("$context.identity.sourceIp $context.status $context.nothing.", known)
    assert line == "1.2.3.4 200 -."


def test_the_last_stage_of_a_dockerfile_says_what_runs():
    recipe = read_recipe(
        'FROM a AS one\nCMD ["wrong"]\nFROM b\nENV A=1 B="2 3" \\\n  PATH=/x:$PATH\nWORKDIR /app\n'
        'ENTRYPOINT ["run"]\nCMD ["me"]\n'
    )
    assert (recipe.folder, dict(recipe.env)) == ("/app", {"A": "1", "B": "2 3"})
    assert (recipe.entry, recipe.command) == (("run",), ("me",))
    with pytest.raises(LocalCloudError, match="no CMD"):
        read_recipe("FROM a\nCMD run me\n")
