"""The ways to give a function its code: inline, by S3, with layers, and other runtimes."""

import os
import string
import struct
import zipfile
from pathlib import Path

import pulumi_aws as aws
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from platform_lib import ArgsError, FunctionApp
from platform_lib.bundling.installer import uv_binary
from platform_lib.checks import InvalidInput
from platform_lib.function_app import code_zip, runtimes
from platform_lib.function_app.code_zip import check_size
from platform_lib.testing import synth

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"
LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:tools:"
INLINE = "def handler(event, context):\n    return event\n"
IMAGE = {"image_uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"}
S3 = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
PINNED = "idna==3.10\nmarkupsafe==3.0.2\n"


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "requirements.txt").write_text(PINNED)
    (folder / "web.py").write_text(
        "async def app(scope, receive, send): ...\ndef handler(event, context): ...\n"
    )
    return folder


def graph_of(**args):
    return synth(lambda: FunctionApp("notes", args))


def function_of(graph):
    return graph.one(aws.lambda_.Function).inputs


def beyond_a_plain_app(graph):
    """Count what the way of giving the code adds to the resources of an app."""
    plain = graph_of(**S3).counts()
    counts = {kind: number - plain.pop(kind, 0) for kind, number in graph.counts().items()}
    assert plain == {}
    return {kind.rpartition(":")[2]: number for kind, number in counts.items() if number}


def refused(match, **args):
    def program():
        with pytest.raises(ArgsError, match=match) as caught:
            FunctionApp("notes", args)
        return str(caught.value)

    graph = synth(program)
    assert graph.resources == ()
    assert "\n" not in graph.result
    return graph.result


def read(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def ready(folder, files, mode=0o644):
    path = folder / "ready.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, content)
    return str(path)


def elf(machine):
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(40)


# Inline


def test_inline_runs_as_index_and_is_the_same_zip_everywhere(tmp_path, monkeypatch):
    zips = []
    for name in ("one", "two"):
        monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / name))
        graph = graph_of(inline=INLINE)
        inputs = function_of(graph)
        assert (inputs["handler"], inputs["runtime"]) == ("index.handler", "python3.13")
        zips.append(Path(inputs["code"].path).read_bytes())
        graph.check(graph.result.version, lambda version: len(version) == 16)
    assert zips[0] == zips[1]
    assert read(inputs["code"].path) == {"index.py": INLINE.encode()}
    assert beyond_a_plain_app(graph) == {}


def test_inline_with_secrets_gets_our_start_up_code():
    inputs = function_of(graph_of(inline=INLINE, secrets={"T": SECRET}))
    assert inputs["handler"] == "_platform.handler.handler"
    files = read(inputs["code"].path)
    assert set(files) == {"index.py", "_platform/handler.py", "_platform/config.json"}
    assert files["_platform/config.json"] == b'{"handler": "index.handler"}'


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "module 'index' has no 'handler'"),
        ("def handle(event, context): ...\n", "has no 'handler'; did you mean 'handle'"),
        ("def handler(event, context)\n", r"Python 3.13 cannot read index.py line 1"),
        ("def handler(e, c): ...\n#" + "x" * 4096, "it has 4120 characters, and may have 4096"),
        ("def handler(e, c): ...\n# \ud800", "no text in UTF-8"),
        ("def handler(e, c): ...\n\0", "cannot read index.py"),
        (b"def handler(e, c): ...", "must be text"),
    ],
)
def test_inline_that_cannot_run_is_refused(text, match):
    refused(rf"FunctionApp 'notes': 'inline' .*{match}", inline=text)


@settings(deadline=None)
@given(st.text(alphabet=string.printable, max_size=200))
def test_inline_of_any_text_is_taken_or_refused_in_one_line(text):
    def program():
        try:
            FunctionApp("notes", {"inline": text})
        except ArgsError as problem:
            return str(problem)
        return "taken"

    said = synth(program).result
    assert said == "taken" or "'inline' is" in said
    assert "\n" not in said


