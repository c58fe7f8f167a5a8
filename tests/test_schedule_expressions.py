from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_lib.schedule_expressions import next_after, parse_at, parse_cron, parse_rate


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(expression, moment, count=1, zone="UTC"):
    found, moment = [], at(moment)
    for _ in range(count):
        moment = next_after(expression, moment, zone)
        found.append(moment and moment.strftime("%Y-%m-%dT%H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "moment", "expected"),
    [
        ("cron(0 8 * * ? *)", "2026-11-24T08:00", ["2026-11-25T08:00", "2026-11-26T08:00"]),
        ("cron(0 8 * * ? *)", "2026-11-24T07:59:59", ["2026-11-24T08:00"]),
        ("cron(0/15 8-9 ? * MON-FRI *)", "2026-11-27T09:40", ["2026-11-27T09:45", "2026-11-30T08:00"]),
        ("cron(*/20 * * * ? *)", "2026-11-24T23:41", ["2026-11-25T00:00", "2026-11-25T00:20"]),
        ("cron(0 8-11/2 * * ? *)", "2026-11-24T09:00", ["2026-11-24T10:00", "2026-11-25T08:00"]),
        ("cron(5,35 14 1 * ? *)", "2026-12-01T14:05", ["2026-12-01T14:35", "2027-01-01T14:05"]),
        ("cron(0 0 L * ? *)", "2028-01-31T00:00", ["2028-02-29T00:00", "2028-03-31T00:00"]),
        ("cron(0 0 ? * L *)", "2026-11-24T00:00", ["2026-11-28T00:00"]),
        ("cron(15 10 ? * 6L 2026-2027)", "2026-11-24T00:00", ["2026-11-27T10:15", "2026-12-25T10:15"]),
        ("cron(0 10 ? * 3#2 *)", "2026-11-24T00:00", ["2026-12-08T10:00", "2027-01-12T10:00"]),
        ("cron(0 10 ? * TUE#5 *)", "2026-11-24T00:00", ["2026-12-29T10:00"]),
        # The 1st of August 2026 is a Saturday: the nearest working day of its month is the 3rd.
        ("cron(0 9 1W * ? *)", "2026-07-30T00:00", ["2026-08-03T09:00", "2026-09-01T09:00"]),
        ("cron(0 9 15W NOV ? *)", "2026-11-01T00:00", ["2026-11-16T09:00"]),
        ("cron(0 9 31W * ? *)", "2026-11-01T00:00", ["2026-12-31T09:00"]),
        ("cron(0 9 1 jan-mar ? *)", "2026-11-01T00:00", ["2027-01-01T09:00", "2027-02-01T09:00"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", "2026-11-27T22:30", ["2026-11-27T23:00", "2026-11-27T23:30", "2026-11-30T00:00"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", "2026-11-30T02:00", ["2026-11-30T02:30", "2026-11-30T20:00"]),
        ("cron(50-10/15 8 * * ? *)", "2026-11-24T08:00", ["2026-11-24T08:05", "2026-11-24T08:50", "2026-11-25T08:05"]),
        ("cron(0 22-3/2 * * ? *)", "2026-11-24T00:00", ["2026-11-24T02:00", "2026-11-24T22:00", "2026-11-25T00:00"]),
        ("cron(0 8 ? * FRI-MON *)", "2026-11-24T00:00", ["2026-11-27T08:00", "2026-11-28T08:00", "2026-11-29T08:00", "2026-11-30T08:00", "2026-12-04T08:00"]),
        ("cron(0 8 1 NOV-FEB ? *)", "2026-11-24T00:00", ["2026-12-01T08:00", "2027-01-01T08:00", "2027-02-01T08:00", "2027-11-01T08:00"]),
        ("cron(0 8 30-2 * ? *)", "2026-11-24T00:00", ["2026-11-30T08:00", "2026-12-01T08:00", "2026-12-02T08:00", "2026-12-30T08:00"]),
        ("at(0001-01-01T00:00:00)", "2026-11-24T09:00", [None]),
        ("cron(0 0 30 2 ? *)", "2026-11-24T00:00", [None]),
        ("cron(0 0 1 1 ? 2025)", "2026-11-24T00:00", [None]),
        ("rate(5 minutes)", "2026-11-24T00:00", ["2026-11-24T00:05", "2026-11-24T00:10"]),
        ("rate(1 day)", "2026-11-24T00:00", ["2026-11-25T00:00"]),
        ("rate(99999999 days)", "2026-11-24T00:00", [None]),
        ("at(2026-11-24T10:00:00)", "2026-11-24T09:00", ["2026-11-24T10:00"]),
        ("at(2026-11-24T10:00:00)", "2026-11-24T10:00", [None]),
    ],
)  # fmt: skip
def test_the_next_times_that_are_due(expression, moment, expected):
    assert due(expression, moment, len(expected)) == expected


def test_a_time_zone_and_its_summer_time():
    daily = "cron(30 2 * * ? *)"
    # In New York the clocks go from 2 to 3 on the 14th of March 2027: that day has no 2:30.
    assert due(daily, "2027-03-12T12:00", 3, "America/New_York") == [
        "2027-03-13T07:30",
        "2027-03-15T06:30",
        "2027-03-16T06:30",
    ]
    # On the 1st of November 2026 they go from 2 to 1: 1:30 comes twice, and is due once.
    assert due("cron(30 1 * * ? *)", "2026-10-31T12:00", 2, "America/New_York") == [
        "2026-11-01T05:30",
        "2026-11-02T06:30",
    ]
    assert due("cron(30 1 * * ? *)", "2026-11-01T06:10", 1, "America/New_York") == [
        "2026-11-02T06:30"
    ]
    assert due("at(2026-07-01T08:00:00)", "2026-01-01T00:00", 1, "Europe/Berlin") == [
        "2026-07-01T06:00"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0 8 * * ?", "has 5 fields"),
        ("0 8 * * * *", "exactly one"),
        ("0 8 ? * ? *", "exactly one"),
        ("0 8 1 * MON *", "exactly one"),
        ("60 8 * * ? *", "'60' for the minutes: AWS takes 0-59"),
        ("0 24 * * ? *", "'24' for the hours"),
        ("0 8 0 * ? *", "'0' for the day-of-month"),
        ("0 8 * 13 ? *", "'13' for the month: AWS takes 1-12 or JAN-DEC"),
        ("0 8 ? * 0 *", "'0' for the day-of-week: AWS takes 1-7 or SUN-SAT"),
        ("0 8 ? * MONDAY *", "'MONDAY' for the day-of-week"),
        ("0 8 * * ? 2200", "'2200' for the year"),
        ("0 8 ? * 2/2 *", "no '/'"),
        ("0 8 ? * 3#1,6#3 *", "'3#1' for the day-of-week"),
        ("0 8 ? * 3#6 *", "'3#6'"),
        ("0 8 LW * ? *", "'LW' for the day-of-month"),
        ("0 8 32W * ? *", "'32' for the day-of-month"),
        ("0/0 8 * * ? *", "a number up to 59"),
        ("0/60 8 * * ? *", "a number up to 59"),
        ("0/ 8 * * ? *", "a number up to 59"),
        ("0 8 * * ? 2030-2026", "ends before it begins"),
        (", 8 * * ? *", "'' for the minutes"),
        ("- 8 * * ? *", "'' for the minutes"),
        ("-5 8 * * ? *", "'' for the minutes"),
        ("٣ 8 * * ? *", "may hold letters, digits, signs and spaces alone"),
        ("0 8 ? * MON *\n", "no line break"),
        ("\t0 8 ? * MON *", "no line break"),
        ("0 8 ? * \u017fun *", "may hold letters"),
        ("?  8 * * ? *", "'?' for the minutes"),
    ],
)
def test_what_is_no_cron(text, told):
    with pytest.raises(ValueError, match=r".") as problem:
        parse_cron(text)
    assert told in str(problem.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("5 minute", "AWS wants 'minutes'"),
        ("1 minutes", "AWS wants 'minute'"),
        ("01 days", "AWS wants 'day'"),
        ("0 minutes", "positive"),
        ("-5 minutes", "positive"),
        ("5 weeks", "positive"),
        ("5", "positive"),
        ("1.5 hours", "positive"),
        ("5 minutes\n", "positive"),
    ],
)
def test_what_is_no_rate(text, told):
    with pytest.raises(ValueError, match=told):
        parse_rate(text)


