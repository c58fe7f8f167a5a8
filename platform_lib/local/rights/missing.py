"""The line of `grants` that allows what was refused: the narrowest helper that has the action."""

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

from platform_lib import grants
from platform_lib.local.rights.actions import Need


def grants_line(need: Need) -> str:
    """Return the line that allows an action, such as `grants.send_to_queue("arn:...")`."""
    resource = need.resource or "*"
    fitting = [
        (len(given["actions"]), name, own)
        for name, own, given in _offers(resource)
        if need.action in given["actions"] and resource in given["resources"]
    ]
    if fitting:
        _, name, own = min(fitting)
        return f"grants.{name}({json.dumps(own)})"
    return f"grants.allow([{json.dumps(need.action)}], [{json.dumps(resource)}])"


def statement(need: Need) -> str:
    """Return the statement of a policy that allows an action."""
    words = {"Effect": "Allow", "Action": need.action, "Resource": need.resource or "*"}
    return json.dumps(words)


def _offers(resource: str) -> Iterator[tuple[str, str, Any]]:
    """Yield each helper with the ARN it is called with, and what it grants."""
    service = resource.split(":")[2] if resource.startswith("arn:") else ""
    for name, helper in _helpers():
        if service == "s3":
            bucket = resource.partition("/")[0]
            given = helper(bucket)
            if bucket != resource:
                # The helper is for the bucket with all that is in it.
                given = {**given, "resources": [*given["resources"], resource]}
            yield name, bucket, given
        elif service == "dynamodb" and "/index/" in resource:
            table = resource.partition("/index/")[0]
            given = helper(table)
            yield name, table, {**given, "resources": [*given["resources"], resource]}
        else:
            yield name, resource, helper(resource)


def _helpers() -> list[tuple[str, Callable[[str], Any]]]:
    return [
        (name, helper)
        for name, helper in vars(grants).items()
        if inspect.isfunction(helper)
        and helper.__module__ == grants.__name__
        and not name.startswith("_")
        and name != "allow"
    ]