def test_inline_is_a_way_of_its_own(source):
    refused("exactly one way", inline=INLINE, handler="index.handler")
    refused("exactly one way", inline=INLINE, source=str(source), app="web:app")


# Through S3


def test_upload_makes_a_closed_versioned_bucket_and_a_key_that_names_the_content(source):
    graph = graph_of(source=str(source), handler="web.handler", upload={})
    bucket = graph.one(aws.s3.Bucket)
    assert bucket.inputs["forceDestroy"] is True
    block = graph.one(aws.s3.BucketPublicAccessBlock).inputs
    assert all(value is True for key, value in block.items() if key != "bucket")
    assert '"aws:SecureTransport": "false"' in graph.one(aws.s3.BucketPolicy).inputs["policy"]
    versioning = graph.one(aws.s3.BucketVersioning)
    assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    stored = graph.one(aws.s3.BucketObjectv2)
    assert stored.inputs["serverSideEncryption"] == "AES256"
    assert {each.name for each in stored.dependencies} >= {"notes-code-versioning"}
    assert not stored.options.retain_on_delete
    inputs = function_of(graph)
    assert "code" not in inputs
    assert inputs["s3Bucket"] == stored.outputs["bucket"]
    assert inputs["s3Key"] == stored.inputs["key"]
    assert inputs["s3ObjectVersion"] == stored.outputs["versionId"]
    assert beyond_a_plain_app(graph) == {
        "Bucket": 1,
        "BucketObjectv2": 1,
        "BucketPolicy": 1,
        "BucketPublicAccessBlock": 1,
        "BucketVersioning": 1,
    }
    (source / "web.py").write_text("def handler(event, context): return 1\n")
    other = graph_of(source=str(source), handler="web.handler", upload={})
    assert other.one(aws.s3.BucketObjectv2).inputs["key"] != stored.inputs["key"]
    assert stored.inputs["key"].rpartition("/")[0].endswith("/notes")


def test_upload_into_a_bucket_that_is_given_leaves_its_encryption_alone():
    def program():
        bucket = aws.s3.Bucket("mine")
        return FunctionApp("notes", {"inline": INLINE, "upload": {"bucket": bucket.bucket}})

    graph = synth(program)
    stored = graph.one(aws.s3.BucketObjectv2)
    assert stored.inputs["bucket"] == graph.one(aws.s3.Bucket).outputs["bucket"]
    assert "serverSideEncryption" not in stored.inputs
    # Whether that bucket keeps versions is not known; the key names the content.
    assert "s3ObjectVersion" not in function_of(graph)
    assert graph.result.bundle
    assert beyond_a_plain_app(graph) == {"Bucket": 1, "BucketObjectv2": 1}
    assert graph_of(inline=INLINE, upload={"bucket": "artifacts"}).one(
        aws.s3.BucketObjectv2
    ).inputs["bucket"] == ("artifacts")


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({**S3, "upload": {}}, "'upload' is .* in S3 already"),
        ({**IMAGE, "upload": {}}, "'upload' is .* in its registry"),
        ({"inline": INLINE, "upload": {"bucket": "arn:aws:s3:::b"}}, "must be the name of a buck"),
        ({"inline": INLINE, "upload": {"bucket": "B_ucket"}}, "must be the name of a bucket"),
        ({"inline": INLINE, "upload": {"key": "x"}}, "'upload.key' is .*no such input"),
        ({"inline": INLINE, "upload": "artifacts"}, "'upload' is 'artifacts': must be UploadArgs"),
    ],
)
def test_upload_that_makes_no_sense_is_refused(more, match):
    refused(match, **more)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(code_zip, "ZIP_LIMIT", 200_000)
    monkeypatch.setattr(code_zip, "UNZIPPED_LIMIT", 900_000)


