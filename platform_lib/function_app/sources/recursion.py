"""Refuses wiring that calls a function by what the function itself does.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

import pulumi

from platform_lib.app_args import GrantArgs
from platform_lib.checks import InvalidInput, naming_errors

Check = Callable[[str, Sequence[str]], None]


def granted(grants: Sequence[GrantArgs], *actions: str) -> list[pulumi.Input[str]]:
    """List what the grants allow any of the actions on."""
    return [
        resource
        for grant in grants
        for resource in grant["resources"]
        # IAM takes actions in capitals and small letters alike.
        if any(
            fnmatchcase(action.lower(), known.lower())
            for action in actions
            for known in grant["actions"]
        )
    ]


def guarded(
    app: str, source: pulumi.Input[str], others: Sequence[pulumi.Input[str]], check: Check
) -> pulumi.Input[str]:
    """Check a source against other ARNs: now where all are known, else when the engine tells.

    Raises InvalidInput now; what is returned fails with the same words, before what is made with
    it is made.
    """
    if isinstance(source, str) and all(isinstance(other, str) for other in others):
        check(source, [str(other) for other in others])
        return source

    def judge(known: list[str]) -> str:
        with naming_errors("FunctionApp", app):
            check(known[0], known[1:])
        return known[0]

    return pulumi.Output.all(source, *others).apply(judge)


def own_output(field: str, what: str, advice: str) -> Check:
    """Refuse a source among what the function may write to."""

    def check(source: str, written: Sequence[str]) -> None:
        if any(fnmatchcase(source, each) for each in written):
            need = f"the function writes to this {what} itself, and would call itself; {advice}"
            raise InvalidInput(field, source, need)

    return check
