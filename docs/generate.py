"""Writes the tables of the docs from the code: children, args and outputs; resource types.

    python docs/generate.py            write them
    python docs/generate.py --check    only say which page is not current, with exit 1

What stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->` in a page is ours; the rest is
written by hand.
"""

import ast
import dataclasses
import inspect
import re
import sys
import tempfile
import typing
import zipfile
from collections.abc import Callable, Iterator, Mapping
from enum import EnumType
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pulumi

from platform_lib import (
    AppArgs,
    ContainerApp,
    ContainerAppArgs,
    EventSourceArgs,
    FunctionApp,
    FunctionAppArgs,
    VmApp,
    VmAppArgs,
    grants,
)
from platform_lib.testing import synth

PAGES = Path(__file__).parent
_GRANT = grants.read_table("arn:aws:dynamodb:us-east-1:123456789012:table/notes")
_NETWORK = {
    "vpc_id": "vpc-0123456789abcdef0",
    "private_subnet_ids": ["subnet-a", "subnet-b"],
}
_HERE = "us-east-1:123456789012"
_SOURCES: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("with `queues`, the queue unless given", "queues", [{}]),
    ("with `streams`", "streams", [{"arn": f"arn:aws:kinesis:{_HERE}:stream/notes"}]),
    ("with `topics`", "topics", [{"arn": f"arn:aws:sns:{_HERE}:notes"}]),
    ("with `topics.raw`", "topics", [{"arn": f"arn:aws:sns:{_HERE}:notes", "raw": True}]),
    ("with `buckets`", "buckets", [{"bucket": "notes"}]),
    (
        "with `buckets.route` of `event_bridge`",
        "buckets",
        [{"bucket": "notes", "route": "event_bridge"}],
    ),
    ("with `event_rules`", "event_rules", [{"pattern": {"source": ["notes"]}}]),
    ("with `schedules`", "schedules", [{"rate": "1 day"}]),
    ("with `log_groups`", "log_groups", [{"log_group": "/notes"}]),
    ("with `receipt_rules`", "receipt_rules", [{"rule_set_name": "notes"}]),
    ("with `invoke_permissions`", "invoke_permissions", [{"principal": "123456789012"}]),
]
"""Sources without a name, whose children the tables show."""
_HOME = {
    "failure_queue": "where failures have no other home",
    "failure_alarm": "with the queue of failures, unless `alarms` are off",
    "failure_queue_policy": "with the queue of failures, and `topics` or rules",
    "invoke_config": "with what calls and does not wait",
}
"""Child -> when it is made, where several sources bring it about."""
COMPONENTS: Mapping[str, tuple[type, type]] = {
    "vm_app": (VmApp, VmAppArgs),
    "function_app": (FunctionApp, FunctionAppArgs),
    "container_app": (ContainerApp, ContainerAppArgs),
}
"""Page -> the component and its args."""