def test_a_large_zip_goes_by_upload_and_the_error_says_so(small, source, tmp_path):
    (source / "noise").write_bytes(os.urandom(300_000))
    args = {"source": str(source), "handler": "web.handler"}
    refused("'source' is .*as a zip, .*takes 0.2 MB directly; .*or give `upload`", **args)
    assert function_of(graph_of(**args, upload={}))["s3Bucket"]
    code = {"code": ready(tmp_path, {"a.py": os.urandom(300_000)}), "handler": "a.b"}
    refused("'code' is .*or give `upload`", **code)
    assert function_of(graph_of(**code, upload={}))["s3Bucket"]
    (source / "noise").write_bytes(bytes(800_000))
    refused("'source' is .*MB unzipped, .*drop some", **args, upload={})


@settings(deadline=None)
@given(st.lists(st.integers(0, 70_000), min_size=1, max_size=6), st.booleans())
def test_sizes_are_judged_as_lambda_does(tmp_path_factory, sizes, uploaded):
    folder = tmp_path_factory.mktemp("sizes")
    paths = []
    for at, size in enumerate(sizes):
        path = folder / f"{at}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("file", bytes(size))
        paths.append(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code_zip, "ZIP_LIMIT", 60_000)
        patch.setattr(code_zip, "UNZIPPED_LIMIT", 100_000)
        fits = sum(sizes) <= 100_000
        fits = fits and (uploaded or max(path.stat().st_size for path in paths) <= 60_000)
        try:
            check_size("code", "it", paths, uploaded=uploaded)
        except InvalidInput:
            assert not fits
        else:
            assert fits


# Dependencies as a layer


def layered(source, **more):
    return graph_of(source=str(source), handler="web.handler", dependencies_as_layer=True, **more)


def test_dependencies_are_a_layer_and_the_zip_is_the_code_alone(source):
    graph = graph_of(source=str(source), app="web:app", dependencies_as_layer=True)
    layer = graph.one(aws.lambda_.LayerVersion)
    assert layer.inputs["compatibleRuntimes"] == ["python3.13"]
    assert layer.inputs["compatibleArchitectures"] == ["arm64"]
    assert "skipDestroy" not in layer.inputs
    assert layer.inputs["layerName"].startswith("notes-dependencies-")
    files = read(layer.inputs["code"].path)
    assert {"python/idna/__init__.py", "python/mangum/__init__.py"} <= set(files)
    assert "python/markupsafe/_speedups.cpython-313-aarch64-linux-gnu.so" in files
    assert {name.split("/")[0] for name in files} == {"python", "_platform"}
    assert b"idna==3.10" in files["_platform/requirements.lock"]
    inputs = function_of(graph)
    assert inputs["layers"] == [layer.outputs["arn"]]
    assert set(read(inputs["code"].path)) == {
        "web.py",
        "requirements.txt",
        *(
            f"_platform/{name}"
            for name in ("entry.py", "events.py", "file_times.py", "forwarded.py", "handler.py")
        ),
        *(f"_platform/{name}" for name in ("config.json", "manifest.json", "requirements.lock")),
    }
    assert graph.result.dependency_layer
    assert beyond_a_plain_app(graph) == {"LayerVersion": 1}


def test_a_change_of_the_code_starts_no_installer_and_keeps_the_layer(
    source, tmp_path, monkeypatch
):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))
    first = layered(source)
    script = tmp_path / "uv"
    script.write_text("#!/bin/sh\necho no installer was wanted >&2; exit 1\n")
    script.chmod(0o755)
    monkeypatch.setenv("PLATFORM_LIB_UV", str(script))
    (source / "web.py").write_text("def handler(event, context): return 1\n")
    second = layered(source)
    layers = [graph.one(aws.lambda_.LayerVersion).inputs for graph in (first, second)]
    assert layers[0]["code"].path == layers[1]["code"].path
    assert {**layers[0], "code": 0} == {**layers[1], "code": 0}
    zips = [function_of(graph)["code"].path for graph in (first, second)]
    assert zips[0] != zips[1]
    assert Path(zips[1]).stat().st_size < Path(layers[1]["code"].path).stat().st_size / 5
    monkeypatch.setenv("PLATFORM_LIB_UV", uv_binary())


