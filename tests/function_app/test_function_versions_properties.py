"""Whatever the args about versions are: refused with a reason, or what AWS takes."""

import string

from hypothesis import given
from hypothesis import strategies as st

from platform_lib.app_args import RolloutStrategy
from platform_lib.checks import InvalidInput
from platform_lib.function_app.version_settings import version_settings

_WORD = string.ascii_letters + string.digits + "-_"
_COUNT = st.integers(-1, 4)
_SHORT = st.text(alphabet="019aZ-_.:$ é\n", max_size=4)


def judged(args, runtime="python3.13", storage_mib=512):
    try:
        return version_settings(args, runtime=runtime, storage_mib=storage_mib)
    except InvalidInput as problem:
        assert problem.field.partition(".")[0] in args
        return None


@given(_SHORT | st.text(alphabet=_WORD, min_size=120, max_size=135))
def test_an_alias_is_taken_where_aws_takes_it(alias):
    good = (
        1 <= len(alias) <= 128 and set(alias) <= set(_WORD) and not set(alias) <= set("0123456789")
    )
    assert (judged({"alias": alias}) is not None) == good


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "reserved_concurrency": _COUNT,
            "provisioned_concurrency": _COUNT,
            "provisioned_concurrency_maximum": _COUNT,
        },
    )
)
def test_what_is_kept_warm_fits_into_what_is_reserved(args):
    reserved = args.get("reserved_concurrency", 10**9)
    least = args.get("provisioned_concurrency")
    most = args.get("provisioned_concurrency_maximum", least)
    good = reserved >= 0 and (most is None if least is None else 1 <= least <= most <= reserved)
    assert (judged(args) is not None) == good


@given(
    st.sampled_from(RolloutStrategy),
    st.none() | st.integers(-1, 101),
    st.none() | st.sampled_from(["1", "42", "0", "01", "-1", "", "live", "$LATEST", "1.0", "٣"]),
    st.booleans(),
)
def test_weights_are_a_share_of_two_numbered_versions(strategy, percent, previous, warm):
    given_ = {"strategy": strategy, "percent": percent, "previous_version": previous}
    rollout = {word: value for word, value in given_.items() if value is not None}
    args = {"rollout": rollout, **({"provisioned_concurrency": 1} if warm else {})}
    found = judged(args)
    if strategy is RolloutStrategy.WEIGHTED:
        good = previous in ("1", "42") and 1 <= (10 if percent is None else percent) <= 99
        assert (found is not None) == (good and not warm)
        assert found is None or 0 < found.weight.percent / 100 < 1
    else:
        at_once = strategy in (RolloutStrategy.ROLLING, RolloutStrategy.ALL_AT_ONCE)
        assert (found is not None) == (at_once and percent is None and previous is None)
        assert found is None or found.weight is None


@given(
    st.sampled_from([
        *("python3.9", "python3.11", "java8.al2", "dotnet6", "nodejs22.x", "ruby3.4", None),
        *("provided.al2023", "python3.12", "python3.14", "java11", "java25", "dotnet8"),
        *("java17.al2023", "java8.al2023"),
    ]),
    st.sampled_from([512, 513, 10240]),
    st.booleans(),
)  # fmt: skip
def test_snapshots_are_for_what_aws_lists(runtime, storage_mib, warm):
    args = {"snap_start": True, **({"provisioned_concurrency": 1} if warm else {})}
    listed = ("python3.12", "python3.14", "java11", "java17.al2023", "java25", "dotnet8")
    good = runtime in listed and storage_mib == 512 and not warm
    assert (judged(args, runtime, storage_mib) is not None) == good
