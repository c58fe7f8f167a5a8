"""S3: tells functions, queues, topics and the event bus what happened to objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus

from platform_lib.local.dataplane.delivery import event_shapes
from platform_lib.local.dataplane.delivery.destinations import Message
from platform_lib.local.dataplane.delivery.event_rules import EventRules
from platform_lib.local.dataplane.delivery.push import Push
from platform_lib.local.dataplane.lineage import Lineage, current
from platform_lib.local.moto.replacing import replaced

SERVICE = "s3.amazonaws.com"

_REASONS: Final[Mapping[str, str]] = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}
_counter = itertools.count(1)


def deliver_buckets(push: Push, rules: EventRules) -> Callable[[], None]:
    """Take the place of moto's notifications; return what puts them back.

    moto waits for the function and swallows its errors, encodes a key's slashes, gives every event
    the same sequencer, forgets the events of a delete marker and of a version that is deleted
    where others stay, and tells of an upload in parts twice.
    """
    from moto.s3 import notifications as theirs
    from moto.s3.models import S3Backend

    module: Any = theirs
    backend: Any = S3Backend
    mark, delete = backend._set_delete_marker, backend.delete_object
    names = theirs.S3NotificationEvent

    def send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
        configuration = bucket.notification_configuration
        if configuration is None or key is None or _is_side_effect(str(event_name.value)):
            return
        if event_name == names.OBJECT_CREATED_PUT_EVENT and key.multipart is not None:
            # It is told when the upload is complete, under its own name.
            return
        happened = _Happened(push, account_id, str(event_name.value), bucket, key)
        # A filter is compared with the encoded key: a prefix with a space matches nothing.
        encoded = quote_plus(key.name, safe="/!()'*")
        listed = (*configuration.cloud_function, *configuration.queue, *configuration.topic)
        for each in listed:
            if each.matches(str(event_name.value), encoded):
                event = happened.for_notification(each.id)
                push.begin(_deliver(push, bucket, each.arn, event, current()))
        if configuration.event_bridge is not None:
            event = happened.for_bus(module._detail_type(event_name))
            rules.put("default", event, current())

    def set_delete_marker(self: Any, bucket_name: str, key_name: str) -> Any:
        marker = mark(self, bucket_name, key_name)
        name = names.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
        send_event(self.account_id, name, self.get_bucket(bucket_name), marker)
        return marker

    def delete_object(
        self: Any, bucket_name: str, key_name: str, version_id: str | None = None, **more: Any
    ) -> Any:
        bucket = self.get_bucket(bucket_name)
        before = bucket.keys.getlist(key_name, [])
        result = delete(self, bucket_name, key_name, version_id=version_id, **more)
        left = bucket.keys.getlist(key_name, [])
        gone = next((each for each in before if str(each.version_id) == str(version_id)), None)
        # Of the last version moto tells itself.
        if left and gone is not None and gone not in left:
            send_event(self.account_id, names.OBJECT_REMOVED_DELETE_EVENT, bucket, gone)
        return result

    return replaced(
        (module, "send_event", send_event),
        (backend, "_set_delete_marker", set_delete_marker),
        (backend, "delete_object", delete_object),
    )


def _is_side_effect(name: str) -> bool:
    """Whether moto tells of tags or a policy that came with the object, as S3 does not."""
    from flask import has_request_context, request

    word = {"s3:ObjectTagging": "tagging", "s3:ObjectAcl": "acl"}.get(name.rpartition(":")[0])
    return word is not None and has_request_context() and word not in request.args


class _Happened:
    """What happened to one object, in words of notifications and of the event bus."""

    def __init__(self, push: Push, account: str, name: str, bucket: Any, key: Any) -> None:
        self._account, self._bucket, self._key = account, bucket, key
        self._name = name.removeprefix("s3:")
        self._moment = push.context.clock.now()
        self._request_id = uuid.uuid4().hex[:16].upper()
        self._sequencer = f"{int(self._moment * 1000):012X}{next(_counter) % 0x10000:04X}"
        self._about: dict[str, Any] = {}
        if not self._name.startswith("ObjectRemoved"):
            self._about = {"size": key.size, "eTag": str(key.etag).strip('"')}
        if bucket.is_versioned and key.version_id:
            self._about["versionId"] = str(key.version_id)

    def for_notification(self, configuration_id: str) -> dict[str, Any]:
        return event_shapes.object_event(
            name=self._name,
            configuration_id=configuration_id,
            bucket=self._bucket.name,
            key=self._key.name,
            region=self._bucket.region_name,
            account=self._account,
            moment=self._moment,
            request_id=self._request_id,
            sequencer=self._sequencer,
            about=self._about,
        )

    def for_bus(self, detail_type: str) -> dict[str, Any]:
        words = {"eTag": "etag", "versionId": "version-id"}
        detail: dict[str, Any] = {
            "version": "0",
            "bucket": {"name": self._bucket.name},
            "object": {
                "key": self._key.name,
                **{words.get(word, word): value for word, value in self._about.items()},
                "sequencer": self._sequencer,
            },
            "request-id": self._request_id,
            "requester": self._account,
            "source-ip-address": "127.0.0.1",
        }
        if self._name in _REASONS:
            detail["reason"] = _REASONS[self._name]
        if self._name.startswith("ObjectRemoved"):
            marker = self._name.endswith("MarkerCreated")
            kind = "Delete Marker Created" if marker else "Permanently Deleted"
            detail["deletion-type"] = kind
        return event_shapes.bus_event(
            source="aws.s3",
            detail_type=detail_type,
            detail=detail,
            account=self._account,
            region=self._bucket.region_name,
            moment=self._moment,
            resources=[f"arn:aws:s3:::{self._bucket.name}"],
        )


async def _deliver(
    push: Push, bucket: Any, arn: str, event: dict[str, Any], lineage: Lineage
) -> None:
    source, text = f"arn:aws:s3:::{bucket.name}", json.dumps(event)
    if arn.split(":")[2] == "lambda":
        refusal = push.asynchronous.accept_from(SERVICE, source, arn, text.encode(), lineage)
    else:
        message = Message(body=text, attributes={})
        refusal = await push.destinations.send_by_service(SERVICE, source, arn, message, lineage)
    if refusal is not None:
        key = event["Records"][0]["s3"]["object"]["key"]
        push.say(
            f"bucket {bucket.name} cannot tell {arn.rpartition(':')[2]} about {key}, because "
            f"{refusal.message}; S3 keeps no such event"
        )
