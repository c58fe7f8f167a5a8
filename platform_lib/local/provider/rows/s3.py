"""S3: buckets, what guards them, and objects."""

import base64
from dataclasses import replace

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import AwsError, all_pages, call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, because


def _empty(account: Account, state: Properties) -> None:
    """Delete every version of every object, where the program said that it may be."""
    if not state.get("forceDestroy"):
        return
    _delete(account, state["id"], _versions(account, {"Bucket": state["id"]}))


def _delete_versions(account: Account, state: Properties) -> None:
    """Delete every version of an object, as Pulumi's provider does where a bucket keeps them."""
    bucket, key = state["bucket"], state["key"]
    found = _versions(account, {"Bucket": bucket, "Prefix": key})
    _delete(account, bucket, [one for one in found if one["Key"] == key])


def _versions(account: Account, request: Properties) -> list[dict[str, str]]:
    """Name every version and every mark of a deletion, as S3 wants to be told of them."""
    return [
        {"Key": one["Key"], "VersionId": one["VersionId"]}
        for kind in ("Versions", "DeleteMarkers")
        for one in all_pages(account, "s3", "list_object_versions", request, kind)
    ]


def _delete(account: Account, bucket: str, found: list[dict[str, str]]) -> None:
    for start in range(0, len(found), 1000):
        request = {"Bucket": bucket, "Delete": {"Objects": found[start : start + 1000]}}
        answer = call_aws(account, "s3", "delete_objects", request)
        # An answer of 200 all the same.
        for refused in answer.get("Errors", ()):
            told = f"{refused['Key']}: {refused['Message']}"
            raise AwsError("delete_objects", refused["Code"], told)


def _body(inputs: Properties) -> Properties:
    """Give the body as one input, whichever of the three it was given as."""
    if isinstance(inputs.get("contentBase64"), str):
        bare = {word: item for word, item in inputs.items() if word != "contentBase64"}
        return {**bare, "content": base64.b64decode(inputs["contentBase64"]).decode("latin-1")}
    return inputs


def _tag_again(account: Account, before: Properties, after: Properties) -> None:
    """Set the tags once more: S3 forgets them with every new body."""
    if after.get("tags"):
        tags = [{"Key": key, "Value": value} for key, value in after["tags"].items()]
        request = {"Bucket": after["bucket"], "Key": after["key"], "Tagging": {"TagSet": tags}}
        call_aws(account, "s3", "put_object_tagging", request)


def _filters(inputs: Properties) -> Properties:
    """Word which keys a notification is for as AWS does, as rules."""
    out = {**inputs}
    for kind in ("lambdaFunctions", "queues", "topics"):
        if isinstance(out.get(kind), list):
            out[kind] = [_filtered(each) for each in out[kind]]
    if "eventbridge" in out:
        # It has no settings: that it stands there switches it on.
        out["eventbridge"] = {} if out["eventbridge"] else None
    if not {"lambdaFunctions", "queues", "topics"} & set(out) and out.get("eventbridge") is None:
        # AWS wants to be told, also of nothing.
        out["queues"] = []
    return out


def _filtered(notification: Properties) -> Properties:
    out = {**notification}
    given = {kind: out.pop(f"filter{kind.capitalize()}", None) for kind in ("prefix", "suffix")}
    rules = [{"name": kind, "value": value} for kind, value in given.items() if value is not None]
    return {**out, "filter": {"key": {"filterRules": rules}}} if rules else out


_BUCKET = {"Bucket": "{id}"}
_OBJECT = {"Bucket": "{bucket}", "Key": "{key}"}
_OF_BUCKET = {"bucket": "it is asked for by its bucket"}
_LEFT = {"skipDestroy": "locally a destroy leaves nothing"}
_TAG_BUCKET = Call(
    "put_bucket_tagging",
    _BUCKET,
    takes=("tags",),
    renames={"tags": "Tagging.TagSet"},
    without="delete_bucket_tagging",
)
_TAG_OBJECT = Call(
    "put_object_tagging",
    _OBJECT,
    takes=("tags",),
    renames={"tags": "Tagging.TagSet"},
    without="delete_object_tagging",
)

