"""For every row: what it sent is what its read gives back, or it is listed as dropped."""

import pytest
from rows_samples import MORE, SAMPLES, UNSAMPLED
from test_rows_args import properties, sdk_args

from platform_lib.local.provider.rows import ROWS

# What is a property of something else in AWS: a delete empties it, and it stays.
EMPTIED = {
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:s3/bucketNotification:BucketNotification",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:sns/topicPolicy:TopicPolicy",
}


def samples(type, lab):
    return [*SAMPLES[type](lab), *(MORE[type](lab) if type in MORE else ())]


def test_every_row_has_a_sample():
    assert sorted(SAMPLES) == sorted(ROWS)


@pytest.mark.parametrize("type", sorted(SAMPLES))
def test_what_was_sent_is_read_back(type, lab):
    for inputs in samples(type, lab):
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
        # What somebody else deleted is no hindrance.
        lab.kinds.delete(type, id, lab.journalled)


@pytest.mark.parametrize("type", sorted(SAMPLES))
def test_what_no_sample_sends_is_listed(type, lab):
    row = ROWS[type]
    spoken = {*row.ignored, *row.refused, *row.dropped, "region"}
    if row.name:
        spoken |= {row.name.input, row.name.prefix}
    sent = set().union(*samples(type, lab))
    every = {word for word, _ in properties(sdk_args(type))}
    assert sorted(every - spoken - sent) == list(UNSAMPLED.get(type, ()))
