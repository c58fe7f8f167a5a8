import json
import os
import subprocess
import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest

from platform_lib import ArgsError, ContainerApp, grants
from platform_lib.container_app.task import health_command
from platform_lib.testing import AwsMocks, synth

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/notes"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "web.py").write_text("async def app(scope, receive, send): ...\n")
    return tmp_path


def graph_of(**args):
    return synth(lambda: ContainerApp("notes", {"image": IMAGE, **args}))


def container_of(graph):
    text = graph.one(aws.ecs.TaskDefinition).inputs["containerDefinitions"]
    [container] = json.loads(text)
    return container


def fails(match, **args):
    def program():
        with pytest.raises(ArgsError, match=match):
            ContainerApp("notes", args)

    assert synth(program).resources == ()


def test_the_service_changes_without_a_gap_and_up_waits_for_it():
    service = graph_of().one(aws.ecs.Service)
    inputs = service.inputs
    assert inputs["waitForSteadyState"] is True
    assert inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert inputs["deploymentMinimumHealthyPercent"] == 100
    assert inputs["deploymentMaximumPercent"] == 200
    assert inputs["healthCheckGracePeriodSeconds"] == 60
    assert inputs["desiredCount"] == 1
    # Scaling owns the count after that, and the path is camelCase even in Python.
    assert service.options.ignore_changes == ("desiredCount",)


