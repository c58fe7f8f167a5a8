"""What FunctionApp refuses of a front, in one line that names it."""

import json

import pulumi
import pulumi_aws as aws
import pytest
from function_http_kit import CERTIFICATE, CODE, DOMAIN, JWT, LISTENER, fails, graph_of

from platform_lib import FunctionApp
from platform_lib.testing import synth

URL = {"kind": "function_url"}
ORIGIN = {"allow_origins": ["https://a.example"]}


@pytest.mark.parametrize(
    ("http", "match"),
    [
        ({"routes": ["get /"]}, r"'http.routes\[0\]' is 'get /': must be '\$default'"),
        ({"routes": ["GET a"]}, "must be '.default'"),
        ({"routes": ["GET  /a"]}, "must be '.default'"),
        ({"routes": ["/a"]}, "must be '.default'"),
        ({"routes": ["TRACE /a"]}, "must be '.default', or a method"),
        ({"routes": ["GET /a", "GET /a"]}, r"'http.routes\[1\]' .* stands there twice"),
        ({"routes": ["GET /a/{x"]}, r"'\{x' is neither text of a URL"),
        ({"routes": ["GET /a//b"]}, "'' is neither text of a URL"),
        ({"routes": ["GET /a/b{x}"]}, "is neither text of a URL"),
        ({"routes": ["GET /{x}/{x}"]}, "two parts of the name 'x'"),
        ({"routes": ["GET /{x+}/a"]}, "must be the last"),
        ({"routes": [f"GET /{at}" for at in range(301)]}, "'301 routes': .* at most 300"),
        ({"cors": {}}, "'http.cors.allow_origins' is None: is needed"),
        ({"cors": {"allow_origins": ["a.example"]}}, r"allow_origins\[0\]' is 'a.example'"),
        ({"cors": {"allow_origins": ["https://a.example/x"]}}, "an origin without a path"),
        ({"cors": {**ORIGIN, "allow_methods": ["get"]}}, "an HTTP method in capitals"),
        ({"cors": {**ORIGIN, "allow_methods": ["ANY"]}}, "an HTTP method in capitals"),
        ({"cors": {**ORIGIN, "allow_headers": ["a b"]}}, "a header's name"),
        ({"cors": {**ORIGIN, "expose_headers": [""]}}, "a header's name"),
        ({"cors": {**ORIGIN, "max_age_seconds": 86401}}, "must be 0 to 86400 seconds"),
        ({"cors": {**ORIGIN, "max_age_seconds": -1}}, "must be 0 to 86400 seconds"),
        ({"cors": {"allow_origins": ["*"], "allow_credentials": True}}, "no credentials to a"),
        (
            {"cors": {**ORIGIN, "allow_headers": ["*"], "allow_credentials": True}},
            "no credentials to a",
        ),
        ({"throttle": {"rate": 0, "burst": 1}}, "'http.throttle.rate' is 0.0: must be more"),
        ({"throttle": {"rate": 1, "burst": 0}}, "'http.throttle.burst' is 0: must be more"),
        ({"throttle": {"rate": 1}}, "'http.throttle' .* lacks 'burst'"),
        ({"authorization": "jwt"}, "'http.jwt' is None: .* need each other"),
        ({"jwt": JWT}, "'http.jwt' is .* need each other"),
        (
            {"authorization": "jwt", "jwt": {**JWT, "issuer": "http://id.example"}},
            "'http.jwt.issuer' is 'http://id.example': must be the https address",
        ),
        (
            {"authorization": "jwt", "jwt": {**JWT, "audiences": []}},
            "'http.jwt.audiences' is .*: must be 1 to 50",
        ),
        (
            {"authorization": "jwt", "jwt": {**JWT, "audiences": ["a"] * 51}},
            "'http.jwt.audiences' is .*: must be 1 to 50",
        ),
        (
            {"authorization": "jwt", "jwt": {**JWT, "scopes": ["a"] * 11}},
            "'http.jwt.scopes' is .*: a route asks for at most 10",
        ),
        (
            {"authorization": "jwt", "jwt": {**JWT, "scopes": ["a b"]}},
            r"'http.jwt.scopes\[0\]' is 'a b': must be a scope",
        ),
        ({"streaming": True}, "'http.streaming' is True: works with .* 'function_url'"),
        ({"multi_value_headers": False}, "'http.multi_value_headers' .* 'load_balancer'"),
        ({**URL, "streaming": True}, "'http.streaming' is True: Lambda's own Python"),
        ({**URL, "routes": ["GET /"]}, "'http.routes' .* works with an http.kind of one of"),
        ({**URL, "throttle": {"rate": 1, "burst": 1}}, "'http.throttle' .* works with"),
        ({**URL, "authorization": "jwt", "jwt": JWT}, "'http.jwt' .* works with"),
        ({**URL, "cors": {**ORIGIN, "allow_methods": ["OPTIONS"]}}, "none over 6 letters"),
        ({**URL, "cors": {"allow_origins": ["https://*"]}}, "an origin without a path"),
        ({**URL, "cors": {"allow_origins": ["https://" + "a" * 246]}}, "an origin without"),
        (
            {**URL, "cors": {"allow_origins": [f"https://a{at}" for at in range(101)]}},
            "'101 values': a function URL takes at most 100",
        ),
        ({"kind": "load_balancer", "cors": ORIGIN}, "'http.cors' .* works with"),
        ({"kind": "load_balancer", "authorization": "iam"}, "'http.authorization' .* works"),
        ({"kind": "rest"}, "'http.kind' is 'rest': must be one of"),
    ],
)
def test_bad_http_is_refused(http, match):
    fails(match, http)


