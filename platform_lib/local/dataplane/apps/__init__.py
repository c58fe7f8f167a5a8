"""Apps that run all the time: services of ECS, and machines of auto scaling groups.

| file | what |
|---|---|
| `replicas.py` | copies of one app, and the change to its next version without a gap |
| `containers.py` | ECS services, by a Docker engine or as processes |
| `images.py` | images that programs push: built by the engine, or kept as a folder |
| `engine.py` | the Docker engine |
| `machines.py` | auto scaling groups: an instance is the process that its unit starts |
| `units.py` | user data: cloud-config and its systemd unit, read |
| `role_endpoint.py` | where an app asks for the credentials of its role |
| `secret_values.py` | values of secrets, at the start of a copy |
"""
