"""The notes app on virtual machines: run `pulumi up` here, or `make up` at the root."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from platform_lib import IngressArgs, ScalingArgs, VmApp, VmAppArgs, grants

config = pulumi.Config()

# Made also where another table is used: what a stack has made is not taken away by its config.
made = aws.dynamodb.Table(
    "notes",
    billing_mode="PAY_PER_REQUEST",
    hash_key="notebook",
    range_key="id",
    attributes=[{"name": "notebook", "type": "S"}, {"name": "id", "type": "S"}],
    stream_enabled=True,
    stream_view_type="NEW_AND_OLD_IMAGES",
    point_in_time_recovery={"enabled": True},
    server_side_encryption={"enabled": True},
)
adopted = config.get("table")
table = aws.dynamodb.Table.get("notes-shared", adopted) if adopted else made

app = VmApp(
    "notes",
    VmAppArgs(
        source=str(Path(__file__).resolve().parents[1] / "notes" / "src"),
        app="notes.web:app",
        architecture=config.require("architecture"),
        environment={"TABLE_NAME": table.name},
        grants=[grants.read_write_table(table.arn)],
        # No domain, so no TLS: these are notes that anyone may read.
        ingress=IngressArgs(plain_http=True),
        scaling=ScalingArgs(minimum=config.require_int("minimum")),
    ),
)

pulumi.export("url", app.url)
pulumi.export("version", app.version)
pulumi.export("log_group_name", app.log_group_name)
pulumi.export("table_name", table.name)
pulumi.export("table_arn", table.arn)
