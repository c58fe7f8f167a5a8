"""What we change in moto's ECS: what it forgets of a service."""

from typing import Any, Final

_KEPT: Final = (
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
)


def patch_services() -> None:
    """Let a service keep what it was made with; moto keeps it only of a change.

    Users' tools compare what they made with what they read, and the data plane waits for as long
    as the service says.
    """
    from moto.core.utils import camelcase_to_underscores
    from moto.ecs.responses import EC2ContainerServiceResponse

    response: Any = EC2ContainerServiceResponse
    word = "deployment_configuration"
    create, update = response.create_service, response.update_service

    def create_service(self: Any) -> Any:
        answer = create(self)
        service = answer.result["service"]
        for name in _KEPT:
            given = self._get_param(name)
            if given is not None:
                setattr(service, camelcase_to_underscores(name), given)
        return answer

    def update_service(self: Any) -> Any:
        services = self.ecs_backend.services.values()
        before = {id(one): getattr(one, word, None) or {} for one in services}
        answer = update(self)
        service = answer.result["service"]
        # Of how to deploy, what a change does not name stays as it is.
        settings = {**before[id(service)], **(getattr(service, word, None) or {})}
        setattr(service, word, settings)
        return answer

    response.create_service = create_service
    response.update_service = update_service
