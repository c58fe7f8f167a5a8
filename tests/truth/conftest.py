"""The real provider, started once, and what the tests of this folder have in common."""

import sys
from collections import Counter
from pathlib import Path

import pytest
from plugin import VARIABLE, Provider, find_provider

HERE = Path(__file__).parent
sys.path[:0] = [
    str(HERE.parent / part) for part in ("", "local", "local/provider", "function_app/sources")
]
DONE = Counter()
"""How many judgements were made, by their kind."""
MET = set()
"""The exceptions that were met."""


@pytest.fixture(scope="session")
def provider():
    binary = find_provider()
    if binary is None:
        pytest.skip(
            f"no Terraform AWS provider is on this machine: see docs/truth.md, or set {VARIABLE}"
        )
    running = Provider(binary)
    DONE["provider"] = ".".join(map(str, running.version))
    yield running
    running.close()


@pytest.fixture(scope="session")
def samples():
    """What a program may give to each row, checked, with the resources that it stands on."""
    from rows_kit import Lab
    from rows_samples import MORE, SAMPLES

    from platform_lib.local.account import Account
    from platform_lib.local.errors import LocalCloudError

    made = {}
    running = [Account()]
    running[0].start()

    def of(type):
        if type not in made:
            sources = [one[type] for one in (SAMPLES, MORE) if type in one]
            try:
                made[type] = _given(Lab(running[0]), type, sources)
            except LocalCloudError:
                # What samples before it left behind is in its way: an account of its own.
                running[0].stop()
                running[0] = Account()
                running[0].start()
                made[type] = _given(Lab(running[0]), type, sources)
        return made[type]

    yield of
    running[0].stop()


def _given(lab, type, sources):
    return [lab.check(type, inputs) for source in sources for inputs in source(lab)]


def pytest_terminal_summary(terminalreporter):
    """Say in one line what was judged, and by what."""
    if version := DONE.pop("provider", None):
        counts = ", ".join(f"{count} {kind}" for kind, count in DONE.items())
        terminalreporter.write_line(f"truth: by terraform-provider-aws {version}: {counts}")
