"""An image's tag that is in the repository already, with the real engine and the running app."""

import json
import urllib.request

APP = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"LINE"})
"""
PROGRAM = """
import pulumi
from platform_lib import ContainerApp

app = ContainerApp("tagged", {"source": "app", "app": "web:app"})
pulumi.export("url", app.url)
pulumi.export("repository", app.repository.name)
pulumi.export("image", app.image.image_name)
pulumi.export("built", app.image.repo_digest)
pulumi.export("task", app.task_definition.container_definitions)
"""


def ask(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20) as answer:
        return answer.read().decode()


def test_what_was_pushed_before_is_used_again(local_cloud, tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("name: tags\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "requirements.txt").write_text("")

    def up(line):
        (tmp_path / "app" / "web.py").write_text(APP.replace("LINE", line))
        outputs = local_cloud.up(tmp_path).outputs
        assert ask(outputs["url"]) == line
        assert local_cloud.preview(tmp_path) == []
        [container] = json.loads(outputs["task"])
        listed = local_cloud.client("ecr").list_images(repositoryName=outputs["repository"])
        digests = {one["imageTag"]: one["imageDigest"] for one in listed["imageIds"]}
        tag = outputs["image"].rpartition(":")[2]
        assert container["image"].rpartition("@")[2] == digests[tag]
        return tag, "@" in outputs["built"], container["image"]

    try:
        first = up("one")
        second = up("two")
        assert (first[1], second[1]) == (True, True)
        assert first[0] != second[0]
        # Back to what was: its tag is there, and can be pushed no second time.
        assert up("one") == (first[0], False, first[2])
        # Built on another machine, whose cache lies elsewhere.
        monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "elsewhere"))
        assert up("one") == (first[0], False, first[2])
        assert up("three")[1]
    finally:
        local_cloud.destroy(tmp_path)
