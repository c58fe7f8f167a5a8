"""What a function runs, from each of the ways to give it.

The bundler loads when something is bundled: a ready artifact does without it.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pulumi

from platform_lib.app_settings import AppSettings
from platform_lib.arns import BUCKET_NAME, is_arn
from platform_lib.bundling.artifact import find_zip, split_s3_uri, text_version
from platform_lib.checks import InvalidInput
from platform_lib.function_app.runtimes import check_handler
from platform_lib.records import record

if TYPE_CHECKING:
    from platform_lib.bundling.dependency_layer import DependencyLayer

WAYS = (
    frozenset({"source", "app"}),
    frozenset({"source", "handler"}),
    frozenset({"code", "handler"}),
    frozenset({"inline"}),
    frozenset({"image_uri"}),
)
"""The ways to give a function its code, exactly one of which is taken."""

_INLINE_LIMIT = 4096
_INLINE_HANDLER = "index.handler"
_LAYERS_LIMIT = 5
_IMAGE = re.compile(
    r"\d{12}\.dkr[.-]ecr[a-z-]*\.[a-z0-9-]+\.[a-z.]+/"
    r"[a-z0-9][a-z0-9._/-]*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?",
    re.ASCII,
)


@record
class Upload:
    """That code goes through S3, and into which bucket."""

    bucket: pulumi.Input[str] | None
    """A bucket of the user's; None where one is made."""


@record
class FunctionCode:
    """What the function runs, where it lies, and the version's name."""

    inputs: Mapping[str, Any]
    """Inputs of the Lambda function: handler and runtime, or where code that is ready lies."""
    version: pulumi.Input[str]
    zip: Path | None = None
    """The code, where it lies on this machine."""
    layer: "DependencyLayer | None" = None
    """The dependencies, where they are a layer of their own."""
    layers: Sequence[pulumi.Input[str]] = ()
    """Layers that the user gave."""
    upload: Upload | None = None
    """How code and layer reach Lambda; None for directly."""


def function_code(app: AppSettings, args: Mapping[str, Any]) -> FunctionCode:
    """Take the code in the way in which it was given, with its layers, and check that it fits."""
    layers, upload = _layers(args), _upload(args)
    if args.get("dependencies_as_layer") and app.source is None:
        need = "only a `source` has dependencies that we know; give them in `layers`"
        raise InvalidInput("dependencies_as_layer", True, need)
    if "image_uri" in args:
        return _from_image(app, args["image_uri"])
    uploaded = upload is not None
    if "inline" in args:
        code = _from_inline(app, args["inline"])
    elif app.source is not None:
        apart = args.get("dependencies_as_layer", False)
        code = _from_source(app, app.source, args.get("handler"), apart=apart, uploaded=uploaded)
    else:
        runtime = args["runtime"]
        code = _ready(app, args["code"], args["handler"], runtime=runtime, uploaded=uploaded)
        if runtime.startswith("provided") and code.zip is not None and not layers:
            from platform_lib.function_app.code_zip import check_bootstrap

            check_bootstrap(code.zip)
    return replace(code, layers=layers, upload=upload)


def _layers(args: Mapping[str, Any]) -> Sequence[pulumi.Input[str]]:
    """Check the user's layers; ours counts too.

    https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
    """
    layers: Sequence[pulumi.Input[str]] = args.get("layers", ())
    if layers and "image_uri" in args:
        raise InvalidInput("layers", len(layers), "an image takes no layers: put them into it")
    seen: set[str] = set()
    for at, arn in enumerate(layers):
        if not isinstance(arn, str):
            continue
        if not is_arn(arn, "layer"):
            need = "must be the ARN of a layer's version, with the version's number at its end"
            raise InvalidInput(f"layers[{at}]", arn, f"{need}: arn:aws:lambda:...:layer:NAME:1")
        layer = arn.rpartition(":")[0]
        if layer in seen:
            need = "stands there twice: a function takes one version of a layer"
            raise InvalidInput(f"layers[{at}]", arn, need)
        seen.add(layer)
    room = _LAYERS_LIMIT - bool(args.get("dependencies_as_layer"))
    if len(layers) > room:
        ours = "" if room == _LAYERS_LIMIT else ", and `dependencies_as_layer` makes one"
        need = f"a function takes {_LAYERS_LIMIT} layers{ours}"
        raise InvalidInput("layers", f"{len(layers)} layers", need)
    return layers


