"""The HTTP API before a function: API, routes, stage, authorizer, name, and who may call."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.function_app.args import HttpAuthorization
from platform_lib.function_app.http.settings import DEFAULT_ROUTE, HttpSettings
from platform_lib.ingress import Domain
from platform_lib.parts.children import Children
from platform_lib.parts.domain import create_certificate, create_domain_record, domain_children
from platform_lib.parts.served import Served

HTTP_API_CHILDREN = {
    "api": "aws.apigatewayv2.Api",
    "integration": "aws.apigatewayv2.Integration",
    "api_stage": "aws.apigatewayv2.Stage",
    "permission": "aws.lambda_.Permission",
}

_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "requestTime": "$context.requestTime",
    "httpMethod": "$context.httpMethod",
    "path": "$context.path",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "protocol": "$context.protocol",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
    "integrationError": "$context.integrationErrorMessage",
}
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html"""

_AUTHORIZATION = {
    HttpAuthorization.NONE: None,
    HttpAuthorization.IAM: "AWS_IAM",
    HttpAuthorization.JWT: "JWT",
}


def http_api_children(http: HttpSettings) -> dict[str, str]:
    """Name the children of an HTTP API with these settings."""
    routes = (route_key(each) for each in (*http.routes, *http.open_routes))
    children = HTTP_API_CHILDREN | dict.fromkeys(routes, "aws.apigatewayv2.Route")
    if http.jwt is not None:
        children["authorizer"] = "aws.apigatewayv2.Authorizer"
    if http.domain is not None:
        children |= domain_children(http.domain)
        children["domain_name"] = "aws.apigatewayv2.DomainName"
        children["api_mapping"] = "aws.apigatewayv2.ApiMapping"
    return children


def route_key(route: str) -> str:
    """Name a route's child; the one that takes everything is `route`."""
    return "route" if route == DEFAULT_ROUTE else f"routes.{route}"


def _suffix(route: str) -> str:
    """Make a logical name of a route's key: readable, and its own whatever was left out."""
    if route == DEFAULT_ROUTE:
        return "route"
    readable = re.sub(r"[^a-z0-9]+", "-", route.lower()).strip("-")
    return f"route-{readable}-{hashlib.sha256(route.encode()).hexdigest()[:7]}"


def create_http_api(
    child: Children,
    *,
    http: HttpSettings,
    function_name: pulumi.Input[str],
    alias: "aws.lambda_.Alias",
    access_log_group_arn: pulumi.Input[str],
) -> Served:
    """Send requests to the alias of a function, and log each."""
    api = child.make(
        "api",
        aws.apigatewayv2.Api,
        "api",
        protocol_type="HTTP",
        cors_configuration=cors_configuration(http.cors),
        # Else requests would go round what the name stands for.
        disable_execute_api_endpoint=True if http.domain is not None else None,
    )
    integration = child.make(
        "integration",
        aws.apigatewayv2.Integration,
        "integration",
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_uri=alias.invoke_arn,
        integration_method="POST",
        payload_format_version="2.0",
        timeout_milliseconds=30_000,
    )
    # By name and alias, and only for this API: nobody else may call the function through it.
    permission = child.make(
        "permission",
        aws.lambda_.Permission,
        "permission",
        action="lambda:InvokeFunction",
        principal="apigateway.amazonaws.com",
        function=function_name,
        qualifier=alias.name,
        source_arn=pulumi.Output.format("{}/*/*", api.execution_arn),
    )
    authorizer = _create_authorizer(child, api, http.jwt)
    guard: dict[str, Any] = {"authorization_type": _AUTHORIZATION[http.authorization]}
    if authorizer is not None and http.jwt is not None:
        guard["authorizer_id"] = authorizer.id
        guard["authorization_scopes"] = list(http.jwt.get("scopes", ())) or None
    routes = {
        route: child.make(
            route_key(route),
            aws.apigatewayv2.Route,
            _suffix(route),
            api_id=api.id,
            route_key=route,
            target=pulumi.Output.format("integrations/{}", integration.id),
            **(guard if route in http.routes else {}),
            # A route that answers before the function may be called answers 500.
            opts=pulumi.ResourceOptions(depends_on=[permission]),
        )
        for route in (*http.routes, *http.open_routes)
    }
    api_stage = child.make(
        "api_stage",
        aws.apigatewayv2.Stage,
        "stage",
        api_id=api.id,
        name="$default",
        auto_deploy=True,
        access_log_settings={
            "destination_arn": access_log_group_arn,
            "format": json.dumps(_ACCESS_LOG),
        },
        default_route_settings=_route_settings(http.throttle),
        opts=pulumi.ResourceOptions(depends_on=list(routes.values())),
    )
    if http.domain is not None:
        return _serve_by_name(child, api, api_stage, http.domain)
    # The stage is in the address by waiting for it: an API without a stage answers 404.
    url = pulumi.Output.all(api.api_endpoint, api_stage.id).apply(lambda both: str(both[0]))
    return Served(url=url, dns_name=url.apply(lambda known: known.partition("://")[2]))


def cors_configuration(cors: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Word which pages of other origins are let in, as HTTP APIs and function URLs take it.

    Both give names of headers back in small letters: worded otherwise, every `up` would change
    them.
    """
    if cors is None:
        return None
    said = {word: value for word, value in cors.items() if word != "max_age_seconds"}
    for word in ("allow_headers", "expose_headers"):
        if word in said:
            said[word] = list(dict.fromkeys(name.lower() for name in said[word]))
    if "max_age_seconds" in cors:
        said["max_age"] = cors["max_age_seconds"]
    return said


def _create_authorizer(
    child: Children, api: "aws.apigatewayv2.Api", jwt: Mapping[str, Any] | None
) -> "aws.apigatewayv2.Authorizer | None":
    if jwt is None:
        return None
    return child.make(
        "authorizer",
        aws.apigatewayv2.Authorizer,
        "authorizer",
        api_id=api.id,
        authorizer_type="JWT",
        identity_sources=["$request.header.Authorization"],
        jwt_configuration={"issuer": jwt["issuer"], "audiences": list(jwt["audiences"])},
    )


def _route_settings(throttle: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if throttle is None:
        return None
    return {
        "throttling_rate_limit": throttle["rate"],
        "throttling_burst_limit": throttle["burst"],
    }


def _serve_by_name(
    child: Children,
    api: "aws.apigatewayv2.Api",
    stage: "aws.apigatewayv2.Stage",
    domain: Domain,
) -> Served:
    """Let the API answer to a name of the user's own, over TLS 1.2 and later."""
    domain_name = child.make(
        "domain_name",
        aws.apigatewayv2.DomainName,
        "domain-name",
        domain_name=domain.name,
        domain_name_configuration={
            "certificate_arn": create_certificate(child, domain),
            "endpoint_type": "REGIONAL",
            "security_policy": "TLS_1_2",
        },
    )
    mapping = child.make(
        "api_mapping",
        aws.apigatewayv2.ApiMapping,
        "api-mapping",
        api_id=api.id,
        domain_name=domain_name.id,
        stage=stage.id,
    )
    target = domain_name.domain_name_configuration
    dns_name = target.apply(lambda found: str(found.target_domain_name))
    zone_id = target.apply(lambda found: str(found.hosted_zone_id))
    create_domain_record(child, domain, target_name=dns_name, target_zone_id=zone_id)
    return Served(
        url=mapping.id.apply(lambda _: f"https://{domain.name}"),
        dns_name=dns_name,
        hosted_zone_id=zone_id,
    )