@pytest.mark.parametrize(
    "text", ["2026-11-24", "2026-11-24T08:00:00Z", "2026-13-01T00:00:00", "2026-02-30T00:00:00"]
)
def test_what_is_no_time(text):
    with pytest.raises(ValueError, match="is no"):
        parse_at(text)


def test_the_first_day_there_is_lies_outside_of_time_east_of_greenwich():
    assert due("at(0001-01-01T00:00:00)", "2026-11-24T09:00", 1, "Asia/Tokyo") == [None]


@pytest.mark.parametrize(
    "zone", ["", "Nowhere", "Europe/Nowhere", "../etc/passwd", "Europe", "a\0"]
)
def test_a_time_zone_that_is_not_known(zone):
    with pytest.raises(ValueError, match="time zone that is not known"):
        next_after("cron(0 8 * * ? *)", at("2026-11-24T00:00"), zone)


@pytest.mark.parametrize("text", ["0 8 ? * MON *\n", "0 8 ? * MON\n*"])
def test_a_line_break_in_an_expression(text):
    with pytest.raises(ValueError, match="no line break"):
        next_after(f"cron({text})", at("2026-11-24T00:00"))


def walked(begin, end, low, high, step):
    """What a range names: from its begin round the field until its end, in steps."""
    found, each, left = set(), begin, (end - begin) % (high - low + 1)
    for gone in range(left + 1):
        if gone % step == 0:
            found.add(each)
        each = low if each == high else each + 1
    return tuple(sorted(found))


