"""Fronts of functions: who may call, what a function sees, and what comes of its answers."""

import base64
import http.server
import json
import threading
import time

import pytest
from answers_wire import Connection, Request
from answers_wire import ask as raw
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from dataplane_kit import ask, create_role, grant, new_name, subnets, until, write_bundle, zipped

from platform_lib.local.dataplane.fronts.throttling import Throttle
from platform_lib.local.errors import LocalCloudError

ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
ACCOUNT = "123456789012"
HANDLER = """
import json

def echo(event, context):
    path = event.get("rawPath") or event.get("path")
    if path == "/raise":
        raise ValueError("no such luck")
    if path == "/large":
        return {"statusCode": 200, "body": "x" * 1_050_000}
    if path == "/no-status":
        return {"body": "x"}
    if path == "/wrong-form":
        return {"statusCode": 200, "headers": {"a": ["b"]}, "multiValueHeaders": {"a": "b"}}
    if path == "/length":
        return {"statusCode": 200, "headers": {"content-length": "1234"}, "body": ""}
    if path == "/sick":
        return {"statusCode": 500}
    many = {"statusCode": 201, "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}}
    one = {"statusCode": 201, "headers": {"set-cookie": "a=1"}}
    if path == "/cookies":
        return {**(many if "multiValueHeaders" in event else one), "body": "/wAB", "isBase64Encoded": True}
    return {"statusCode": 200, "body": json.dumps(event), "arn": context.invoked_function_arn}
"""


@pytest.fixture(scope="module")
def plane(module_plane):
    return module_plane


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    return zipped(write_bundle(tmp_path_factory.mktemp("code"), {"main.py": HANDLER}))


class Function:
    """A function with an alias, which nobody may call yet."""

    def __init__(self, account, plane, code):
        self.account, self.plane, self.name = account, plane, new_name("front")
        self.client = account.client("lambda")
        role = account.client("iam").create_role(RoleName=self.name, AssumeRolePolicyDocument="{}")
        self.client.create_function(
            FunctionName=self.name,
            Runtime="python3.11",
            Handler="main.echo",
            Role=role["Role"]["Arn"],
            Timeout=10,
            Publish=True,
            Code={"ZipFile": code},
        )
        plane.changed("aws:lambda/function:Function", self.name, "create")
        alias = self.client.create_alias(FunctionName=self.name, Name="live", FunctionVersion="1")
        self.arn = alias["AliasArn"]
        plane.changed("aws:lambda/alias:Alias", self.arn, "create")

    def permit(self, action="lambda:InvokeFunction", **statement):
        self.client.add_permission(
            FunctionName=self.name,
            Qualifier="live",
            StatementId=new_name("may"),
            Action=action,
            **statement,
        )


@pytest.fixture(scope="module")
def function(account, plane, code):
    return Function(account, plane, code)


class Api:
    """An HTTP API before a function that it may call."""

    def __init__(self, function, permitted=True, **settings):
        self.gateway = function.account.client("apigatewayv2")
        made = self.gateway.create_api(Name=new_name("api"), ProtocolType="HTTP", **settings)
        self.id, self.plane = made["ApiId"], function.plane
        self.url = function.plane.endpoint("http_api", self.id)
        self.target = (
            "integrations/"
            + self.gateway.create_integration(
                ApiId=self.id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=function.arn,
                PayloadFormatVersion="2.0",
            )["IntegrationId"]
        )
        if permitted:
            function.permit(
                Principal="apigateway.amazonaws.com",
                SourceArn=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{self.id}/*/*",
            )

    def stage(self, **settings):
        self.gateway.create_stage(ApiId=self.id, StageName="$default", **settings)
        return self

    def route(self, key="$default", **settings):
        self.gateway.create_route(ApiId=self.id, RouteKey=key, Target=self.target, **settings)
        return self


def signed(service, key="AKIATEST"):
    credential = f"{key}/20260101/us-east-1/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, "
        "SignedHeaders=host;x-amz-date, Signature=0123abcd"
    }


# HTTP API


def test_an_api_without_a_permission_cannot_call(function):
    api = Api(function, permitted=False).stage().route()
    before = len(api.plane.said)
    assert ask(api.url).status == 500
    assert any("does not let this API call it" in line for line in api.plane.said[before:])
    function.permit(
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:other/*/*",
    )
    assert ask(api.url).status == 500
    function.permit(
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api.id}/*/*/a",
    )
    # A route with the path /a, and no other.
    assert ask(api.route("GET /a").url, "/a").status == 200
    assert ask(api.url, "/b").status == 500


