"""The text of an ECS task definition: pure, sorted, with AWS's defaults written out.

ECS gives a definition back with its defaults filled in. What is left out here would read as a
change on every preview, and every preview would roll every task.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from platform_lib.defaults import OPEN_FILES

CONTAINER_NAME = "app"

SCRATCH_VOLUME = {"name": "tmp"}
"""The task's own room for what an app with a read-only root file system writes: at /tmp."""


def container_definition(
    *,
    image: pulumi.Input[str],
    port: int,
    environment: Mapping[str, pulumi.Input[str]],
    secrets: Mapping[str, pulumi.Input[str]],
    log_group_name: pulumi.Input[str],
    region: pulumi.Input[str],
    command: Sequence[str] | None,
    health_command: Sequence[str] | None,
    read_only_root: bool,
    finds_keys: bool,
) -> dict[str, Any]:
    """Word the one container of an app's task.

    `finds_keys` says that the image takes the keys out of JSON secrets itself (`secret_keys`).
    """
    definition: dict[str, Any] = {
        "name": CONTAINER_NAME,
        "image": image,
        "essential": True,
        "portMappings": [{"containerPort": port, "hostPort": port, "protocol": "tcp"}],
        "environment": [
            {"name": variable, "value": environment[variable]} for variable in sorted(environment)
        ],
        # An open connection is one. Fargate's own bound is one less; the hosts of EC2 differ.
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Ulimit.html
        "ulimits": [{"name": "nofile", "softLimit": OPEN_FILES, "hardLimit": OPEN_FILES}],
        # A process with a thousand children gets them reaped, and signals reach the app.
        "linuxParameters": {"initProcessEnabled": True},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group_name,
                "awslogs-region": region,
                "awslogs-stream-prefix": CONTAINER_NAME,
            },
        },
    }
    if read_only_root:
        definition["readonlyRootFilesystem"] = True
        path = "/tmp"  # noqa: S108 - the container's own
        definition["mountPoints"] = [
            {"sourceVolume": SCRATCH_VOLUME["name"], "containerPath": path, "readOnly": False}
        ]
    if secrets:
        definition["secrets"] = [
            _whole_secret(variable, secrets[variable])
            if finds_keys
            else {"name": variable, "valueFrom": _value_from(secrets[variable])}
            for variable in sorted(secrets)
        ]
    if command:
        definition["command"] = list(command)
    if health_command:
        definition["healthCheck"] = {
            "command": ["CMD", *health_command],
            "interval": 10,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 30,
        }
    return definition


def secret_keys(secrets: Mapping[str, pulumi.Input[str]]) -> dict[str, pulumi.Input[str]]:
    """Give the variable that tells an image of ours the keys of JSON secrets; none without any."""
    if all(isinstance(each, str) and "#" not in each for each in secrets.values()):
        return {}

    def word(known: Mapping[str, object]) -> str:
        split = {variable: str(each).partition("#") for variable, each in known.items()}
        return json.dumps({name: key for name, (_, has, key) in sorted(split.items()) if has})

    return {"PLATFORM_SECRET_KEYS": pulumi.Output.all(**secrets).apply(word)}


def _whole_secret(variable: str, reference: pulumi.Input[str]) -> dict[str, pulumi.Output[str]]:
    """Hand a secret over whole, by another name where a key of it is wanted."""
    text = pulumi.Output.from_input(reference)
    return {
        "name": text.apply(lambda ref: f"PLATFORM_SECRET_{variable}" if "#" in ref else variable),
        "valueFrom": text.apply(lambda ref: str(ref).partition("#")[0]),
    }


def _value_from(reference: pulumi.Input[str]) -> pulumi.Output[str]:
    """Turn `ARN#key` into ECS's own words for one key of a JSON secret, which is to be a string.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """

    def word(text: str) -> str:
        arn, has_key, key = str(text).partition("#")
        return f"{arn}:{key}::" if has_key else arn

    return pulumi.Output.from_input(reference).apply(word)


def health_command(port: int, path: str) -> list[str]:
    """Ask the app for its health from inside of its container, with the Python that is there.

    ECS ignores the HEALTHCHECK of an image, so the task definition says it.
    """
    # Not urllib, which heeds HTTP_PROXY for 127.0.0.1 too.
    lines = [
        "import http.client, sys",
        f"asked = http.client.HTTPConnection('127.0.0.1:{port}', timeout=4)",
        f"asked.request('GET', {path!r})",
        "sys.exit(asked.getresponse().status != 200)",
    ]
    return ["python", "-c", "; ".join(lines)]
