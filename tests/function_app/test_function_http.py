"""HTTP APIs and function URLs by their exact resources and inputs, through FunctionApp."""

import pulumi_aws as aws
import pytest
from function_http_kit import (
    API,
    CERTIFICATE,
    CORE,
    DOMAIN,
    IMAGE,
    JWT,
    NAMED,
    ZONE,
    counts,
    fails,
    graph_of,
)

from platform_lib import FunctionApp


def test_an_http_api_is_what_there_is_unless_asked_otherwise():
    plain = graph_of()
    counts(plain, API)
    asked = graph_of(
        {"kind": "http_api", "routes": ["$default"], "authorization": "none", "streaming": False}
    )
    assert {each.name: each.inputs for each in asked.resources} == {
        each.name: each.inputs for each in plain.resources
    }
    route = plain.one(aws.apigatewayv2.Route)
    assert route.name == "notes-route"
    assert set(route.inputs) == {"apiId", "routeKey", "target"}
    assert set(plain.one(aws.apigatewayv2.Api).inputs) == {"protocolType"}


def test_each_route_is_a_resource_with_a_name_of_its_own():
    keys = ["$default", "GET /notes/{id}", "GET /notes-id", "ANY /f/{p+}"]
    graph = graph_of({"routes": keys})
    counts(graph, {**API, "aws:apigatewayv2/route:Route": 4})
    routes = graph.all(aws.apigatewayv2.Route)
    assert sorted(each.inputs["routeKey"] for each in routes) == sorted(keys)
    names = {each.inputs["routeKey"]: each.name for each in routes}
    assert names["$default"] == "notes-route"
    assert names["GET /notes/{id}"].startswith("notes-route-get-notes-id-")
    assert len(set(names.values())) == 4
    again = graph_of({"routes": keys[1:]})
    assert {each.inputs["routeKey"]: each.name for each in again.all(aws.apigatewayv2.Route)} == {
        key: name for key, name in names.items() if key != "$default"
    }
    permission = graph.one(aws.lambda_.Permission)
    assert all(permission in each.dependencies for each in routes)
    # The address waits for the stage, and the stage for them: who has it finds every route.
    stage = graph.one(aws.apigatewayv2.Stage)
    assert all(each in stage.dependencies for each in routes)


def test_a_route_is_overridden_by_its_key():
    overrides = {"routes.GET /a": {"operation_name": "a"}, "route": {"operation_name": "all"}}
    graph = graph_of({"routes": ["$default", "GET /a"]}, overrides=overrides)
    named = {
        each.inputs["routeKey"]: each.inputs["operationName"]
        for each in graph.all(aws.apigatewayv2.Route)
    }
    assert named == {"$default": "all", "GET /a": "a"}
    fails("'overrides.routes.GET /b' .* no such child", overrides={"routes.GET /b": {}})


def test_cors_and_throttling_are_the_apis_own():
    cors = {
        "allow_origins": ["https://www.example.com", "http://localhost:3000"],
        "allow_methods": ["GET", "POST"],
        "allow_headers": ["content-type"],
        "expose_headers": ["x-total"],
        "allow_credentials": True,
        "max_age_seconds": 600,
    }
    graph = graph_of({"cors": cors, "throttle": {"rate": 12.5, "burst": 20}})
    counts(graph, API)
    assert graph.one(aws.apigatewayv2.Api).inputs["corsConfiguration"] == {
        "allowOrigins": ["https://www.example.com", "http://localhost:3000"],
        "allowMethods": ["GET", "POST"],
        "allowHeaders": ["content-type"],
        "exposeHeaders": ["x-total"],
        "allowCredentials": True,
        "maxAge": 600,
    }
    assert graph.one(aws.apigatewayv2.Stage).inputs["defaultRouteSettings"] == {
        "throttlingRateLimit": 12.5,
        "throttlingBurstLimit": 20,
    }


