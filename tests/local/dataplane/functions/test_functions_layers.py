"""Layers in the local cloud: what is on Python's path, in which order, and what is refused."""

import hashlib
import json
import platform
import struct
import sys
import zipfile
from io import BytesIO

import pytest
from dataplane_kit import write_bundle, zipped

from platform_lib.local.account import Account
from platform_lib.local.dataplane import DataPlane
from platform_lib.local.dataplane.functions.layers import layer_environment, local_layers
from platform_lib.local.dataplane.running import trees
from platform_lib.local.dataplane.running.pythons import find_python
from platform_lib.local.desired import Layer
from platform_lib.local.errors import LocalCloudError

OURS = ".".join(map(str, sys.version_info[:2]))
FUNCTION = "aws:lambda/function:Function"
OTHER = 183 if platform.machine() == "x86_64" else 62
HANDLER = """
import sys, greeting, own, tool

def echo(event, context):
    here = [path for path in sys.path if "layers" in path or "opt" in path]
    return {"greeting": greeting.WORD, "tool": tool.WORD, "from": greeting.__file__,
            "own": own.WORD, "path": here}
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))


def archive(**files):
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def layer(name, files, architectures=()):
    arn = f"arn:aws:lambda:us-east-1:123456789012:layer:{name}:1"
    return Layer(arn=arn, content=archive(**files), architectures=architectures)


def dependencies(lock="", key="k" * 28, architecture="arm64", **files):
    manifest = {"layer": key, "python": OURS, "architecture": architecture}
    return {
        "_platform/manifest.json": json.dumps(manifest),
        "_platform/requirements.lock": lock,
        **files,
    }


def unpacked(*given, bundle=None, architecture="arm64"):
    python = find_python(OURS)
    return local_layers(given, bundle=bundle or {}, architecture=architecture, python=python)


def test_a_later_layer_lies_over_an_earlier_one(cache):
    low = layer("low", {"python/a.py": "low", "python/b.py": "low", "bin/tool": ""})
    high = layer(
        "high", {"python/b.py": "high", f"python/lib/python{OURS}/site-packages/c.py": ""}
    )
    opt = unpacked(low, high)
    assert (opt / "python" / "a.py").read_text() == "low"
    assert (opt / "python" / "b.py").read_text() == "high"
    path, system = layer_environment(opt, find_python(OURS))
    places = [f"python/lib/python{OURS}/site-packages", "python"]
    assert path == [str(opt / place) for place in places]
    assert system["PATH"].endswith(str(opt / "bin"))
    assert "LD_LIBRARY_PATH" not in system
    assert unpacked(low, high) == opt
    assert unpacked(high, low) != opt
    assert unpacked() is None
    assert layer_environment(None, find_python(OURS)) == ([], {})


@pytest.mark.parametrize(
    ("files", "more", "said"),
    [
        (
            {"python/_c.so": b"\x7fELF" + bytes(12) + struct.pack("<HH", 3, OTHER)},
            {},
            r"layer:x:1: python/_c.so is native code for Linux on .* cannot be made again",
        ),
        ({"extensions/agent": ""}, {}, "layer:x:1 brings an extension"),
        ({"../out.py": ""}, {}, "holds a path that leaves it"),
        ({"a.py": ""}, {"architectures": ("x86_64",)}, "x:1 is for x86_64, the function arm64"),
        (
            dependencies(
                **{"python/m.dist-info/WHEEL": "Tag: cp311-cp311-manylinux_2_17_x86_64\n"}
            ),
            {},
            "layer:x:1: python/m in the bundle is for cp311-cp311-manylinux_2_17_x86_64",
        ),
    ],
)
def test_a_layer_that_cannot_run_here_is_refused(cache, files, more, said):
    with pytest.raises(LocalCloudError, match=said):
        unpacked(layer("x", files, **more))


def test_code_without_the_layer_of_its_dependencies_is_refused(cache):
    ours, other = layer("ours", dependencies()), layer("other", dependencies(key="o" * 28))
    bundle = {"layer": "k" * 28}
    assert unpacked(ours, bundle=bundle)
    with pytest.raises(LocalCloudError, match=r"are in layer k+, .* layers are .*:other:1"):
        unpacked(other, bundle=bundle)
    with pytest.raises(LocalCloudError, match="its layers are none"):
        unpacked(bundle=bundle)


def test_code_and_layers_count_together(monkeypatch):
    monkeypatch.setattr(trees, "_UNZIPPED_LIMIT", 100)
    trees.check_unzipped_size(archive(a=bytes(60)))
    with pytest.raises(LocalCloudError, match="code and layers are 0 MB unzipped"):
        trees.check_unzipped_size(archive(a=bytes(60)), archive(a=bytes(60)))


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A wheel of a package of ours, and the lock that pins it: no index is asked for it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    path = folder / "greeting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("greeting/__init__.py", "WORD = 'locked'\n")
        info = "greeting-1.0.dist-info"
        made.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        made.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    return f"greeting==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def cloud(tmp_path, cache):
    with Account() as account:
        plane = DataPlane(account, tmp_path / "state", lambda _: None, docker=False)
        plane.start()
        yield account, plane
        plane.stop()


def test_a_function_runs_with_its_layers_also_when_they_were_deleted(cloud, wheels, tmp_path):
    account, plane = cloud
    client = account.client("lambda")

    def publish(name, files):
        made = client.publish_layer_version(LayerName=name, Content={"ZipFile": archive(**files)})
        return made["LayerVersionArn"]

    tools = publish(
        "tools", {"python/tool.py": "WORD = 'a'\n", "python/greeting.py": "WORD = 0\n"}
    )
    # What the target's wheels are is not this machine's: only the lock says what comes here.
    foreign = {"python/greeting/__init__.py": "WORD = 'of the target'\n"}
    ours = publish("ours", dependencies(wheels, **foreign))
    lock = {"python": OURS, "layer": "k" * 28}
    files = {"main.py": HANDLER, "own.py": "WORD = 'of the app'\n"}
    folder = write_bundle(tmp_path / "bundle", files, wheels, **lock)
    role = account.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    client.create_function(
        FunctionName="fn",
        Runtime=f"python{OURS}",
        Handler="main.echo",
        Role=role["Role"]["Arn"],
        Timeout=20,
        Publish=True,
        Code={"ZipFile": zipped(folder)},
        Layers=[tools, ours],
        Architectures=["arm64"],
    )
    plane.changed(FUNCTION, "fn", "create")
    name, number = tools.rsplit(":", 1)
    client.delete_layer_version(LayerName=name.rpartition(":")[2], VersionNumber=int(number))
    # In the first version's place: its layer is gone, and its copy is not.
    client.publish_layer_version(
        LayerName="tools", Content={"ZipFile": archive(**{"python/tool.py": "WORD = 'b'\n"})}
    )

    def invoke(**more):
        answer = client.invoke(FunctionName="fn", Payload=b"{}", **more)
        return json.loads(answer["Payload"].read())

    for told in (invoke(Qualifier="1"), invoke()):
        assert (told["own"], told["greeting"], told["tool"]) == ("of the app", "locked", "a")
        assert "/opt/" in told["from"]
    # A layer more is another worker.
    client.update_function_configuration(FunctionName="fn", Layers=[f"{name}:2", ours])
    plane.changed(FUNCTION, "fn", "update")
    assert invoke()["tool"] == "b"
    assert invoke(Qualifier="1")["tool"] == "a"


def test_a_function_without_its_layer_is_refused_at_its_creation(cloud, tmp_path):
    account, plane = cloud
    lock = {"python": OURS, "layer": "k" * 28}
    folder = write_bundle(tmp_path / "bundle", {"main.py": HANDLER}, **lock)
    role = account.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    account.client("lambda").create_function(
        FunctionName="bare",
        Runtime=f"python{OURS}",
        Handler="main.echo",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": zipped(folder)},
    )
    with pytest.raises(LocalCloudError, match="which the function has not"):
        plane.changed(FUNCTION, "bare", "create")