_OBJECT_ROW = Row(
    type="aws:s3/bucketObjectv2:BucketObjectv2",
    service="s3",
    name=Name("key", 1024),
    create=Call("put_object"),
    id="{bucket}/{key}",
    looks=(
        Look("head_object", _OBJECT),
        Look("get_object_tagging", _OBJECT),
    ),
    deleting=_delete_versions,
    delete=Call("delete_object", _OBJECT),
    prepare=_body,
    renames={
        "source": "Body",
        "content": "Body",
        "contentBase64": "Body",
        "kmsKeyId": "SSEKMSKeyId",
        "objectLockLegalHoldStatus": "ObjectLockLegalHoldStatus",
        "websiteRedirect": "WebsiteRedirectLocation",
    },
    also=(_TAG_OBJECT,),
    update=(Call("put_object"), _TAG_OBJECT),
    updated=_tag_again,
    keeps=(
        "acl",
        "bucketKeyEnabled",
        "contentType",
        "etag",
        "kmsKeyId",
        "serverSideEncryption",
        "storageClass",
    ),
    replace=("bucket", "key"),
    dropped={
        **because("a read gives the body's hash", "source", "content", "contentBase64"),
        **because("the object is asked for by it", "bucket", "key"),
        "acl": "another operation's to read",
        "checksumAlgorithm": "a read gives the sum, not how it was asked for",
    },
    outputs={
        "arn": "arn:aws:s3:::{bucket}/{key}",
        "etag": "ETag",
        "versionId": "VersionId",
    },
    volatile=("etag", "versionId"),
    ignored={
        **because("the body itself is compared", "etag", "sourceHash"),
        "forceDestroy": "nothing holds an object back here",
    },
    refused={"overrideProvider": "default tags of one object alone are not imitated"},
)

