"""What we change in moto's stores: the policies of buckets, the keys of log groups."""

import json
from typing import Any


def patch_stores() -> None:
    """Apply every patch."""
    skip_conditional_bucket_statements()
    change_keys_of_log_groups()


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


def change_keys_of_log_groups() -> None:
    """Let the key of a log group change; moto takes one only when the group is made."""
    from moto.logs.responses import LogsResponse

    def associate_kms_key(self: Any) -> str:
        _group(self).kms_key_id = self._get_param("kmsKeyId")
        return ""

    def disassociate_kms_key(self: Any) -> str:
        _group(self).kms_key_id = None
        return ""

    def _group(self: Any) -> Any:
        from moto.logs.exceptions import ResourceNotFoundException

        name = self._get_param("logGroupName")
        if name not in self.logs_backend.groups:
            raise ResourceNotFoundException()
        return self.logs_backend.groups[name]

    response: Any = LogsResponse
    response.associate_kms_key = associate_kms_key
    response.disassociate_kms_key = disassociate_kms_key
