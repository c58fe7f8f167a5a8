"""The HTTP API before a function: API, integration, route, stage and the permission to call it."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from platform_lib.parts.children import Children

HTTP_API_CHILDREN = {
    "api": "aws.apigatewayv2.Api",
    "integration": "aws.apigatewayv2.Integration",
    "route": "aws.apigatewayv2.Route",
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


@dataclass(frozen=True, kw_only=True)
class HttpApi:
    """What was made, and where it answers."""

    api: "aws.apigatewayv2.Api"
    integration: "aws.apigatewayv2.Integration"
    route: "aws.apigatewayv2.Route"
    api_stage: "aws.apigatewayv2.Stage"
    permission: "aws.lambda_.Permission"
    url: pulumi.Output[str]
    dns_name: pulumi.Output[str]


def create_http_api(
    child: Children,
    *,
    function_name: pulumi.Input[str],
    alias: "aws.lambda_.Alias",
    access_log_group_arn: pulumi.Input[str],
) -> HttpApi:
    """Send every request to the alias of a function, and log each."""
    api = child.make("api", aws.apigatewayv2.Api, "api", protocol_type="HTTP")
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
    route = child.make(
        "route",
        aws.apigatewayv2.Route,
        "route",
        api_id=api.id,
        route_key="$default",
        target=pulumi.Output.format("integrations/{}", integration.id),
        # A route that answers before the function may be called answers 500.
        opts=pulumi.ResourceOptions(depends_on=[permission]),
    )
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
        opts=pulumi.ResourceOptions(depends_on=[route]),
    )
    # The stage is in the address by waiting for it: an API without a stage answers 404.
    url = pulumi.Output.all(api.api_endpoint, api_stage.id).apply(lambda both: str(both[0]))
    return HttpApi(
        api=api,
        integration=integration,
        route=route,
        api_stage=api_stage,
        permission=permission,
        url=url,
        dns_name=url.apply(lambda known: known.partition("://")[2]),
    )
