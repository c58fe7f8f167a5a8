import json
import zipfile
from pathlib import Path

import pulumi_aws as aws
import pytest

from platform_lib import ArgsError, FunctionApp
from platform_lib.testing import synth

S3 = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"
NETWORK = {
    "vpc_id": "vpc-0123456789abcdef0",
    "private_subnet_ids": ["subnet-a", "subnet-b"],
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "web.py").write_text(
        "async def app(scope, receive, send): ...\ndef handler(event, context): ...\n"
    )
    return tmp_path


def graph_of(**args):
    return synth(lambda: FunctionApp("notes", {**S3, **args}))


def function_of(graph):
    return graph.one(aws.lambda_.Function).inputs


def fails(match, **args):
    def program():
        with pytest.raises(ArgsError, match=match):
            FunctionApp("notes", args)

    assert synth(program).resources == ()


def test_everything_that_calls_is_bound_to_the_alias():
    graph = graph_of()
    function = graph.one(aws.lambda_.Function)
    assert function.inputs["publish"] is True
    alias = graph.one(aws.lambda_.Alias)
    assert alias.inputs["name"] == "live"
    assert alias.inputs["functionVersion"] == function.outputs["version"]
    assert (
        graph.one(aws.apigatewayv2.Integration).inputs["integrationUri"]
        == (alias.outputs["invokeArn"])
    )
    permission = graph.one(aws.lambda_.Permission).inputs
    assert permission["qualifier"] == "live"
    assert permission["principal"] == "apigateway.amazonaws.com"
    execution_arn = graph.one(aws.apigatewayv2.Api).outputs["executionArn"]
    assert permission["sourceArn"] == f"{execution_arn}/*/*"


def test_the_stage_deploys_itself_and_logs_every_request():
    graph = graph_of()
    stage = graph.one(aws.apigatewayv2.Stage).inputs
    assert stage["name"] == "$default"
    assert stage["autoDeploy"] is True
    log_group = graph.one(aws.cloudwatch.LogGroup, "notes-access-logs")
    assert stage["accessLogSettings"]["destinationArn"] == log_group.outputs["arn"]
    assert json.loads(stage["accessLogSettings"]["format"])["status"] == "$context.status"


def test_the_role_writes_to_its_own_log_group_alone():
    graph = graph_of()
    policy = json.loads(graph.one(aws.iam.RolePolicy).inputs["policy"])
    log_group = graph.one(aws.cloudwatch.LogGroup, "notes-logs")
    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{log_group.outputs['arn']}:*",
        }
    ]
    assert function_of(graph)["loggingConfig"]["logGroup"] == log_group.outputs["name"]


def test_defaults_of_the_function():
    inputs = function_of(graph_of())
    assert inputs["architectures"] == ["arm64"]
    assert inputs["runtime"] == "python3.13"
    assert inputs["memorySize"] == 512
    assert inputs["timeout"] == 29
    assert (inputs["s3Bucket"], inputs["s3Key"]) == ("artifacts", "notes.zip")
    assert "reservedConcurrentExecutions" not in inputs
    assert "vpcConfig" not in inputs


def test_variables_are_ours_and_the_users_without_what_lambda_sets_itself():
    variables = function_of(graph_of(environment={"AB": "b"}))["environment"]["variables"]
    ours = {"APP_NAME", "APP_TARGET", "APP_VERSION", "HOME", "PORT", "PYTHONUNBUFFERED"}
    assert set(variables) == {"AB", *ours}
    assert variables["APP_TARGET"] == "function"


def test_an_app_from_source_is_served_by_the_shim(source):
    graph = synth(lambda: FunctionApp("notes", {"source": str(source), "app": "web:app"}))
    inputs = function_of(graph)
    assert inputs["handler"] == "_platform.handler.handler"
    with zipfile.ZipFile(inputs["code"].path) as archive:
        names = archive.namelist()
    assert "web.py" in names
    assert any(name.startswith("mangum/") for name in names)


def test_a_plain_handler_from_source_gets_no_adapter(source):
    graph = synth(lambda: FunctionApp("notes", {"source": str(source), "handler": "web.handler"}))
    with zipfile.ZipFile(function_of(graph)["code"].path) as archive:
        names = archive.namelist()
    assert not any(name.startswith(("mangum/", "apig_wsgi")) for name in names)


def test_secrets_travel_as_arns(source):
    args = {"source": str(source), "app": "web:app", "secrets": {"T": f"{SECRET}#key"}}
    graph = synth(lambda: FunctionApp("notes", args))
    variables = function_of(graph)["environment"]["variables"]
    assert json.loads(variables["PLATFORM_SECRETS"]) == {"T": f"{SECRET}#key"}
    assert "T" not in variables


def test_a_ready_zip_with_secrets_gets_our_start_up_code(tmp_path):
    path = tmp_path / "ready.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.py", "def handler(event, context): ...\n")
    plain = synth(lambda: FunctionApp("notes", {"code": str(path), "handler": "notes.handler"}))
    assert function_of(plain)["handler"] == "notes.handler"
    args = {"code": str(path), "handler": "notes.handler", "secrets": {"T": SECRET}}
    graph = synth(lambda: FunctionApp("notes", args))
    assert function_of(graph)["handler"] == "_platform.handler.handler"
    with zipfile.ZipFile(function_of(graph)["code"].path) as archive:
        assert {"notes.py", "_platform/handler.py"} <= set(archive.namelist())


def test_a_ready_image_has_no_handler_and_no_runtime():
    uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"
    inputs = function_of(synth(lambda: FunctionApp("notes", {"image_uri": uri})))
    assert (inputs["packageType"], inputs["imageUri"]) == ("Image", uri)
    assert not {"handler", "runtime", "code"} & set(inputs)


