"""The variables that every app gets, whatever it runs on."""

from collections.abc import Mapping

import pulumi


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
    return dict(sorted({**given, **ours}.items()))
