"""N apps as functions, written by hand: the resources that FunctionApp makes from a zip in S3."""

import pulumi
import pulumi_aws as aws
from options import keep
from policies import document, read_write_table, trust, write_logs

ACCESS_LOG = {
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


def make_all(names):
    for name in names:
        make(name)


def make(name, statements=()):
    logs = aws.cloudwatch.LogGroup(f"{name}-logs", retention_in_days=30)
    access_logs = aws.cloudwatch.LogGroup(f"{name}-access-logs", retention_in_days=30)
    role = aws.iam.Role(
        f"{name}-role", assume_role_policy=trust("lambda.amazonaws.com"), opts=keep("name")
    )
    policy = aws.iam.RolePolicy(
        f"{name}-policy",
        role=role.name,
        policy=document(write_logs(logs), read_write_table(), *statements),
    )
    function = aws.lambda_.Function(
        f"{name}-fn",
        s3_bucket="artifacts",
        s3_key="notes.zip",
        handler="notes.handler",
        runtime="python3.13",
        architectures=["arm64"],
        memory_size=512,
        timeout=29,
        ephemeral_storage={"size": 512},
        role=role.arn,
        environment={
            "variables": {
                "APP_NAME": name,
                "APP_TARGET": "function",
                "APP_VERSION": "1",
                "HOME": "/tmp",
                "PORT": "8080",
                "PYTHONUNBUFFERED": "1",
            }
        },
        logging_config={"log_format": "Text", "log_group": logs.name},
        publish=True,
        opts=pulumi.ResourceOptions(depends_on=[policy]),
    )
    alias = aws.lambda_.Alias(
        f"{name}-alias",
        name="live",
        function_name=function.name,
        function_version=function.version,
    )
    api = aws.apigatewayv2.Api(f"{name}-api", protocol_type="HTTP")
    integration = aws.apigatewayv2.Integration(
        f"{name}-integration",
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_uri=alias.invoke_arn,
        integration_method="POST",
        payload_format_version="2.0",
        timeout_milliseconds=30_000,
    )
    permission = aws.lambda_.Permission(
        f"{name}-permission",
        action="lambda:InvokeFunction",
        principal="apigateway.amazonaws.com",
        function=function.name,
        qualifier=alias.name,
        source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
    )
    route = aws.apigatewayv2.Route(
        f"{name}-route",
        api_id=api.id,
        route_key="$default",
        target=pulumi.Output.concat("integrations/", integration.id),
        opts=pulumi.ResourceOptions(depends_on=[permission]),
    )
    aws.apigatewayv2.Stage(
        f"{name}-stage",
        api_id=api.id,
        name="$default",
        auto_deploy=True,
        access_log_settings={
            "destination_arn": access_logs.arn,
            "format": pulumi.Output.json_dumps(ACCESS_LOG),
        },
        opts=pulumi.ResourceOptions(depends_on=[route]),
    )
    return function, alias