def test_a_network_adds_a_closed_group_with_a_way_out():
    graph = graph_of(network=NETWORK)
    counts = graph.counts()
    assert counts["aws:ec2/securityGroup:SecurityGroup"] == 1
    assert counts["aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"] == 1
    assert "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule" not in counts
    group = graph.one(aws.ec2.SecurityGroup)
    assert function_of(graph)["vpcConfig"] == {
        "subnetIds": ["subnet-a", "subnet-b"],
        "securityGroupIds": [group.id],
    }
    assert graph.value(graph.result.security_group_id) == group.id
    policy = json.loads(graph.one(aws.iam.RolePolicy).inputs["policy"])
    changes = ["AssignPrivateIpAddresses", "CreateNetworkInterface", "DeleteNetworkInterface"]
    assert policy["Statement"][1:] == [
        {
            "Effect": "Allow",
            "Action": [f"ec2:{word}" for word in [*changes, "UnassignPrivateIpAddresses"]],
            "Resource": "arn:aws:ec2:us-east-1:123456789012:*/*",
        },
        {
            "Effect": "Allow",
            "Action": ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
            "Resource": "*",
        },
    ]


def test_a_function_waits_for_what_it_may_do_and_for_its_way_out():
    """Before, Lambda could not make its network interfaces, and the first call would fail."""
    plain, inside = graph_of(), graph_of(network=NETWORK)
    for graph, kinds in (
        (plain, (aws.iam.RolePolicy,)),
        (inside, (aws.iam.RolePolicy, aws.vpc.SecurityGroupEgressRule)),
    ):
        waits = graph.one(aws.lambda_.Function).dependencies
        assert all(graph.one(kind) in waits for kind in kinds)


def test_scaling_never_becomes_reserved_concurrency():
    inputs = function_of(graph_of(scaling={"minimum": 3, "maximum": 9}))
    assert inputs == function_of(graph_of())


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        ({"memory_mib": 127}, "'memory_mib' is 127: must be 128 to 10240 MiB"),
        ({"memory_mib": 10241}, "'memory_mib' is 10241"),
        ({"timeout_seconds": 0}, "'timeout_seconds' is 0: must be 1 to 900 seconds"),
        ({"timeout_seconds": 901}, "'timeout_seconds' is 901"),
        ({"ephemeral_storage_mib": 511}, "'ephemeral_storage_mib' is 511"),
        ({"environment": {"AWS_LAMBDA_RUNTIME_API": "x"}}, "is reserved by Lambda"),
        (
            {"environment": {"X": "1"}},
            "'environment' is 'X': Lambda takes names of two characters",
        ),
        ({"environment": {"_X": "1"}}, "'environment' is '_X': Lambda takes names of two"),
        ({"environment": {"_": "1"}}, "'environment' is '_': Lambda takes names of two"),
        ({"environment": {"BIG": "x" * 4096}}, "Lambda takes at most 4096 bytes"),
        ({"secrets": {"T": SECRET}}, "'code' is 's3://.*: secrets need our start-up code"),
        (
            {"network": {"vpc_id": "vpc-1", "public_subnet_ids": ["subnet-1", "subnet-2"]}},
            "no way out of a public",
        ),
        ({"environment": {"AB": "x" * 4060}}, "bytes of names and values with ours"),
        ({"layers": ["arn:x"]}, r"'layers\[0\]' is 'arn:x': must be the ARN of a layer's version"),
        ({"code": "nope.zip"}, "'code' is 'nope.zip': is neither an s3:// URI nor the path"),
        ({"code": "s3://bucket"}, "'code' is 's3://bucket': must be s3://bucket/key"),
        ({"handler": "no"}, "'handler' is 'no': must be module.function"),
        ({"overrides": {"security_group": {}}}, "'overrides.security_group' .* no such child"),
    ],
)
def test_bad_input_of_its_own_is_refused(bad, match):
    fails(match, **{**S3, **bad})


def test_an_environment_variable_that_lambda_allows_is_allowed():
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}
    given = function_of(graph_of(environment=variables))["environment"]["variables"]
    assert given["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/wrapper"


def test_secrets_of_an_image_are_refused():
    fails("fetches its secrets in the app", image_uri="x", secrets={"T": SECRET})


def test_options_of_a_later_release_may_be_given_as_they_are():
    given = {"queues": [], "layers": []}
    assert function_of(graph_of(**given)) == function_of(graph_of())


def test_a_relative_path_is_taken_from_where_the_program_runs(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "ready.zip", "w") as archive:
        archive.writestr("notes.py", "def handler(event, context): ...\n")
    monkeypatch.chdir(tmp_path)
    graph = synth(lambda: FunctionApp("notes", {"code": "ready.zip", "handler": "notes.handler"}))
    assert function_of(graph)["code"].path == str(tmp_path.resolve() / "ready.zip")
    fails(f"no.zip': is neither .* zip file in {tmp_path}", code="no.zip", handler="a.b")


@pytest.mark.parametrize(
    "uri",
    [
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/notes:1.2",
        f"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/notes@sha256:{'a' * 64}",
        "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/notes",
        "123456789012.dkr-ecr.eu-west-1.on.aws/notes:latest",
    ],
)
def test_an_image_of_ecr_is_taken_in_every_partition(uri):
    assert function_of(synth(lambda: FunctionApp("notes", {"image_uri": uri})))["imageUri"] == uri


@pytest.mark.parametrize(
    "uri", ["notes:1", "public.ecr.aws/lambda/python:3.13", "docker.io/library/python", "x"]
)
def test_an_image_that_lambda_could_not_pull_is_refused(uri):
    fails("Lambda takes images of a private repository in ECR", image_uri=uri)
