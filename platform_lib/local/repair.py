"""Puts a stack right after the engine or the program was killed in the middle of an operation.

A killed engine leaves a lock in the backend, pending operations in the checkpoint, and resources
in the account that the checkpoint does not know. The next `up` would stop at the lock; with the
lock gone it would make a second one of each. The providers' journal tells what was really made.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from platform_lib.local.workspace import LocalStack


class Entry(Protocol):
    """A line of the providers' journal: a resource that was created."""

    @property
    def urn(self) -> str:
        """The resource's URN."""

    @property
    def type(self) -> str:
        """Its type token."""

    @property
    def id(self) -> str:
        """The id that the provider gave it."""

    @property
    def properties(self) -> Mapping[str, Any]:
        """What a delete needs to know of it."""


def is_locked(state: Path, project: str, stack: str) -> bool:
    """Tell whether an operation on the stack left its lock, that is, did not come to its end."""
    folder = state / ".pulumi" / "locks" / "organization" / project / stack
    return folder.is_dir() and any(folder.iterdir())


def repair(
    stack: LocalStack,
    created: Iterable[Entry],
    delete: Callable[[str, str, Mapping[str, Any]], None],
) -> list[str]:
    """Free the stack, delete what the checkpoint does not know, and drop what was pending.

    Args:
        stack: The stack whose last operation was killed. Nothing may run on it.
        created: What the journal says was created for this stack by that operation, oldest first.
        delete: Deletes a resource from the account by type, id and properties; one that is gone
            already is fine.

    Returns:
        What was done, a line each.
    """
    state = stack.export_stack()
    deployment = dict(state.deployment or {})
    known = {
        (resource["type"], resource.get("id")) for resource in deployment.get("resources") or []
    }
    done = ["freed the lock that a killed run left"]
    # The lock goes after the deletes: where one fails, the next operation repairs again.
    for entry in reversed(list(created)):
        if (entry.type, entry.id) not in known:
            delete(entry.type, entry.id, entry.properties)
            done.append(
                f"deleted {entry.type} {entry.id}, which the killed run made but did not record"
            )
    stack.cancel()
    if deployment.pop("pending_operations", None):
        state.deployment = deployment
        stack.import_stack(state)
    return done
