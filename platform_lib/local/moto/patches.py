"""What we change in moto, each change in one function that says why."""

import json
import warnings
from typing import Any

from platform_lib.local.moto.fronts import patch_fronts
from platform_lib.local.moto.functions import patch_lambda
from platform_lib.local.moto.layers import patch_layers
from platform_lib.local.moto.pinned_code import patch_pinned_code
from platform_lib.local.moto.sources import patch_sources
from platform_lib.local.moto.tables import patch_tables
from platform_lib.local.moto.versions import patch_versions

_done: list[str] = []


def patch_moto() -> None:
    """Apply every patch, once a process."""
    if not _done:
        say_what_is_missing()
        let_go_of_what_is_gone()
        skip_conditional_bucket_statements()
        patch_lambda()
        patch_layers()
        patch_pinned_code()
        patch_versions()
        change_keys_of_log_groups()
        patch_sources()
        patch_tables()
        patch_fronts()
        _done.append("patched")


def let_go_of_what_is_gone() -> None:
    """Keep no list of every object that was ever made: messages, items, lines and records too.

    moto keeps one for a page that shows them. S3 closes its files by it.
    """
    from moto.core.common_models import BaseModel

    def make(cls: Any, *rest: Any, **more: Any) -> Any:
        made = object.__new__(cls)
        if cls.__module__ == "moto.s3.models":
            cls.instances_tracked.append(made)
        return made

    base: Any = BaseModel
    base.__new__ = make


def say_what_is_missing() -> None:
    """Answer a request that moto does not know in one line.

    moto answers with a page of HTML and a status at which clients try again, and writes fifty
    lines of its own to the screen.
    """
    from moto.core.exceptions import ServiceException
    from moto.core.responses import ActionResult, BaseResponse

    class UnknownRequest(ServiceException):
        """Of no service: moto looks for the words of an error where its class stands."""

    # Of a code that a service's model does not have, which goes without saying.
    warnings.filterwarnings("ignore", "Exception.Unknown", UserWarning, r"moto\.core\.serialize")
    response: Any = BaseResponse
    call = response.call_action

    def call_action(self: Any) -> Any:
        try:
            return call(self)
        except NotImplementedError as problem:
            asked = f"{self.service_name}:{self._get_action()}"
            told = f"the local cloud does not know {asked}: {problem}"
            return self.serialized(ActionResult(UnknownRequest("NotImplemented", told)))

    response.call_action = call_action

    from flask import Response, request
    from moto.moto_server import threaded_moto_server

    server: Any = threaded_moto_server
    create = server.create_backend_app

    def unknown_path(problem: Exception) -> Response:
        told = f"the local cloud does not know {request.method} {request.path}"
        body = json.dumps({"__type": "NotImplemented", "message": told})
        return Response(body, 404, {"x-amzn-ErrorType": "NotImplemented"})

    def create_backend_app(service: str) -> Any:
        app = create(service)
        app.register_error_handler(404, unknown_path)
        return app

    server.create_backend_app = create_backend_app


def skip_conditional_bucket_statements() -> None:
    """Let a statement of a bucket policy count only where it has no condition.

    moto takes a condition that does not hold for a denial, also in an Allow. AWS leaves such a
    statement out. Which conditions hold cannot be told here (all traffic is plain HTTP on
    127.0.0.1, so a Deny for want of TLS would deny everything), so none is taken to apply.
    """
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    def get_permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy.decode())
        statements = policy["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        policy["Statement"] = [one for one in listed if "Condition" not in one]
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    bucket: Any = FakeBucket
    bucket.get_permission = get_permission


def change_keys_of_log_groups() -> None:
    """Let the key of a log group change; moto takes one only when the group is made."""
    from moto.logs.responses import LogsResponse

    def associate_kms_key(self: Any) -> str:
        _group(self).kms_key_id = self._get_param("kmsKeyId")
        return ""

    def disassociate_kms_key(self: Any) -> str:
        _group(self).kms_key_id = None
        return ""

    def _group(self: Any) -> Any:
        from moto.logs.exceptions import ResourceNotFoundException

        name = self._get_param("logGroupName")
        if name not in self.logs_backend.groups:
            raise ResourceNotFoundException()
        return self.logs_backend.groups[name]

    response: Any = LogsResponse
    response.associate_kms_key = associate_kms_key
    response.disassociate_kms_key = disassociate_kms_key


def reset_moto() -> None:
    """Empty every account: moto keeps its state for as long as the process lives."""
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    BackendDict.reset()
    reset_model_data()
