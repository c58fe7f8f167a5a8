"""Lambda's runtimes, and what each takes for a handler.

As of November 2026; what is deprecated or a preview (`nodejs26.x`, `python3.15`) is not listed.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

import re
from collections.abc import Mapping
from typing import Any

from platform_lib import defaults
from platform_lib.checks import InvalidInput, did_you_mean

PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"

OTHERS = (
    *("dotnet10",),
    *("java8.al2", "java8.al2023", "java11", "java11.al2023", "java17", "java17.al2023"),
    *("java21", "java25"),
    *("nodejs22.x", "nodejs24.x"),
    *("provided.al2023",),
    *("ruby3.3", "ruby3.4", "ruby4.0"),
)
"""The current runtimes of other languages."""

RUNTIMES = (*(f"python{version}" for version in defaults.PYTHON_VERSIONS), *OTHERS)
"""What `runtime` may be."""

_GONE = re.compile(
    r"python(2\.7|3\.([6-9]|10))|nodejs(4\.3(-edge)?|6\.10|8\.10|(10|12|14|16|18|20)\.x)?|java8|"
    r"dotnet(core[123]\.[01]|5\.0|[678])|ruby(2\.[57]|3\.2)|go1\.x|provided(\.al2)?"
)
"""Runtimes that Lambda had, and that it gives no more updates."""

_LIMIT = 128
_PYTHON = (re.compile(r"[\w-][\w./-]*\.[A-Za-z_]\w*"), "module.function")
_HANDLERS = {
    "dotnet": (
        re.compile(r"[\w.+-]+(::[\w.+`]+::\w+)?"),
        "Assembly::Namespace.Class::Method, or the name of an executable assembly",
    ),
    "java": (
        re.compile(r"[\w$]+(\.[\w$]+)*(::[\w$]+)?"),
        "package.Class::method, or package.Class",
    ),
    "nodejs": (re.compile(r"[\w./@-]*[\w/@-]\.[A-Za-z_$][\w$]*"), "file.function"),
    "provided": (re.compile(r"[^\s]+"), "a word without spaces, 'bootstrap' by custom"),
    "ruby": (
        re.compile(r"[\w./-]+\.(\w+(::\w+)*\.)?\w+[?!]?"),
        "file.method, or file.Module::Class.method",
    ),
}
"""Language -> pattern of a handler, and how an error words it."""

_PYTHON_ONLY = ("app", "inline", "interface", "python_version", "source")


def with_runtime(args: Mapping[str, Any]) -> dict[str, Any]:
    """Settle `runtime`: known, in harmony with the rest, and of one mind with `python_version`.

    An image has its own, and gets none here.
    """
    runtime = args.get("runtime")
    if runtime is None:
        version = args.get("python_version", defaults.PYTHON_VERSION)
        return dict(args) if "image_uri" in args else {**args, "runtime": f"python{version}"}
    if runtime not in RUNTIMES:
        gone = "is deprecated" if _GONE.fullmatch(runtime) else "is no current runtime of Lambda"
        raise InvalidInput(
            "runtime", runtime, f"{gone}; {did_you_mean(runtime, RUNTIMES)} ({PAGE})"
        )
    if "image_uri" in args:
        raise InvalidInput("runtime", runtime, "an image has its own; leave it out")
    if not is_python(runtime):
        for field in _PYTHON_ONLY:
            if field in args:
                need = f"goes with Python alone; {runtime} takes a ready zip: `code` and `handler`"
                raise InvalidInput(field, args[field], need)
        if args.get("secrets"):
            need = (
                f"are fetched for Python handlers alone; with {runtime} fetch them in the app, by"
            )
            raise InvalidInput("secrets", sorted(args["secrets"]), f"{need} grants.read_secret")
        return dict(args)
    version = runtime.removeprefix("python")
    if args.get("python_version", version) != version:
        need = f"'runtime' is {runtime!r}: give one of them, or both alike"
        raise InvalidInput("python_version", args["python_version"], need)
    return {**args, "python_version": version}


def is_python(runtime: str) -> bool:
    """Tell whether a runtime runs Python."""
    return runtime.startswith("python")


def check_handler(runtime: str, handler: str) -> None:
    """Refuse a handler that this runtime could not call."""
    language = re.split(r"[\d.]", runtime)[0]
    pattern, form = _HANDLERS.get(language, _PYTHON)
    if len(handler) > _LIMIT or not pattern.fullmatch(handler):
        of = "" if is_python(runtime) else f" for {runtime}"
        need = f"must be {form}{of}, at most {_LIMIT} characters"
        raise InvalidInput("handler", handler, need)
