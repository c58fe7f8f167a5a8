"""What the documentation says is so: tables, links, names of fields, and its Python runs."""

import importlib.util
import re
from enum import EnumType

import pytest
from doc_blocks import ROOT, is_test, needs_engine, python_blocks, run_program, run_test

import platform_lib
from platform_lib import TARGETS, AppArgs, ArgsError
from platform_lib.testing import synth

_spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)

PAGES = [
    "README.md",
    "CHANGELOG.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
]
BLOCKS = [
    pytest.param(block, id=f"{page}-{at}")
    for page in PAGES
    # These two have tests of their own.
    if page not in ("README.md", "docs/handlers.md")
    for at, block in enumerate(python_blocks(page))
    if not needs_engine(block)
]
COUNTS = {"vm_app": (16, 20), "function_app": (5, 75), "container_app": (19, 23)}
"""Page -> children that are always made, and all children."""

every_component = pytest.mark.parametrize("page", sorted(generate.COMPONENTS))


@pytest.mark.parametrize("page", sorted(generate.TABLES))
def test_the_tables_of_a_page_are_current(page):
    text = (ROOT / "docs" / f"{page}.md").read_text()
    assert generate.generated(page) == text, "run `make docs`"


@every_component
def test_a_page_shows_every_child_and_every_field(page):
    children = generate.children(page)
    always = [key for key, (_, _, when) in children.items() if when == "always"]
    assert (len(always), len(children)) == COUNTS[page]
    _, args = generate.COMPONENTS[page]
    text = (ROOT / "docs" / f"{page}.md").read_text()
    for field in args.__annotations__:
        assert f"\n| `{field}` | " in text, field


@every_component
def test_the_key_of_every_child_is_known_to_overrides(page):
    component, _ = generate.COMPONENTS[page]
    target = next(word for word, one in TARGETS.items() if one is component)
    assert target == page.removesuffix("_app")

    def program(args):
        with pytest.raises(ArgsError, match="no such child; ") as caught:
            component("notes", {**args, "overrides": {"nobody": {}}})
        return str(caught.value).rpartition("known are ")[2].split(", ")

    known = set()
    with generate.tempfile.TemporaryDirectory() as folder:
        for _, args in generate.variants(page, generate.Path(folder)):
            known.update(synth(lambda args=args: program(args)).result)
    assert known == set(generate.children(page))


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_to_a_file(page):
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        place = (ROOT / page).parent / path if path else ROOT / page
        assert place.exists(), f"{page} links to {target}"
        if anchor:
            heads = re.findall(r"^#+ (.*)$", place.read_text(), flags=re.MULTILINE)
            assert anchor in {_anchor(head) for head in heads}, f"{page} links to {target}"


def _anchor(head):
    return re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-")


OTHER_WORDS = {
    *("app", "destroy", "live", "main", "preview", "target", "up"),
    *("bool", "float", "int", "str"),
    *("module.function", "package.module", "platform_lib.grants", "ssmmessages", "python3.13"),
    *("notes.example.com", "pyproject.toml", "requirements.txt"),
    *("bootstrap", "index.handler", "index.py", "overrides.image.build"),
}
"""What stands between backticks and is no field: commands, types, examples."""


def known_names(page):
    """Give every field, output and child that a component's page may name."""
    _, args = generate.COMPONENTS[page]
    # A function has None for what another component has: it may be said.
    owners = [args, *generate.nested(args), *TARGETS.values()]
    names = {name for owner in owners for name in owner.__annotations__}
    for value in (getattr(platform_lib, name) for name in platform_lib.__all__):
        if isinstance(value, EnumType):
            names.update(member.value for member in value)
    return names | {part for key in generate.children(page) for part in key.split(".")}


@every_component
def test_a_page_names_no_field_that_does_not_exist(page):
    text = (ROOT / "docs" / f"{page}.md").read_text()
    known = known_names(page)
    spans = re.findall(r"`([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)`", text)
    unknown = {span for span in spans if not set(span.split(".")) <= known}
    assert unknown - OTHER_WORDS == set()


def test_fields_that_are_named_with_their_owner_are_its_fields():
    nested = {
        "http": platform_lib.HttpArgs,
        "alarms": platform_lib.AlarmsArgs,
        "ingress": platform_lib.IngressArgs,
        "logs": platform_lib.LogsArgs,
        "network": platform_lib.NetworkArgs,
        "rollout": platform_lib.RolloutArgs,
        "scaling": platform_lib.ScalingArgs,
    }
    assert set(nested) - {"http"} <= set(AppArgs.__annotations__)
    for page in PAGES:
        for owner, field in re.findall(r"`([a-z]+)\.([a-z_]+)`", (ROOT / page).read_text()):
            if owner in nested:
                assert field in nested[owner].__annotations__, f"{page}: {owner}.{field}"


@pytest.mark.parametrize("block", BLOCKS)
def test_python_in_the_docs_runs(block, tmp_path):
    if is_test(block):
        run_test(block, tmp_path)
    else:
        run_program(block, tmp_path)