def test_the_service_uses_a_capacity_provider_strategy_and_never_a_launch_type():
    inputs = graph_of().one(aws.ecs.Service).inputs
    assert inputs["capacityProviderStrategies"] == [{"capacityProvider": "FARGATE", "weight": 1}]
    assert inputs["forceNewDeployment"] is True
    assert "launchType" not in inputs
    cluster = graph_of().one(aws.ecs.ClusterCapacityProviders)
    assert cluster.inputs["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_the_service_waits_for_the_listener_and_the_policies():
    dependencies = {each.name for each in graph_of().one(aws.ecs.Service).dependencies}
    assert {"notes-http", "notes-exec-policy", "notes-capacity", "notes-egress"} <= dependencies


def test_shares_become_a_strategy():
    capacity = [
        {"provider": "fargate", "base": 1},
        {"provider": "fargate_spot", "weight": 3},
    ]
    inputs = graph_of(capacity=capacity).one(aws.ecs.Service).inputs
    assert inputs["capacityProviderStrategies"] == [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ]


def test_the_default_network_is_two_default_subnets_with_public_addresses():
    graph = graph_of()
    network = graph.one(aws.ecs.Service).inputs["networkConfiguration"]
    assert network["assignPublicIp"] is True
    assert len(network["subnets"]) == 2
    assert network["subnets"] == graph.one(aws.lb.LoadBalancer).inputs["subnets"]


def test_tasks_stand_in_private_subnets_where_there_are_some():
    network = {
        "vpc_id": "vpc-0123456789abcdef0",
        "private_subnet_ids": ["subnet-c", "subnet-d"],
    }

    def program():
        given = {
            **network,
            "public_subnet_ids": [pulumi.Output.from_input("subnet-a"), "subnet-b"],
        }
        return ContainerApp("notes", {"image": IMAGE, "network": given})

    graph = synth(program)
    inputs = graph.one(aws.ecs.Service).inputs["networkConfiguration"]
    assert inputs["subnets"] == ["subnet-c", "subnet-d"]
    assert inputs["assignPublicIp"] is False
    assert graph.one(aws.lb.LoadBalancer).inputs["subnets"] == ["subnet-a", "subnet-b"]


def test_only_the_balancer_is_open_and_only_on_80():
    graph = graph_of(port=9000)
    rules = {rule.name: rule.inputs for rule in graph.all(aws.vpc.SecurityGroupIngressRule)}
    world, app = rules["notes-lb-ingress"], rules["notes-ingress"]
    assert (world["cidrIpv4"], world["fromPort"], world["toPort"]) == ("0.0.0.0/0", 80, 80)
    assert (app["fromPort"], app["toPort"]) == (9000, 9000)
    assert "cidrIpv4" not in app
    groups = {group.name: group for group in graph.all(aws.ec2.SecurityGroup)}
    assert app["referencedSecurityGroupId"] == groups["notes-lb-sg"].id
    for group in groups.values():
        # Inline rules cannot live with standalone ones.
        assert not {"ingress", "egress"} & set(group.inputs)


def test_the_balancer_drops_bad_headers_and_asks_for_health():
    graph = graph_of(health_check_path="/well")
    assert graph.one(aws.lb.LoadBalancer).inputs["dropInvalidHeaderFields"] is True
    target_group = graph.one(aws.lb.TargetGroup).inputs
    assert target_group["targetType"] == "ip"
    assert target_group["healthCheck"]["path"] == "/well"


def test_the_container_gets_its_variables_sorted_and_its_secrets_by_arn():
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"
    container = container_of(
        graph_of(environment={"Z": "1", "A": "2"}, secrets={"T": f"{secret}#key", "S": secret})
    )
    names = [each["name"] for each in container["environment"]]
    assert names == sorted(names)
    values = {each["name"]: each["value"] for each in container["environment"]}
    assert values["APP_TARGET"] == "container"
    assert values["AWS_DEFAULT_REGION"] == values["AWS_REGION"] == "us-east-1"
    assert values["PORT"] == "8080"
    assert container["secrets"] == [
        {"name": "S", "valueFrom": secret},
        {"name": "T", "valueFrom": f"{secret}:key::"},
    ]


def test_the_task_definition_has_no_empty_lists():
    text = graph_of().one(aws.ecs.TaskDefinition).inputs["containerDefinitions"]
    assert "[]" not in text
    assert "null" not in text


def test_a_ready_image_keeps_its_command_and_its_own_idea_of_health():
    container = container_of(graph_of())
    assert container["image"] == IMAGE
    assert "healthCheck" not in container
    assert "command" not in container
    assert container_of(graph_of(command=["serve"]))["command"] == ["serve"]


def test_the_execution_role_pulls_from_that_repository_alone():
    graph = graph_of()
    policy = json.loads(graph.one(aws.iam.RolePolicy, "notes-exec-policy").inputs["policy"])
    pulls = [each for each in policy["Statement"] if "ecr:BatchGetImage" in each["Action"]]
    assert [each["Resource"] for each in pulls] == [
        "arn:aws:ecr:us-east-1:123456789012:repository/notes"
    ]
    public = graph_of(image="public.ecr.aws/nginx/nginx:latest")
    assert "ecr:" not in public.one(aws.iam.RolePolicy, "notes-exec-policy").inputs["policy"]


def test_source_becomes_an_image_in_a_closed_repository(source):
    graph = synth(lambda: ContainerApp("notes", {"source": str(source), "app": "web:app"}))
    repository = graph.one(aws.ecr.Repository).inputs
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository["encryptionConfigurations"] == [{"encryptionType": "AES256"}]
    assert repository["forceDelete"] is True
    rules = json.loads(graph.one(aws.ecr.LifecyclePolicy).inputs["policy"])["rules"]
    assert [(rule["rulePriority"], rule["selection"], rule["action"]) for rule in rules] == [
        (
            1,
            {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 7,
            },
            {"type": "expire"},
        ),
        (
            2,
            {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 50},
            {"type": "expire"},
        ),
    ]
    image = graph.one("docker:index/image:Image")
    app = graph.result
    assert image.inputs["build"]["platform"] == "linux/arm64"
    assert image.inputs["imageName"].rpartition(":")[2].startswith(graph.value(app.version))
    assert "registry" in image.secrets
    container = container_of(graph)
    # By digest, never by tag.
    assert container["image"] == graph.value(app.image.repo_digest)
    assert container["healthCheck"]["command"][:2] == ["CMD", "python"]


DIGEST = f"sha256:{'a1' * 32}"


def pushed(*tags):
    """Mocks where these tags are in the repository already."""
    ids = [{"imageDigest": DIGEST, "imageTag": tag} for tag in ("", "other", *tags)]
    return AwsMocks(invokes={"aws:ecr/getImages:getImages": {"imageIds": ids}})


def image_of(args, mocks=None, preview=False):
    return synth(lambda: ContainerApp("notes", args), mocks=mocks, preview=preview)


def tag_of(args, **more):
    image = image_of(args, **more).one("docker:index/image:Image")
    return image.inputs["imageName"].rpartition(":")[2]


def test_a_tag_that_is_there_is_used_and_not_pushed_again(source):
    args = {"source": str(source), "app": "web:app"}
    first = image_of(args, mocks=pushed())
    image = first.one("docker:index/image:Image")
    assert image.inputs["skipPush"] is False
    repository = first.one(aws.ecr.Repository).outputs["repositoryUrl"]
    assert container_of(first)["image"] == image.outputs["repoDigest"]
    assert container_of(first)["image"].startswith(f"{repository}@sha256:")
    again = image_of(args, mocks=pushed(tag_of(args)))
    assert again.one("docker:index/image:Image").inputs["skipPush"] is True
    # By the digest that the repository has, not by that of the build, whose bytes may differ.
    assert container_of(again)["image"] == f"{repository}@{DIGEST}"


def test_an_image_is_made_anew_for_another_build_and_keeps_whether_it_was_pushed(source):
    args = {"source": str(source), "app": "web:app"}
    options = image_of(args).one("docker:index/image:Image").options
    # A replacement's inputs are not ignored, so the tag is looked up for each new build.
    assert options.ignore_changes == ("skipPush",)
    assert options.replace_on_changes == ("build", "imageName")


def test_a_preview_does_not_ask_what_is_in_the_repository(source):
    mocks = AwsMocks(invokes={"aws:ecr/getImages:getImages": lambda args: 1 / 0})
    args = {"source": str(source), "app": "web:app"}
    graph = image_of(args, mocks=mocks, preview=True)
    assert graph.one("docker:index/image:Image").inputs["skipPush"] is False


def test_the_tag_names_all_that_goes_into_an_image_of_the_users(source):
    (source / "Dockerfile").write_text("FROM scratch\n")
    (source / "other.Dockerfile").write_text("FROM scratch\n")
    own = {"source": str(source), "dockerfile": "Dockerfile"}
    named = [
        own,
        {**own, "architecture": "x86_64"},
        {**own, "dockerfile": "other.Dockerfile"},
        *(
            {**own, "overrides": {"image": {"build": build}}}
            for build in (
                {"args": {"LEVEL": "1"}},
                {"args": {"LEVEL": pulumi.Output.from_input("2")}},
                {"target": "small"},
                {"platform": "linux/riscv64"},
            )
        ),
        {"source": str(source), "app": "web:app"},
        {"source": str(source), "app": "web:app", "architecture": "x86_64"},
        {
            **{"source": str(source), "app": "web:app"},
            "overrides": {"image": {"build": {"args": {"LEVEL": "1"}}}},
        },
    ]
    tags = [tag_of(args) for args in named]
    assert len(set(tags)) == len(named)
    assert [tag_of(args) for args in named] == tags
    (source / "Dockerfile").write_text("FROM scratch\nENV A=1\n")
    assert tag_of(own) not in tags
    assert all(len(tag) <= 128 for tag in tags)


def test_an_override_of_the_build_joins_ours(source):
    overrides = {"image": {"build": {"args": {"LEVEL": "1"}, "target": "build"}}}
    args = {"source": str(source), "app": "web:app", "overrides": overrides}
    build = image_of(args).one("docker:index/image:Image").inputs["build"]
    assert build["args"] == {"LEVEL": "1"}
    assert build["target"] == "build"
    assert build["platform"] == "linux/arm64"
    assert Path(build["dockerfile"]).parent == Path(build["context"])


@pytest.mark.parametrize("word", ["context", "dockerfile"])
def test_an_override_does_not_say_what_is_built(source, word):
    build = {word: "elsewhere"}
    fails(
        f"'overrides.image.build.{word}' is 'elsewhere': the image is built from `source`",
        source=str(source),
        app="web:app",
        overrides={"image": {"build": build}},
    )


def test_a_dockerfile_of_the_users_is_built_as_it_is(source):
    (source / "Dockerfile").write_text("FROM scratch\n")
    args = {"source": str(source), "dockerfile": "Dockerfile", "force_delete": False}
    graph = synth(lambda: ContainerApp("notes", args))
    build = graph.one("docker:index/image:Image").inputs["build"]
    assert Path(build["dockerfile"]).read_text() == "FROM scratch\n"
    assert graph.one(aws.ecr.Repository).inputs["forceDelete"] is False
    assert "healthCheck" not in container_of(graph)


def test_ecs_alone_takes_on_the_roles_for_tasks_of_this_account_and_region():
    roles = graph_of(grants=[grants.read_table(TABLE)]).all(aws.iam.Role)
    assert len(roles) == 2
    for role in roles:
        assert json.loads(role.inputs["assumeRolePolicy"])["Statement"] == [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                },
            }
        ]


