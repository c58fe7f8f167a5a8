"""Pulumi's own analyzer reads the components: what it refuses, no other language could use."""

from pulumi.provider.experimental.analyzer import Analyzer

from platform_lib import ContainerApp, FunctionApp, VmApp

SHARED_INPUTS = {
    *("stage", "source", "app", "interface", "pythonVersion", "architecture", "port"),
    *("healthCheckPath", "environment", "secrets", "grants", "network", "ingress", "scaling"),
    *("rollout", "logs", "alarms", "domain", "kmsKeyArn", "permissionsBoundaryArn", "tags"),
    "overrides",
}
SHARED_OUTPUTS = {"url", "dnsName", "roleArn", "roleName", "logGroupName", "version"}


def test_the_schema_has_the_contract_and_nothing_more():
    analyzed = Analyzer("platform-lib").analyze([VmApp, FunctionApp, ContainerApp])
    components = analyzed["component_definitions"]
    assert set(components) == {"VmApp", "FunctionApp", "ContainerApp"}
    for component in components.values():
        assert set(component.inputs) >= SHARED_INPUTS
        assert set(component.outputs) >= SHARED_OUTPUTS
        # Handles on children are for Python alone; in the schema they would be types.
        assert set(component.outputs) - SHARED_OUTPUTS <= {
            *("hostedZoneId", "invokeStatement", "securityGroupId", "targetGroupArn"),
        }
        assert component.description
    own = {name: set(component.inputs) - SHARED_INPUTS for name, component in components.items()}
    assert {"bundle", "startCommand", "instanceType", "volumeGib"} <= own["VmApp"]
    assert {"handler", "code", "imageUri", "memoryMib", "timeoutSeconds"} <= own["FunctionApp"]
    assert {"image", "dockerfile", "cpu", "memoryMib", "capacity"} <= own["ContainerApp"]
