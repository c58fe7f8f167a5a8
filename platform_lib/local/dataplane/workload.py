"""What the data plane tells about each app that it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One running copy of an app.

    Attributes:
        name: The app's name: what the resource that runs it is called.
        target: `container`, `vm` or `function`.
        version: The task definition, launch template version or function version that it runs.
        id: A container's name, or the process id.
        address: Where it answers, `127.0.0.1:PORT`; empty for a function's worker.
        state: `starting`, `healthy`, `unhealthy`, or `stopped` between a crash and the restart.
        how: `docker` or `process`.
    """

    name: str
    target: str
    version: str
    id: str
    address: str
    state: str
    how: str
