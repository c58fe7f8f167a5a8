"""What we change in moto about code in S3: the object that was named is what runs, or nothing."""

from collections.abc import Mapping
from typing import Any


def patch_pinned_code() -> None:
    """Let the code of a function or a layer be the object version that was asked for.

    moto takes the latest, so that a program which forgets to name a new version works there; and
    no code at all where there is no such object.
    https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html
    """
    from moto.awslambda import models
    from moto.awslambda.exceptions import InvalidParameterValueException
    from moto.s3.models import s3_backends

    module: Any = models
    function: Any = models.LambdaFunction
    find, take = module._validate_s3_bucket_and_key, function._set_function_code

    def find_version(account_id: str, partition: str, data: Mapping[str, Any]) -> Any:
        # A missing bucket is moto's to refuse.
        found = find(account_id, partition, data)
        if found is None:
            raise missing("Key")
        version = data.get("S3ObjectVersion")
        if not version:
            return found
        pinned = s3_backends[account_id][partition].get_object(
            data["S3Bucket"], data["S3Key"], version_id=version
        )
        if pinned is None:
            raise missing("Version")
        return pinned

    def missing(what: str) -> Exception:
        return InvalidParameterValueException(
            f"Error occurred while GetObject. S3 Error Code: NoSuch{what}. S3 Error Message: The "
            f"specified {what.lower()} does not exist."
        )

    def take_version(self: Any, spec: dict[str, Any]) -> None:
        if spec is self.code or "S3Key" not in spec or spec.get("DryRun"):
            take(self, spec)
            return
        pinned = find_version(self.account_id, self.partition, spec)
        take(self, spec)
        self.code_bytes, self.code_size, self.code_sha_256, self.code_digest = module._s3_content(
            pinned
        )

    module._validate_s3_bucket_and_key = find_version
    function._set_function_code = take_version
