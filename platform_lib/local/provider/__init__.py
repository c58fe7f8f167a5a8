"""The resource providers that stand in for `aws` and `docker`, attached to the real engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from platform_lib.local.account import Account
from platform_lib.local.provider.aws import AwsKinds
from platform_lib.local.provider.docker import DockerKinds, Plane
from platform_lib.local.provider.journal import Entry, Journal
from platform_lib.local.provider.keeping import Keeping
from platform_lib.local.provider.row import Properties
from platform_lib.local.provider.server import Busy, Kinds, Servicer, serve

__all__ = ["Entry", "Journal", "Providers"]


class Providers:
    """Both providers, on ports of 127.0.0.1.

    Programs share them: the engine is told of them by `PULUMI_DEBUG_PROVIDERS`.

    Args:
        account: The account.
        data_plane: What runs apps.
        journal: Where it is noted what was made.
        keep: Shows a line of each type that is kept without being imitated. Default: such a type
            is an error.
    """

    def __init__(
        self,
        account: Account,
        data_plane: Plane,
        journal: Journal,
        keep: Callable[[str], None] | None = None,
    ) -> None:
        self._busy = Busy()
        self._aws = Keeping(account, data_plane, keep) if keep else AwsKinds(account, data_plane)
        self._kinds: dict[str, Kinds] = {
            "aws": self._aws,
            "docker": DockerKinds(account, data_plane),
        }
        self._journal = journal
        self._servers: list[Any] = []

    def start(self) -> dict[str, int]:
        """Start answering, and give each provider's port."""
        ports = {}
        for name, kinds in self._kinds.items():
            server, ports[name] = serve(Servicer(kinds, self._journal, self._busy))
            self._servers.append(server)
        return ports

    def read_project(self, root: Path) -> None:
        """Take over the rows that a program's project has of its own.

        Raises:
            LocalCloudError: A file of them cannot be run.
        """
        self._aws.read_project(root)

    def stop(self) -> None:
        """Stop answering; calls in flight are cut off."""
        for server in self._servers:
            server.stop(grace=None).wait()
        self._servers.clear()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being made or changed; False where that takes too long."""
        return self._busy.wait(timeout)

    def delete(self, type: str, id: str, properties: Properties) -> None:
        """Delete what the journal knows of and no state does.

        Raises:
            LocalCloudError: It cannot be deleted.
        """
        self._kinds["docker" if type.startswith("docker:") else "aws"].delete(type, id, properties)
