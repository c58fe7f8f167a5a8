"""How a function's code and the layer of its dependencies reach Lambda: directly, or by S3."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.function_app.code import FunctionCode
from platform_lib.naming import physical_name
from platform_lib.parts.bundle_bucket import create_bundle_bucket
from platform_lib.parts.children import Children
from platform_lib.records import record

_LAYER_NAME_LIMIT = 64
"""Shorter than Lambda's own, 140: a name that can be read."""

_LAYER_CHILDREN = {"dependency_layer": "aws.lambda_.LayerVersion"}
_BUCKET_CHILDREN = {
    "bucket": "aws.s3.Bucket",
    "public_access_block": "aws.s3.BucketPublicAccessBlock",
    "bucket_policy": "aws.s3.BucketPolicy",
    "bucket_versioning": "aws.s3.BucketVersioning",
}


@record
class _Store:
    """A bucket to put code into."""

    bucket: pulumi.Input[str]
    encryption: str | None
    """Said of each object; None where the bucket says it."""
    ours: bool
    ready: Sequence[pulumi.Resource]


def package_children(code: FunctionCode, *, by_key: bool) -> dict[str, str]:
    """Name the children that `create_package` makes of this code, with their classes."""
    children: dict[str, str] = {}
    if code.upload is not None:
        if code.upload.bucket is None:
            children |= _BUCKET_CHILDREN
            if by_key:
                children["bucket_encryption"] = "aws.s3.BucketServerSideEncryptionConfiguration"
        children["bundle"] = "aws.s3.BucketObjectv2"
    if code.layer is not None:
        children |= _LAYER_CHILDREN
        if code.upload is not None:
            children["dependency_bundle"] = "aws.s3.BucketObjectv2"
    return children


def create_package(
    child: Children,
    code: FunctionCode,
    *,
    architecture: str,
    kms_key_arn: pulumi.Input[str] | None,
) -> Mapping[str, Any]:
    """Word the function's inputs for its code and its layers, ours last: the locked one wins."""
    store = _create_store(child, code, kms_key_arn)

    def place(key: str, archive: Path) -> dict[str, Any]:
        if store is None:
            return {"code": pulumi.FileArchive(str(archive))}
        stored = _store(child, store, key, archive)
        return {
            "s3_bucket": stored.bucket,
            "s3_key": stored.key,
            # Of a bucket that was given nobody knows whether it keeps versions. Where it does not,
            # every preview would take the version that is missing for one to come.
            "s3_object_version": stored.version_id if store.ours else None,
        }

    inputs = dict(code.inputs)
    layers = list(code.layers)
    if code.layer is not None:
        layer = child.make(
            "dependency_layer",
            aws.lambda_.LayerVersion,
            "dependencies",
            **place("dependency_bundle", code.layer.zip),
            layer_name=physical_name(
                f"{child.name}-dependencies",
                _LAYER_NAME_LIMIT,
                pulumi.get_project(),
                pulumi.get_stack(),
            ),
            description=f"Locked dependencies {code.layer.key}",
            compatible_runtimes=[inputs["runtime"]],
            compatible_architectures=[architecture],
        )
        layers.append(layer.arn)
    if code.zip is not None:
        inputs |= place("bundle", code.zip)
    inputs["layers"] = layers or None
    return inputs


def _create_store(
    child: Children, code: FunctionCode, kms_key_arn: pulumi.Input[str] | None
) -> _Store | None:
    if code.upload is None:
        return None
    if code.upload.bucket is not None:
        # It has its own default, which may be a key of its owner's.
        return _Store(bucket=code.upload.bucket, encryption=None, ours=False, ready=())
    closed = create_bundle_bucket(child)
    versioning = child.make(
        "bucket_versioning",
        aws.s3.BucketVersioning,
        "code-versioning",
        bucket=closed.bucket.id,
        versioning_configuration={"status": "Enabled"},
    )
    ready: list[pulumi.Resource] = [closed.bucket_policy, versioning]
    if kms_key_arn is not None:
        by_key = {"sse_algorithm": "aws:kms", "kms_master_key_id": kms_key_arn}
        encryption = child.make(
            "bucket_encryption",
            aws.s3.BucketServerSideEncryptionConfiguration,
            "code-encryption",
            bucket=closed.bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": by_key,
                    "bucket_key_enabled": True,
                }
            ],
        )
        ready.append(encryption)
    return _Store(
        bucket=closed.bucket.id,
        # By its default where that is a key of the user's.
        encryption="AES256" if kms_key_arn is None else None,
        ours=True,
        ready=ready,
    )


def _store(child: Children, store: _Store, key: str, archive: Path) -> "aws.s3.BucketObjectv2":
    """Store a zip under a key that names its content.

    Lambda copies what it is given, so the old object may go when the function has the new one.
    """
    with archive.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()[:32]
    return child.make(
        key,
        aws.s3.BucketObjectv2,
        key.replace("_", "-"),
        bucket=store.bucket,
        # A bucket may serve many apps and stacks: the key tells them apart.
        key=f"{pulumi.get_project()}/{pulumi.get_stack()}/{child.name}/{content}.zip",
        source=pulumi.FileAsset(str(archive)),
        server_side_encryption=store.encryption,
        opts=pulumi.ResourceOptions(depends_on=list(store.ready)),
    )
