"""What stands before a function: an HTTP API, a URL of its own, a load balancer, or nothing."""

import pulumi
import pulumi_aws as aws

from platform_lib.function_app.args import HttpKind
from platform_lib.function_app.http.api import create_http_api, http_api_children
from platform_lib.function_app.http.balancer import (
    create_function_balancer,
    function_balancer_children,
)
from platform_lib.function_app.http.settings import HttpSettings
from platform_lib.function_app.http.url import create_function_url, function_url_children
from platform_lib.parts.children import Children
from platform_lib.parts.logs import create_log_group
from platform_lib.parts.lookups import Network
from platform_lib.parts.served import Served


def http_front_children(http: HttpSettings) -> dict[str, str]:
    """Name the children of the front that these settings ask for."""
    match http.kind:
        case HttpKind.HTTP_API:
            return {"access_log_group": "aws.cloudwatch.LogGroup", **http_api_children(http)}
        case HttpKind.FUNCTION_URL:
            return function_url_children(http)
        case HttpKind.LOAD_BALANCER:
            return function_balancer_children(http)
    return {}


def create_http_front(
    child: Children,
    *,
    http: HttpSettings,
    network: Network | None,
    function_name: pulumi.Input[str],
    alias: "aws.lambda_.Alias",
    health_check_path: str,
    retention_days: int,
    log_key_arn: pulumi.Input[str] | None,
    provider: pulumi.ProviderResource | None,
) -> Served:
    """Let HTTP requests reach the alias of a function; all of it is bound to the alias."""
    match http.kind:
        case HttpKind.HTTP_API:
            access_log_group = create_log_group(
                child,
                "access_log_group",
                "access-logs",
                retention_days=retention_days,
                kms_key_arn=log_key_arn,
            )
            return create_http_api(
                child,
                http=http,
                function_name=function_name,
                alias=alias,
                access_log_group_arn=access_log_group.arn,
            )
        case HttpKind.FUNCTION_URL:
            return create_function_url(child, http=http, function_name=function_name, alias=alias)
        case HttpKind.LOAD_BALANCER:
            return create_function_balancer(
                child,
                http=http,
                network=network,
                function_name=function_name,
                alias=alias,
                health_check_path=health_check_path,
                provider=provider,
            )
    return Served()
