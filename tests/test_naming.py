from hypothesis import given
from hypothesis import strategies as st

from platform_lib.naming import needs_physical_name, physical_name

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,49}", fullmatch=True)
LIMIT = 32


@given(NAMES, st.lists(st.text(max_size=8), max_size=3))
def test_a_physical_name_is_one_that_aws_takes(name, identity):
    made = physical_name(f"{name}-lb", LIMIT, *identity)
    assert len(made) <= LIMIT
    assert not made.startswith(("-", "internal-"))
    assert not made.endswith("-")


@given(NAMES)
def test_every_input_that_forces_a_replacement_changes_the_name(name):
    names = {
        physical_name(f"{name}-tg", LIMIT, "shop", stack, port)
        for stack in ("dev", "prod")
        for port in ("80", "8080")
    }
    assert len(names) == 4


@given(NAMES)
def test_the_same_identity_gives_the_same_name(name):
    assert physical_name(name, LIMIT, "a", "b") == physical_name(name, LIMIT, "a", "b")


def test_identities_do_not_run_into_each_other():
    assert physical_name("x", LIMIT, "ab", "c") != physical_name("x", LIMIT, "a", "bc")


def test_a_name_is_left_to_pulumi_while_it_fits():
    assert not needs_physical_name("n" * 24, LIMIT)
    assert needs_physical_name("n" * 25, LIMIT)
    assert needs_physical_name("internal-lb", LIMIT)
