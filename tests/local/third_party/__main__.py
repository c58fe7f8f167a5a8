"""An app that others wrote, on the target that the config names."""

import pulumi

from platform_lib import TARGETS, AppArgs

config = pulumi.Config()
app = TARGETS[config.require("target")](
    "third-party",
    AppArgs(
        source=config.require("source"),
        app=config.require("app"),
        health_check_path=config.require("health"),
    ),
)
pulumi.export("url", app.url)
