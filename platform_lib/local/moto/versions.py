"""What we change in moto about a function's versions: snapshots, warm workers and weights."""

import json
from typing import Any
from urllib.parse import unquote

LATEST = "$LATEST"


def patch_versions() -> None:
    """Apply every patch."""
    keep_snap_start_and_key()
    keep_provisioned_concurrency()
    refuse_aliases_that_aws_refuses()


def keep_snap_start_and_key() -> None:
    """Let a function remember that snapshots start it, and a changed key of its variables."""
    from moto.awslambda.models import LambdaFunction

    function: Any = LambdaFunction
    make, change = function.__init__, function.update_configuration
    tell = function.get_configuration

    def make_with_snapshots(
        self: Any, account_id: str, spec: dict[str, Any], *rest: Any, **more: Any
    ) -> None:
        make(self, account_id, spec, *rest, **more)
        self.snap_start = (spec.get("SnapStart") or {}).get("ApplyOn", "None")

    def update_configuration(self: Any, updates: dict[str, Any]) -> dict[str, Any]:
        if "SnapStart" in updates:
            self.snap_start = updates["SnapStart"].get("ApplyOn", "None")
        if "KMSKeyArn" in updates:
            self.kms_key_arn = updates["KMSKeyArn"] or None
        changed: dict[str, Any] = change(self, updates)
        return changed

    def get_configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
        taken = self.snap_start != "None" and str(self.version) != LATEST
        status = "On" if taken else "Off"
        snap_start = {"ApplyOn": self.snap_start, "OptimizationStatus": status}
        return {**tell(self, on_create), "SnapStart": snap_start}

    function.__init__ = make_with_snapshots
    function.update_configuration = update_configuration
    function.get_configuration = get_configuration


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
        name = unquote(self.path.split("/functions/")[1].split("/")[0]).rsplit(":", 1)[-1]
        qualifier = self.querystring["Qualifier"][0]
        if qualifier == LATEST:
            raise _refusal("Provisioned Concurrency Configs cannot be applied to $LATEST")
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
    from moto.core.exceptions import JsonRESTError

    refusal = JsonRESTError(code, message)
    refusal.code = status
    return refusal
