"""Who may import whom: the rules of docs/architecture.md, held against every import there is.

Imports inside functions and under TYPE_CHECKING count too: they tie files together as others do.
"""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest
from doc_blocks import ROOT

PACKAGE = "platform_lib"

# From the top down: a room imports from the floors below its own, never from its neighbours.
FLOORS = [
    {"__init__"},
    {"targets"},
    {"container_app", "function_app", "vm_app"},
    {"parts"},
    {"app_settings"},
    {"bundling", "ingress"},
    {"shims"},
    # Pure values and functions: no resource is made here. They may use one another.
    {
        "app_args",
        "arns",
        "checks",
        "defaults",
        "event_patterns",
        "grants",
        "json_paths",
        "log_patterns",
        "naming",
        "records",
        "schedule_expressions",
    },
]
VALUES = FLOORS[-1]

# Beside the floors: they run programs or stand in for AWS, and know no component.
BESIDE = {
    "testing": set(),
    "local": {
        "bundling",
        "event_patterns",
        "grants",
        "json_paths",
        "log_patterns",
        "schedule_expressions",
    },
}

# The same inside the local cloud, for its folders and the files that stand above or below them.
LOCAL_FLOORS = [
    {"cli", "pytest_plugin"},
    {"cloud"},
    {"operations"},
    {"services"},
    {"dataplane", "provider"},
    {"account"},
    {"moto", "rights"},
    {"clock", "permissions"},
    {"desired"},
    {"errors"},
]


def modules():
    folder = ROOT / PACKAGE
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


def imports(path):
    """Give the modules of ours that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            each = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in each]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] == PACKAGE)


ARROWS = {name: set(imports(path)) - {name} for name, path in MODULES.items()}


def rooms(prefix=""):
    """Give each arrow between two rooms, as (file, room, room that it imports from)."""
    start = f"{PACKAGE}.{prefix}"

    def room(module):
        return module.removeprefix(start).partition(".")[0] if module.startswith(start) else None

    for module, targets in ARROWS.items():
        here = room(module) or ("__init__" if module == PACKAGE and not prefix else None)
        for target in targets:
            there = room(target)
            if here and there and here != there:
                yield module, here, there


def floor_of(floors, room):
    return next((at for at, floor in enumerate(floors) if room in floor), None)


def test_every_module_has_a_place():
    tops = {name.split(".")[1] if "." in name else "__init__" for name in MODULES}
    homeless = {room for room in tops if floor_of(FLOORS, room) is None and room not in BESIDE}
    assert not homeless, "give each a floor here and in docs/architecture.md"


def test_imports_go_down():
    wrong = [
        f"{module} imports {there}"
        for module, here, there in rooms()
        if here not in BESIDE
        and not (here in VALUES and there in VALUES)
        and (there in BESIDE or floor_of(FLOORS, there) <= floor_of(FLOORS, here))
    ]
    assert not wrong


def test_what_stands_beside_knows_no_component():
    wrong = [
        f"{module} imports {there}"
        for module, here, there in rooms()
        if here in BESIDE and there not in BESIDE[here]
    ]
    assert not wrong


def test_imports_of_the_local_cloud_go_down():
    wrong = []
    for module, here, there in rooms("local."):
        low, high = floor_of(LOCAL_FLOORS, there), floor_of(LOCAL_FLOORS, here)
        if low is not None and high is not None and low <= high:
            wrong.append(f"{module} imports local.{there}")
    assert not wrong


def test_no_file_imports_itself_by_way_of_others():
    try:
        TopologicalSorter(ARROWS).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_parts_are_shared():
    """What one component alone uses lies in its folder."""
    users = {}
    for module, here, _ in rooms():
        for target in ARROWS[module]:
            if target.startswith(f"{PACKAGE}.parts."):
                users.setdefault(target, set()).add(here)
    # Functions have these already; machines and containers get them with production.
    ahead = {f"{PACKAGE}.parts.{name}" for name in ("alarms", "domain")}
    inside = {
        target
        for name in ARROWS
        if name.startswith(f"{PACKAGE}.parts.")
        for target in ARROWS[name]
    }
    for part, by in sorted(users.items()):
        components = by & FLOORS[2]
        assert len(components) > 1 or part in inside | ahead, (
            f"{part} is used by {components} alone"
        )


def test_the_page_names_every_room():
    page = (ROOT / "docs" / "architecture.md").read_text()
    every = set().union(*FLOORS, BESIDE, *LOCAL_FLOORS)
    assert not {room for room in every if f"{room}/" not in page and f"{room}.py" not in page}