def _upload(args: Mapping[str, Any]) -> Upload | None:
    if "upload" not in args:
        return None
    if "image_uri" in args:
        raise InvalidInput("upload", args["upload"], "an image is in its registry; leave it out")
    if args.get("code", "").startswith("s3://"):
        raise InvalidInput("upload", args["upload"], "the code is in S3 already; leave it out")
    bucket = args["upload"].get("bucket")
    if isinstance(bucket, str) and not re.fullmatch(BUCKET_NAME, bucket):
        need = "must be the name of a bucket: 3 to 63 small letters, digits, dots and hyphens"
        raise InvalidInput("upload.bucket", bucket, need)
    return Upload(bucket=bucket)


def _from_source(
    app: AppSettings, source: Path, handler: str | None, *, apart: bool, uploaded: bool
) -> FunctionCode:
    """Bundle a source directory; the shim serves the app, or calls the handler."""
    from platform_lib.bundling.bundle import build
    from platform_lib.bundling.serving import FUNCTION_HANDLER, function_additions
    from platform_lib.function_app.code_zip import check_size

    entry, field = (handler, "handler") if handler is not None else (app.app, "app")
    bundle = build(
        source,
        entry=str(entry),
        entry_field=field,
        python_version=app.python_version,
        architecture=app.architecture,
        additions=function_additions(app=app.app, handler=handler, interface=app.interface),
        apart=apart,
    )
    zips = [bundle.zip, *([bundle.layer.zip] if bundle.layer is not None else [])]
    check_size("source", str(source), zips, uploaded=uploaded)
    return FunctionCode(
        inputs={"handler": FUNCTION_HANDLER, "runtime": f"python{app.python_version}"},
        version=bundle.app_hash,
        zip=bundle.zip,
        layer=bundle.layer,
    )


def _from_inline(app: AppSettings, text: str) -> FunctionCode:
    """Make a zip of a few lines, which run as `index.py`."""
    from platform_lib.bundling.entry_check import Entry, check_in_source
    from platform_lib.bundling.serving import FUNCTION_HANDLER
    from platform_lib.function_app.code_zip import zip_of
    from platform_lib.shims import function_files

    if len(text) > _INLINE_LIMIT:
        need = f"it has {len(text)} characters, and may have {_INLINE_LIMIT}: give it as `source`"
        raise InvalidInput("inline", text, need)
    try:
        content = text.encode()
    except UnicodeEncodeError as problem:
        raise InvalidInput("inline", text, f"it is no text in UTF-8: {problem.reason}") from None
    with TemporaryDirectory() as folder:
        Path(folder, "index.py").write_bytes(content)
        start = Entry("inline", text, "index", "handler")
        check_in_source(start, Path(folder), app.python_version)
    files, handler = {"index.py": content}, _INLINE_HANDLER
    if app.secrets:
        files |= function_files({"handler": handler})
        handler = FUNCTION_HANDLER
    return FunctionCode(
        inputs={"handler": handler, "runtime": f"python{app.python_version}"},
        version=hashlib.sha256(content).hexdigest()[:16],
        zip=zip_of(files),
    )


def _ready(
    app: AppSettings, code: str, handler: str, *, runtime: str, uploaded: bool
) -> FunctionCode:
    """Take a zip that is ready, from a path or from S3."""
    check_handler(runtime, handler)
    if code.startswith("s3://"):
        bucket, key = split_s3_uri("code", code)
        if app.secrets:
            need = "secrets need our start-up code in the zip: give a local path, or fetch them"
            raise InvalidInput("code", code, f"{need} in the app")
        inputs = {"s3_bucket": bucket, "s3_key": key, "handler": handler, "runtime": runtime}
        return FunctionCode(inputs=inputs, version=text_version(code))
    from platform_lib.bundling.serving import FUNCTION_HANDLER
    from platform_lib.function_app.code_zip import add_shim_to_zip, check_native_code, check_size

    path = find_zip("code", code)
    check_size("code", code, [path], uploaded=uploaded)
    check_native_code(path, app.architecture)
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    if app.secrets:
        path, handler = add_shim_to_zip(path, handler=handler), FUNCTION_HANDLER
    return FunctionCode(
        inputs={"handler": handler, "runtime": runtime},
        version=version,
        zip=path,
    )


def _from_image(app: AppSettings, image_uri: pulumi.Input[str]) -> FunctionCode:
    """Take an image that is ready and implements Lambda's runtime interface."""
    if app.secrets:
        need = "a function from an image fetches its secrets in the app, by grants.read_secret"
        raise InvalidInput("secrets", sorted(app.secrets), need)
    if isinstance(image_uri, str) and not _IMAGE.fullmatch(image_uri):
        need = "Lambda takes images of a private repository in ECR, in its own region"
        raise InvalidInput(
            "image_uri", image_uri, f"{need}: ACCOUNT.dkr.ecr.REGION.amazonaws.com/"
        )
    return FunctionCode(
        inputs={"package_type": "Image", "image_uri": image_uri},
        version=text_version(image_uri),
    )