@pytest.mark.parametrize(
    "route",
    ["GET /", "ANY /{proxy+}", "POST /notes/", "GET /a/{x.y}/b-c_d~e", "$default", "GET /%20"],
)
def test_every_route_that_aws_takes_is_taken(route):
    assert graph_of({"routes": [route]}).one(aws.apigatewayv2.Route).inputs["routeKey"] == route


@pytest.mark.parametrize(
    ("domain", "match"),
    [
        ({"name": "notes.example.com"}, "'domain' is .*: needs zone_id, .* or certificate_arn"),
        ({**DOMAIN, "name": "localhost"}, "'domain.name' is 'localhost': must be a full host"),
        ({**DOMAIN, "name": "*.example.com"}, "without a wildcard"),
        ({**DOMAIN, "name": "Notes.example.com"}, "in small letters"),
        ({**DOMAIN, "name": "-a.example.com"}, "must be a full host name"),
        ({**DOMAIN, "name": f"{'a' * 64}.com"}, "63 between two dots"),
        ({**DOMAIN, "name": f"{'a' * 61}.com"}, "ACM takes at most 64 characters"),
        (
            {"name": ".".join(["a" * 60] * 5) + ".example", "certificate_arn": CERTIFICATE},
            "253 characters",
        ),
        ({**DOMAIN, "zone_id": "example.com"}, "'domain.zone_id' is 'example.com'"),
        ({**DOMAIN, "certificate_arn": "arn:x"}, "'domain.certificate_arn' is 'arn:x'"),
    ],
)
def test_a_bad_domain_is_refused(domain, match):
    fails(match, domain=domain)


def test_a_function_url_has_no_name_of_ones_own():
    fails("'domain' is 'notes.example.com': a function URL has no name", URL, domain=DOMAIN)


@pytest.mark.parametrize(
    ("ingress", "match"),
    [
        ({"allowed_cidrs": ["10.0.0.1/8"]}, r"allowed_cidrs\[0\]' is '10.0.0.1/8': .*host bits"),
        ({"allowed_cidrs": ["everyone"]}, "must be an address range such as 10.0.0.0/8"),
        ({"allowed_cidrs": ["2001:db8::/32"]}, "has IPv4 addresses only"),
        ({"allowed_cidrs": ["10.0.0.0/8"] * 2}, r"allowed_cidrs\[1\]' .* stands there twice"),
        ({"allowed_cidrs": [f"10.{at}.0.0/16" for at in range(61)]}, "takes 60 rules"),
        ({"hosts": ["localhost"]}, r"'ingress.hosts\[0\]' is 'localhost': must hold a dot"),
        ({"hosts": ["a.b1"]}, "letters only behind the last one"),
        ({"hosts": ["a" * 125 + ".com"]}, "at most 128 characters"),
        ({"paths": ["a"]}, r"'ingress.paths\[0\]' is 'a': must begin with / or \*"),
        ({"paths": ["/a b"]}, "must begin with"),
        ({"paths": ["/" + "a" * 128]}, "128 characters"),
        ({"hosts": ["a.b"] * 3, "paths": ["/a"] * 3}, "at most 5 values"),
        ({"paths": ["/*/*/*/*/*/*"]}, "at most 5 wildcards"),
        ({"priority": 0, "paths": ["/"]}, "'ingress.priority' is 0: must be 1 to 50000"),
        ({"priority": 50001, "paths": ["/"]}, "'ingress.priority' is 50001"),
        ({"priority": 1}, "give hosts or paths too"),
        ({"listener_arn": LISTENER}, "'ingress.listener_arn' is .* hosts or paths must say"),
        ({"listener_arn": "arn:x", "paths": ["/"]}, "must be the ARN of a listener"),
        (
            {"listener_arn": LISTENER.replace("/app/", "/net/"), "paths": ["/"]},
            "listener of an application load balancer",
        ),
        ({"listener_arn": LISTENER, "paths": ["/"], "kind": "internal"}, "'ingress.kind' is"),
        (
            {
                "listener_arn": LISTENER,
                "paths": ["/"],
                "allowed_cidrs": [f"10.{at}.0.0/16" for at in range(5)],
            },
            "at most 5 values",
        ),
    ],
)
def test_a_bad_ingress_is_refused(ingress, match):
    fails(match, ingress=ingress)


def test_a_listener_that_exists_has_its_own_certificate():
    fails("'domain' is", ingress={"listener_arn": LISTENER, "paths": ["/"]}, domain=DOMAIN)


def test_what_only_the_engine_knows_is_not_judged():
    def program():
        unknown = pulumi.Output.from_input("x")
        jwt = {"issuer": unknown, "audiences": [unknown]}
        args = {
            **CODE,
            "http": {"authorization": "jwt", "jwt": jwt},
            "domain": {**DOMAIN, "certificate_arn": unknown, "zone_id": unknown},
        }
        return FunctionApp("notes", args)

    graph = synth(program)
    assert json.dumps(graph.one(aws.apigatewayv2.Authorizer).inputs)
