"""Starts and ends the three parts behind a local cloud: account, data plane, providers."""

import importlib.util
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platform_lib.local.errors import LocalCloudError

_EXTRA = ("aiohttp", "boto3", "jmespath", "joserfc", "moto", "rich", "yaml")
"""What the extra `local` brings; looked for, not imported: moto reads settings when it is."""


def missing_packages() -> str:
    """Name the packages of the extra `local` that are not installed; empty when all are."""
    return ", ".join(name for name in _EXTRA if importlib.util.find_spec(name) is None)


@dataclass(frozen=True, kw_only=True)
class Services:
    """What runs behind a local cloud."""

    account: Any
    """`platform_lib.local.account.Account`: moto, and clients of it."""
    data_plane: Any
    """`platform_lib.local.dataplane.DataPlane`: runs the apps and answers HTTP."""
    providers: Any
    """`platform_lib.local.provider.Providers`: what the engine talks to."""
    journal: Any
    """`platform_lib.local.provider.Journal`: what the providers created, oldest first."""
    ports: Mapping[str, int]
    """Provider -> port of its server on 127.0.0.1."""
    stop: Callable[[], None]
    """Ends all three, the data plane's processes and containers included."""


def start_services(
    run: Path,
    say: Callable[[str], None],
    port: int | None,
    region: str = "us-east-1",
    keep_unknown: bool = False,
    *,
    permissions: bool = True,
) -> Services:
    """Start account, data plane and providers.

    Args:
        run: Folder for what this run writes.
        say: Shows a line.
        port: Port of the first load balancer or API; None for free ones.
        region: The region that apps run in.
        keep_unknown: Whether resource types without a row are kept in the state.
        permissions: Whether what apps do is judged by their roles.

    Raises:
        LocalCloudError: A package is missing, or there is no such region.
    """
    missing = missing_packages()
    if missing:
        raise LocalCloudError(
            f"the local cloud needs its extra, pip install 'platform-lib[local]': no {missing}"
        )
    # The imports cost a second: only who starts a cloud pays for them.
    from platform_lib.local.account import Account, is_region
    from platform_lib.local.dataplane import DataPlane
    from platform_lib.local.provider import Journal, Providers

    if not is_region(region):
        raise LocalCloudError(f"AWS has no region {region!r}: such as us-east-1 or eu-west-1")
    with ExitStack() as opened:
        # Each stops what it has started, a start that failed in its middle too.
        account = Account(region, permissions=permissions, say=say)
        opened.callback(account.stop)
        account.start()
        data_plane = DataPlane(account, run / "dataplane", say, port)
        opened.callback(data_plane.stop)
        data_plane.start()
        journal = Journal(run / "journal")
        providers = Providers(account, data_plane, journal, say if keep_unknown else None)
        opened.callback(providers.stop)
        ports = providers.start()
        return Services(
            account=account,
            data_plane=data_plane,
            providers=providers,
            journal=journal,
            ports=ports,
            stop=opened.pop_all().close,
        )