@pytest.mark.parametrize(
    "change",
    [{"python_version": "3.12"}, {"architecture": "x86_64"}, {"app": "web:app"}],
    ids=["python", "processor", "what serves it"],
)
def test_the_layer_is_another_when_what_is_in_it_is(source, change):
    before = layered(source).one(aws.lambda_.LayerVersion).inputs["code"].path
    args = {"source": str(source), "handler": "web.handler", "dependencies_as_layer": True}
    args = {**args, **change}
    if "app" in change:
        del args["handler"]
    assert graph_of(**args).one(aws.lambda_.LayerVersion).inputs["code"].path != before


def test_two_checkouts_give_the_same_layer(source, tmp_path, monkeypatch):
    (source / "requirements.txt").write_text("flask==3.1.0\n")
    zips = []
    for name in ("one", "another/place"):
        monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / name))
        layer = layered(source).one(aws.lambda_.LayerVersion)
        zips.append(Path(layer.inputs["code"].path).read_bytes())
    assert zips[0] == zips[1]


def test_layer_and_code_go_through_s3_together(source):
    graph = layered(source, upload={}, layers=[f"{LAYER}1"])
    keys = {each.name: each.inputs["key"] for each in graph.all(aws.s3.BucketObjectv2)}
    assert set(keys) == {"notes-bundle", "notes-dependency-bundle"}
    layer = graph.one(aws.lambda_.LayerVersion)
    assert layer.inputs["s3Key"] == keys["notes-dependency-bundle"]
    assert layer.inputs["s3ObjectVersion"]
    # Ours is the last: Lambda lays a later one over the earlier ones.
    assert function_of(graph)["layers"] == [f"{LAYER}1", layer.outputs["arn"]]


def test_without_dependencies_there_is_no_layer(source):
    (source / "requirements.txt").write_text("")
    graph = layered(source)
    assert graph.all(aws.lambda_.LayerVersion) == []
    assert "layers" not in function_of(graph)


def test_a_source_that_adds_to_a_package_of_its_dependencies_is_refused(source):
    (source / "idna").mkdir()
    (source / "idna" / "more.py").write_text("")
    args = {"source": str(source), "handler": "web.handler"}
    said = "its 'idna' has the name of a module that a package it requires brings"
    refused(said, **args)
    refused(said, **args, dependencies_as_layer=True)


def test_a_handler_of_a_dependency_is_found_in_the_layer(source):
    args = {"source": str(source), "dependencies_as_layer": True}
    assert graph_of(**args, handler="idna.encode")
    refused("neither the source nor its dependencies have a mod", **args, handler="idan.encode")


@pytest.mark.parametrize("way", [S3, IMAGE, {"inline": INLINE}], ids=["code", "image", "inline"])
def test_only_a_source_has_dependencies(way):
    refused("'dependencies_as_layer' is True: only a `source`", **way, dependencies_as_layer=True)
    assert graph_of(**way, dependencies_as_layer=False)


# Layers


def test_layers_reach_the_function_in_their_order():
    layers = [f"{LAYER}3", f"{LAYER.replace('tools', 'fonts')}12"]
    assert function_of(graph_of(**S3, layers=layers))["layers"] == layers
    assert "layers" not in function_of(graph_of(**S3, layers=[]))


def test_a_layer_that_is_made_in_the_program_is_not_judged():
    def program():
        layer = aws.lambda_.LayerVersion("tools", layer_name="tools", s3_bucket="b", s3_key="k")
        return FunctionApp("notes", {**S3, "layers": [layer.arn]})

    graph = synth(program)
    assert function_of(graph)["layers"] == [graph.one(aws.lambda_.LayerVersion).outputs["arn"]]


