"""(b) What a change of an input does: the provider's plan and the row say the same."""

import pytest
from changes import changes, more_of
from conftest import DONE, MET
from exceptions import DIFFERENT, OLDER, excused
from judge import Judge, checked
from plugin import RefusedError
from words import LostError, config_of, terraform_name, terraform_type

from platform_lib.local.provider import check
from platform_lib.local.provider.rows import ROWS
from platform_lib.local.provider.values import plain


@pytest.mark.parametrize("type", sorted(ROWS))
def test_a_change_does_here_what_the_provider_plans(type, provider, samples):
    row = ROWS[type]
    named = terraform_type(type, lambda name: provider.block(name) is not None)
    assert named, "the provider has no such type: see words.py"
    judge = Judge(provider, named)

    def config(inputs):
        return config_of(named, judge.block, plain(inputs))

    def optional(word):
        """Whether a program may leave an input out."""
        name = terraform_name(named, judge.block, word)
        if name in judge.block.attributes:
            return not judge.block.attributes[name].required
        return judge.block.blocks[name].least == 0

    wrong = {}
    for sample, words in given(samples(type), row, config, named, judge.block):
        for what, path, before, after in changes(sample, words):
            word = path.partition(".")[0]
            if (what != "changed" and not optional(word)) or (
                row.name and word == row.name.prefix
            ):
                continue
            old = checked(row, {}, before)
            try:
                new = checked(row, old, after)
                made = judge.made(config(old))
                verdict, changed = judge.verdict(made, config(new))
            except RefusedError:
                # Without the input, or with it, the configuration is none that could be applied.
                DONE["changes that cannot be planned"] += 1
                continue
            DONE["changes judged"] += 1
            change = check.diff(row, old, new)
            here = "replace" if change.replaces else "update" if change.changed else "nothing"
            unsaid = (
                what == "given"
                and verdict == "nothing"
                and after[word] in (False, 0, "")
                and word in row.keeps
            )
            if (
                here != verdict
                and not unsaid
                and not excused(type, what, path, provider.version, MET)
            ):
                wrong[what, path] = f"here {here}, the provider {verdict} ({', '.join(changed)})"
    assert not wrong, "".join(f"\n{what} {path}: {told}" for (what, path), told in wrong.items())


def given(found, row, config, named, block):
    """Give the samples without what this provider does not know, and one input more each time."""
    known = []
    for sample in found:
        ours = {"__defaults", *sample.get("__defaults", ())}
        bare = {}
        for word, value in sample.items():
            if word in ours:
                continue
            try:
                config({word: value})
            except LostError as problem:
                assert row is not None, problem
                DONE["inputs that this provider does not know"] += 1
                continue
            bare[word] = value
        known.append(bare)
    yield from ((sample, sorted(sample)) for sample in known)
    said = {word for sample in known for word in sample}
    for word, value in more_of(row, named, block):
        if word not in said:
            yield {**known[0], word: value}, [word]


def test_every_exception_is_met(provider):
    """Run after the others: an exception that nothing needs any more is to go."""
    if DONE["changes judged"] < 2000:
        pytest.skip("only some rows were judged")
    assert set(DIFFERENT) | (set(OLDER) if provider.version < (6,) else set()) == MET


@pytest.mark.parametrize("type", sorted(type for type, row in ROWS.items() if row.unset))
def test_a_rows_default_is_the_providers(type, provider, samples):
    row = ROWS[type]
    named = terraform_type(type, lambda name: provider.block(name) is not None)
    judge = Judge(provider, named)
    wrong = {}
    for word, value in row.unset.items():
        name = terraform_name(named, judge.block, word)
        # What a whole block is without a program's word is said in AWS's words.
        if value is None or name not in judge.block.attributes:
            continue
        for sample in samples(type):
            less = {key: item for key, item in sample.items() if key != word}
            try:
                before, after = (
                    config_of(named, judge.block, plain(one))
                    for one in (less, {**less, word: value})
                )
                verdict, changed = judge.verdict(judge.made(before), after)
            except (LostError, RefusedError):
                continue
            DONE["defaults judged"] += 1
            if verdict != "nothing":
                wrong[word] = f"here {value!r}, the provider {verdict} ({', '.join(changed)})"
    assert not wrong, "".join(f"\n{word}: {told}" for word, told in wrong.items())
