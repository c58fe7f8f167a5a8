"""For every row: what it sent is what its read gives back, or it is listed as dropped."""

import pytest
from rows_kit import Lab
from rows_samples import SAMPLES

from platform_lib.local.account import Account
from platform_lib.local.provider.rows import ROWS

# What is a property of something else in AWS: a delete empties it, and it stays.
EMPTIED = {
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:s3/bucketVersioning:BucketVersioning",
}


@pytest.fixture(scope="module")
def lab():
    with Account() as account:
        yield Lab(account)


def test_every_row_has_a_sample():
    assert sorted(SAMPLES) == sorted(ROWS)


@pytest.mark.parametrize("type", sorted(SAMPLES))
def test_what_was_sent_is_read_back(type, lab):
    for inputs in SAMPLES[type](lab):
        id, state, checked = lab.make(type, **inputs)
        found = lab.kinds.read(type, id, state, checked)
        assert found is not None
        assert found[1] == checked
        assert {word: found[0][word] for word in ROWS[type].outputs if word in state} == {
            word: state[word] for word in ROWS[type].outputs if word in state
        }
        # By what the journal keeps, which is all that a repair after a kill has.
        lab.kinds.delete(type, id, lab.journalled)
        if ROWS[type].delete is not None and type not in EMPTIED:
            assert lab.kinds.read(type, id, state, checked) is None
