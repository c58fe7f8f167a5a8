"""Puts a stack right after the engine or the program was killed in the middle of an operation.

A killed engine leaves a lock in the backend, pending operations in the checkpoint, resources in
the account that the checkpoint does not know, and others in the checkpoint that are gone. The next
`up` would stop at the lock; with the lock gone it would make a second one of each, and ask for
what is gone. The providers' journal tells what was really made and deleted.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from platform_lib.local.workspace import LocalStack


class Entry(Protocol):
    """A line of the providers' journal: a resource that was created or deleted."""

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

    @property
    def deleted(self) -> bool:
        """Whether it was deleted, not created."""


def is_locked(state: Path, project: str, stack: str) -> bool:
    """Tell whether an operation on the stack left its lock, that is, did not come to its end."""
    folder = state / ".pulumi" / "locks" / "organization" / project / stack
    return folder.is_dir() and any(folder.iterdir())


def repair(
    stack: LocalStack,
    noted: Iterable[Entry],
    delete: Callable[[str, str, Mapping[str, Any]], None],
) -> list[str]:
    """Free the stack, make the account and the checkpoint one again, and drop what was pending.

    Args:
        stack: The stack whose last operation was killed. Nothing may run on it.
        noted: What the journal says was done for this stack by that operation, oldest first.
        delete: Deletes a resource from the account by type, id and properties; one that is gone
            already is fine.

    Returns:
        What was done, a line each.
    """
    state = stack.export_stack()
    deployment = dict(state.deployment or {})
    resources = deployment.get("resources") or []
    known = {
        (resource["type"], resource.get("id"))
        for resource in resources
        # The engine deleted it to make it anew, perhaps under the same id.
        if not resource.get("pendingReplacement")
    }
    # What was done last to each counts: one may be deleted and made again.
    last = {(entry.type, entry.id): entry for entry in noted}
    done = ["freed the lock that a killed run left"]
    # The lock goes after the deletes: where one fails, the next operation repairs again.
    for key, entry in reversed(last.items()):
        if not entry.deleted and key not in known:
            delete(entry.type, entry.id, entry.properties)
            done.append(
                f"deleted {entry.type} {entry.id}, which the killed run made but did not record"
            )
    gone = {key for key, entry in last.items() if entry.deleted and key in known}
    done += [
        f"forgot {type} {id}, which the killed run deleted but did not record" for type, id in gone
    ]
    kept = _without(gone, resources)
    stack.cancel()
    if deployment.pop("pending_operations", None) or gone:
        state.deployment = {**deployment, "resources": kept}
        stack.import_stack(state)
    return done


def _without(gone: Container[tuple[str, str]], resources: Sequence[Any]) -> list[Any]:
    """Leave resources out of a checkpoint's, and out of what the others depend on."""
    kept = [each for each in resources if (each["type"], each.get("id")) not in gone]
    there = {each["urn"] for each in kept}
    for each in kept:
        for word in ("dependencies", "replaceWith"):
            if each.get(word):
                each[word] = [urn for urn in each[word] if urn in there]
        if each.get("propertyDependencies"):
            each["propertyDependencies"] = {
                name: [urn for urn in urns or () if urn in there]
                for name, urns in each["propertyDependencies"].items()
            }
        if each.get("deletedWith") not in there:
            each.pop("deletedWith", None)
    return kept
