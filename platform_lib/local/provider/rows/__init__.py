"""The rows of every resource type that the local cloud knows, service by service."""

import importlib
from collections.abc import Mapping
from typing import Final

from platform_lib.local.provider.row import Row

_SERVICES: Final = (
    "acm",
    "apigatewayv2",
    "appautoscaling",
    "autoscaling",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "events",
    "iam",
    "kinesis",
    "kms",
    "lambda_",
    "lb",
    "logs",
    "messaging",
    "rds",
    "route53",
    "s3",
    "scheduler",
    "secrets",
    "ses",
    "vpc",
)


def _gather() -> tuple[Mapping[str, Row], Mapping[str, str]]:
    rows: dict[str, Row] = {}
    homes: dict[str, str] = {}
    for service in _SERVICES:
        module = importlib.import_module(f"{__name__}.{service}")
        for row in module.ROWS:
            rows[row.type] = row
            homes[row.type] = f"platform_lib/local/provider/rows/{service}.py"
    return rows, homes


ROWS, HOMES = _gather()
"""Type token -> its row, and -> the file that the row stands in."""