def variants(page: str, folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Give the args that bring every child about, the plainest first, and when they do."""
    archive = folder / "notes.zip"
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("notes.py", "def handler(event, context): return {}\n")
    (folder / "requirements.txt").touch()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    if page == "vm_app":
        command = {"start_command": "python3 -m notes"}
        return [
            ("always", {"bundle": "s3://artifacts/notes.zip", **command}),
            ("from `source`, or a `bundle` from a path", {"bundle": str(archive), **command}),
        ]
    if page == "function_app":
        code = {"code": str(archive), "handler": "notes.handler"}
        source = folder / "layered"
        source.mkdir(exist_ok=True)
        (source / "requirements.txt").write_text("idna==3.10\n")
        layer = {"source": str(source), "handler": "idna.encode", "dependencies_as_layer": True}
        domain = {"name": "notes.example.com", "zone_id": "Z0123456789ABC"}
        jwt = {"issuer": "https://id.example.com", "audiences": ["notes"]}
        balancer = {**code, "http": {"kind": "load_balancer"}}
        warm = {"provisioned_concurrency": 1}
        more = {"provisioned_concurrency_maximum": 2}
        return [
            ("always", {**code, "alarms": {"enabled": False}, "ingress": {"kind": "none"}}),
            ("with an HTTP API", {**code, "alarms": {"enabled": False}}),
            ("unless `alarms` are off", code),
            ("with `network`", {**code, "network": _NETWORK}),
            ("with `http.jwt`", {**code, "http": {"authorization": "jwt", "jwt": jwt}}),
            ("with a function URL", {**code, "http": {"kind": "function_url"}}),
            ("with a load balancer", balancer),
            ("with `ingress.hosts` or `paths`", {**code, "ingress": {"paths": ["/notes/*"]}}),
            ("with `domain`", {**code, "domain": domain}),
            ("with `domain` and a load balancer", {**balancer, "domain": domain}),
            ("with `dependencies_as_layer`", layer),
            ("with `upload` into a given bucket", {**code, "upload": {"bucket": "artifacts"}}),
            ("with `upload` and no bucket given", {**code, "upload": {}}),
            ("with `dependencies_as_layer` and `upload`", {**layer, "upload": {}}),
            ("with `provisioned_concurrency`", {**code, **warm}),
            ("with `provisioned_concurrency_maximum`", {**code, **warm, **more}),
            *((when, {**code, kind: given}) for when, kind, given in _SOURCES),
        ]
    image = {"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"}
    return [
        ("always", image),
        ("with `grants`", {**image, "grants": [_GRANT]}),
        ("from `source`", {"source": str(folder), "dockerfile": "Dockerfile"}),
    ]


@cache
def children(page: str) -> dict[str, tuple[str, str, str]]:
    """Find every child: key -> logical name, type and when it is made."""
    component, _ = COMPONENTS[page]
    found: dict[str, tuple[str, str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for when, args in variants(page, Path(folder)):
            ingress = args.get("ingress", {})
            # Else each of them warns.
            quiet = {} if ingress.get("kind") == "none" else {"plain_http": True}
            app = synth(_maker(component, {**args, "ingress": {**ingress, **quiet}})).result
            for key, value in shown_children(vars(app)):
                name = value.pulumi_resource_name.replace("notes", "NAME", 1)
                found.setdefault(key, (name, value.pulumi_resource_type, _HOME.get(key, when)))
    return found


def shown_children(shown: Mapping[str, Any]) -> Iterator[tuple[str, pulumi.CustomResource]]:
    """Find the children among what is shown, at any depth: the path to each, and the child."""
    for key, value in shown.items():
        if isinstance(value, pulumi.CustomResource):
            yield key, value
        elif isinstance(value, Mapping) or dataclasses.is_dataclass(value):
            inner = value if isinstance(value, Mapping) else vars(value)
            for path, child in shown_children(inner):
                yield f"{key}.{path}", child


def _maker(component: Callable[[str, Any], object], args: dict[str, Any]) -> Callable[[], object]:
    return lambda: component("notes", args)


def _children_table(page: str) -> Iterator[str]:
    yield "| key | type | logical name | made |"
    yield "|---|---|---|---|"
    for key, (name, token, when) in children(page).items():
        yield f"| `{key}` | `{token}` | `{name}` | {when} |"


def fields(owner: type) -> dict[str, tuple[str, str]]:
    """Read a class's own annotated fields from its source: name -> type and docstring."""
    [tree] = ast.parse(inspect.getsource(owner)).body
    body = getattr(tree, "body", [])
    return {
        ast.unparse(field.target): (
            ast.unparse(field.annotation),
            " ".join(ast.literal_eval(docstring.value).split()),
        )
        for field, docstring in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(docstring, ast.Expr)
    }


def nested(args: type) -> list[type]:
    """Find the args that a class's fields hold, and those that these hold, each once."""
    found: list[type] = []
    for hint in typing.get_type_hints(args, localns={"Output": pulumi.Output, "T": Any}).values():
        for part in _parts(hint):
            if typing.is_typeddict(part) and part not in found:
                found += [part, *(each for each in nested(part) if each not in found)]
    return found


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for part in typing.get_args(hint):
        yield from _parts(part)


def _args_table(owner: type) -> Iterator[str]:
    yield "| field | type | default | meaning |"
    yield "|---|---|---|---|"
    hints = typing.get_type_hints(owner, localns={"Output": pulumi.Output, "T": Any})
    # A TypedDict of Python 3.11 does not tell its bases.
    is_source = EventSourceArgs.__annotations__.keys() <= hints.keys()
    own = (fields(EventSourceArgs) if is_source else {}) | fields(owner)
    for name, (annotation, text) in own.items():
        meaning, _, default = text.partition(" Default: ")
        optional = annotation.startswith("NotRequired[")
        shown = annotation.removeprefix("NotRequired[").removesuffix("]" if optional else "")
        shown = re.sub(r"WordOf\[(\w+)\]", r"\1", shown.replace("pulumi.", ""))
        enums = [part for part in _parts(hints[name]) if isinstance(part, EnumType)]
        values = "".join(f": {_values(enum)}" for enum in enums)
        default = default.removesuffix(".") if optional else "required"
        yield f"| `{name}` | `{shown}`{values} | {_plain(default)} | {_plain(meaning)} |"


def _values(enum: EnumType) -> str:
    members: Mapping[str, Any] = enum.__members__
    return ", ".join(f"`{member.value}`" for member in members.values())


def _plain(text: str) -> str:
    return text.replace("|", "\\|")


def _all_args(page: str) -> Iterator[str]:
    _, args = COMPONENTS[page]
    yield f"### Its own ({args.__name__})\n"
    yield from _args_table(args)
    yield "\n### Shared by every component (AppArgs)\n"
    yield from _args_table(AppArgs)
    for inner in nested(args):
        yield f"\n### {inner.__name__}\n"
        yield f"{' '.join(str(inner.__doc__).split())}\n"
        yield from _args_table(inner)


def _outputs_table(page: str) -> Iterator[str]:
    component, _ = COMPONENTS[page]
    yield "| output | meaning |"
    yield "|---|---|"
    for name, (_, text) in fields(component).items():
        yield f"| `{name}` | {_plain(text)} |"


def _rows_table(page: str) -> Iterator[str]:
    """Show every resource type that the local cloud knows, with what it does not imitate of it."""
    from platform_lib.local.provider.rows import ROWS

    yield "| type | refused | ignored |"
    yield "|---|---|---|"
    for token, row in sorted(ROWS.items()):
        yield f"| `{token}` | {_reasons(row.refused)} | {_reasons(row.ignored)} |"


def _reasons(given: Mapping[str, str]) -> str:
    grouped: dict[str, list[str]] = {}
    for property, reason in given.items():
        grouped.setdefault(reason, []).append(f"`{property}`")
    parts = (f"{', '.join(names)}: {_plain(why)}" for why, names in grouped.items())
    return "; ".join(parts) or "-"


_COMPONENT = {"children": _children_table, "args": _all_args, "outputs": _outputs_table}
TABLES: Mapping[str, Mapping[str, Callable[[str], Iterator[str]]]] = {
    **dict.fromkeys(COMPONENTS, _COMPONENT),
    "local_cloud": {"rows": _rows_table},
}
"""Page -> what is generated in it."""


def generated(page: str) -> str:
    """Give a page's text with its tables made anew."""
    text = (PAGES / f"{page}.md").read_text()
    for name, table in TABLES[page].items():
        begin, end = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        made = f"{begin}\n" + "\n".join(table(page)) + f"\n\n{end}"
        if len(pattern.findall(text)) != 1:
            raise ValueError(f"{page}.md needs one place for {name}: {begin}...{end}")
        text = text.replace(pattern.findall(text)[0], made)
    return text


def main() -> int:
    """Write the pages, or say which are not current."""
    stale = {page: text for page in TABLES if (text := generated(page)) != _now(page)}
    if "--check" in sys.argv:
        for page in stale:
            print(f"docs/{page}.md is not current: run `make docs`")
        return bool(stale)
    for page, text in stale.items():
        (PAGES / f"{page}.md").write_text(text)
        print(f"wrote docs/{page}.md")
    return 0


def _now(page: str) -> str:
    return (PAGES / f"{page}.md").read_text()


if __name__ == "__main__":
    sys.exit(main())
