"""Kinesis data streams."""

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags

_DAY = 24


def _finish(account: Account, state: Properties) -> None:
    """Set what a stream is not made with; again where a first try failed."""
    name = {"StreamName": state["name"]}
    found = call_aws(account, "kinesis", "describe_stream_summary", name)
    now = found["StreamDescriptionSummary"]
    _set_retention(account, state, now["RetentionPeriodHours"])
    _encrypt(account, state, now.get("EncryptionType", "NONE"), now.get("KeyId"))
    _measure(account, state, now["EnhancedMonitoring"][0]["ShardLevelMetrics"])


def _updated(account: Account, before: Properties, after: Properties) -> None:
    mode = after.get("streamModeDetails")
    if before.get("streamModeDetails") != mode:
        wanted = (mode or {}).get("streamMode", "PROVISIONED")
        request = {"StreamARN": after["id"], "StreamModeDetails": {"StreamMode": wanted}}
        call_aws(account, "kinesis", "update_stream_mode", request)
    count = after.get("shardCount")
    if before.get("shardCount") != count and count is not None:
        request = {"StreamName": after["name"], "TargetShardCount": count}
        request["ScalingType"] = "UNIFORM_SCALING"
        call_aws(account, "kinesis", "update_shard_count", request)
    _finish(account, after)


def _set_retention(account: Account, state: Properties, now: int) -> None:
    wanted = state.get("retentionPeriod", _DAY)
    if wanted != now:
        way = "increase" if wanted > now else "decrease"
        request = {"StreamName": state["name"], "RetentionPeriodHours": wanted}
        call_aws(account, "kinesis", f"{way}_stream_retention_period", request)


def _encrypt(account: Account, state: Properties, now: str, key: str | None) -> None:
    wanted = state.get("encryptionType", "NONE")
    request = {"StreamName": state["name"]}
    if wanted != "NONE" and (wanted, state.get("kmsKeyId")) != (now, key):
        request |= {"EncryptionType": wanted, "KeyId": state.get("kmsKeyId", "alias/aws/kinesis")}
        call_aws(account, "kinesis", "start_stream_encryption", request)
    elif wanted == "NONE" != now:
        request |= {"EncryptionType": now, "KeyId": key or "alias/aws/kinesis"}
        call_aws(account, "kinesis", "stop_stream_encryption", request)


def _measure(account: Account, state: Properties, now: list[str]) -> None:
    wanted = set(state.get("shardLevelMetrics") or ())
    for way, metrics in (("enable", wanted - set(now)), ("disable", set(now) - wanted)):
        if metrics:
            request = {"StreamName": state["name"], "ShardLevelMetrics": sorted(metrics)}
            call_aws(account, "kinesis", f"{way}_enhanced_monitoring", request)


_STREAM = {"StreamName": "{name}"}
_CONSUMER = {"ConsumerARN": "{id}"}

ROWS = (
    Row(
        type="aws:kinesis/stream:Stream",
        service="kinesis",
        noun="Stream",
        name=Name("name", 128),
        create=Call("create_stream"),
        id="arn:aws:kinesis:{region}:{account}:stream/{name}",
        looks=(Look("describe_stream_summary", _STREAM, "StreamDescriptionSummary"),),
        delete=Call(
            "delete_stream",
            {**_STREAM, "EnforceConsumerDeletion": "{enforceConsumerDeletion}"},
        ),
        keeps=("arn", "streamModeDetails"),
        unset={"encryptionType": "NONE", "enforceConsumerDeletion": False, "retentionPeriod": 24},
        hooked=(
            "encryptionType",
            "kmsKeyId",
            "retentionPeriod",
            "shardCount",
            "shardLevelMetrics",
            "streamModeDetails",
        ),
        created=_finish,
        updated=_updated,
        back={
            "encryptionType": "EncryptionType",
            "kmsKeyId": "KeyId",
            "retentionPeriod": "RetentionPeriodHours",
            "shardCount": "OpenShardCount",
            "shardLevelMetrics": "EnhancedMonitoring[0].ShardLevelMetrics",
            "streamModeDetails": "StreamModeDetails",
        },
        tags=Tags(
            "add_tags_to_stream",
            "remove_tags_from_stream",
            _STREAM,
            Look("list_tags_for_stream", _STREAM, "{Tags: Tags}"),
        ),
        outputs={"arn": "StreamARN"},
        dropped={"maxRecordSizeInKib": "moto forgets it"},
        ignored={
            "arn": "AWS says it, nobody sets it",
            "enforceConsumerDeletion": "a destroy reads it from the state",
            "warmThroughputMibPs": "a stream here is as fast as the machine",
        },
    ),
    Row(
        type="aws:kinesis/streamConsumer:StreamConsumer",
        service="kinesis",
        noun="Consumer",
        name=Name("name", 128),
        create=Call("register_stream_consumer", takes=("name", "streamArn")),
        id="Consumer.ConsumerARN",
        looks=(Look("describe_stream_consumer", _CONSUMER, "ConsumerDescription"),),
        delete=Call("deregister_stream_consumer", _CONSUMER),
        outputs={
            "arn": "ConsumerARN",
            "creationTimestamp": "to_string(ConsumerCreationTimestamp)",
        },
        ignored={"tags": "nothing asks a consumer for its tags here"},
    ),
)
