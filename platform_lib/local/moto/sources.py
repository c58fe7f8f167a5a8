"""What we change in moto's event sources: what it lacks, forgets, or refuses wrongly."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from platform_lib.local.desired import Desired
from platform_lib.local.moto.replacing import refusal
from platform_lib.local.permissions import Permissions


def patch_sources() -> None:
    """Apply every patch."""
    change_buses()
    judge_events()
    change_schedules()
    change_receipt_rules()
    change_subscription_filters()
    tell_of_event_bridge()
    refuse_closed_destinations()
    tag_streams()


def change_buses() -> None:
    """Let an event bus be changed; moto can only make and delete one."""
    from moto.events.responses import EventsHandler

    def update_event_bus(self: Any) -> tuple[str, Mapping[str, Any]]:
        bus = self.events_backend.describe_event_bus(self._get_param("Name"))
        bus.description = self._get_param("Description")
        bus.kms_key_identifier = self._get_param("KmsKeyIdentifier")
        bus.dead_letter_config = self._get_param("DeadLetterConfig")
        return json.dumps({"Name": bus.name, "Arn": bus.arn}), self.response_headers

    handler: Any = EventsHandler
    handler.update_event_bus = update_event_bus


_EVENTS_SIZE = 1024 * 1024
_EVENT_TIME_SIZE = 14


def judge_events() -> None:
    """Refuse events that EventBridge would, in its words, of which moto takes these.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
    """
    from moto.events.responses import EventsHandler

    def put_events(self: Any) -> str:
        given = self._get_param("Entries")
        if sum(map(_event_size, given)) >= _EVENTS_SIZE:
            told = "Total size of the entries in the request is over the limit."
            raise refusal("ValidationException", told)
        refused = [_event_refusal(each) for each in given]
        fine = [each for each, code in zip(given, refused, strict=True) if code is None]
        put = iter(self.events_backend.put_events(fine))
        entries = [next(put) if code is None else code for code in refused]
        failed = sum("ErrorCode" in each for each in entries)
        return json.dumps({"FailedEntryCount": failed, "Entries": entries})

    handler: Any = EventsHandler
    handler.put_events = put_events


def _event_size(entry: Mapping[str, Any]) -> int:
    """Reckon an event's bytes.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
    """
    parts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")]
    parts += entry.get("Resources") or []
    size = sum(len(part.encode()) for part in parts)
    return size + (_EVENT_TIME_SIZE if entry.get("Time") else 0)


def _event_refusal(entry: Mapping[str, Any]) -> dict[str, str] | None:
    """Word why an event is refused; None for what is left to moto."""
    if str(entry.get("Source") or "").startswith("aws."):
        told = "Not authorized for the source."
        return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": told}
    try:
        detail = json.loads(entry.get("Detail") or "{}")
    except ValueError:
        return None
    if isinstance(detail, dict):
        return None
    return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}


def change_schedules() -> None:
    """Let an update say what becomes of a schedule that ended, and a wrong group be an error.

    moto forgets the one, and answers the other with a 500.
    """
    from moto.scheduler.models import EventBridgeSchedulerBackend
    from moto.scheduler.responses import EventBridgeSchedulerResponse

    backend: Any = EventBridgeSchedulerBackend
    response: Any = EventBridgeSchedulerResponse
    create, change = backend.create_schedule, response.update_schedule
    delete_group = backend.delete_schedule_group

    def create_schedule(self: Any, group_name: str | None = None, **more: Any) -> Any:
        self.get_schedule_group(group_name)
        return create(self, group_name=group_name, **more)

    def update_schedule(self: Any) -> str:
        answer: str = change(self)
        name = self.uri.split("?")[0].split("/")[-1]
        schedule = self.scheduler_backend.get_schedule(self._get_param("GroupName"), name)
        schedule.action_after_completion = self._get_param("ActionAfterCompletion")
        return answer

    def delete_schedule_group(self: Any, name: str | None) -> None:
        self.get_schedule_group(name)
        delete_group(self, name)

    backend.create_schedule = create_schedule
    backend.delete_schedule_group = delete_schedule_group
    response.update_schedule = update_schedule


def change_receipt_rules() -> None:
    """Let a rule for mail be moved and deleted, and let its actions have roles.

    moto can do neither, and looks roles up by their ids, so that it never finds one.
    """
    from moto.core.responses import EmptyResult
    from moto.iam.exceptions import NotFoundException
    from moto.ses.exceptions import InvalidParameterValue
    from moto.ses.models import SESBackend
    from moto.ses.responses import EmailResponse

    def delete_receipt_rule(self: Any) -> Any:
        rules = self.backend.describe_receipt_rule_set(self._get_param("RuleSetName")).rules
        name = self._get_param("RuleName")
        rules[:] = [rule for rule in rules if rule["Name"] != name]
        return EmptyResult()

    def set_receipt_rule_position(self: Any) -> Any:
        set_name, name = self._get_param("RuleSetName"), self._get_param("RuleName")
        moved = self.backend.describe_receipt_rule(set_name, name)
        after = self._get_param("After")
        if after:
            self.backend.describe_receipt_rule(set_name, after)
        rules = self.backend.describe_receipt_rule_set(set_name).rules
        rules.remove(moved)
        names = [rule["Name"] for rule in rules]
        rules.insert(names.index(after) + 1 if after else 0, moved)
        return EmptyResult()

    def _validate_iam_role(self: Any, role_arn: str) -> None:
        from moto.backends import get_backend

        try:
            get_backend("iam")[self.account_id]["aws"].get_role_by_arn(role_arn)
        except NotFoundException:
            raise InvalidParameterValue("Could not assume the provided IAM role") from None

    response: Any = EmailResponse
    response.delete_receipt_rule = delete_receipt_rule
    response.set_receipt_rule_position = set_receipt_rule_position
    backend: Any = SESBackend
    backend._validate_iam_role = _validate_iam_role


def change_subscription_filters() -> None:
    """Let a filter be changed where its log group has two, which is as many as there can be.

    moto counts before it looks whether the filter is there already.
    """
    from moto.logs.models import LogGroup

    group: Any = LogGroup
    put = group.put_subscription_filter

    def put_subscription_filter(
        self: Any, filter_name: str, filter_pattern: str, destination_arn: str, role_arn: str
    ) -> None:
        old = self.subscription_filters.get(filter_name)
        if old is not None:
            old.update(filter_pattern, destination_arn, role_arn)
        else:
            put(self, filter_name, filter_pattern, destination_arn, role_arn)

    group.put_subscription_filter = put_subscription_filter


def tell_of_event_bridge() -> None:
    """Let a bucket say that its events go to EventBridge; moto knows, and does not tell."""
    from moto.s3.responses import S3Response

    response: Any = S3Response
    get = response.get_bucket_notification

    def get_bucket_notification(self: Any) -> Any:
        found = self.backend.get_bucket_notification_configuration(self.bucket_name)
        if found is not None and found.event_bridge is not None:
            serialized = self.serialized

            def serialized_with(answer: Any) -> Any:
                answer.result["EventBridgeConfiguration"] = {}
                return serialized(answer)

            self.serialized = serialized_with
        return get(self)

    response.get_bucket_notification = get_bucket_notification


_DESTINATIONS = {
    "CloudFunction": "lambda:InvokeFunction",
    "Queue": "sqs:SendMessage",
    "Topic": "sns:Publish",
}


def refuse_closed_destinations() -> None:
    """Refuse notifications to what does not let the bucket in, or is not there, as S3 does.

    Who makes the notification before the permission finds it on AWS otherwise.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
    """
    from moto.s3.exceptions import S3ClientError
    from moto.s3.models import S3Backend

    backend: Any = S3Backend
    put = backend.put_bucket_notification_configuration

    def put_bucket_notification_configuration(self: Any, bucket_name: str, config: Any) -> None:
        region = self.get_bucket(bucket_name).region_name
        for arn in _closed(self.account_id, region, bucket_name, config):
            raise S3ClientError(
                "InvalidArgument",
                f"Unable to validate the following destination configurations: {arn} does not "
                f"let s3.amazonaws.com in for arn:aws:s3:::{bucket_name}",
            )
        put(self, bucket_name, config)

    backend.put_bucket_notification_configuration = put_bucket_notification_configuration


def _closed(account_id: str, region: str, bucket: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Find the destinations that a bucket may not reach."""
    permissions = Permissions(Desired(account_id, region))
    for kind, action in _DESTINATIONS.items():
        for each in config.get(f"{kind}Configuration") or ():
            source = f"arn:aws:s3:::{bucket}"
            if not permissions.service_may("s3.amazonaws.com", action, each[kind], source):
                yield each[kind]


def tag_streams() -> None:
    """Let a Kinesis stream be made with tags; moto forgets them."""
    from moto.kinesis.responses import KinesisResponse

    response: Any = KinesisResponse
    create = response.create_stream

    def create_stream(self: Any) -> Any:
        answer = create(self)
        stream = self.kinesis_backend.streams[self._get_param("StreamName")]
        stream.tags.update(self._get_param("Tags") or {})
        return answer

    response.create_stream = create_stream
