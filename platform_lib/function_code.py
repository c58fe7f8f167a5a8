"""What a function runs, from each of the ways to give it.

The bundler loads when something is bundled: a ready artifact does without it.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from platform_lib.artifact import find_zip, split_s3_uri, text_version
from platform_lib.checks import InvalidInput
from platform_lib.settings import AppSettings

_HANDLER = re.compile(r"[A-Za-z_][\w./-]*\.[A-Za-z_]\w*")
_HANDLER_LIMIT = 128
_DIRECT_UPLOAD_LIMIT = 50 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class FunctionCode:
    """Inputs of the Lambda function that say what it runs, and the version's name."""

    inputs: Mapping[str, Any]
    version: pulumi.Input[str]


def code_from_source(app: AppSettings, source: Path, handler: str | None) -> FunctionCode:
    """Bundle a source directory; the shim serves the app, or calls the handler."""
    from platform_lib.bundle import build, check_function_size
    from platform_lib.serving import FUNCTION_HANDLER, function_additions

    entry, field = (handler, "handler") if handler is not None else (app.app, "app")
    bundle = build(
        source,
        entry=str(entry),
        entry_field=field,
        python_version=app.python_version,
        architecture=app.architecture,
        additions=function_additions(app=app.app, handler=handler, interface=app.interface),
    )
    check_function_size(bundle)
    return _zipped(app, bundle.zip, FUNCTION_HANDLER, bundle.app_hash)


def ready_code(app: AppSettings, code: str, handler: str) -> FunctionCode:
    """Take a zip that is ready, from a path or from S3."""
    if len(handler) > _HANDLER_LIMIT or not _HANDLER.fullmatch(handler):
        raise InvalidInput("handler", handler, "must be module.function, at most 128 characters")
    if code.startswith("s3://"):
        bucket, key = split_s3_uri("code", code)
        if app.secrets:
            need = "secrets need our start-up code in the zip: give a local path, or fetch them"
            raise InvalidInput("code", code, f"{need} in the app")
        inputs = {"s3_bucket": bucket, "s3_key": key, "handler": handler}
        runtime = f"python{app.python_version}"
        return FunctionCode(inputs={**inputs, "runtime": runtime}, version=text_version(code))
    path = find_zip("code", code)
    if path.stat().st_size > _DIRECT_UPLOAD_LIMIT:
        need = "Lambda takes at most 50 MB directly; put the zip in S3 and give its s3:// URI"
        raise InvalidInput("code", code, need)
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    if not app.secrets:
        return _zipped(app, path, handler, version)
    from platform_lib.bundle import add_shim_to_zip
    from platform_lib.serving import FUNCTION_HANDLER

    return _zipped(app, add_shim_to_zip(path, handler=handler), FUNCTION_HANDLER, version)


def code_from_image(app: AppSettings, image_uri: pulumi.Input[str]) -> FunctionCode:
    """Take an image that is ready and implements Lambda's runtime interface."""
    if app.secrets:
        need = "a function from an image fetches its secrets in the app, by grants.read_secret"
        raise InvalidInput("secrets", sorted(app.secrets), need)
    return FunctionCode(
        inputs={"package_type": "Image", "image_uri": image_uri},
        version=text_version(image_uri),
    )


def _zipped(app: AppSettings, path: Path, handler: str, version: str) -> FunctionCode:
    return FunctionCode(
        inputs={
            "code": pulumi.FileArchive(str(path)),
            "handler": handler,
            "runtime": f"python{app.python_version}",
        },
        version=version,
    )
