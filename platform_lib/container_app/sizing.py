"""Sizes that AWS sells, as data, and pure functions that judge a wish."""

from platform_lib.checks import InvalidInput, one_of

FARGATE_MEMORY_MIB: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""CPU units -> MiB of memory that a Fargate task of that size can have.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
"""


def check_fargate(cpu: int, memory_mib: int) -> None:
    """Refuse a pair of CPU units and MiB that Fargate does not sell."""
    if cpu not in FARGATE_MEMORY_MIB:
        raise InvalidInput("cpu", cpu, f"must be {one_of(list(FARGATE_MEMORY_MIB))} on Fargate")
    sizes = FARGATE_MEMORY_MIB[cpu]
    if memory_mib not in sizes:
        nearest = min(sizes, key=lambda size: (abs(size - memory_mib), size))
        raise InvalidInput(
            "memory_mib",
            memory_mib,
            f"cpu {cpu} on Fargate has {sizes[0]} to {sizes[-1]} MiB in steps; "
            f"the nearest is {nearest}",
        )
