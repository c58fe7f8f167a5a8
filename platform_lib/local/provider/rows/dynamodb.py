"""DynamoDB tables."""

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.convert import Converter
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because


def _keys(inputs: Properties) -> Properties:
    """Word keys as AWS does, as lists of names with their kind."""
    out = _with_schema(inputs)
    for kind in ("globalSecondaryIndexes", "localSecondaryIndexes"):
        if isinstance(out.get(kind), list):
            out[kind] = [_index(index, inputs) for index in out[kind]]
    if out.get("streamViewType") and "streamEnabled" not in out:
        out["streamEnabled"] = True
    return out


def _index(index: Properties, inputs: Properties) -> Properties:
    out = _with_schema(index)
    # A local index has the table's own hash key.
    if "hashKey" not in index and "rangeKey" in index and "hashKey" in inputs:
        out["keySchema"] = _schema(inputs["hashKey"], index["rangeKey"])
    return out


def _with_schema(keyed: Properties) -> Properties:
    out = {**keyed}
    schema = _schema(out.pop("hashKey", None), out.pop("rangeKey", None))
    return {**out, "keySchema": schema} if schema else out


def _schema(hash_key: str | None, range_key: str | None) -> list[Properties]:
    kinds = {"HASH": hash_key, "RANGE": range_key}
    return [{"attributeName": name, "keyType": kind} for kind, name in kinds.items() if name]


def _indexes(account: Account, before: Properties, after: Properties) -> None:
    """Delete and make the indexes that differ, one by one, as AWS takes them."""
    old, new = (
        {index["name"]: index for index in side.get("globalSecondaryIndexes") or ()}
        for side in (before, after)
    )
    converter = Converter(_row(), _row().create)
    for name in sorted(name for name in old if old[name] != new.get(name)):
        _update_index(account, after, {"Delete": {"IndexName": name}})
    for name in sorted(name for name in new if new[name] != old.get(name)):
        request = converter.request({"globalSecondaryIndexes": [new[name]]})
        _update_index(account, after, {"Create": request["GlobalSecondaryIndexes"][0]})


def _update_index(account: Account, table: Properties, update: Properties) -> None:
    request = {
        "TableName": table["id"],
        "AttributeDefinitions": [
            {"AttributeName": one["name"], "AttributeType": one["type"]}
            for one in table["attributes"]
        ],
        "GlobalSecondaryIndexUpdates": [update],
    }
    call_aws(account, "dynamodb", "update_table", request)


def _row() -> Row:
    return ROWS[0]


_TABLE = {"TableName": "{id}"}
_TTL = Call("update_time_to_live", _TABLE, takes=("ttl",))
_BACKUPS = Call("update_continuous_backups", _TABLE, takes=("pointInTimeRecovery",))
_ONE_REGION = "one region is imitated, and replicas are in others"

