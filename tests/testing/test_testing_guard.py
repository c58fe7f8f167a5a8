"""The guard against assertions that never run, proven on suites of its own."""

import pytest

pytest_plugins = ["pytester"]

CONFTEST = 'pytest_plugins = ["platform_lib.testing.plugin"]\n'

HEADER = """
import pulumi
import pulumi_aws as aws
import pytest
from platform_lib.testing import synth

def make_queue():
    return aws.sqs.Queue("jobs")

def fail(value):
    assert value == "never so"
"""

CAUGHT = {
    "after the program": """
def test_it():
    graph = synth(make_queue)
    graph.result.arn.apply(fail)
""",
    "after the program, with a builtin": """
def test_it():
    seen = []
    synth(make_queue).result.arn.apply(seen.append)
""",
    "unknown in a preview": """
def test_it():
    synth(lambda: make_queue().arn.apply(fail), preview=True)
""",
    "in a fixture": """
@pytest.fixture
def graph():
    graph = synth(make_queue)
    graph.result.arn.apply(fail)
    return graph

def test_it(graph):
    pass
""",
    "plain mocks that nobody waits for": """
class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name, args.inputs
    def call(self, args):
        return {}, []

def test_it():
    pulumi.runtime.set_mocks(Mocks())
    make_queue().arn.apply(fail)
""",
    "plain mocks where a lookup happens to run it": """
class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name, args.inputs
    def call(self, args):
        return {"region": "eu-west-1"}, []

def test_it():
    pulumi.runtime.set_mocks(Mocks())
    pulumi.Output.from_input("x").apply(fail)
    aws.get_region()
""",
}

LET_BY = {
    "it ran": """
def test_it():
    seen = []
    synth(lambda: make_queue().arn.apply(seen.append))
    assert seen
""",
    "what came before it failed, and the test knows": """
def test_it():
    def program():
        pulumi.Output.from_input(1).apply(lambda one: one / 0).apply(fail)
    with pytest.raises(ZeroDivisionError):
        synth(program)
""",
    "its failure was expected": """
def test_it():
    with pytest.raises(AssertionError):
        synth(lambda: make_queue().arn.apply(fail))
""",
    "it says so": """
@pytest.mark.applies_may_wait
def test_it():
    synth(lambda: make_queue().arn.apply(fail), preview=True)
""",
    "graph.check needs no apply": """
def test_it():
    graph = synth(make_queue)
    graph.check(graph.result.arn, lambda arn: arn.startswith("arn:aws:sqs:"))
""",
    "Pulumi's own runner waits": """
class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name, {**args.inputs, "arn": "an arn"}
    def call(self, args):
        return {}, []

pulumi.runtime.set_mocks(Mocks())

@pulumi.runtime.test
def test_it():
    def check(arn):
        assert arn == "an arn"
    return make_queue().arn.apply(check)
""",
}


def run(pytester: pytest.Pytester, cases: dict[str, str]) -> pytest.RunResult:
    # One suite with a file a case, in a process of its own: plain set_mocks leaves traces.
    pytester.makeconftest(CONFTEST)
    for number, body in enumerate(cases.values()):
        pytester.makepyfile(**{f"test_case_{number}": HEADER + body})
    return pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "--strict-markers")


def test_fails_what_never_ran(pytester):
    result = run(pytester, CAUGHT)
    result.assert_outcomes(failed=len(CAUGHT))
    result.stdout.fnmatch_lines(["*never ran, so what it asserts was never tested:*"])
    result.stdout.fnmatch_lines(["*an assertion in an apply failed, and nobody waited for it*"])
    # The message leads to the line.
    apply_line = (HEADER + CAUGHT["after the program"]).strip().splitlines()
    number = next(i for i, line in enumerate(apply_line, 1) if "apply(" in line)
    result.stdout.fnmatch_lines([f"*test_case_0.py:{number}*"])


def test_the_same_suite_passes_silently_without_the_guard(pytester):
    # What the guard is for: pulumi's own mocks and pytest see nothing wrong in any of these.
    for number, body in enumerate(CAUGHT.values()):
        pytester.makepyfile(**{f"test_case_{number}": HEADER + body})
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=len(CAUGHT))


def test_lets_by_what_is_sound(pytester):
    result = run(pytester, LET_BY)
    result.assert_outcomes(passed=len(LET_BY))


def test_guards_a_block_without_pytest(pytester):
    script = pytester.makepyfile(
        case=HEADER
        + """
from platform_lib.testing import applies_ran

original = pulumi.Output.apply
with applies_ran():
    synth(lambda: make_queue().arn.apply(str))
try:
    with applies_ran():
        synth(make_queue).result.arn.apply(fail)
except AssertionError as problem:
    assert "case.py:" in str(problem), problem
else:
    raise SystemExit("the guard saw nothing")
assert pulumi.Output.apply is original
print("guarded")
"""
    )
    result = pytester.runpython(script)
    result.stdout.fnmatch_lines(["guarded"])
