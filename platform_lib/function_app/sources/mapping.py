"""What queues and streams have in common: Lambda reads them, by an event source mapping."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.checks import InvalidInput, check_range
from platform_lib.event_patterns import check_pattern
from platform_lib.function_app.sources.naming import SourceName
from platform_lib.function_app.sources.target import Target
from platform_lib.parts.children import Children

MAPPED_ONCE = "stands there twice, and Lambda maps a source to a function once; join the filters"
"""https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""

_WINDOW_SECONDS = 300
_FILTERS = 10


def mapping_inputs(
    field: str,
    args: Mapping[str, Any],
    *,
    batch_size: int,
    batch_limit: int,
    unit: str,
    check_filter: Callable[[Mapping[str, Any]], None],
) -> dict[str, Any]:
    """Judge what every mapping takes, and word it as the resource's inputs.

    `check_filter` refuses a filter that no record of the source can match.
    """
    batch_size = args.get("batch_size", batch_size)
    check_range(f"{field}.batch_size", batch_size, 1, batch_limit, unit)
    window = args.get("batch_window_seconds", 0)
    check_range(f"{field}.batch_window_seconds", window, 0, _WINDOW_SECONDS, "seconds")
    partial = args.get("partial_batch", True)
    return {
        "batch_size": batch_size,
        "maximum_batching_window_in_seconds": window or None,
        "function_response_types": ["ReportBatchItemFailures"] if partial else None,
        "filter_criteria": _filter_criteria(
            f"{field}.filters", args.get("filters", ()), check_filter
        ),
        "enabled": args.get("enabled", True),
    }


def _filter_criteria(
    field: str,
    filters: Sequence[Mapping[str, Any]],
    check_filter: Callable[[Mapping[str, Any]], None],
) -> dict[str, Any] | None:
    if len(filters) > _FILTERS:
        need = f"at most {_FILTERS} filters fit on a source (5 until AWS raises your quota)"
        raise InvalidInput(field, len(filters), need)
    patterns = [
        checked_pattern(f"{field}[{at}]", pattern, for_lambda=True, check=check_filter)
        for at, pattern in enumerate(filters)
    ]
    return {"filters": [{"pattern": text} for text in patterns]} if patterns else None


def checked_pattern(
    field: str,
    pattern: Mapping[str, Any],
    *,
    for_lambda: bool = False,
    check: Callable[[Mapping[str, Any]], None],
) -> str:
    """Refuse a pattern that AWS would, or that `check` knows never to match; word it as JSON."""
    try:
        check_pattern(pattern, for_lambda=for_lambda)
        check(pattern)
    except ValueError as problem:
        raise InvalidInput(field, dict(pattern), str(problem)) from None
    return pattern_text(pattern)


def pattern_text(pattern: Mapping[str, Any]) -> str:
    """Word a pattern as JSON that is the same for equal patterns."""
    return json.dumps(pattern, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def create_mapping(
    child: Children,
    at: SourceName,
    target: Target,
    *,
    source_arn: pulumi.Input[str],
    inputs: Mapping[str, Any],
) -> "aws.lambda_.EventSourceMapping":
    """Let Lambda read a source and call the alias."""
    return child.make(
        at.key("mapping"),
        aws.lambda_.EventSourceMapping,
        f"{at.suffix}-mapping",
        function_name=target.alias.arn,
        event_source_arn=source_arn,
        # The key of the filters, and of nothing else.
        kms_key_arn=target.kms_key_arn if inputs["filter_criteria"] is not None else None,
        **inputs,
        # Lambda takes one mapping of a source to a function: where another starting position
        # replaces it, the old one must go first. What comes meanwhile waits in the source.
        opts=pulumi.ResourceOptions(delete_before_replace=True),
    )
