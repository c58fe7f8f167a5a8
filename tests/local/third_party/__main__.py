"""An app that others wrote, on the target that the config names."""

import pulumi

from platform_lib import TARGETS, AppArgs, Interface

config = pulumi.Config()
app = TARGETS[config.require("target")](
    "third-party",
    AppArgs(
        source=config.require("source"),
        app=config.require("app"),
        interface=Interface(config.require("interface")),
        health_check_path=config.require("health"),
    ),
)
pulumi.export("url", app.url)
