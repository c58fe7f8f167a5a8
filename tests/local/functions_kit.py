"""Functions of the tests, an API before them, and calls that are held."""

import json

import boto3
from botocore.config import Config
from dataplane_kit import write_bundle, zipped

FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"

HANDLER = """
import json, os, sys, time

def echo(event, context):
    print("handling", event.get("rawPath"))
    path = event.get("rawPath", "")
    if path == "/raise":
        raise ValueError("no such luck")
    if path == "/write":
        wrote = []
        for place in (os.environ["LAMBDA_TASK_ROOT"], ".", os.environ["HOME"]):
            try:
                open(os.path.join(place, "left"), "w").close(); wrote.append(None)
            except OSError as error:
                wrote.append(error.strerror)
        return {"statusCode": 200, "body": json.dumps(wrote)}
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