@given(st.data(), st.integers(1, 23))
def test_a_range_runs_round_its_field(data, step):
    for low, high, text, field in [
        (0, 59, "{} 8 * * ? *", "minutes"),
        (0, 23, "0 {} * * ? *", "hours"),
        (1, 31, "0 8 {} * ? *", "days"),
        (1, 12, "0 8 1 {} ? *", "months"),
        (1, 7, "0 8 ? * {} *", "week_days"),
    ]:
        begin, end = data.draw(st.integers(low, high)), data.draw(st.integers(low, high))
        pace = min(step, high) if field != "week_days" else 1
        span = f"{begin}-{end}/{pace}" if pace > 1 else f"{begin}-{end}"
        cron = parse_cron(text.format(span))
        assert getattr(cron, field) == walked(begin, end, low, high, pace)


def test_what_is_no_expression():
    with pytest.raises(ValueError, match="neither cron"):
        next_after("0 8 * * ? *", at("2026-11-24T00:00"))


NUMBERS = st.integers(-1, 70).map(str)
PARTS = st.one_of(
    st.just("*"),
    st.just("?"),
    NUMBERS,
    st.sampled_from(["L", "W", "5L", "3W", "2#3", "JAN", "MON-FRI", "2030", "2027-2031"]),
    st.builds("{}-{}".format, NUMBERS, NUMBERS),
    st.builds("{}/{}".format, st.one_of(st.just("*"), NUMBERS), NUMBERS),
    st.lists(NUMBERS, min_size=1, max_size=3).map(",".join),
)


SPACE = st.sampled_from(["", "\n", " ", "\r\n", "\0", "\u2003"])
GOOD = ["0 8 ? * MON *", "5 minutes", "2027-01-31T08:00:00"]


@given(
    st.one_of(st.text(), st.lists(PARTS, min_size=6, max_size=6).map(" ".join))
    | st.builds("{}{}{}".format, SPACE, st.sampled_from(GOOD), SPACE)
)
def test_any_text_is_an_expression_or_a_value_error(text):
    for kind, parse in (("cron", parse_cron), ("rate", parse_rate), ("at", parse_at)):
        try:
            parse(text)
        except ValueError as error:
            assert str(error)
            with pytest.raises(ValueError, match=r"."):
                next_after(f"{kind}({text})", at("2026-11-24T00:00"))
        else:
            # What a parser takes the clock takes.
            next_after(f"{kind}({text})", at("2026-11-24T00:00"))


VALID = st.tuples(
    st.sampled_from(["0", "59", "*", "0/7", "3-9/2", "1,30"]),
    st.sampled_from(["0", "23", "*", "8-17", "20-2", "22-5/3"]),
    st.sampled_from(
        ["* ? *", "L ? *", "15W ? *", "1-7 ? *", "? 2 MON", "? * 6L", "? * 2#1", "? 11-2 SAT-TUE"]
    ),
    st.sampled_from(["*", "2026-2035"]),
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2034, 12, 31), timezones=st.just(UTC))
ZONES = st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(VALID, MOMENTS, ZONES)
def test_what_is_due_is_later_named_by_the_expression_and_nothing_between_is(parts, moment, zone):
    minutes, hours, days, years = parts
    day, *rest = days.split()
    month, week_day = ("*", "?") if rest == ["?", "*"] else rest
    text = f"{minutes} {hours} {day} {month} {week_day} {years}"
    cron = parse_cron(text)
    found = next_after(f"cron({text})", moment, zone)
    assert found is not None
    assert found > moment
    local = found.astimezone(ZoneInfo(zone))
    assert (local.minute in cron.minutes, local.hour in cron.hours) == (True, True)
    assert (local.year in cron.years, local.month in cron.months) == (True, True)
    assert local.second == 0
    # Whatever lies between has no due time of its own: the answer is the same from there.
    between = moment + (found - moment) / 2
    assert next_after(f"cron({text})", between, zone) == found


@given(st.integers(1, 10_000), st.sampled_from(["minute", "hour", "day"]))
def test_a_rate_is_its_time(value, unit):
    text = f"{value} {unit}{'s' if value > 1 else ''}"
    assert parse_rate(text) == timedelta(**{f"{unit}s": value})