def test_the_trust_names_the_region_that_the_provider_works_in():
    def program():
        china = aws.Provider("china", region="cn-north-1")
        opts = pulumi.ResourceOptions(provider=china)
        return ContainerApp("notes", {"image": IMAGE}, opts)

    mocks = AwsMocks(region="cn-north-1", account_id="210987654321")
    [statement] = json.loads(
        synth(program, mocks=mocks).one(aws.iam.Role, "notes-role").inputs["assumeRolePolicy"]
    )["Statement"]
    assert statement["Condition"]["ArnLike"] == {
        "aws:SourceArn": "arn:aws-cn:ecs:cn-north-1:210987654321:*"
    }


def test_an_image_of_ours_has_a_read_only_root_and_room_to_write_in_tmp(source):
    graph = synth(lambda: ContainerApp("notes", {"source": str(source), "app": "web:app"}))
    container = container_of(graph)
    assert container["readonlyRootFilesystem"] is True
    assert container["mountPoints"] == [
        {"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}
    ]
    assert graph.one(aws.ecs.TaskDefinition).inputs["volumes"] == [{"name": "tmp"}]
    # A volume of Fargate is root's with mode 0755, but for what the image says it holds.
    build = graph.one("docker:index/image:Image").inputs["build"]
    recipe = Path(build["dockerfile"]).read_text().splitlines()
    assert recipe.index('VOLUME ["/tmp"]') > recipe.index("FROM python:3.13-slim")


def test_an_image_of_the_users_writes_where_it_likes_until_told_otherwise(source):
    graph = graph_of()
    assert not {"readonlyRootFilesystem", "mountPoints"} & set(container_of(graph))
    assert "volumes" not in graph.one(aws.ecs.TaskDefinition).inputs
    assert container_of(graph_of(read_only_root=True))["readonlyRootFilesystem"] is True
    args = {"source": str(source), "app": "web:app", "read_only_root": False}
    assert "readonlyRootFilesystem" not in container_of(synth(lambda: ContainerApp("notes", args)))


def test_scaling_follows_the_processor_between_its_bounds():
    scaling = {"minimum": 2, "maximum": 6, "cpu_percent": 50}
    graph = graph_of(scaling=scaling)
    target = graph.one(aws.appautoscaling.Target).inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (2, 6)
    policy = graph.one(aws.appautoscaling.Policy).inputs
    tracking = policy["targetTrackingScalingPolicyConfiguration"]
    assert tracking["targetValue"] == 50
    assert graph.one(aws.ecs.Service).inputs["desiredCount"] == 2


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        ({"cpu": 300}, "'cpu' is 300: must be one of 256, 512"),
        ({"cpu": 256, "memory_mib": 4096}, "'memory_mib' is 4096: cpu 256 on Fargate has 512 to"),
        ({"capacity": [{"provider": "ec2"}]}, r"'capacity\[0\].provider' is 'ec2': not available"),
        ({"capacity": [{"provider": "fargate"}] * 2}, "each provider may stand there once"),
        ({"capacity": [{"provider": "fargate", "weight": 0}]}, "needs a weight above 0"),
        ({"capacity": [{"provider": "fargate", "weight": -1}]}, "must be 0 to 1000"),
        ({"cluster_arn": "arn:x"}, "'cluster_arn' is 'arn:x': not available in this release"),
        ({"sidecars": [{"name": "x"}]}, "'sidecars' is .*: not available in this release"),
        ({"enable_execute_command": True}, "'enable_execute_command' is True: not available"),
        ({"network": {"vpc_id": "vpc-1"}}, "'network.public_subnet_ids' is None: is needed"),
        ({"overrides": {"repository": {}}}, "'overrides.repository' .* no such child"),
        ({"source": "."}, "exactly one way to give the app is needed"),
    ],
)
def test_bad_input_of_its_own_is_refused(bad, match):
    fails(match, image=IMAGE, **bad)


