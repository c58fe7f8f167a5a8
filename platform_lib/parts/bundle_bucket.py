"""Where instances fetch their bundle: a private, encrypted bucket."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from platform_lib.parts.children import Children

BUNDLE_CHILDREN = {
    "bucket": "aws.s3.Bucket",
    "public_access_block": "aws.s3.BucketPublicAccessBlock",
    "bucket_policy": "aws.s3.BucketPolicy",
    "bundle": "aws.s3.BucketObjectv2",
}


@dataclass(frozen=True, kw_only=True)
class StoredBundle:
    """A bucket, how it is closed, and the bundle in it."""

    bucket: "aws.s3.Bucket"
    public_access_block: "aws.s3.BucketPublicAccessBlock"
    bucket_policy: "aws.s3.BucketPolicy"
    bundle: "aws.s3.BucketObjectv2"
    uri: pulumi.Output[str]


def store_bundle(child: Children, *, archive: Path, key: str) -> StoredBundle:
    """Store a zip under a key that names its content.

    S3 encrypts every object by itself (SSE-S3); access is by TLS alone.
    """
    bucket = child.make("bucket", aws.s3.Bucket, "code", force_destroy=True)
    block = child.make(
        "public_access_block",
        aws.s3.BucketPublicAccessBlock,
        "code-access",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    only_tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket.arn, pulumi.Output.format("{}/*", bucket.arn)],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = child.make(
        "bucket_policy",
        aws.s3.BucketPolicy,
        "code-policy",
        bucket=bucket.id,
        policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [only_tls]}),
        # Two changes of a bucket's access at once conflict in S3.
        opts=pulumi.ResourceOptions(depends_on=[block]),
    )
    bundle = child.make(
        "bundle",
        aws.s3.BucketObjectv2,
        "bundle",
        bucket=bucket.id,
        key=key,
        source=pulumi.FileAsset(str(archive)),
        server_side_encryption="AES256",
        opts=pulumi.ResourceOptions(
            depends_on=[policy],
            # A rollback, or a new instance while one goes on, still needs the old bundle.
            retain_on_delete=True,
        ),
    )
    return StoredBundle(
        bucket=bucket,
        public_access_block=block,
        bucket_policy=policy,
        bundle=bundle,
        uri=pulumi.Output.format("s3://{}/{}", bucket.id, bundle.key),
    )
