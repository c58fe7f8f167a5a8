"""How each target serves an app: the packages and files that it adds to the app's tree."""

from platform_lib.bundling.bundle import Additions
from platform_lib.shims import OURS, function_files, server_files

FUNCTION_HANDLER = f"{OURS}.handler.handler"
"""What Lambda calls, whatever the app is."""

SERVER_COMMAND = ("python", "-m", f"{OURS}.serve")
"""What starts the app in its tree on an instance and in a container."""


START_COMMAND = ("python", "-m", f"{OURS}.start")
"""What a container starts by, in front of its command."""


def server_command() -> tuple[str, ...]:
    """Give the arguments with which a Python of one's choice starts the app."""
    return SERVER_COMMAND[1:]


def server_additions(app: str, interface: str | None = None, salt: str = "") -> Additions:
    """Add the server of instances and containers; `salt` is what else names the artifact.

    Where no interface is given the server finds it out when it imports the app.
    """
    return Additions(
        requirements=("granian>=2.2,<3",),
        pins=("granian==2.8.7", "click==8.5.1"),
        files=server_files({"app": app, "interface": interface}),
        salt=salt,
        interface=interface,
    )


_ADAPTERS = {
    "asgi": (("mangum>=0.15,<1",), ("mangum==0.22.0", "typing-extensions==4.16.0")),
    "wsgi": (("apig-wsgi>=2.16,<3",), ("apig-wsgi==2.20.0",)),
}
"""Interface -> the package that calls such an app, and the versions of today."""


def function_additions(
    *, app: str | None = None, handler: str | None = None, interface: str | None = None
) -> Additions:
    """Add what makes an app, or a plain handler, a Lambda function.

    Where no interface is given the function finds it out when it imports the app, and so brings
    what calls either kind: apig-wsgi has no dependencies, and is 20 KB.
    """
    if handler is not None:
        return Additions(files=function_files({"handler": handler}), on_lambda=True)
    adapters = [_ADAPTERS[each] for each in ([interface] if interface else _ADAPTERS)]
    return Additions(
        requirements=tuple(each for requirements, _ in adapters for each in requirements),
        pins=tuple(each for _, pins in adapters for each in pins),
        files=function_files({"app": str(app), "interface": interface}),
        interface=interface,
        on_lambda=True,
    )
