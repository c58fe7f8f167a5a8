"""What we change in moto's Lambda: what belongs to a version or an alias, and what it forgets.

The data plane reads the attributes that are added here: `LambdaFunction.policies`,
`.event_invoke_configs` (both by qualifier, `$LATEST` where there is none, and shared by every
version of a function) and `.dead_letter_config` (which each version keeps as it was published).
"""

import copy
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from platform_lib.local.moto.asked import asked, named, qualified
from platform_lib.local.moto.replacing import extend_functions, refusal

_ENVIRONMENT_LIMIT = 4096
_VARIABLE = re.compile("[a-zA-Z][a-zA-Z0-9_]+")
_POLICY_LIMIT = 20_480
"""Bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


def patch_lambda() -> None:
    """Apply every patch."""
    copy_functions_alone()
    keep_what_functions_have()
    keep_logging_config()
    keep_policies_by_qualifier()
    keep_event_invoke_configs_by_qualifier()
    forget_with_alias()
    refuse_environments()


def copy_functions_alone() -> None:
    """Let a copy of a function share what the function refers to.

    moto copies a function whenever it lists versions, and with it all of the account's logs: with
    ten functions and ten thousand lines that takes two seconds, in which nothing else is answered.
    """
    from moto.awslambda.models import LambdaFunction

    function: Any = LambdaFunction
    function.__deepcopy__ = lambda self, memo: copy.copy(self)


def keep_what_functions_have() -> None:
    """Give every function what the data plane reads, and let it remember its dead letters."""

    def made(function: Any, spec: Mapping[str, Any]) -> None:
        function.policies = {}
        function.event_invoke_configs = {}
        function.dead_letter_config = dict(spec.get("DeadLetterConfig") or {})

    def changed(function: Any, updates: Mapping[str, Any]) -> None:
        if "DeadLetterConfig" in updates:
            function.dead_letter_config = dict(updates["DeadLetterConfig"] or {})

    def told(function: Any) -> Mapping[str, Any]:
        config = function.dead_letter_config
        return {"DeadLetterConfig": config} if config.get("TargetArn") else {}

    extend_functions(made=made, changed=changed, told=told)


def keep_logging_config() -> None:
    """Let a function remember which log group it writes to; moto forgets it."""

    def made(function: Any, spec: Mapping[str, Any]) -> None:
        function.logging_config = spec.get("LoggingConfig") or {}

    def changed(function: Any, updates: Mapping[str, Any]) -> None:
        function.logging_config = updates.get("LoggingConfig", function.logging_config)

    def told(function: Any) -> Mapping[str, Any]:
        group = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}"}
        return {"LoggingConfig": {**group, **function.logging_config}}

    extend_functions(made=made, changed=changed, told=told)


def keep_policies_by_qualifier() -> None:
    """Let a function, each of its versions and each of its aliases have a policy of its own.

    In moto they share one, so that a permission for an alias opens the function itself, and one
    of two conditions is lost.
    https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    """
    from moto.awslambda.models import LambdaBackend
    from moto.awslambda.policy import Policy
    from moto.awslambda.responses import LambdaResponse

    def add_permission(self: Any, name: str, qualifier: str | None, raw: str) -> dict[str, Any]:
        function, qualifier = named(self, name, qualifier)
        policy = function.policies.setdefault(qualifier, Policy(function))
        statement = _statement(json.loads(raw), qualified(function, qualifier))
        if any(each["Sid"] == statement["Sid"] for each in policy.statements):
            raise refusal(
                "ResourceConflictException",
                f"The statement id ({statement['Sid']}) provided already exists. Please provide "
                "a new statement id, or remove the existing statement.",
                409,
            )
        policy.statements.append(statement)
        size = len(json.dumps(policy.get_policy()["Policy"], separators=(",", ":")).encode())
        if size > _POLICY_LIMIT:
            policy.statements.remove(statement)
            raise refusal(
                "PolicyLengthExceededException",
                f"The final policy size ({size}) is bigger than the limit ({_POLICY_LIMIT}).",
            )
        return statement

    def get_policy(self: Any, name: str, qualifier: str | None = None) -> str:
        text: str = _policy(*named(self, name, qualifier)).wire_format()
        return text

    def remove_permission(self: Any) -> tuple[int, dict[str, Any], str]:
        _policy(*asked(self)).del_statement(unquote(self.path.split("/")[-1]))
        return 204, {"status": 204}, "{}"

    def _policy(function: Any, qualifier: str) -> Any:
        return function.policies.get(qualifier) or Policy(function)

    backend: Any = LambdaBackend
    backend.add_permission, backend.get_policy = add_permission, get_policy
    response: Any = LambdaResponse
    response.remove_permission = remove_permission


def keep_event_invoke_configs_by_qualifier() -> None:
    """Keep how asynchronous invocations are handled for each version and alias.

    moto keeps one a function, never takes a second one, and merges no update.
    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    """
    from moto.awslambda.exceptions import UnknownEventConfig
    from moto.awslambda.models import EventInvokeConfig
    from moto.awslambda.responses import LambdaResponse

    def put(self: Any) -> str:
        return _set(self, merged=False)

    def update(self: Any) -> str:
        return _set(self, merged=True)

    def get(self: Any) -> str:
        function, qualifier = asked(self)
        if qualifier not in function.event_invoke_configs:
            raise UnknownEventConfig(qualified(function, qualifier))
        return json.dumps(_told(function, qualifier))

    def delete(self: Any) -> tuple[int, dict[str, Any], str]:
        function, qualifier = asked(self)
        if function.event_invoke_configs.pop(qualifier, None) is None:
            raise UnknownEventConfig(qualified(function, qualifier))
        return 204, {"status": 204}, "{}"

    def list_all(self: Any) -> str:
        function, _ = asked(self)
        told = [_told(function, qualifier) for qualifier in function.event_invoke_configs]
        return json.dumps({"FunctionEventInvokeConfigs": told})

    def _set(self: Any, *, merged: bool) -> str:
        function, qualifier = asked(self)
        old = function.event_invoke_configs.get(qualifier) if merged else None
        config = {**(old or {}), **self.json_body}
        # It looks through numbers and ARNs.
        EventInvokeConfig(qualified(function, qualifier), function.last_modified, config)
        function.event_invoke_configs[qualifier] = config
        return json.dumps(_told(function, qualifier))

    def _told(function: Any, qualifier: str) -> dict[str, Any]:
        arn = f"{function.function_arn}:{qualifier}"
        return {"FunctionArn": arn, **function.event_invoke_configs[qualifier]}

    response: Any = LambdaResponse
    response.put_function_event_invoke_config = put
    response.update_function_event_invoke_config = update
    response.get_function_event_invoke_config = get
    response.delete_function_event_invoke_config = delete
    response.list_function_event_invoke_configs = list_all


def forget_with_alias() -> None:
    """Let what belongs to an alias go with it: a new one of that name begins without."""
    from moto.awslambda.models import LambdaBackend

    backend: Any = LambdaBackend
    delete = backend.delete_alias

    def delete_alias(self: Any, name: str, function_name: str) -> None:
        function, _ = named(self, function_name)
        function.policies.pop(name, None)
        function.event_invoke_configs.pop(name, None)
        delete(self, name, function_name)

    backend.delete_alias = delete_alias


def _statement(permission: Mapping[str, Any], resource: str) -> dict[str, Any]:
    """Word a permission as the statement that AWS makes of it."""
    conditions: dict[str, dict[str, Any]] = {}
    for member, test, key in (
        ("SourceArn", "ArnLike", "AWS:SourceArn"),
        ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
        ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
    ):
        if member in permission:
            value = permission[member]
            text = str(value).lower() if isinstance(value, bool) else value
            conditions.setdefault(test, {})[key] = text
    return {
        "Sid": permission["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(permission["Principal"]),
        "Action": permission["Action"],
        "Resource": resource,
        **({"Condition": conditions} if conditions else {}),
    }


def _principal(principal: str) -> str | dict[str, str]:
    if principal == "*":
        return principal
    if principal.isdigit():
        return {"AWS": f"arn:aws:iam::{principal}:root"}
    return {"AWS" if principal.startswith("arn:") else "Service": principal}


def refuse_environments() -> None:
    """Refuse variables as Lambda does: names of one letter, and more than 4 KB; moto takes all.

    https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html
    """
    from moto.awslambda.models import LambdaBackend

    backend: Any = LambdaBackend
    create, update = backend.create_function, backend.update_function_configuration

    def create_function(self: Any, spec: dict[str, Any]) -> Any:
        _check_environment(spec)
        return create(self, spec)

    def update_function_configuration(
        self: Any, function_name: str, qualifier: str, body: dict[str, Any]
    ) -> Any:
        _check_environment(body)
        return update(self, function_name, qualifier, body)

    backend.create_function = create_function
    backend.update_function_configuration = update_function_configuration


def _check_environment(spec: Mapping[str, Any]) -> None:
    variables: Mapping[str, str] = (spec.get("Environment") or {}).get("Variables") or {}
    for name in variables:
        if not _VARIABLE.fullmatch(name):
            told = f"Value '{name}' at 'environment.variables' failed to satisfy constraint: Map "
            told += "keys must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+"
            raise refusal("ValidationException", f"1 validation error detected: {told}")
    size = len(json.dumps(variables, separators=(",", ":"), ensure_ascii=False).encode())
    if size > _ENVIRONMENT_LIMIT:
        raise refusal(
            "InvalidParameterValueException",
            "Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided exceeded the 4KB limit. Bytes measured: {size}",
        )
