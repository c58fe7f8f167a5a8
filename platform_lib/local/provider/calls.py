"""One call to the account, and what a refusal of it says."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from platform_lib.local.account import Account
from platform_lib.local.errors import LocalCloudError

_FAILED: Final = "the imitated account fails on it; what it names may not exist"
_VAGUE: Final = (
    "ClientException",
    "InvalidParameterException",
    "InvalidTarget",
    "ValidationError",
    "ValidationException",
)


class AwsError(LocalCloudError):
    """AWS refused a call.

    Attributes:
        code: AWS's word for why.
    """

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code = code
        self._message = message

    @property
    def is_gone(self) -> bool:
        """Whether the call was refused because what it names does not exist."""
        word = self.code.replace(".", "").lower()
        known = ("notfound", "nosuch", "nonexist", "doesnotexist", "unknownentity")
        if self.code == "404" or any(part in word for part in known):
            return True
        # Some services have one code for every refusal and say in words what they mean.
        vague = self.code in _VAGUE
        text = self._message.lower()
        return vague and any(
            part in text for part in ("not found", "not exist", "unable to describe", "no scal")
        )


def call_aws(
    account: Account, service: str, operation: str, request: Mapping[str, Any]
) -> dict[str, Any]:
    """Call one operation.

    Raises:
        AwsError: AWS, or boto3 before it, refused it.
    """
    with _refusals(operation):
        answer: dict[str, Any] = getattr(account.client(service), operation)(**request)
    answer.pop("ResponseMetadata", None)
    return answer


def all_pages(
    account: Account, service: str, operation: str, request: Mapping[str, Any], key: str
) -> list[Any]:
    """Gather a list that AWS answers in pages.

    Raises:
        AwsError: AWS, or boto3 before it, refused it.
    """
    with _refusals(operation):
        pages = account.client(service).get_paginator(operation).paginate(**request)
        return [item for page in pages for item in page.get(key) or []]


@contextmanager
def _refusals(operation: str) -> Iterator[None]:
    """Raise what boto3 raises as a refusal, in one line."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ResponseParserError as problem:
        raise AwsError(operation, "InternalFailure", _FAILED) from problem
    except ClientError as problem:
        error = problem.response.get("Error", {})
        message = " ".join(str(error.get("Message", problem)).split())
        if message.startswith("<"):
            raise AwsError(operation, "InternalFailure", _FAILED) from problem
        if message.startswith("InternalFailure: "):
            told = f"{_FAILED} ({message.partition(': ')[2]})"
            raise AwsError(operation, "InternalFailure", told) from problem
        raise AwsError(operation, str(error.get("Code", "Error")), message) from problem
    except BotoCoreError as problem:
        kind = type(problem).__name__
        raise AwsError(operation, kind, " ".join(str(problem).split())) from problem
