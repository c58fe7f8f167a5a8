"""A function's code by each way, with the real engine: what is uploaded, kept and left."""

from pathlib import Path

import pytest
from test_rollout import APP, ask, left_over, rolled

from platform_lib.local import LocalCloud

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import pulumi_aws as aws
from platform_lib import FunctionApp

INLINE = "def handler(event, context):\\n    return {'statusCode': 200, 'body': '{}'}\\n"

layered = FunctionApp("layered", {
    "source": "app", "app": "web:app", "dependencies_as_layer": True, "upload": {},
})
given = aws.s3.Bucket("given", force_destroy=True)
inline = FunctionApp("inline", {"inline": INLINE, "upload": {"bucket": given.bucket}})
pulumi.export("url", layered.url)
pulumi.export("inline", inline.url)
pulumi.export("layer", layered.dependency_layer.arn)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(f"name: {tmp_path.name}\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    app = tmp_path / "app"
    app.mkdir()
    (app / "web.py").write_text("import markupsafe\n" + APP)
    (app / "requirements.txt").write_text("markupsafe==3.0.2\n")
    return tmp_path


def test_a_change_of_the_code_uploads_the_code_alone(
    local_cloud: LocalCloud, program: Path
) -> None:
    first = local_cloud.up(program)
    try:
        assert ask(first.outputs["url"])["line"] == "first"
        assert ask(first.outputs["inline"]) == {}
        assert local_cloud.preview(program) == []

        source = program / "app" / "web.py"
        source.write_text(source.read_text().replace('"first"', '"second"'))
        second = local_cloud.up(program)
        assert rolled(second.changes) == {
            ("replace", "aws:s3/bucketObjectv2:BucketObjectv2"),
            ("update", "aws:lambda/function:Function"),
            ("update", "aws:lambda/alias:Alias"),
        }
        assert second.outputs["layer"] == first.outputs["layer"]
        assert ask(first.outputs["url"])["line"] == "second"
        assert local_cloud.preview(program) == []

        (program / "app" / "requirements.txt").write_text("markupsafe==3.0.1\n")
        third = local_cloud.up(program)
        assert ("replace", "aws:lambda/layerVersion:LayerVersion") in rolled(third.changes)
        assert third.outputs["layer"] != first.outputs["layer"]
        assert ask(first.outputs["url"])["line"] == "second"
    finally:
        local_cloud.destroy(program)
    assert left_over(local_cloud) == {}
    assert local_cloud.client("lambda").list_layers()["Layers"] == []
