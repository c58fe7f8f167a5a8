"""Where what runs is kept in S3: a private, encrypted bucket of the component's own."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from platform_lib.parts.children import Children
from platform_lib.records import record

BUNDLE_CHILDREN = {
    "bucket": "aws.s3.Bucket",
    "public_access_block": "aws.s3.BucketPublicAccessBlock",
    "bucket_policy": "aws.s3.BucketPolicy",
    "bundle": "aws.s3.BucketObjectv2",
}


@record
class BundleBucket:
    """A bucket, and how it is closed."""

    bucket: "aws.s3.Bucket"
    public_access_block: "aws.s3.BucketPublicAccessBlock"
    bucket_policy: "aws.s3.BucketPolicy"


@record
class StoredBundle:
    """A bucket, how it is closed, and the bundle in it."""

    bucket: "aws.s3.Bucket"
    public_access_block: "aws.s3.BucketPublicAccessBlock"
    bucket_policy: "aws.s3.BucketPolicy"
    bundle: "aws.s3.BucketObjectv2"
    uri: pulumi.Output[str]


def create_bundle_bucket(child: Children) -> BundleBucket:
    """Make a bucket that is private, takes TLS alone and goes with all that is in it."""
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
    return BundleBucket(bucket=bucket, public_access_block=block, bucket_policy=policy)


def store_bundle(child: Children, *, archive: Path, key: str) -> StoredBundle:
    """Store a zip under a key that names its content, in a bucket that is made for it.

    S3 encrypts every object by itself (SSE-S3); access is by TLS alone.
    """
    made = create_bundle_bucket(child)
    bundle = child.make(
        "bundle",
        aws.s3.BucketObjectv2,
        "bundle",
        bucket=made.bucket.id,
        key=key,
        source=pulumi.FileAsset(str(archive)),
        server_side_encryption="AES256",
        opts=pulumi.ResourceOptions(
            depends_on=[made.bucket_policy],
            # A rollback, or a new instance while one goes on, still needs the old bundle.
            retain_on_delete=True,
        ),
    )
    return StoredBundle(
        bucket=made.bucket,
        public_access_block=made.public_access_block,
        bucket_policy=made.bucket_policy,
        bundle=bundle,
        uri=pulumi.Output.format("s3://{}/{}", made.bucket.id, bundle.key),
    )
