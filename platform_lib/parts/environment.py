"""The variables that every app gets, whatever it runs on."""

from collections.abc import Mapping

import pulumi

HOMES = {"vm": "/var/lib/app", "function": "/tmp"}  # noqa: S108 - the app's own on Lambda
"""Where an app may write, and where libraries look for their caches; an image of ours has /tmp."""


def app_environment(
    given: Mapping[str, pulumi.Input[str]],
    *,
    name: str,
    target: str,
    version: pulumi.Input[str],
    port: int,
    region: pulumi.Input[str] | None,
) -> dict[str, pulumi.Input[str]]:
    """Join the user's variables with ours, sorted, so that equal settings make equal text.

    The user has the last word on where the home is, and whether Python keeps output back.

    `region` is None where the target sets it itself. boto3 reads AWS_DEFAULT_REGION and most other
    SDKs AWS_REGION, so both are set.
    """
    ours: dict[str, pulumi.Input[str]] = {
        "APP_NAME": name,
        "APP_TARGET": target,
        "APP_VERSION": version,
        "PORT": str(port),
    }
    if region is not None:
        ours |= {"AWS_DEFAULT_REGION": region, "AWS_REGION": region}
    defaults: dict[str, pulumi.Input[str]] = {"PYTHONUNBUFFERED": "1"}
    if target in HOMES:
        defaults["HOME"] = HOMES[target]
    return dict(sorted({**defaults, **given, **ours}.items()))
