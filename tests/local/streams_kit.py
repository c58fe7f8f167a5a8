"""What several files of tests of streams use."""

import itertools
from collections import Counter

import pytest
from pollers_kit import Stream, Table, said

BOTH = pytest.mark.parametrize("kind", [Table, Stream])


def words(function):
    return [*itertools.chain(*function.batches)]


def held(function, source, **more):
    """Map a source with what is in it already, so that batches are full."""
    return function.map(source, StartingPosition="TRIM_HORIZON", **more)


def failing_at(*bad, times=99):
    """A handler that fails a batch with one of these words in it, so many times."""
    seen = Counter()

    def handle(event):
        for word in map(said, event["Records"]):
            if word in bad:
                seen[word] += 1
                if seen[word] <= times:
                    raise ValueError(f"no such luck with {word}")

    return handle
