import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_lib.checks import InvalidInput
from platform_lib.container_app.sizing import FARGATE_MEMORY_MIB, check_fargate


def legal(cpu: int, memory: int) -> bool:
    """AWS's table of Fargate sizes, written a second time, as its page words it."""
    return {
        256: memory in (512, 1024, 2048),
        512: 1024 <= memory <= 4096 and memory % 1024 == 0,
        1024: 2048 <= memory <= 8192 and memory % 1024 == 0,
        2048: 4096 <= memory <= 16384 and memory % 1024 == 0,
        4096: 8192 <= memory <= 30720 and memory % 1024 == 0,
        8192: 16384 <= memory <= 61440 and memory % 4096 == 0,
        16384: 32768 <= memory <= 122880 and memory % 8192 == 0,
    }.get(cpu, False)


@given(
    st.sampled_from([*FARGATE_MEMORY_MIB, 0, 100, 3000]),
    st.one_of(st.integers(0, 130_000), st.integers(0, 130).map(lambda gib: gib * 1024)),
)
def test_a_pair_passes_exactly_when_aws_sells_it(cpu, memory):
    if legal(cpu, memory):
        check_fargate(cpu, memory)
    else:
        with pytest.raises(InvalidInput):
            check_fargate(cpu, memory)


def test_the_error_names_the_nearest_size():
    with pytest.raises(InvalidInput, match=r"'memory_mib' is 600: .* the nearest is 512"):
        check_fargate(256, 600)
