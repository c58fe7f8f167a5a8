"""What is pure about deliveries: templates, paths, filter patterns."""

import json

import pytest

from platform_lib.json_paths import MISSING, find
from platform_lib.local.dataplane.delivery.input_templates import target_input
from platform_lib.log_patterns import compiled

EVENT = {
    "version": "0",
    "id": "i",
    "time": "2026-11-24T08:00:00Z",
    "source": "shop",
    "detail-type": "Order",
    "detail": {
        "state": 'on "hold"',
        "count": 3,
        "lines": [{"sku": "a"}, {"sku": "b"}],
        "no": None,
    },
}
RULE = "arn:aws:events:us-east-1:123456789012:rule/orders"


def made(template, **paths):
    target = {"InputTransformer": {"InputTemplate": template, "InputPathsMap": paths}}
    return json.loads(target_input(target, EVENT, RULE))


def test_what_a_target_gets():
    assert json.loads(target_input({}, EVENT, RULE)) == EVENT
    assert target_input({"Input": '{"fixed": 1}'}, EVENT, RULE) == '{"fixed": 1}'
    assert target_input({"InputPath": "$.detail.lines[1].sku"}, EVENT, RULE) == '"b"'
    assert target_input({"InputPath": "$.detail.none"}, EVENT, RULE) == "null"
    state = {"state": "$.detail.state"}
    assert made('"it is <state>"', **state) == 'it is on "hold"'
    assert made('{"state": <state>}', **state) == {"state": 'on "hold"'}
    assert made('{"state": "<state>!"}', **state) == {"state": 'on "hold"!'}
    assert made('{"n": <n>, "s": "<n>"}', n="$.detail.count") == {"n": 3, "s": "3"}
    assert made('{"all": <all>}', all="$.detail.lines") == {"all": [{"sku": "a"}, {"sku": "b"}]}
    assert made('{"type": <t>}', t="$.detail-type") == {"type": "Order"}
    assert made('{"a": <a>, "b": "<a>"}', a="$.detail.none") == {"a": None, "b": ""}
    assert made('{"rule": "<aws.events.rule-name>", "e": <aws.events.event.json>}') == {
        "rule": "orders",
        "e": EVENT,
    }
    assert "detail" not in made("<aws.events.event>")
    assert made(r'{"q": "\"<s>\" <unknown>"}', s="$.source") == {"q": '"shop" <unknown>'}


def test_what_gives_no_json_is_told():
    with pytest.raises(ValueError, match="gives no JSON"):
        made("it is <s>", s="$.source")
    with pytest.raises(ValueError, match="cannot read"):
        made("<s>", s="$.detail.lines[?(@.sku)]")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.detail.lines[*].sku", ["a", "b"]),
        ("$.detail.lines[*]", [{"sku": "a"}, {"sku": "b"}]),
        ("$.detail.lines[*].none", []),
        ("$.detail.none[*]", []),
        ("$.detail.lines[1].*", ["b"]),
        ("$.detail.lines[*][*]", ["a", "b"]),
    ],
)
def test_a_wildcard_gives_a_list_of_all(path, found):
    assert json.loads(target_input({"InputPath": path}, EVENT, RULE)) == found
    assert made('{"all": <all>}', all=path) == {"all": found}


def test_paths():
    assert find("$", EVENT) is EVENT
    assert find("$.detail['count']", EVENT) == 3
    assert find("$.detail.lines[2]", EVENT) is MISSING
    assert find("$.source.more", EVENT) is MISSING
    assert find("$.detail.no", EVENT) is None
    with pytest.raises(ValueError, match="begin"):
        find("detail", EVENT)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("", ["anything", ""], []),
        ("ERROR", ["[ERROR 400] BAD REQUEST"], ["error", "ERRORS", "fine"]),
        ("ERROR REQUEST", ["ERROR: BAD REQUEST"], ["ERROR", "REQUEST"]),
        ('"BAD REQUEST"', ["a BAD REQUEST"], ["BAD a REQUEST"]),
        ("?ERROR ?WARN", ["ERROR x", "WARN y"], ["INFO z"]),
        ("ERROR -REQUEST", ["ERROR 1"], ["ERROR REQUEST"]),
        ('"request-id" %4[0-9]{2}%', ["request-id 404"], ["request-id 200"]),
        ("{ $.level = ERROR }", ['{"level": "ERROR"}'], ['{"level": "INFO"}', "ERROR", "[]", "3"]),
        ('{ $.level = "ERR*" }', ['{"level": "ERROR"}'], ['{"level": "XERROR"}', "{}"]),
        ("{ $.level != INFO }", ['{"level": "ERROR"}'], ['{"level": "INFO"}', "{}"]),
        ("{ $.ms > 100 }", ['{"ms": 100.5}'], ['{"ms": 100}', '{"ms": "200"}', '{"ms": true}']),
        ("{ $.a.b[1] <= 2 }", ['{"a": {"b": [9, 2]}}'], ['{"a": {"b": [1]}}']),
        ("{ $.code = 404 }", ['{"code": 404}'], ['{"code": 405}', '{"code": "404"}']),
        ("{ $.a IS NULL }", ['{"a": null}'], ['{"a": 0}', "{}"]),
        ("{ $.a IS TRUE }", ['{"a": true}'], ['{"a": 1}']),
        ("{ $.a NOT EXISTS }", ["{}"], ['{"a": null}']),
        ("{ $.a = %^x.z$% }", ['{"a": "xyz"}'], ['{"a": "axyz"}']),
        (
            "{ ($.a = 1 || $.b = 2) && $.c = 3 }",
            ['{"a": 1, "c": 3}', '{"b": 2, "c": 3}'],
            ['{"a": 1}', '{"c": 3}'],
        ),
        ("{ $.a = 1 || $.b = 2 && $.c = 3 }", ['{"a": 1}', '{"b": 2, "c": 3}'], ['{"b": 2}']),
    ],
)
def test_filter_patterns_of_logs(pattern, yes, no):
    matches = compiled(pattern)
    assert [each for each in yes if not matches(each)] == []
    assert [each for each in no if matches(each)] == []


@pytest.mark.parametrize(
    "pattern",
    ["[ip, user]", "{ $.a = 1", "{ a = 1 }", "{ $.a }", "{ $.a = }", "{ ($.a = 1 }",
     "{ $.a > x }", "{ $.a = 1 $.b = 2 }", "{ $.a IS ODD }", "{ $.a[*] = 1 }", "%(%", "{ $.a = %(% }"],
)  # fmt: skip
def test_patterns_that_cannot_be_read(pattern):
    with pytest.raises(ValueError, match=r"\w"):
        compiled(pattern)
