"""Apps on the three targets: whose credentials they get, by which way, and what else is around them."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from dataplane_kit import (
    ECS,
    Fleet,
    Shop,
    add_image,
    ask,
    create_role,
    grant,
    write_bundle,
    zipped,
)
from functions_kit import FUNCTION

WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
LIST = (
    "import boto3; print(boto3.client('sqs').list_queues()['ResponseMetadata']['HTTPStatusCode'])"
)


@pytest.fixture(scope="module")
def account(account):
    account.client("s3").create_bucket(Bucket="bundles")
    return account


@pytest.fixture(autouse=True)
def variables_of_a_developer(monkeypatch):
    for name in ("AWS_SESSION_TOKEN", "SSL_CERT_FILE", "LC_ALL", "TOKEN"):
        monkeypatch.setenv(name, "of the developer")
    monkeypatch.setenv("TMPDIR", "/var/tmp")


def run(code, env):
    """Run what an SDK does, with exactly an app's variables."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).strip().splitlines()[-1]


def test_a_container_asks_for_its_task_roles_credentials(account, plane, tmp_path):
    role = create_role(account, service=ECS)
    shop = Shop(account, plane, add_image(plane, tmp_path), task_role=role).up()
    env = ask(shop.url).json["env"]
    assert {name for name in env if name not in ("LANGUAGE", "LC_CTYPE", "PYTHONPATH")} == {
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_EXECUTION_ENV",
        "AWS_REGION",
        "GRANIAN_HOST",
        "HOME",
        "LANG",
        "PATH",
        "PORT",
        "WEB_CONCURRENCY",
    }
    assert env["AWS_EXECUTION_ENV"] == "AWS_ECS_FARGATE"
    session = f"arn:aws:sts::123456789012:assumed-role/{role.rpartition('/')[2]}/"
    assert run(WHO, env).startswith(session)
    assert "is not authorized to perform: sqs:listqueues" in run(LIST, env)
    grant(account, role, "sqs:ListQueues")
    assert run(LIST, env) == "200"
    uri = env["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    token = env["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    for headers, path in (
        ({}, uri),
        ({"Authorization": "x"}, uri),
        ({"Authorization": token}, f"{uri}x"),
    ):
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(urllib.request.Request(path, headers=headers))
    shop.update(desiredCount=0)
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(uri)


def test_an_instance_asks_its_metadata(account, plane, tmp_path):
    value = "-----BEGIN KEY-----\nab\\n$c\n\n-----END KEY-----\n"
    fleet = Fleet(account, plane, tmp_path, environment={"PORT": "8080", "KEY": value}).up()
    env = ask(fleet.url).json["env"]
    assert env["KEY"] == value
    assert set(env) - {"LC_CTYPE"} == {
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_ENDPOINT_URL",
        "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
        "AWS_METADATA_SERVICE_TIMEOUT",
        "GRANIAN_HOST",
        "HOME",
        "INVOCATION_ID",
        "KEY",
        "LANG",
        "LOGNAME",
        "PATH",
        "PORT",
        "PYTHONPATH",
        "SHELL",
        "STATE_DIRECTORY",
        "USER",
        "WEB_CONCURRENCY",
    }
    with_region = {**env, "AWS_DEFAULT_REGION": "us-east-1"}
    session = f"arn:aws:sts::123456789012:assumed-role/{fleet.role.rpartition('/')[2]}/i-"
    assert run(WHO, with_region).startswith(session)
    assert "is not authorized to perform: sqs:listqueues" in run(LIST, with_region)
    grant(account, fleet.role, "sqs:ListQueues")
    assert run(LIST, with_region) == "200"


def metadata(address, path, method="GET", **headers):
    asked = urllib.request.Request(f"{address}/latest/{path}", method=method, headers=headers)
    with urllib.request.urlopen(asked) as answer:
        return answer.read().decode()


def test_metadata_is_version_2_alone(account, plane, tmp_path):
    fleet = Fleet(account, plane, tmp_path).up()
    address = ask(fleet.url).json["env"]["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
    ttl = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    token = {"X-aws-ec2-metadata-token": metadata(address, "api/token", "PUT", **ttl)}
    document = json.loads(metadata(address, "dynamic/instance-identity/document", **token))
    assert (document["region"], document["accountId"]) == ("us-east-1", "123456789012")
    instance = metadata(address, "meta-data/instance-id", **token)
    assert instance == document["instanceId"]
    assert metadata(address, "meta-data/placement/region", **token) == "us-east-1"
    role = metadata(address, "meta-data/iam/security-credentials/", **token)
    assert role == fleet.role.rpartition("/")[2]
    for status, method, path, headers in (
        (401, "GET", "meta-data/instance-id", {}),
        (401, "GET", "meta-data/instance-id", {"X-aws-ec2-metadata-token": "x"}),
        (404, "GET", "meta-data/public-keys", token),
        (405, "GET", "api/token", token),
        (400, "PUT", "api/token", {}),
        (400, "PUT", "api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "21601"}),
        (403, "PUT", "api/token", {**ttl, "Host": "evil.example"}),
    ):
        with pytest.raises(urllib.error.HTTPError, match=str(status)):
            metadata(address, path, method, **headers)


def test_what_the_target_fetches_for_an_app_needs_its_role(account, plane, tmp_path):
    from platform_lib.local.errors import LocalCloudError

    fleet = Fleet(account, plane, tmp_path, may=("sqs:ListQueues",))
    with pytest.raises(LocalCloudError, match="not authorized to perform: s3:GetObject"):
        fleet.up()
    arn = account.client("secretsmanager").create_secret(Name="of-app", SecretString="s")["ARN"]
    fleet = Fleet(account, plane, tmp_path, may=("s3:GetObject",), secrets={"PASSWORD": arn})
    with pytest.raises(LocalCloudError, match="not authorized to perform: secretsmanager:Get"):
        fleet.up()
    secrets = [{"name": "PASSWORD", "valueFrom": arn}]
    shop = Shop(account, plane, add_image(plane, tmp_path), secrets=secrets)
    execution = account.client("ecs").describe_task_definition(taskDefinition=shop.name)
    grant(account, execution["taskDefinition"]["executionRoleArn"], "ssm:GetParameters")
    with pytest.raises(LocalCloudError, match="not authorized to perform: secretsmanager:Get"):
        shop.up()


HANDLER = """
import os, sys
import boto3

def handle(event, context):
    if event == "env":
        return dict(os.environ)
    who = boto3.client("sts").get_caller_identity()["Arn"]
    try:
        boto3.client("sqs").list_queues()
    except Exception as problem:
        return [who, str(problem)]
    return [who, "listed"]
"""


def test_a_function_has_its_roles_credentials_in_its_variables(account, plane, tmp_path):
    role, client = create_role(account), account.client("lambda")
    write_bundle(tmp_path / "code", {"main.py": HANDLER})
    client.create_function(
        FunctionName="who",
        Runtime="python3.11",
        Handler="main.handle",
        Role=role,
        Timeout=20,
        Code={"ZipFile": zipped(tmp_path / "code")},
        Environment={"Variables": {"MINE": "yes"}},
    )
    plane.changed(FUNCTION, "who", "create")

    def invoke(event):
        answer = client.invoke(FunctionName="who", Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    who, told = invoke("who")
    assert who == f"arn:aws:sts::123456789012:assumed-role/{role.rpartition('/')[2]}/who"
    assert f"User: {who} is not authorized to perform: sqs:listqueues" in told
    grant(account, role, "sqs:ListQueues")
    assert invoke("who") == [who, "listed"]
    env = invoke("env")
    assert {name for name in env if not name.startswith("AWS_LAMBDA_")} - {"LC_CTYPE"} == {
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_EXECUTION_ENV",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "HOME",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "MINE",
        "PATH",
        "PYTHONPATH",
        "TZ",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    }
    assert env["AWS_ACCESS_KEY_ID"].startswith("ASIA")