def test_bad_layers_are_refused(source):
    refused(r"'layers\[0\]' is .*version's number", **S3, layers=[LAYER.rstrip(":")])
    refused(r"'layers\[1\]' is 'x': must be", **S3, layers=[f"{LAYER}1", "x"])
    refused(r"'layers\[1\]' is .*stands there twice", **S3, layers=[f"{LAYER}1", f"{LAYER}2"])
    refused("must be a list", **S3, layers=f"{LAYER}1")
    refused("'layers' is 1: an image takes no layers", **IMAGE, layers=[f"{LAYER}1"])
    many = [f"{LAYER.replace('tools', f'tools{at}')}1" for at in range(6)]
    refused("'layers' is '6 layers': a function takes 5 layers", **S3, layers=many)
    assert len(function_of(graph_of(**S3, layers=many[:5]))["layers"]) == 5
    ours = {"source": str(source), "handler": "web.handler", "dependencies_as_layer": True}
    refused("`dependencies_as_layer` makes one", **ours, layers=many[:5])
    assert len(function_of(graph_of(**ours, layers=many[:4]))["layers"]) == 5


@settings(deadline=None)
@given(st.text(alphabet=string.ascii_letters + string.digits + ":-_/.", max_size=40))
def test_no_text_but_a_versions_arn_is_a_layer(text):
    refused(r"'layers\[0\]' is", **S3, layers=[text])


# Runtimes

SHAPES = {
    "dotnet10": ("App::App.Function::Handle", "App Function"),
    "java25": ("com.example.Notes::handleRequest", "com/example/Notes"),
    "nodejs24.x": ("src/index.handler", "index"),
    "ruby3.4": ("app.Notes::Handler.process", "app"),
    "provided.al2023": ("bootstrap", "boot strap"),
    "python3.12": ("notes.handler", "handler"),
}


@pytest.mark.parametrize("runtime", sorted(SHAPES))
def test_another_runtime_takes_a_zip_and_a_handler_of_its_shape(tmp_path, runtime):
    good, bad = SHAPES[runtime]
    code = ready(tmp_path, {"bootstrap": b"#!/bin/sh\n", "index.js": b""}, mode=0o755)
    inputs = function_of(graph_of(code=code, handler=good, runtime=runtime))
    assert (inputs["runtime"], inputs["handler"]) == (runtime, good)
    assert inputs["code"].path == code
    refused("'handler' is .*: must be ", code=code, handler=bad, runtime=runtime)
    refused("at most 128", code=code, handler=good + "x" * 128, runtime=runtime)
    from_s3 = function_of(graph_of(code="s3://artifacts/a.zip", handler=good, runtime=runtime))
    assert from_s3["runtime"] == runtime


@pytest.mark.parametrize("runtime", runtimes.RUNTIMES)
def test_every_runtime_of_the_list_has_a_shape(runtime):
    handler = {"python": "a.b", "nodejs": "a.b", "ruby": "a.b"}.get(
        runtime.rstrip("0123456789.x"), "a"
    )
    runtimes.check_handler(runtime, handler)


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"runtime": "nodejs20.x"}, "'runtime' is 'nodejs20.x': is deprecated; .*nodejs24.x"),
        ({"runtime": "provided.al2"}, "is deprecated; .*provided.al2023"),
        ({"runtime": "python3.10"}, "is deprecated; .*python3.13"),
        ({"runtime": "node24"}, "is no current runtime of Lambda; did you mean 'nodejs24.x'"),
        ({"runtime": 3.13}, "'runtime' is 3.13: must be text"),
        (
            {"runtime": "python3.12", "python_version": "3.13"},
            "'python_version' is '3.13': 'runtime' is 'python3.12'",
        ),
        ({"runtime": "java25", "python_version": "3.13"}, "'python_version' is .*Python alone"),
        ({"runtime": "java25", "secrets": {"T": SECRET}}, "'secrets' is .*fetch them in the app"),
    ],
)
def test_a_runtime_that_does_not_fit_is_refused(more, match):
    refused(match, **S3, **more)


def test_another_runtime_is_not_bundled(source):
    for way in ({"source": str(source), "app": "web:app"}, {"inline": INLINE}):
        refused("goes with Python alone; java25 takes a ready zip", **way, runtime="java25")
    args = {"source": str(source), "handler": "web.handler"}
    refused("'source' is .*Python alone", **args, runtime="nodejs24.x")
    refused("'runtime' is .*an image has its own", **IMAGE, runtime="python3.13")


