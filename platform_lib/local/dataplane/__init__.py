"""Runs the apps of the local cloud (containers, machines, functions) and answers for them.

| where | what |
|---|---|
| `controller.py` | the whole, put together: `DataPlane` |
| `desired.py` | what the account says is to be, read from moto |
| `context.py` | what every part works with: account, clock, logs, target groups, permissions |
| `clock.py` | the account's time, which can be moved on |
| `permissions.py` | whether a role or a service may do something |
| `lineage.py` | which functions an event came through, so that loops end |
| `shares.py` | weighted choices, dealt out evenly |
| `logs.py`, `workload.py` | where output goes; what is told of each app |
| `databases/` | database servers, for RDS and ElastiCache |
| `fronts/` | who answers HTTP: load balancer, HTTP API, function URL |
| `functions/` | functions: their workers, the Runtime API, layers |
| `apps/` | containers and machines: their copies, images, units |
| `running/` | what all apps run as: processes, bundles made to run here, Pythons |
| `pollers/` | what fetches events for functions: queues and streams |
| `delivery/` | what brings events to functions: topics, buckets, rules, schedules, logs |
"""

from platform_lib.local.dataplane.apps.images import Images
from platform_lib.local.dataplane.controller import DataPlane
from platform_lib.local.dataplane.workload import Workload

__all__ = ["DataPlane", "Images", "Workload"]