ROWS = (
    Row(
        type="aws:s3/bucket:Bucket",
        service="s3",
        name=Name("bucket", 63, lower=True),
        create=Call(
            "create_bucket",
            {"CreateBucketConfiguration": {"LocationConstraint": "{location}"}},
            takes=("bucket", "objectLockEnabled"),
            renames={"objectLockEnabled": "ObjectLockEnabledForBucket"},
        ),
        id="{bucket}",
        looks=(
            Look("head_bucket", _BUCKET),
            Look("get_bucket_tagging", _BUCKET, absent=("NoSuchTagSet",)),
        ),
        delete=Call("delete_bucket", _BUCKET),
        deleting=_empty,
        also=(_TAG_BUCKET,),
        update=(_TAG_BUCKET,),
        dropped={**_OF_BUCKET, "objectLockEnabled": "another operation's to read"},
        keeps=("objectLockEnabled",),
        unset={"forceDestroy": False},
        outputs={
            "arn": "arn:aws:s3:::{id}",
            "bucketDomainName": "{id}.s3.amazonaws.com",
            "bucketRegionalDomainName": "{id}.s3.{region}.amazonaws.com",
            "bucketRegion": "{region}",
        },
        ignored={"forceDestroy": "a destroy reads it from the state"},
        refused={
            **because(
                "deprecated by the provider: use the resource of its own (aws.s3.BucketVersioning "
                "and so on)",
                "accelerationStatus",
                "acl",
                "corsRules",
                "grants",
                "lifecycleRules",
                "logging",
                "objectLockConfiguration",
                "policy",
                "replicationConfiguration",
                "requestPayer",
                "serverSideEncryptionConfiguration",
                "versioning",
                "website",
            ),
            "bucketNamespace": "there is one namespace in the account",
        },
    ),
    Row(
        type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        service="s3",
        into="PublicAccessBlockConfiguration",
        create=Call("put_public_access_block"),
        id="{bucket}",
        looks=(
            Look(
                "get_public_access_block",
                _BUCKET,
                "PublicAccessBlockConfiguration",
                "PublicAccessBlockConfiguration",
            ),
        ),
        delete=Call("delete_public_access_block", _BUCKET),
        defaults={
            word: False
            for word in (
                "blockPublicAcls",
                "blockPublicPolicy",
                "ignorePublicAcls",
                "restrictPublicBuckets",
            )
        },
        update=(Call("put_public_access_block"),),
        replace=("bucket",),
        dropped=_OF_BUCKET,
        ignored=_LEFT,
    ),
    Row(
        type="aws:s3/bucketPolicy:BucketPolicy",
        service="s3",
        create=Call("put_bucket_policy"),
        id="{bucket}",
        looks=(Look("get_bucket_policy", _BUCKET),),
        delete=Call("delete_bucket_policy", _BUCKET),
        update=(Call("put_bucket_policy"),),
        replace=("bucket",),
        dropped=_OF_BUCKET,
    ),
    Row(
        type="aws:s3/bucketServerSideEncryptionConfiguration:"
        "BucketServerSideEncryptionConfiguration",
        service="s3",
        into="ServerSideEncryptionConfiguration",
        create=Call("put_bucket_encryption"),
        id="{bucket}",
        looks=(Look("get_bucket_encryption", _BUCKET),),
        delete=Call("delete_bucket_encryption", _BUCKET),
        renames={
            "rules.applyServerSideEncryptionByDefault.sseAlgorithm": "SSEAlgorithm",
            "rules.applyServerSideEncryptionByDefault.kmsMasterKeyId": "KMSMasterKeyID",
        },
        update=(Call("put_bucket_encryption"),),
        replace=("bucket", "expectedBucketOwner"),
        dropped=_OF_BUCKET,
    ),
    Row(
        type="aws:s3/bucketVersioning:BucketVersioning",
        service="s3",
        create=Call("put_bucket_versioning"),
        id="{bucket}",
        looks=(Look("get_bucket_versioning", _BUCKET, "@", "VersioningConfiguration"),),
        delete=Call(
            "put_bucket_versioning",
            {**_BUCKET, "VersioningConfiguration": {"Status": "Suspended"}},
        ),
        update=(Call("put_bucket_versioning"),),
        replace=("bucket", "expectedBucketOwner"),
        dropped=_OF_BUCKET,
    ),
    Row(
        type="aws:s3/bucketNotification:BucketNotification",
        service="s3",
        into="NotificationConfiguration",
        create=Call("put_bucket_notification_configuration"),
        id="{bucket}",
        looks=(
            Look(
                "get_bucket_notification_configuration", _BUCKET, "@", "NotificationConfiguration"
            ),
        ),
        delete=Call(
            "put_bucket_notification_configuration", {**_BUCKET, "NotificationConfiguration": {}}
        ),
        prepare=_filters,
        renames={
            "eventbridge": "EventBridgeConfiguration",
            "lambdaFunctions": "LambdaFunctionConfigurations",
            "queues": "QueueConfigurations",
            "topics": "TopicConfigurations",
        },
        update=(Call("put_bucket_notification_configuration"),),
        unset={"eventbridge": False},
        replace=("bucket",),
        back={"eventbridge": "NotificationConfiguration.EventBridgeConfiguration != null"},
        dropped=_OF_BUCKET,
    ),
    _OBJECT_ROW,
    # The older name of the same.
    replace(
        _OBJECT_ROW,
        type="aws:s3/bucketObject:BucketObject",
        keeps=tuple(word for word in _OBJECT_ROW.keeps if word != "acl"),
        unset={**_OBJECT_ROW.unset, "acl": "private"},
        dropped={k: v for k, v in _OBJECT_ROW.dropped.items() if k != "checksumAlgorithm"},
        refused={},
    ),
    Row(
        type="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        service="s3",
        create=Call("put_bucket_ownership_controls"),
        id="{bucket}",
        looks=(
            Look(
                "get_bucket_ownership_controls",
                {"Bucket": "{id}"},
                "OwnershipControls",
            ),
        ),
        delete=Call("delete_bucket_ownership_controls", {"Bucket": "{id}"}),
        renames={"rule": "OwnershipControls.Rules"},
        update=(Call("put_bucket_ownership_controls"),),
        replace=("bucket",),
        back={"rule": "Rules[0]"},
        dropped={"bucket": "it is asked for by it"},
    ),
    Row(
        type="aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
        service="s3",
        into="WebsiteConfiguration",
        create=Call("put_bucket_website"),
        id="{bucket}",
        looks=(Look("get_bucket_website", {"Bucket": "{id}"}, under="WebsiteConfiguration"),),
        delete=Call("delete_bucket_website", {"Bucket": "{id}"}),
        update=(Call("put_bucket_website"),),
        replace=("bucket",),
        dropped={"bucket": "it is asked for by it"},
        outputs={
            "websiteDomain": "s3-website-{region}.amazonaws.com",
            "websiteEndpoint": "{bucket}.s3-website-{region}.amazonaws.com",
        },
        refused={
            "expectedBucketOwner": "there is one account",
            "routingRuleDetails": "moto keeps no routing rules",
            "routingRules": "moto keeps no routing rules",
        },
    ),
)
