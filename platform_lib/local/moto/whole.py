"""What we change in all of moto: what it answers to what it does not know, and what it keeps."""

import json
import warnings
from typing import Any


def patch_whole() -> None:
    """Apply every patch."""
    say_what_is_missing()
    let_go_of_what_is_gone()
    start_instances_of_later_versions()
    change_all_of_a_group()


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
    from moto.moto_server import werkzeug_app

    server: Any = werkzeug_app
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


def start_instances_of_later_versions() -> None:
    """Let a group start with another version of its template than the first.

    moto reads the user data of the first version alone when it comes, and asserts that it has read
    it when it starts an instance.
    """
    import moto.ec2.utils
    from moto.ec2.models.launch_templates import LaunchTemplateVersion

    read = getattr(moto.ec2.utils, "parse_user_data", None)
    if read is None:
        # An older moto asserts nothing.
        return

    def user_data(self: Any) -> Any:
        given = self.data.get("UserData")
        return read(given) if isinstance(given, str) else given

    version: Any = LaunchTemplateVersion
    version.user_data = property(user_data)


def change_all_of_a_group() -> None:
    """Let an auto scaling group's cooldown, ends and rebalancing change; moto hears of none."""
    from moto.autoscaling.responses import AutoScalingResponse

    response: Any = AutoScalingResponse
    update_group = response.update_auto_scaling_group

    def update(self: Any) -> Any:
        answer = update_group(self)
        name = self._get_param("AutoScalingGroupName")
        group = self.autoscaling_backend.autoscaling_groups[name]
        for word, value in (
            ("default_cooldown", self._get_int_param("DefaultCooldown")),
            ("termination_policies", self._get_param("TerminationPolicies")),
            ("capacity_rebalance", self._get_bool_param("CapacityRebalance")),
        ):
            if value is not None:
                setattr(group, word, value)
        return answer

    response.update_auto_scaling_group = update
