"""Which actions an operation of S3 needs: its actions have names of their own.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from platform_lib.local.permissions import Fact
from platform_lib.local.rights.asked import Asked

_RENAMED: Mapping[str, str] = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "DeleteBucketWebsite": "DeleteBucketWebsite",
}
# What of a bucket is named without it, and what takes the word Configuration with it.
_SETTING = re.compile(r"(Get|Put|Delete|List)Bucket(\w+?)(Configurations?)?")
_SETTINGS: Mapping[str, str] = {
    "Accelerate": "AccelerateConfiguration",
    "Analytics": "AnalyticsConfiguration",
    "Cors": "BucketCORS",
    "Encryption": "EncryptionConfiguration",
    "IntelligentTiering": "IntelligentTieringConfiguration",
    "Inventory": "InventoryConfiguration",
    "Lifecycle": "LifecycleConfiguration",
    "Metrics": "MetricsConfiguration",
    "Notification": "BucketNotification",
    "Replication": "ReplicationConfiguration",
}
_BY_VERSION = {
    "DeleteObject",
    "DeleteObjectTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectTagging",
    "PutObjectAcl",
    "PutObjectTagging",
}
_FACTS: Mapping[str, str] = {
    "Prefix": "s3:prefix",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "VersionId": "s3:VersionId",
    "ACL": "s3:x-amz-acl",
    "CopySource": "s3:x-amz-copy-source",
    "MetadataDirective": "s3:x-amz-metadata-directive",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "StorageClass": "s3:x-amz-storage-class",
}

Wanted = tuple[str, str | None, Mapping[str, Fact]]


def s3_action(operation: str) -> str:
    """Return the action of an operation, without the service."""
    if operation in _RENAMED:
        return _RENAMED[operation]
    found = _SETTING.fullmatch(operation)
    name = _SETTINGS.get(found[2]) if found else None
    if found is None or found[2] == "":
        return operation
    if name is not None:
        return f"{'Get' if found[1] in ('Get', 'List') else 'Put'}{name}"
    # Taking a setting away is putting it.
    return f"Put{operation.removeprefix('Delete')}" if found[1] == "Delete" else operation


def s3_needs(asked: Asked) -> Iterator[Wanted]:
    """Yield each action that a request needs, with its resource and what conditions may ask."""
    parameters, operation = asked.parameters, asked.operation
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    if not operation:
        yield "s3:*", None, {}
        return
    arn = f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "") if bucket else "*"
    facts = {name: str(parameters[each]) for each, name in _FACTS.items() if parameters.get(each)}
    if operation in ("ListObjects", "ListObjectsV2", "ListObjectVersions"):
        # A request that names none lists all, which is the empty prefix.
        facts.setdefault("s3:prefix", "")
    version = "VersionId" in parameters and operation != "CopyObject"
    action = s3_action(operation)
    if action in _BY_VERSION and version:
        action = _of_version(action)
    if operation == "DeleteObjects":
        # Each of its objects is judged for itself.
        return
    yield f"s3:{action}", arn, facts
    if operation == "GetObjectAttributes":
        yield "s3:GetObjectVersion" if version else "s3:GetObject", arn, facts
    if operation in ("CopyObject", "UploadPartCopy"):
        source = unquote(str(parameters.get("CopySource", ""))).lstrip("/")
        path, _, of_version = source.partition("?versionId=")
        read = "s3:GetObjectVersion" if of_version else "s3:GetObject"
        source_arn = path if path.startswith("arn:") else f"arn:aws:s3:::{path}"
        yield read, source_arn, {}
    if operation in ("PutObject", "CopyObject", "CreateMultipartUpload"):
        if parameters.get("Tagging"):
            yield "s3:PutObjectTagging", arn, facts
        if any(each.startswith(("ACL", "Grant")) for each in parameters):
            yield "s3:PutObjectAcl", arn, facts


def _of_version(action: str) -> str:
    return action.replace("Object", "ObjectVersion", 1)
