"""The ways in which moto is changed: for good, or for as long as a data plane runs."""

from collections.abc import Callable, Mapping
from typing import Any, Final

_NOTHING: Final = object()
"""What stands for moto's own where it has none."""


def replaced(*patches: tuple[Any, str, Any]) -> Callable[[], None]:
    """Set attributes of moto's classes or modules; return what puts its own back.

    Args:
        patches: Owner, name and what takes the place of moto's.
    """
    theirs = [(owner, name, getattr(owner, name, _NOTHING)) for owner, name, _ in patches]
    for owner, name, ours in patches:
        setattr(owner, name, ours)

    def undo() -> None:
        for owner, name, own in theirs:
            if own is _NOTHING:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

    return undo


def extend_functions(
    *,
    made: Callable[[Any, Mapping[str, Any]], None],
    changed: Callable[[Any, Mapping[str, Any]], None] | None = None,
    told: Callable[[Any], Mapping[str, Any]] | None = None,
) -> None:
    """Let functions remember more than moto does, for as long as this process lives.

    What is kept must not be changed in place: a published version is a copy of the function, and
    keeps what was there.

    Args:
        made: Called with a new function and what it was made of.
        changed: Called with a function and the changes to its configuration.
        told: Gives what a function's configuration has besides.
    """
    from moto.awslambda.models import LambdaFunction

    function: Any = LambdaFunction
    make, change = function.__init__, function.update_configuration
    tell = function.get_configuration

    def make_whole(
        self: Any, account_id: str, spec: dict[str, Any], *rest: Any, **more: Any
    ) -> None:
        make(self, account_id, spec, *rest, **more)
        made(self, spec)

    def update_configuration(self: Any, updates: dict[str, Any]) -> dict[str, Any]:
        if changed is not None:
            changed(self, updates)
        configuration: dict[str, Any] = change(self, updates)
        return configuration

    def get_configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
        return {**tell(self, on_create), **(told(self) if told is not None else {})}

    function.__init__ = make_whole
    function.update_configuration = update_configuration
    function.get_configuration = get_configuration


def refusal(code: str, message: str, status: int = 400) -> Exception:
    """Word what moto answers when raised: AWS's code and message, with its HTTP status."""
    from moto.core.exceptions import JsonRESTError

    refused = JsonRESTError(code, message)
    refused.code = status
    return refused
