"""What we change in moto, all of it."""

from platform_lib.local.moto.databases import patch_databases
from platform_lib.local.moto.ecs_services import patch_services
from platform_lib.local.moto.fronts import patch_fronts
from platform_lib.local.moto.functions import patch_lambda
from platform_lib.local.moto.layers import patch_layers
from platform_lib.local.moto.mappings import patch_mappings
from platform_lib.local.moto.networks import patch_networks
from platform_lib.local.moto.pinned_code import patch_pinned_code
from platform_lib.local.moto.sources import patch_sources
from platform_lib.local.moto.stores import patch_stores
from platform_lib.local.moto.tables import patch_tables
from platform_lib.local.moto.versions import patch_versions
from platform_lib.local.moto.whole import patch_whole

_done: list[str] = []


def patch_moto() -> None:
    """Apply every patch, once a process."""
    if not _done:
        patch_whole()
        patch_stores()
        patch_lambda()
        patch_mappings()
        patch_layers()
        patch_pinned_code()
        patch_versions()
        patch_sources()
        patch_services()
        patch_tables()
        patch_fronts()
        patch_databases()
        patch_networks()
        _done.append("patched")


def reset_moto() -> None:
    """Empty every account: moto keeps its state for as long as the process lives."""
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    BackendDict.reset()
    reset_model_data()
