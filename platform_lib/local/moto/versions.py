"""What we change in moto about versions: numbers, snapshots, warm workers and weights."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

from platform_lib.local.desired import LATEST
from platform_lib.local.moto.asked import asked, named
from platform_lib.local.moto.replacing import extend_functions, refusal


def patch_versions() -> None:
    """Apply every patch."""
    number_versions_on()
    refuse_to_delete_what_an_alias_names()
    keep_snap_start_and_key()
    keep_provisioned_concurrency()
    refuse_aliases_that_aws_refuses()


def number_versions_on() -> None:
    """Let a version's number never come again.

    moto counts the versions that are left: after a program prunes old ones it gives a number anew,
    and an alias with that number leads to the old code.
    """
    from moto.awslambda.models import LambdaStorage

    storage: Any = LambdaStorage
    publish = storage.publish_version

    def made(function: Any, spec: Mapping[str, Any]) -> None:
        function.numbers = itertools.count(1)

    def publish_version(self: Any, name_or_arn: str, description: str = "") -> Any:
        name = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn).function_name
        known = {each.function_arn: each for each in self._functions[name]["versions"]}
        version = publish(self, name_or_arn, description)
        if version is not None and version not in known.values():
            del self._arns[version.function_arn]
            self._arns.update(known)
            version.set_version(next(version.numbers))
            self._arns[version.function_arn] = version
        return version

    extend_functions(made=made)
    storage.publish_version = publish_version


def refuse_to_delete_what_an_alias_names() -> None:
    """Refuse to delete a version that an alias leads to, as AWS does."""
    from moto.awslambda.models import LambdaBackend

    backend: Any = LambdaBackend
    delete = backend.delete_function

    def delete_function(self: Any, function_name: str, qualifier: str | None = None) -> None:
        function, version = named(self, function_name, qualifier)
        naming = [
            alias.name
            for alias in self.list_aliases(function.function_name)
            if version in (alias.function_version, *_weights(alias))
        ]
        if naming and version != LATEST:
            raise _refusal(
                "Unable to delete version because the following aliases reference it: "
                f"[{', '.join(naming)}]",
                "ResourceConflictException",
                409,
            )
        delete(self, function_name, qualifier)

    backend.delete_function = delete_function


def keep_snap_start_and_key() -> None:
    """Let a function remember that snapshots start it, and a changed key of its variables."""

    def made(function: Any, spec: Mapping[str, Any]) -> None:
        function.snap_start = (spec.get("SnapStart") or {}).get("ApplyOn", "None")

    def changed(function: Any, updates: Mapping[str, Any]) -> None:
        if "SnapStart" in updates:
            function.snap_start = updates["SnapStart"].get("ApplyOn", "None")
        if "KMSKeyArn" in updates:
            function.kms_key_arn = updates["KMSKeyArn"] or None

    def told(function: Any) -> Mapping[str, Any]:
        taken = function.snap_start != "None" and str(function.version) != LATEST
        status = "On" if taken else "Off"
        return {"SnapStart": {"ApplyOn": function.snap_start, "OptimizationStatus": status}}

    extend_functions(made=made, changed=changed, told=told)


def keep_provisioned_concurrency() -> None:
    """Keep how many workers a version or an alias holds warm; moto has no such operation.

    All of them are ready at once. No worker is started for it: calls are as they were.
    """
    from moto.awslambda.responses import LambdaResponse
    from moto.awslambda.urls import url_paths

    def put(self: Any) -> tuple[int, dict[str, Any], str]:
        holder = _holder(self)
        if _weights(holder):
            raise _refusal("Alias with weights can not be used with Provisioned Concurrency")
        holder.provisioned = int(self.json_body["ProvisionedConcurrentExecutions"])
        return 202, {"status": 202}, json.dumps(_told(holder))

    def get(self: Any) -> str:
        return json.dumps(_told(_provisioned(self)))

    def delete(self: Any) -> tuple[int, dict[str, Any], str]:
        _provisioned(self).provisioned = None
        return 204, {"status": 204}, ""

    def _provisioned(self: Any) -> Any:
        holder = _holder(self)
        if getattr(holder, "provisioned", None) is None:
            text = "No Provisioned Concurrency Config found for this function"
            raise _refusal(text, "ProvisionedConcurrencyConfigNotFoundException", 404)
        return holder

    def _holder(self: Any) -> Any:
        """Find the alias, or else the version, that keeps them: with it they go."""
        function, qualifier = asked(self)
        if qualifier == LATEST:
            raise _refusal("Provisioned Concurrency Configs cannot be applied to $LATEST")
        name = function.function_name
        aliases = {alias.name: alias for alias in self.backend.list_aliases(name)}
        return aliases.get(qualifier) or self.backend.get_function(name, qualifier)

    def _told(holder: Any) -> dict[str, Any]:
        count = holder.provisioned
        return {
            "RequestedProvisionedConcurrentExecutions": count,
            "AvailableProvisionedConcurrentExecutions": count,
            "AllocatedProvisionedConcurrentExecutions": count,
            "Status": "READY",
            "LastModified": "2026-01-01T00:00:00+0000",
        }

    response: Any = LambdaResponse
    response.put_provisioned_concurrency_config = put
    response.get_provisioned_concurrency_config = get
    response.delete_provisioned_concurrency_config = delete
    path = "{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[^/]+)/provisioned-concurrency$"
    url_paths[path] = LambdaResponse.dispatch


def refuse_aliases_that_aws_refuses() -> None:
    """Refuse weights on the alias's own version, on none, on $LATEST and beside warm workers.

    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    from moto.awslambda.models import LambdaBackend

    backend: Any = LambdaBackend
    create, update = backend.create_alias, backend.update_alias

    def create_alias(
        self: Any, name: str, function_name: str, function_version: str, *rest: Any, **more: Any
    ) -> Any:
        _check(self, function_name, function_version, more.get("routing_config"))
        return create(self, name, function_name, function_version, *rest, **more)

    def update_alias(self: Any, name: str, function_name: str, **changes: Any) -> Any:
        alias = self.get_alias(name, function_name)
        version = changes["function_version"] or alias.function_version
        config = changes["routing_config"]
        _check(self, function_name, version, alias.routing_config if config is None else config)
        weighted = (config or {}).get("AdditionalVersionWeights")
        if weighted and getattr(alias, "provisioned", None) is not None:
            raise _refusal("Invalid alias configuration for Provisioned Concurrency")
        changes["function_version"] = version
        return update(self, name=name, function_name=function_name, **changes)

    def _check(self: Any, function_name: str, version: str, config: Any) -> None:
        weights = (config or {}).get("AdditionalVersionWeights") or {}
        for other, weight in weights.items():
            if LATEST in (version, other):
                need = "is not supported for an alias pointing to more than 1 version"
                raise _refusal(f"{LATEST} {need}")
            if other == version:
                need = "is already included in routing configuration"
                raise _refusal(
                    f"Invalid function version {other}. Function version {other} {need}"
                )
            if not 0 <= weight <= 1:
                raise _refusal(f"The weight {weight} of version {other} is not from 0 to 1")
            # Raises where there is no such version.
            self.get_function(function_name, other)

    backend.create_alias, backend.update_alias = create_alias, update_alias


def _weights(holder: Any) -> dict[str, float]:
    weights: dict[str, float] = (getattr(holder, "routing_config", None) or {}).get(
        "AdditionalVersionWeights"
    ) or {}
    return weights


def _refusal(
    message: str, code: str = "InvalidParameterValueException", status: int = 400
) -> Exception:
    return refusal(code, message, status)