def test_an_api_takes_10240_bytes_of_line_and_header_values(function):
    api = Api(function).stage().route()

    def sent(size):
        # The rest: GET / HTTP/1.1, and the values of Host and Connection.
        rest = len("GET / HTTP/1.1") + len("notes.example.com") + len("close")
        headers = [("x-long", "x" * (size - rest))]
        return raw(api.url, Request(method="GET", target="/", headers=headers))

    assert sent(10_240).status == 200
    refused = sent(10_241)
    assert (refused.status, refused.json) == (431, {"message": "Request Header Fields Too Large"})


def test_a_head_says_how_long_the_answer_would_be(function):
    api = Api(function).stage().route()
    answer = raw(api.url, Request(method="HEAD", target="/length"))
    assert answer.all("content-length") == ["1234"]
    assert raw(api.url, Request(method="GET", target="/length")).all("content-length") == ["0"]


def test_who_waits_for_100_gets_it_and_the_function_does_not_hear_of_it(function):
    api = Api(function).stage().route()
    with Connection(api.url) as connection:
        request = Request(method="POST", target="/", body=b"waited", waits=True)
        answer = connection.ask(request)
    assert base64.b64decode(answer.json["body"]) == b"waited"
    assert "expect" not in answer.json["headers"]


@pytest.mark.parametrize(
    ("host", "port"),
    [("notes.example.com", "80"), ("notes.example.com:81", "81"), ("[::1]", "80")],
)
def test_the_port_is_the_one_that_a_client_asked_for(function, host, port):
    api = Api(function).stage().route()
    event = ask(api.url, headers={"Host": host}).json
    assert (event["headers"]["host"], event["headers"]["x-forwarded-port"]) == (host, port)
    assert event["requestContext"]["domainName"] == host


def test_an_api_lets_no_more_through_than_its_stage_says(function):
    slow = {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 2}
    api = Api(function).stage(DefaultRouteSettings=slow).route()
    answers = [ask(api.url) for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 429]
    assert answers[2].json == {"message": "Too Many Requests"}


