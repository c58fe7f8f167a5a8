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
    "efs",
    "elasticache",
    "events",
    "iam",
    "instances",
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
    "sfn",
    "vpc",
    "vpc_access",
)


def _gather() -> Mapping[str, Row]:
    modules = (importlib.import_module(f"{__name__}.{service}") for service in _SERVICES)
    return {row.type: row for module in modules for row in module.ROWS}


ROWS = _gather()
"""Type token -> its row."""