@pytest.mark.parametrize("kind", ["http_api", "function_url"])
def test_headers_of_other_origins_are_worded_as_aws_gives_them_back(kind):
    cors = {
        "allow_origins": ["*"],
        "allow_headers": ["Content-Type", "content-type", "X-One"],
        "expose_headers": ["X-Total"],
    }
    graph = graph_of({"kind": kind, "cors": cors})
    if kind == "http_api":
        made = graph.one(aws.apigatewayv2.Api).inputs["corsConfiguration"]
    else:
        made = graph.one(aws.lambda_.FunctionUrl).inputs["cors"]
    assert made["allowHeaders"] == ["content-type", "x-one"]
    assert made["exposeHeaders"] == ["x-total"]


def test_tokens_are_asked_for_on_every_route():
    jwt = {**JWT, "scopes": ["notes.read"]}
    graph = graph_of({"authorization": "jwt", "jwt": jwt, "routes": ["GET /a", "GET /b"]})
    counts(
        graph,
        {
            **API,
            "aws:apigatewayv2/route:Route": 2,
            "aws:apigatewayv2/authorizer:Authorizer": 1,
        },
    )
    authorizer = graph.one(aws.apigatewayv2.Authorizer)
    assert authorizer.inputs == {
        "apiId": graph.one(aws.apigatewayv2.Api).id,
        "authorizerType": "JWT",
        "identitySources": ["$request.header.Authorization"],
        "jwtConfiguration": {"issuer": "https://id.example.com/", "audiences": ["notes"]},
    }
    for route in graph.all(aws.apigatewayv2.Route):
        assert route.inputs["authorizationType"] == "JWT"
        assert route.inputs["authorizerId"] == authorizer.id
        assert route.inputs["authorizationScopes"] == ["notes.read"]


def test_iam_is_asked_for_on_every_route():
    graph = graph_of({"authorization": "iam"})
    counts(graph, API)
    route = graph.one(aws.apigatewayv2.Route).inputs
    assert route["authorizationType"] == "AWS_IAM"
    assert not {"authorizerId", "authorizationScopes"} & set(route)


def test_a_browsers_first_question_needs_no_token_where_every_request_does():
    http = {"authorization": "iam", "cors": {"allow_origins": ["https://www.example.com"]}}
    routes = graph_of(http).all(aws.apigatewayv2.Route)
    kinds = {each.inputs["routeKey"]: each.inputs.get("authorizationType") for each in routes}
    assert kinds == {"$default": "AWS_IAM", "OPTIONS /": None, "OPTIONS /{proxy+}": None}
    exact = graph_of({**http, "routes": ["GET /a"]}).all(aws.apigatewayv2.Route)
    assert [each.inputs["routeKey"] for each in exact] == ["GET /a"]


def test_a_name_in_a_zone_gets_certificate_and_record():
    graph = graph_of(domain=DOMAIN)
    counts(
        graph,
        {
            **API,
            **NAMED,
            "aws:apigatewayv2/domainName:DomainName": 1,
            "aws:apigatewayv2/apiMapping:ApiMapping": 1,
        },
    )
    certificate = graph.one(aws.acm.Certificate)
    assert certificate.inputs == {"domainName": "notes.example.com", "validationMethod": "DNS"}
    [option] = certificate.outputs["domainValidationOptions"]
    proof = graph.one(aws.route53.Record, "notes-certificate-record")
    assert proof.inputs == {
        "zoneId": ZONE,
        "name": option["resourceRecordName"],
        "type": "CNAME",
        "records": [option["resourceRecordValue"]],
        "ttl": 300,
        "allowOverwrite": True,
    }
    validation = graph.one(aws.acm.CertificateValidation)
    assert validation.inputs == {
        "certificateArn": certificate.outputs["arn"],
        "validationRecordFqdns": [proof.outputs["fqdn"]],
    }
    name = graph.one(aws.apigatewayv2.DomainName)
    assert name.inputs == {
        "domainName": "notes.example.com",
        "domainNameConfiguration": {
            "certificateArn": certificate.outputs["arn"],
            "endpointType": "REGIONAL",
            "securityPolicy": "TLS_1_2",
        },
    }
    assert validation in name.dependencies
    api = graph.one(aws.apigatewayv2.Api)
    assert api.inputs["disableExecuteApiEndpoint"] is True
    assert graph.one(aws.apigatewayv2.ApiMapping).inputs == {
        "apiId": api.id,
        "domainName": "notes.example.com",
        "stage": "$default",
    }
    target = name.outputs["domainNameConfiguration"]
    assert graph.one(aws.route53.Record, "notes-domain-record").inputs == {
        "zoneId": ZONE,
        "name": "notes.example.com",
        "type": "A",
        "aliases": [
            {
                "name": target["targetDomainName"],
                "zoneId": target["hostedZoneId"],
                "evaluateTargetHealth": False,
            }
        ],
    }
    app = graph.result
    assert graph.value(app.url) == "https://notes.example.com"
    assert graph.value(app.dns_name) == target["targetDomainName"]
    assert graph.value(app.hosted_zone_id) == target["hostedZoneId"]


