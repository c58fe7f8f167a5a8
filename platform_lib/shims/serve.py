"""Starts the app under granian, on an instance and in a container: `python -m _platform.serve`.

It listens on PORT, on every address unless GRANIAN_HOST names one.
"""

import json
import os
from pathlib import Path

_IDLE_MILLISECONDS = 75_000
"""Longer than a load balancer keeps an idle connection (60 s): were the server first to close
one, a request already on its way would be answered with 502. Its command line stops at 60 s."""


def serve() -> None:
    """Serve until told to stop."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    config = json.loads(Path(__file__).with_name("config.json").read_text())
    Granian(
        config["app"],
        # Who may reach it is decided by security groups.
        address=os.environ.get("GRANIAN_HOST", "0.0.0.0"),  # noqa: S104
        port=int(os.environ["PORT"]),
        interface=Interfaces(config["interface"]),
        http1_settings=HTTP1Settings(header_read_timeout=_IDLE_MILLISECONDS),
    ).serve()


# The server's workers import this module again.
if __name__ == "__main__":
    serve()
