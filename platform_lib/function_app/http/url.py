"""A function URL: Lambda's own address of an alias."""

from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.function_app.args import HttpAuthorization
from platform_lib.function_app.http.api import cors_configuration
from platform_lib.function_app.http.settings import HttpSettings
from platform_lib.parts.children import Children
from platform_lib.parts.served import Served


def function_url_children(http: HttpSettings) -> dict[str, str]:
    """Name the children of a function URL with these settings."""
    children = {"function_url": "aws.lambda_.FunctionUrl"}
    if http.authorization is HttpAuthorization.NONE:
        children |= dict.fromkeys(("permission", "invoke_permission"), "aws.lambda_.Permission")
    return children


def create_function_url(
    child: Children,
    *,
    http: HttpSettings,
    function_name: pulumi.Input[str],
    alias: "aws.lambda_.Alias",
) -> Served:
    """Let the alias answer at an address of its own: everyone, or who signs as a principal.

    With IAM no statement is made: a principal of this account needs lambda:InvokeFunctionUrl and
    lambda:InvokeFunction by its own policy. https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    public = http.authorization is HttpAuthorization.NONE
    permissions: list[pulumi.Resource] = []
    if public:
        everyone: dict[str, Any] = {
            "principal": "*",
            "function": function_name,
            "qualifier": alias.name,
        }
        # AWS asks for both since October 2025; the second admits no calls but the URL's.
        permissions = [
            child.make(
                "permission",
                aws.lambda_.Permission,
                "permission",
                action="lambda:InvokeFunctionUrl",
                function_url_auth_type="NONE",
                **everyone,
            ),
            child.make(
                "invoke_permission",
                aws.lambda_.Permission,
                "invoke-permission",
                action="lambda:InvokeFunction",
                invoked_via_function_url=True,
                **everyone,
            ),
        ]
    function_url = child.make(
        "function_url",
        aws.lambda_.FunctionUrl,
        "url",
        function_name=function_name,
        qualifier=alias.name,
        authorization_type="NONE" if public else "AWS_IAM",
        cors=cors_configuration(http.cors),
        invoke_mode="RESPONSE_STREAM" if http.streaming else None,
        opts=pulumi.ResourceOptions(depends_on=permissions),
    )
    # Of its own it ends in a slash, unlike every other front's.
    url = function_url.function_url.apply(lambda known: str(known).rstrip("/"))
    return Served(url=url, dns_name=url.apply(lambda known: known.partition("://")[2]))