def test_tokens_of_a_bucket_come_back_with_time():
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    settings = {"throttlingRateLimit": 2.0, "throttlingBurstLimit": 3}
    assert [throttle.admits("a", settings) for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [throttle.admits("a", settings) for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [throttle.admits("a", settings) for _ in range(4)] == [True, True, True, False]
    assert throttle.admits("b", settings)
    assert throttle.admits("a", {})


def test_iam_asks_for_a_signature(function):
    api = Api(function).stage().route(AuthorizationType="AWS_IAM")
    unsigned = ask(api.url)
    assert (unsigned.status, unsigned.json) == (403, {"message": "Forbidden"})
    assert ask(api.url, headers=signed("lambda")).status == 403
    answer = ask(api.url, headers=signed("execute-api"))
    identity = answer.json["requestContext"]["authorizer"]["iam"]
    assert (identity["accessKey"], identity["accountId"]) == ("AKIATEST", ACCOUNT)
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0a&X-Amz-Credential="
    query += "AKIA%2F20260101%2Fus-east-1%2Fexecute-api%2Faws4_request"
    assert ask(api.url, f"/?{query}").status == 200


def test_iam_asks_whether_the_role_that_signed_may_call(account, function):
    api = Api(function).stage().route("GET /a/{rest+}", AuthorizationType="AWS_IAM")
    role = create_role(account, "s3:*")
    given = account.sessions.give(role, "caller")
    headers = signed("execute-api", given.key)
    refused = ask(api.url, "/a/b", headers=headers)
    assert (refused.status, refused.json) == (403, {"message": "Forbidden"})
    resource = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api.id}/$default/GET/a/*"
    grant(account, role, "execute-api:Invoke", resources=resource)
    identity = ask(api.url, "/a/b", headers=headers).json["requestContext"]["authorizer"]["iam"]
    name = role.rpartition("/")[2]
    assert identity["userArn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/caller"
    assert identity["userId"].startswith("AROA")
    assert identity["userId"].endswith(":caller")


def encoded(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


class Issuer:
    """An issuer of tokens, with its keys at an address of this machine."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = self.key.public_key().public_numbers()
        jwk = {
            "kid": "one",
            "kty": "RSA",
            "n": encoded(numbers.n.to_bytes(256, "big")),
            "e": encoded(numbers.e.to_bytes(3, "big")),
        }
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                places = {
                    "/.well-known/openid-configuration": {"jwks_uri": f"{issuer.url}/keys"},
                    "/keys": {"keys": [jwk]},
                }
                body = json.dumps(places[self.path]).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, key=None, head=None, **claims):
        now = int(time.time())
        claims = {"iss": self.url, "aud": "notes", "exp": now + 60, "iat": now - 1, **claims}
        head = {"alg": "RS256", "kid": "one", **(head or {})}
        text = f"{encoded(head)}.{encoded(claims)}"
        signature = (key or self.key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {"Authorization": f"Bearer {text}.{encoded(signature)}"}


@pytest.fixture(scope="module")
def issuer():
    issuer = Issuer()
    yield issuer
    issuer.server.shutdown()
    issuer.server.server_close()


def guarded(function, issuer_url, scopes=(), **settings):
    api = Api(function, **settings).stage()
    authorizer = api.gateway.create_authorizer(
        ApiId=api.id,
        AuthorizerType="JWT",
        Name="tokens",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer_url, "Audience": ["notes", "others"]},
    )["AuthorizerId"]
    return api.route(
        AuthorizationType="JWT", AuthorizerId=authorizer, AuthorizationScopes=list(scopes)
    )


def test_a_token_is_believed_by_issuer_audience_time_and_signature(function, issuer):
    api = guarded(function, issuer.url)
    answer = ask(api.url, headers=issuer.token(groups=["a", "b"], email_verified=True))
    assert answer.status == 200
    jwt = answer.json["requestContext"]["authorizer"]["jwt"]
    assert (jwt["claims"]["aud"], jwt["claims"]["groups"]) == ("notes", "[a b]")
    assert (jwt["claims"]["email_verified"], jwt["scopes"]) == ("true", None)
    # Access tokens of Cognito name their client and no audience.
    assert ask(api.url, headers=issuer.token(aud=None, client_id="others")).status == 200
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = int(time.time())
    good = issuer.token()["Authorization"]
    for bad in (
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": good[:-8]},
        issuer.token(key=stranger),
        issuer.token(iss="https://other.example"),
        issuer.token(aud="strangers"),
        issuer.token(exp=now - 1),
        issuer.token(exp=None),
        issuer.token(nbf=now + 60),
        issuer.token(head={"alg": "none"}),
        issuer.token(head={"alg": "HS256"}),
        issuer.token(head={"kid": "two"}),
    ):
        refused = ask(api.url, headers=bad)
        assert (refused.status, refused.json) == (401, {"message": "Unauthorized"}), bad
        assert refused.headers["www-authenticate"] == "Bearer"


def test_a_token_needs_one_of_the_scopes(function, issuer):
    api = guarded(function, issuer.url, ["read", "write"])
    answer = ask(api.url, headers=issuer.token(scope="other write"))
    assert answer.json["requestContext"]["authorizer"]["jwt"]["scopes"] == ["other", "write"]
    assert ask(api.url, headers=issuer.token(scp=["read"])).status == 200
    assert ask(api.url, headers=issuer.token(scope="other")).status == 403
    assert ask(api.url, headers=issuer.token()).status == 403


def test_no_token_is_believed_where_the_issuer_cannot_be_reached(function, issuer):
    nobody = "http://127.0.0.1:9"
    api = guarded(function, nobody)
    before = len(api.plane.said)
    for _ in range(2):
        assert ask(api.url, headers=issuer.token(iss=nobody)).status == 401
    said = [line for line in api.plane.said[before:] if "keys cannot be fetched" in line]
    assert len(said) == 1
    assert f"no token of {nobody} can be verified" in said[0]


PREFLIGHT = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}


def test_a_browsers_question_needs_a_token_unless_a_route_of_its_own_takes_it(function, issuer):
    cors = {"AllowOrigins": ["https://*"], "AllowMethods": ["POST"]}
    api = guarded(function, issuer.url, CorsConfiguration=cors)
    assert ask(api.url, "/a", "OPTIONS", headers=PREFLIGHT).status == 401
    api.route("OPTIONS /{proxy+}")
    answer = ask(api.url, "/a", "OPTIONS", headers=PREFLIGHT)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    other = {**PREFLIGHT, "Origin": "http://a.example"}
    answer = ask(api.url, "/a", "OPTIONS", headers=other)
    assert "access-control-allow-origin" not in answer.headers


def test_a_name_leads_to_an_api_that_does_not_answer_at_its_own_address(function):
    api = Api(function, DisableExecuteApiEndpoint=True).stage().route()
    assert ask(api.url).status == 404
    name = f"{new_name('name')}.example"
    api.gateway.create_domain_name(DomainName=name)
    address = function.plane.endpoint("domain_name", name)
    assert ask(address).status == 404
    api.gateway.create_api_mapping(DomainName=name, ApiId=api.id, Stage="$default")
    assert ask(address, "/a").json["rawPath"] == "/a"
    other = Api(function).stage().route("GET /b")
    api.gateway.create_api_mapping(
        DomainName=name, ApiId=other.id, Stage="$default", ApiMappingKey="v2"
    )
    answer = ask(address, "/v2/b").json
    assert (answer["routeKey"], answer["rawPath"]) == ("GET /b", "/v2/b")
    assert ask(address, "/v2/a").status == 404
    assert ask(address, "/v22").json["routeKey"] == "$default"


# Function URL


def url_of(function, **settings):
    function.client.create_function_url_config(
        FunctionName=function.name, Qualifier="live", **{"AuthType": "NONE", **settings}
    )
    return function.plane.endpoint("function_url", function.arn)


def test_a_public_url_needs_both_statements(account, plane, code):
    function = Function(account, plane, code)
    url = url_of(function)
    before = len(plane.said)
    assert ask(url).status == 403
    function.permit("lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    assert ask(url).status == 403
    assert any("not everyone do lambda:InvokeFunction" in line for line in plane.said[before:])
    function.permit(Principal="*", InvokedViaFunctionUrl=True)
    answer = ask(url, "/a%20b/c?d=e%20f&d=g", headers={"Cookie": "a=1"})
    assert answer.status == 200
    event = answer.json
    assert (event["version"], event["routeKey"]) == ("2.0", "$default")
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/a%20b/c"
    assert event["rawQueryString"] == "d=e%20f&d=g"
    assert event["queryStringParameters"] == {"d": "e f,g"}
    assert event["cookies"] == ["a=1"]
    assert event["requestContext"]["accountId"] == "anonymous"
    domain = event["requestContext"]["domainName"]
    assert domain == f"{event['requestContext']['apiId']}.lambda-url.us-east-1.on.aws"
    assert "authorizer" not in event["requestContext"]
    assert ask(url, "/raise").status == 502
    assert ask(url, "/", "POST", body=b"x" * (6 * 1024 * 1024 + 1)).status == 413


def test_a_url_with_iam_asks_for_a_signature(account, plane, code):
    function = Function(account, plane, code)
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["POST"]}
    url = url_of(function, AuthType="AWS_IAM", Cors=cors)
    assert ask(url).status == 403
    assert ask(url, headers=signed("execute-api")).status == 403
    context = ask(url, headers=signed("lambda")).json["requestContext"]
    assert context["authorizer"]["iam"]["accessKey"] == "AKIATEST"
    assert context["accountId"] == ACCOUNT
    role = create_role(account, "lambda:InvokeFunction")
    by_role = signed("lambda", account.sessions.give(role, "caller").key)
    assert ask(url, headers=by_role).status == 403
    grant(account, role, "lambda:InvokeFunction", "lambda:InvokeFunctionUrl")
    assert ask(url, headers=by_role).status == 200
    # Lambda answers a browser's question itself.
    answer = ask(url, "/", "OPTIONS", headers=PREFLIGHT)
    assert answer.status == 200
    assert allowed(answer) == {"origin": "https://a.example", "methods": "POST"}


def test_a_url_tells_a_browser_only_what_it_was_told(account, plane, code):
    url = url_of(Function(account, plane, code), AuthType="NONE", Cors={"AllowOrigins": ["*"]})
    assert allowed(ask(url, "/", "OPTIONS", headers=PREFLIGHT)) == {"origin": "*"}


def allowed(answer):
    """What an answer allows to pages of other origins."""
    word = "access-control-allow-"
    return {
        name.lower().removeprefix(word): value
        for name, value in answer.headers.items()
        if name.lower().startswith(word)
    }


# Load balancer


class Balanced:
    """A load balancer before a function."""

    def __init__(self, function, permitted=True, multi=True, **check):
        elb = function.account.client("elbv2")
        _, ids = subnets(function.account)
        name = new_name("lb")
        balancer = elb.create_load_balancer(Name=name, Subnets=ids)["LoadBalancers"][0]
        self.group = elb.create_target_group(Name=f"{name}-tg", TargetType="lambda", **check)[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        elb.modify_target_group_attributes(
            TargetGroupArn=self.group,
            Attributes=[
                {"Key": "lambda.multi_value_headers.enabled", "Value": str(multi).lower()}
            ],
        )
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.group}],
        )
        if permitted:
            function.permit(Principal="elasticloadbalancing.amazonaws.com", SourceArn=self.group)
        self.elb, self.function, self.plane = elb, function, function.plane
        self.url = function.plane.endpoint("load_balancer", balancer["LoadBalancerArn"])

    def attach(self):
        target = self.function.arn
        self.elb.register_targets(TargetGroupArn=self.group, Targets=[{"Id": target}])
        self.plane.changed(ATTACHMENT, f"{self.group}/{target}", "create")
        return self

    def detach(self):
        self.plane.changed(ATTACHMENT, f"{self.group}/{self.function.arn}", "delete")


OFF = {"HealthCheckEnabled": False}


def test_a_balancer_hands_over_every_value(function):
    balanced = Balanced(function, **OFF)
    assert ask(balanced.url).status == 503
    balanced.attach()
    answer = ask(balanced.url, "/a%20b?c=d%20e&c=f&g", "POST", body="text", headers={
        "Content-Type": "text/plain", "X-One": "1",
    })  # fmt: skip
    event = answer.json
    assert event["requestContext"] == {"elb": {"targetGroupArn": balanced.group}}
    assert (event["httpMethod"], event["path"]) == ("POST", "/a%20b")
    # As they were sent: a load balancer decodes nothing.
    assert event["multiValueQueryStringParameters"] == {"c": ["d%20e", "f"], "g": [""]}
    assert event["multiValueHeaders"]["x-one"] == ["1"]
    assert event["multiValueHeaders"]["x-forwarded-for"] == ["127.0.0.1"]
    assert (event["body"], event["isBase64Encoded"]) == ("text", False)
    assert not {"headers", "queryStringParameters"} & set(event)
    cookies = ask(balanced.url, "/cookies")
    assert (cookies.status, cookies.body) == (201, b"\xff\x00\x01")
    assert cookies.headers.get_all("set-cookie") == ["a=1", "b=2"]
    packed = ask(balanced.url, "/", "POST", body=b"{}", headers={
        "Content-Type": "application/json", "Content-Encoding": "gzip",
    }).json  # fmt: skip
    assert (packed["isBase64Encoded"], packed["body"]) == (True, "e30=")
    balanced.detach()


def test_a_balancer_hands_over_the_last_value_where_it_was_told_so(function):
    balanced = Balanced(function, multi=False, **OFF).attach()
    event = ask(balanced.url, "/?c=d&c=e").json
    assert event["queryStringParameters"] == {"c": "e"}
    assert event["headers"]["host"] == balanced.url
    assert not {"multiValueHeaders", "multiValueQueryStringParameters"} & set(event)
    assert ask(balanced.url, "/cookies").headers.get_all("set-cookie") == ["a=1"]
    balanced.detach()


def test_what_a_balancer_does_not_take_is_its_own_error(function):
    balanced = Balanced(function, **OFF).attach()
    before = len(balanced.plane.said)
    for path in ("/raise", "/no-status", "/wrong-form", "/large"):
        answer = ask(balanced.url, path)
        assert (answer.status, answer.headers["Server"]) == (502, "awselb/2.0"), path
    assert any("no statusCode that is a number" in each for each in balanced.plane.said[before:])
    assert ask(balanced.url, "/", "POST", body=b"x" * (1024 * 1024 + 1)).status == 413
    assert ask(balanced.url, "/", "POST", body=b"x" * (1024 * 1024 // 2)).status == 200
    assert ask(balanced.url, "/", headers={"Upgrade": "websocket"}).status == 400
    balanced.detach()


def test_a_group_that_may_not_call_gets_no_target(function):
    balanced = Balanced(function, permitted=False, **OFF)
    with pytest.raises(LocalCloudError, match="make the permission before the attachment"):
        balanced.attach()
    # What is registered all the same, by boto3, is not called.
    assert ask(balanced.url).status == 502


def test_a_functions_health_is_asked_for_and_told(function):
    check = {
        "HealthCheckEnabled": True,
        "HealthCheckPath": "/sick",
        "HealthCheckTimeoutSeconds": 20,
    }
    balanced = Balanced(function, **check)
    before = len(balanced.plane.said)
    balanced.attach()
    told = until(lambda: [line for line in balanced.plane.said[before:] if "unhealthy" in line])
    assert told == [
        f"function {function.name}:live behind its load balancer: unhealthy, /sick answers 500, "
        "not 200"
    ]
    # The only target is asked all the same.
    assert ask(balanced.url, "/a").status == 200
    balanced.detach()


# All of them


def test_a_function_that_takes_no_calls_is_each_fronts_own_error(account, plane, code):
    function = Function(account, plane, code)
    api = Api(function).stage().route()
    url = url_of(function)
    function.permit("lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    function.permit(Principal="*", InvokedViaFunctionUrl=True)
    balanced = Balanced(function, **OFF).attach()
    fronts = (api.url, url, balanced.url)
    # Of the published version nothing was reserved, and what the function has now counts.
    function.client.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )
    assert [ask(front).status for front in fronts] == [503, 429, 502]
    assert ask(api.url).json == {"message": "Service Unavailable"}
    function.client.delete_function_concurrency(FunctionName=function.name)
    assert [ask(front).status for front in fronts] == [200, 200, 200]
    balanced.detach()
