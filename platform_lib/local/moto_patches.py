"""What we change in moto, each change in one function that says why."""

import json
from typing import Any

_done: list[str] = []


def patch_moto() -> None:
    """Apply every patch, once a process."""
    if not _done:
        skip_conditional_bucket_statements()
        _done.append("patched")


def skip_conditional_bucket_statements() -> None:
    """Let a statement of a bucket policy count only where it has no condition.

    moto takes a condition that does not hold for a denial, also in an Allow. AWS leaves such a
    statement out. Which conditions hold cannot be told here (all traffic is plain HTTP on
    127.0.0.1, so a Deny for want of TLS would deny everything), so none is taken to apply.
    """
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    def get_permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy.decode())
        statements = policy["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        policy["Statement"] = [one for one in listed if "Condition" not in one]
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    bucket: Any = FakeBucket
    bucket.get_permission = get_permission


def reset_moto() -> None:
    """Empty every account: moto keeps its state for as long as the process lives."""
    from moto.core.model_instances import reset_model_data

    reset_model_data()