ROWS = (
    Row(
        type="aws:dynamodb/table:Table",
        service="dynamodb",
        noun="Table",
        name=Name("name", 255),
        create=Call("create_table"),
        id="{name}",
        looks=(
            Look("describe_table", _TABLE, "Table"),
            Look("describe_time_to_live", _TABLE, "TimeToLiveDescription", "TimeToLive"),
            Look(
                "describe_continuous_backups",
                _TABLE,
                "ContinuousBackupsDescription.PointInTimeRecoveryDescription",
                "Backups",
            ),
        ),
        delete=Call("delete_table", _TABLE),
        prepare=_keys,
        # The provider bills by provisioned throughput unless it is told otherwise.
        defaults={"billingMode": "PROVISIONED"},
        renames={
            "attributes": "AttributeDefinitions",
            "attributes.name": "AttributeName",
            "attributes.type": "AttributeType",
            "readCapacity": "ProvisionedThroughput.ReadCapacityUnits",
            "writeCapacity": "ProvisionedThroughput.WriteCapacityUnits",
            "streamEnabled": "StreamSpecification.StreamEnabled",
            "streamViewType": "StreamSpecification.StreamViewType",
            "serverSideEncryption": "SSESpecification",
            "serverSideEncryption.kmsKeyArn": "KMSMasterKeyId",
            "globalSecondaryIndexes.name": "IndexName",
            "globalSecondaryIndexes.projectionType": "Projection.ProjectionType",
            "globalSecondaryIndexes.nonKeyAttributes": "Projection.NonKeyAttributes",
            "globalSecondaryIndexes.readCapacity": "ProvisionedThroughput.ReadCapacityUnits",
            "globalSecondaryIndexes.writeCapacity": "ProvisionedThroughput.WriteCapacityUnits",
            "localSecondaryIndexes.name": "IndexName",
            "localSecondaryIndexes.projectionType": "Projection.ProjectionType",
            "localSecondaryIndexes.nonKeyAttributes": "Projection.NonKeyAttributes",
            "ttl": "TimeToLiveSpecification",
            "pointInTimeRecovery": "PointInTimeRecoverySpecification",
            "pointInTimeRecovery.enabled": "PointInTimeRecoveryEnabled",
        },
        also=(_TTL, _BACKUPS),
        update=(
            Call(
                "update_table",
                _TABLE,
                takes=(
                    "attributes",
                    "billingMode",
                    "deletionProtectionEnabled",
                    "onDemandThroughput",
                    "readCapacity",
                    "serverSideEncryption",
                    "streamEnabled",
                    "streamViewType",
                    "tableClass",
                    "writeCapacity",
                ),
            ),
            _TTL,
            _BACKUPS,
        ),
        hooked=("globalSecondaryIndexes",),
        updated=_indexes,
        keeps=(
            "attributes",
            "hashKey",
            "pointInTimeRecovery",
            "readCapacity",
            "serverSideEncryption",
            "streamViewType",
            "ttl",
            "writeCapacity",
        ),
        unset={
            "deletionProtectionEnabled": False,
            "onDemandThroughput": {"maxReadRequestUnits": -1, "maxWriteRequestUnits": -1},
            "streamEnabled": False,
            "tableClass": "STANDARD",
        },
        back={
            "globalSecondaryIndexes": (
                "GlobalSecondaryIndexes[].{name: IndexName, "
                "hashKey: KeySchema[?KeyType=='HASH']|[0].AttributeName, "
                "rangeKey: KeySchema[?KeyType=='RANGE']|[0].AttributeName, "
                "projectionType: Projection.ProjectionType, "
                "nonKeyAttributes: Projection.NonKeyAttributes, "
                "readCapacity: ProvisionedThroughput.ReadCapacityUnits, "
                "writeCapacity: ProvisionedThroughput.WriteCapacityUnits, "
                "onDemandThroughput: OnDemandThroughput}"
            ),
            "billingMode": "BillingModeSummary.BillingMode || 'PROVISIONED'",
            "hashKey": "KeySchema[?KeyType=='HASH']|[0].AttributeName",
            "rangeKey": "KeySchema[?KeyType=='RANGE']|[0].AttributeName",
            "serverSideEncryption": "SSEDescription.{Enabled: Status == 'ENABLED', "
            "KMSMasterKeyId: KMSMasterKeyArn}",
            "ttl": "TimeToLive.{Enabled: TimeToLiveStatus == 'ENABLED', "
            "AttributeName: AttributeName}",
            "pointInTimeRecovery": "Backups.{enabled: PointInTimeRecoveryStatus == 'ENABLED', "
            "recoveryPeriodInDays: RecoveryPeriodInDays}",
        },
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"ResourceArn": "arn:aws:dynamodb:{region}:{account}:table/{id}"},
            Look(
                "list_tags_of_resource",
                {"ResourceArn": "arn:aws:dynamodb:{region}:{account}:table/{id}"},
            ),
        ),
        outputs={
            "arn": "TableArn",
            "streamArn": "LatestStreamArn",
            "streamLabel": "LatestStreamLabel",
        },
        volatile=("streamArn", "streamLabel"),
        dropped=because("moto forgets it", "onDemandThroughput", "tableClass"),
        refused={
            "globalTableWitness": _ONE_REGION,
            "importTable": "moto reads no table from S3",
            "replicas": _ONE_REGION,
            "restoreBackupArn": "backups are not kept locally",
            "restoreDateTime": "backups are not kept locally",
            "restoreSourceName": "backups are not kept locally",
            "restoreSourceTableArn": "backups are not kept locally",
            "restoreToLatestTime": "backups are not kept locally",
        },
    ),
)
