"""What we change in moto, each change in one function that says why."""

_done: list[str] = []


def patch_moto() -> None:
    """Apply every patch, once a process."""
    if not _done:
        _done.append("patched")


def reset_moto() -> None:
    """Empty every account: moto keeps its state for as long as the process lives."""
    from moto.core.model_instances import reset_model_data

    reset_model_data()