def test_a_name_with_a_certificate_needs_no_zone():
    graph = graph_of(domain={"name": "notes.example.com", "certificate_arn": CERTIFICATE})
    counts(
        graph,
        {
            **API,
            "aws:apigatewayv2/domainName:DomainName": 1,
            "aws:apigatewayv2/apiMapping:ApiMapping": 1,
        },
    )
    configuration = graph.one(aws.apigatewayv2.DomainName).inputs["domainNameConfiguration"]
    assert configuration["certificateArn"] == CERTIFICATE
    with_zone = graph_of(domain={**DOMAIN, "certificate_arn": CERTIFICATE})
    assert with_zone.counts()["aws:route53/record:Record"] == 1


def test_a_public_function_url_needs_two_statements_on_the_alias():
    graph = graph_of({"kind": "function_url"})
    counts(
        graph,
        {**CORE, "aws:lambda/functionUrl:FunctionUrl": 1, "aws:lambda/permission:Permission": 2},
    )
    function = graph.one(aws.lambda_.Function).outputs["name"]
    everyone = {"principal": "*", "function": function, "qualifier": "live"}
    statements = {each.name: each.inputs for each in graph.all(aws.lambda_.Permission)}
    assert statements == {
        "notes-permission": {
            **everyone,
            "action": "lambda:InvokeFunctionUrl",
            "functionUrlAuthType": "NONE",
        },
        "notes-invoke-permission": {
            **everyone,
            "action": "lambda:InvokeFunction",
            "invokedViaFunctionUrl": True,
        },
    }
    url = graph.one(aws.lambda_.FunctionUrl)
    assert url.inputs == {
        "functionName": function,
        "qualifier": "live",
        "authorizationType": "NONE",
    }
    assert all(each in url.dependencies for each in graph.all(aws.lambda_.Permission))
    app = graph.result
    assert graph.value(app.url) == url.outputs["functionUrl"].rstrip("/")
    assert graph.value(app.url) == f"https://{graph.value(app.dns_name)}"
    assert (app.hosted_zone_id, app.target_group_arn) == (None, None)


def test_a_function_url_with_iam_lets_nobody_in_by_itself():
    cors = {"allow_origins": ["*"], "max_age_seconds": 5}
    graph = graph_of({"kind": "function_url", "authorization": "iam", "cors": cors})
    counts(graph, {**CORE, "aws:lambda/functionUrl:FunctionUrl": 1})
    url = graph.one(aws.lambda_.FunctionUrl).inputs
    assert url["authorizationType"] == "AWS_IAM"
    assert url["cors"] == {"allowOrigins": ["*"], "maxAge": 5}


def test_a_function_url_streams_what_can_be_streamed():
    graph = graph_of({"kind": "function_url", "streaming": True}, **IMAGE)
    assert graph.one(aws.lambda_.FunctionUrl).inputs["invokeMode"] == "RESPONSE_STREAM"


def test_no_ingress_makes_no_front():
    graph = graph_of(ingress={"kind": "none"})
    counts(graph, CORE)
    app = graph.result
    assert (app.url, app.dns_name, app.hosted_zone_id, app.target_group_arn) == (None,) * 4
    registered = graph.one(FunctionApp).registered[0]
    assert not {"url", "dns_name"} & set(registered)
    fails("'http' is .*: nothing is served", {"kind": "http_api"}, ingress={"kind": "none"})
    fails("'domain' is .*: nothing is served", ingress={"kind": "none"}, domain=DOMAIN)
    fails("'ingress.paths' is .*: nothing", ingress={"kind": "none", "paths": ["/a"]})
