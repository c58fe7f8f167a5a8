"""The events of a bucket: which there are, and how EventBridge words them."""

from collections.abc import Sequence
from typing import Any

from platform_lib.checks import InvalidInput, did_you_mean

_CREATED, _DELETED = "Object Created", "Object Deleted"
_INITIATED, _COMPLETED, _EXPIRED = (
    f"Object Restore {word}" for word in ("Initiated", "Completed", "Expired")
)
_TAGGED, _UNTAGGED = "Object Tags Added", "Object Tags Deleted"
_REASONS: dict[str, tuple[Sequence[str], str | None]] = {
    "s3:ObjectCreated:*": ([_CREATED], None),
    "s3:ObjectCreated:Put": ([_CREATED], "PutObject"),
    "s3:ObjectCreated:Post": ([_CREATED], "POST Object"),
    "s3:ObjectCreated:Copy": ([_CREATED], "CopyObject"),
    "s3:ObjectCreated:CompleteMultipartUpload": ([_CREATED], "CompleteMultipartUpload"),
    "s3:ObjectRemoved:*": ([_DELETED], "DeleteObject"),
    "s3:LifecycleExpiration:*": ([_DELETED], "Lifecycle Expiration"),
    "s3:ObjectRestore:*": ([_INITIATED, _COMPLETED, _EXPIRED], None),
    "s3:ObjectRestore:Post": ([_INITIATED], None),
    "s3:ObjectRestore:Completed": ([_COMPLETED], None),
    "s3:ObjectRestore:Delete": ([_EXPIRED], None),
    "s3:ObjectTagging:*": ([_TAGGED, _UNTAGGED], None),
    "s3:ObjectTagging:Put": ([_TAGGED], None),
    "s3:ObjectTagging:Delete": ([_UNTAGGED], None),
    "s3:ObjectAcl:Put": (["Object ACL Updated"], None),
    "s3:LifecycleTransition": (["Object Storage Class Changed"], None),
    "s3:IntelligentTiering": (["Object Access Tier Changed"], None),
}
"""What EventBridge says of an event: its detail-types, and the reason in its detail, by which
uploads and deletions are told apart.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-mapping-troubleshooting.html
"""

EVENTS = frozenset(
    {
        *_REASONS,
        "s3:LifecycleExpiration:Delete",
        "s3:ObjectAnnotation:*",
        "s3:ObjectAnnotation:Delete",
        "s3:ObjectAnnotation:Put",
        "s3:ObjectRetention:Put",
        "s3:LifecycleExpiration:DeleteMarkerCreated",
        "s3:ObjectRemoved:Delete",
        "s3:ObjectRemoved:DeleteMarkerCreated",
        "s3:ReducedRedundancyLostObject",
        "s3:Replication:*",
        "s3:Replication:OperationFailedReplication",
        "s3:Replication:OperationMissedThreshold",
        "s3:Replication:OperationNotTracked",
        "s3:Replication:OperationReplicatedAfterThreshold",
    }
)
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html"""


def check_events(field: str, events: Sequence[str], by_rule: bool) -> Sequence[str]:
    """Refuse events that there are not, or that do not come by this way."""
    if not events:
        raise InvalidInput(field, events, "needs an event, such as 's3:ObjectCreated:*'")
    for event in events:
        if event not in EVENTS:
            known = did_you_mean(event, sorted(EVENTS))
            raise InvalidInput(field, event, f"no such event; {known}")
        if by_rule and event not in _REASONS:
            need = f"is not told apart by EventBridge; take one of {', '.join(sorted(_REASONS))}"
            raise InvalidInput(field, event, need)
    if len(set(events)) < len(events):
        raise InvalidInput(field, list(events), "names an event twice")
    return events


def writing_actions(events: Sequence[str]) -> list[str]:
    """Name the actions of a function that would bring the events about."""
    actions = {
        "ObjectCreated": "s3:PutObject",
        "ObjectRemoved": "s3:DeleteObject",
        "ObjectTagging": "s3:PutObjectTagging",
        "ObjectAcl": "s3:PutObjectAcl",
    }
    kinds = {event.split(":")[1] for event in events}
    return [actions[kind] for kind in sorted(kinds & set(actions))]


def event_pattern(bucket: str, events: Sequence[str], prefix: str, suffix: str) -> dict[str, Any]:
    """Word a bucket's events as a pattern of EventBridge."""
    detail: dict[str, Any] = {"bucket": {"name": [bucket]}}
    key = _key_filter(prefix, suffix)
    if key:
        detail["object"] = {"key": [key]}
    wanted = [_REASONS[event] for event in events]
    whole = {kind for kinds, reason in wanted if reason is None for kind in kinds}
    reasons = {reason for kinds, reason in wanted if reason and not whole.intersection(kinds)}
    if reasons:
        detail["reason"] = sorted(reasons)
    if reasons and whole:
        # Beside a kind that is wanted whole, say what is not wanted of the others; some kinds
        # have no reason at all.
        parts = {kind for kinds, _ in wanted for kind in kinds} - whole
        known = {reason for kinds, reason in _REASONS.values() if reason and parts & {*kinds}}
        detail["reason"] = [{"anything-but": sorted(known - reasons)}, {"exists": False}]
    kinds = sorted({kind for kinds, _ in wanted for kind in kinds})
    return {"source": ["aws.s3"], "detail-type": kinds, "detail": detail}


def _key_filter(prefix: str, suffix: str) -> dict[str, str] | None:
    if prefix and suffix:
        head, tail = (text.replace("\\", "\\\\").replace("*", "\\*") for text in (prefix, suffix))
        return {"wildcard": f"{head}*{tail}"}
    if prefix:
        return {"prefix": prefix}
    return {"suffix": suffix} if suffix else None
