"""What `logs` reads: the lines of what runs, and what log groups hold besides."""

from types import SimpleNamespace

import pytest

from platform_lib.local.dataplane.last_lines import LastLines
from platform_lib.local.errors import LocalCloudError


def live(name, group, stream, lines, written=0):
    log = SimpleNamespace(
        group=group, stream=stream, tail=lambda count: lines[-count:], written=written
    )
    return name, log


def moto_group(**streams):
    events = {
        name: SimpleNamespace(events=[SimpleNamespace(timestamp=t, message=m) for t, m in each])
        for name, each in streams.items()
    }
    return SimpleNamespace(streams=events)


@pytest.fixture
def lines():
    return LastLines(
        [
            live("mail-6f3", "/aws/lambda/mail-6f3", "now", ["third", "fourth"]),
            live("web-a1", "/apps/web", "web", ["served"]),
        ],
        {"mail-6f3": "/aws/lambda/mail-6f3", "idle-9": "/aws/lambda/idle-9"},
        {
            "/aws/lambda/mail-6f3": moto_group(
                late=[(2, "second")], early=[(1, "fir\rst")], now=[(3, "third"), (4, "fourth")]
            ),
            "web-access-logs-77": moto_group(api=[(1, "GET /"), (2, "GET /notes")]),
        },
    )


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (["mail-6f3"], ["fir", "st", "second", "third", "fourth"]),
        (["mail"], ["fir", "st", "second", "third", "fourth"]),
        (["/aws/lambda/mail-6f3"], ["fir", "st", "second", "third", "fourth"]),
        (["/aws/lambda/mail", "mail"], ["fir", "st", "second", "third", "fourth"]),
        (["web-access-logs"], ["GET /", "GET /notes"]),
        (["web-access-logs-77"], ["GET /", "GET /notes"]),
        (["web-a1"], ["served"]),
        (["web"], ["GET /", "GET /notes", "served"]),
        (["idle"], []),
    ],
)
def test_each_line_is_read_once_whichever_name_is_given(lines, wanted, told):
    assert lines.read(wanted, 10) == told


def test_so_many_lines_of_each(lines):
    assert lines.read(["mail"], 1) == ["second", "fourth"]


def test_a_name_of_nobody_is_refused_with_those_that_are_there(lines):
    with pytest.raises(LocalCloudError) as refused:
        lines.read(["mail", "male"], 10)
    assert str(refused.value) == (
        "no app and no log group is called male: there are /apps/web, /aws/lambda/mail-6f3, idle-9, "
        "mail-6f3, web-a1, web-access-logs-77"
    )
    with pytest.raises(LocalCloudError, match="called mail: nothing is here yet"):
        LastLines([], {}, {}).read(["mail"], 1)


def test_who_wrote_last_stands_last():
    copies = [live("a", "", "1", ["new"], written=2), live("a", "", "2", ["old"], written=1)]
    assert LastLines(copies, {}, {}).read(["a"], 5) == ["old", "new"]


def test_several_logs_have_titles(lines):
    assert lines.read(["mail"], 1, titles=True) == ["second", "fourth"]
    assert lines.read(["mail", "web", "idle"], 1, titles=True) == [
        *("==> /aws/lambda/mail-6f3 <==", "second", "fourth"),
        *("==> web-access-logs-77 <==", "GET /notes"),
        *("==> web-a1 <==", "served"),
    ]