def test_a_dockerfile_that_is_not_there_is_refused(source):
    fails("'dockerfile' is 'nope': there is no such file", source=str(source), dockerfile="nope")


def test_an_image_of_ours_gets_json_secrets_whole_and_finds_their_keys(source):
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"

    def container(secrets):
        args = {"source": str(source), "app": "web:app", "secrets": secrets}
        return container_of(synth(lambda: ContainerApp("notes", args)))

    def variables(definition):
        return {each["name"]: each["value"] for each in definition["environment"]}

    definition = container({"T": f"{secret}#a:key", "S": secret})
    assert definition["secrets"] == [
        {"name": "S", "valueFrom": secret},
        {"name": "PLATFORM_SECRET_T", "valueFrom": secret},
    ]
    assert variables(definition)["PLATFORM_SECRET_KEYS"] == '{"T": "a:key"}'
    assert "PLATFORM_SECRET_KEYS" not in variables(container({"S": secret}))


def test_an_arn_that_is_known_later_may_have_a_key(source):
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"

    def program():
        secrets = {"T": pulumi.Output.from_input(f"{secret}#key")}
        args = {"source": str(source), "app": "web:app", "secrets": secrets}
        return ContainerApp("notes", args)

    definition = container_of(synth(program))
    assert definition["secrets"] == [{"name": "PLATFORM_SECRET_T", "valueFrom": secret}]
    assert {"name": "PLATFORM_SECRET_KEYS", "value": '{"T": "key"}'} in definition["environment"]