def test_a_python_runtime_is_the_version_of_everything(source):
    graph = graph_of(source=str(source), app="web:app", runtime="python3.12")
    inputs = function_of(graph)
    assert inputs["runtime"] == "python3.12"
    names = set(read(inputs["code"].path))
    assert "markupsafe/_speedups.cpython-312-aarch64-linux-gnu.so" in names
    same = {"runtime": "python3.12", "python_version": "3.12"}
    assert function_of(graph_of(inline=INLINE, **same))["runtime"] == "python3.12"


@pytest.mark.parametrize(
    ("files", "mode", "match"),
    [
        ({"main": b""}, 0o755, "starts the zip's file 'bootstrap': it has none"),
        ({"bootstrap": b"#!/bin/sh\n"}, 0o644, "'bootstrap' is not executable"),
        ({"bootstrap": elf(62)}, 0o755, "bootstrap in it is native code for x86_64"),
    ],
)
def test_a_zip_that_an_os_only_runtime_cannot_start_is_refused(tmp_path, files, mode, match):
    args = {"code": ready(tmp_path, files, mode), "handler": "bootstrap"}
    refused(f"'code' is .*{match}", **args, runtime="provided.al2023")


def test_a_layer_may_bring_the_bootstrap(tmp_path):
    code = {"code": ready(tmp_path, {"main": b""}), "handler": "main"}
    assert graph_of(**code, runtime="provided.al2023", layers=[f"{LAYER}1"])


# Native code


def test_native_code_for_another_processor_is_refused_by_its_name(tmp_path):
    args = {"code": ready(tmp_path, {"a.py": b"", "b/_c.so": elf(62)}), "handler": "a.b"}
    refused("'code' is .*b/_c.so in it is native code for x86_64, and 'architecture'", **args)
    assert graph_of(**args, architecture="x86_64")
    args["code"] = ready(tmp_path, {"b.libs/libc.so.6": elf(40)})
    refused("libc.so.6 in it is native code for another processor", **args)


def test_native_code_for_several_processors_and_none_at_all_pass(tmp_path):
    both = {"b/arm/libx.so": elf(183), "b/amd/libx.so": elf(62), "b/text.so": b"no such thing"}
    assert graph_of(code=ready(tmp_path, both), handler="a.b")


def test_a_damaged_zip_is_refused(tmp_path):
    path = tmp_path / "damaged.zip"
    whole = Path(ready(tmp_path, {"a.py": b"x" * 100, "b.py": b"y" * 100})).read_bytes()
    path.write_bytes(whole.replace(b"PK\x01\x02", b"PK\x09\x09"))
    refused("'code' is .*the zip cannot be read", code=str(path), handler="a.b")


@settings(max_examples=150, deadline=None)
@given(st.integers(0), st.binary(min_size=1, max_size=4))
@example(18741, b"\0")  # an entry without a name
def test_a_zip_of_any_bytes_is_taken_or_refused_in_one_line(tmp_path_factory, at, bytes_there):
    folder = tmp_path_factory.mktemp("any")
    whole = bytearray(Path(ready(folder, {"a.py": b"x" * 20, "_b.so": elf(183)})).read_bytes())
    at %= len(whole)
    whole[at : at + len(bytes_there)] = bytes_there
    path = folder / "any.zip"
    path.write_bytes(whole)

    def program():
        try:
            FunctionApp("notes", {"code": str(path), "handler": "a.b", "secrets": {"T": SECRET}})
        except ArgsError as problem:
            return str(problem)
        return "taken"

    said = synth(program).result
    assert said == "taken" or "'code' is" in said or "'handler' is" in said
    assert "\n" not in said


def test_overrides_know_the_children_that_this_code_brings(source):
    args = {"source": str(source), "handler": "web.handler", "dependencies_as_layer": True}
    own = {"dependency_layer": {"description": "Ours"}}
    layer = graph_of(**args, overrides=own).one(aws.lambda_.LayerVersion)
    assert layer.inputs["description"] == "Ours"
    refused("no such child", **S3, overrides=own)
