"""DynamoDB tables."""

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
                    "readCapacity",
                    "streamEnabled",
                    "streamViewType",
                    "tableClass",
                    "writeCapacity",
                ),
            ),
            _TTL,
            _BACKUPS,
        ),
        unset={"pointInTimeRecovery": {"enabled": False}, "streamEnabled": False},
        back={
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