def test_a_task_may_open_as_many_files_as_an_instance():
    limit = {"name": "nofile", "softLimit": 65536, "hardLimit": 65536}
    assert container_of(graph_of())["ulimits"] == [limit]


def test_the_server_of_ours_is_told_the_tasks_share_of_the_machine(source):
    graph = synth(
        lambda: ContainerApp(
            "notes", {"source": str(source), "app": "web:app", "cpu": 2048, "memory_mib": 4096}
        )
    )
    units = {"name": "PLATFORM_CPU_UNITS", "value": "2048"}
    assert units in container_of(graph)["environment"]
    assert "PLATFORM_CPU_UNITS" not in str(container_of(graph_of())["environment"])


SERVER = """
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == sys.argv[1] else int(sys.argv[2]))
        self.end_headers()

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.mark.parametrize("path", ["/health", "/it's", "/a\\b", '/"q"', "/%C3%A9?a=1&b=$HOME"])
@pytest.mark.parametrize("otherwise", ["404", "302", "204"])
def test_the_health_check_takes_any_path_and_no_proxy(path, otherwise):
    started = [sys.executable, "-c", SERVER, path, otherwise]
    with subprocess.Popen(
        started, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL
    ) as server:
        try:
            port = int(server.stdout.readline())
            proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}

            def asked(path):
                words = [sys.executable, *health_command(port, path)[1:]]
                return subprocess.run(words, env=os.environ | proxies, check=False).returncode

            assert asked(path) == 0
            assert asked("/other") == 1
        finally:
            server.kill()
