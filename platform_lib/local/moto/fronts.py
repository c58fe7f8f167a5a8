"""What we change in moto's fronts: function URLs of aliases, stages and names of HTTP APIs."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from platform_lib.local.moto.asked import asked, qualified
from platform_lib.local.moto.replacing import extend_functions


def patch_fronts() -> None:
    """Apply every patch."""
    keep_function_urls_by_qualifier()
    change_stages()
    change_domain_names()
    tag_stages_and_domain_names()


def keep_function_urls_by_qualifier() -> None:
    """Let a function and each of its aliases have a URL of its own, and let all of it change.

    moto keeps one a function, whatever the qualifier, and forgets changes but of two settings.
    The data plane reads `LambdaFunction.urls`, by qualifier.
    """
    from moto.awslambda.exceptions import GenericResourcNotFound
    from moto.awslambda.models import FunctionUrlConfig
    from moto.awslambda.responses import LambdaResponse

    config: Any = FunctionUrlConfig
    tell = config.to_dict

    def made(function: Any, spec: Mapping[str, Any]) -> None:
        function.urls = {}

    def create(self: Any) -> tuple[int, dict[str, Any], str]:
        latest, qualifier = asked(self)
        made = FunctionUrlConfig(latest, self.json_body)
        made.qualifier = qualifier  # type: ignore[attr-defined]
        latest.urls[qualifier] = made
        return 201, {"status": 201}, json.dumps(made.to_dict())

    def get(self: Any) -> str:
        return json.dumps(_found(self).to_dict())

    def update(self: Any) -> str:
        found = _found(self)
        found.config = {**found.config, **self.json_body}
        return json.dumps(found.to_dict())

    def delete(self: Any) -> tuple[int, dict[str, Any], str]:
        latest, qualifier = asked(self)
        latest.urls.pop(qualifier, None)
        return 204, {"status": 204}, "{}"

    def to_dict(self: Any) -> dict[str, Any]:
        told = {**tell(self), "InvokeMode": self.config.get("InvokeMode") or "BUFFERED"}
        own = qualified(self.function, self.qualifier)
        return {**told, "FunctionArn": own, "FunctionUrl": f"{self.url}/"}

    def _found(self: Any) -> Any:
        latest, qualifier = asked(self)
        if qualifier not in latest.urls:
            raise GenericResourcNotFound
        return latest.urls[qualifier]

    extend_functions(made=made)
    config.to_dict = to_dict
    response: Any = LambdaResponse
    response.create_function_url_config, response.get_function_url_config = create, get
    response.update_function_url_config, response.delete_function_url_config = update, delete


def change_stages() -> None:
    """Let an HTTP API's stage be changed, and go without an access log.

    moto can only make and delete one. Here a change would replace the stage, and the API would
    answer 404 in between, which AWS does not do.
    """
    from moto.apigatewayv2.responses import ApiGatewayV2Response
    from moto.apigatewayv2.urls import url_paths

    def update_stage(self: Any) -> tuple[int, dict[str, str], str]:
        api_id, name = unquote(self.path).split("/apis/")[1].split("/stages/")
        api = self.apigatewayv2_backend.get_api(api_id)
        settings = {**api.get_stage(name).config, **json.loads(self.body)}
        return 200, {}, json.dumps(api.create_stage(settings).to_json())

    def delete_access_log_settings(self: Any) -> tuple[int, dict[str, str], str]:
        address = unquote(self.path).removesuffix("/accesslogsettings")
        api_id, name = address.split("/apis/")[1].split("/stages/")
        api = self.apigatewayv2_backend.get_api(api_id)
        settings = {**api.get_stage(name).config, "accessLogSettings": None}
        api.create_stage(settings)
        return 204, {}, ""

    response: Any = ApiGatewayV2Response
    response.update_stage = update_stage
    response.delete_access_log_settings = delete_access_log_settings
    stage = "{0}/v2/apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)"
    url_paths[f"{stage}/accesslogsettings$"] = ApiGatewayV2Response.dispatch


def change_domain_names() -> None:
    """Let a name of an HTTP API and what it leads to be changed; moto can only make them."""
    from moto.apigatewayv2.responses import ApiGatewayV2Response

    def update_domain_name(self: Any) -> tuple[int, dict[str, str], str]:
        name = self.apigatewayv2_backend.get_domain_name(unquote(self.path.split("/")[-1]))
        settings = json.loads(self.body)
        configurations = settings.get("domainNameConfigurations")
        name.domain_name_configurations = configurations or name.domain_name_configurations
        return 200, {}, json.dumps(name.to_json())

    def update_api_mapping(self: Any) -> tuple[int, dict[str, str], str]:
        mapping = self.apigatewayv2_backend.get_api_mapping(
            api_mapping_id=self.path.split("/")[-1], domain_name=self.path.split("/")[-3]
        )
        settings = json.loads(self.body)
        mapping.api_id = settings.get("apiId", mapping.api_id)
        mapping.stage = settings.get("stage", mapping.stage)
        mapping.api_mapping_key = settings.get("apiMappingKey", mapping.api_mapping_key)
        return 200, {}, json.dumps(mapping.to_json())

    response: Any = ApiGatewayV2Response
    response.update_domain_name = update_domain_name
    response.update_api_mapping = update_api_mapping


def tag_stages_and_domain_names() -> None:
    """Let stages and names be tagged after they were made: moto has no address for it.

    They tell the tags that they keep themselves, which moto's own way of tagging does not touch.
    """
    from moto.apigatewayv2.models import ApiGatewayV2Backend
    from moto.apigatewayv2.responses import ApiGatewayV2Response
    from moto.apigatewayv2.urls import url_paths

    backend: Any = ApiGatewayV2Backend
    tag, untag = backend.tag_resource, backend.untag_resource

    def tag_resource(self: Any, resource_arn: str, tags: dict[str, str] | None) -> None:
        holder = _holder(self, resource_arn)
        if holder is None:
            tag(self, resource_arn, tags)
        else:
            holder.tags.update(tags or {})

    def untag_resource(self: Any, resource_arn: str, tag_keys: list[str]) -> None:
        holder = _holder(self, resource_arn)
        if holder is None:
            untag(self, resource_arn, tag_keys)
        else:
            for key in tag_keys:
                holder.tags.pop(key, None)

    def _holder(self: Any, arn: str) -> Any:
        api_id, is_stage, stage = arn.partition("/apis/")[2].partition("/stages/")
        if is_stage:
            return self.get_api(api_id).get_stage(stage)
        return self.domain_names.get(arn.partition("/domainnames/")[2])

    backend.tag_resource, backend.untag_resource = tag_resource, untag_resource
    for path in (
        "apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)",
        "domainnames/(?P<name>[^/]+)",
    ):
        url_paths[f"{{0}}/v2/tags/(?P<arn>[^/]+)/{path}$"] = ApiGatewayV2Response.dispatch
