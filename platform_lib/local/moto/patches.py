"""What we change in moto, each change in one function that says why."""

import json
from typing import Any
from urllib.parse import unquote

from platform_lib.local.moto.fronts import patch_fronts
from platform_lib.local.moto.functions import patch_lambda
from platform_lib.local.moto.layers import patch_layers
from platform_lib.local.moto.pinned_code import patch_pinned_code
from platform_lib.local.moto.sources import patch_sources
from platform_lib.local.moto.versions import patch_versions

_done: list[str] = []


def patch_moto() -> None:
    """Apply every patch, once a process."""
    if not _done:
        skip_conditional_bucket_statements()
        change_stages()
        keep_logging_config()
        patch_lambda()
        patch_layers()
        patch_pinned_code()
        patch_versions()
        change_keys_of_log_groups()
        patch_sources()
        patch_fronts()
        _done.append("patched")


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


def change_stages() -> None:
    """Let an HTTP API's stage be changed and tagged.

    moto can only make and delete one. Here a change would replace the stage, and the API would
    answer 404 in between, which AWS does not do.
    """
    from moto.apigatewayv2.models import ApiGatewayV2Backend, Stage
    from moto.apigatewayv2.responses import ApiGatewayV2Response
    from moto.apigatewayv2.urls import url_paths

    def update_stage(self: Any) -> tuple[int, dict[str, str], str]:
        api_id, name = unquote(self.path).split("/apis/")[1].split("/stages/")
        api = self.apigatewayv2_backend.get_api(api_id)
        settings = {**api.get_stage(name).config, **json.loads(self.body)}
        return 200, {}, json.dumps(api.create_stage(settings).to_json())

    def tag_resource(self: Any, resource_arn: str, tags: dict[str, str] | None) -> None:
        # An API made without tags comes by here too, with None.
        _stage_tags(self, resource_arn).update(tags or {})
        tag(self, resource_arn, tags)

    def untag_resource(self: Any, resource_arn: str, tag_keys: list[str]) -> None:
        for key in tag_keys:
            _stage_tags(self, resource_arn).pop(key, None)
        untag(self, resource_arn, tag_keys)

    def _stage_tags(self: Any, resource_arn: str) -> dict[str, str]:
        api_id, _, name = resource_arn.partition("/apis/")[2].partition("/stages/")
        stage: Stage | None = self.get_api(api_id).get_stage(name) if name else None
        tags: dict[str, str] = stage.tags if stage is not None else {}
        return tags

    backend: Any = ApiGatewayV2Backend
    tag, untag = backend.tag_resource, backend.untag_resource
    backend.tag_resource, backend.untag_resource = tag_resource, untag_resource
    response: Any = ApiGatewayV2Response
    response.update_stage = update_stage
    path = "{0}/v2/tags/(?P<arn>[^/]+)/apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)$"
    url_paths[path] = ApiGatewayV2Response.dispatch


def keep_logging_config() -> None:
    """Let a function remember which log group it writes to; moto forgets it."""
    from moto.awslambda.models import LambdaFunction

    function: Any = LambdaFunction
    make, change = function.__init__, function.update_configuration
    tell = function.get_configuration

    def make_with_logs(
        self: Any, account_id: str, spec: dict[str, Any], *rest: Any, **more: Any
    ) -> None:
        make(self, account_id, spec, *rest, **more)
        self.logging_config = spec.get("LoggingConfig") or {}

    def update_configuration(self: Any, updates: dict[str, Any]) -> dict[str, Any]:
        self.logging_config = updates.get("LoggingConfig", self.logging_config)
        changed: dict[str, Any] = change(self, updates)
        return changed

    def get_configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
        group = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"}
        return {**tell(self, on_create), "LoggingConfig": {**group, **self.logging_config}}

    function.__init__ = make_with_logs
    function.update_configuration = update_configuration
    function.get_configuration = get_configuration


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
