"""Schedule expressions: AWS's `cron(...)`, `rate(...)` and `at(...)`.

Pure functions: components check what they were given, and the local cloud asks when the next time
is due.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from platform_lib.records import record

# Not the calendar module's names, which follow the user's language.
_MONTHS: Final = dict(
    JAN=1, FEB=2, MAR=3, APR=4, MAY=5, JUN=6, JUL=7, AUG=8, SEP=9, OCT=10, NOV=11, DEC=12
)
_DAYS: Final = dict(SUN=1, MON=2, TUE=3, WED=4, THU=5, FRI=6, SAT=7)
_UNITS: Final[Mapping[str, int]] = {"minute": 60, "hour": 3600, "day": 86400}
_FIELDS: Final[Sequence[tuple[str, int, int, Mapping[str, int]]]] = (
    ("minutes", 0, 59, {}),
    ("hours", 0, 23, {}),
    ("day-of-month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day-of-week", 1, 7, _DAYS),
    ("year", 1970, 2199, {}),
)


@record
class Cron:
    """The times that a cron expression names.

    Attributes:
        minutes: Of an hour.
        hours: Of a day.
        months: 1 is January.
        years: Which ones.
        days: Of a month; None for any, as the days of the week say it.
        week_days: 1 is Sunday; None for any.
        last_day: Whether it is the last day of the month.
        nearest: The working day nearest to this day of the month.
        last_week_day: The last such day of the week in a month.
        nth_week_day: A day of the week, and which one of a month.
    """

    minutes: Sequence[int]
    hours: Sequence[int]
    months: Sequence[int]
    years: Sequence[int]
    days: Sequence[int] | None = None
    week_days: Sequence[int] | None = None
    last_day: bool = False
    nearest: int | None = None
    last_week_day: int | None = None
    nth_week_day: tuple[int, int] | None = None

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the times after one, in order. Neither has a time zone."""
        years = (year for year in self.years if year >= moment.year)
        for year, month in ((year, month) for year in years for month in self.months):
            if (year, month) < (moment.year, moment.month):
                continue
            for day in self._days_of(year, month):
                if day < moment.date():
                    continue
                for hour in self.hours:
                    for minute in self.minutes:
                        found = datetime.combine(day, time(hour, minute))
                        if found > moment:
                            yield found

    def _days_of(self, year: int, month: int) -> list[date]:
        length = calendar.monthrange(year, month)[1]
        every = [date(year, month, day) for day in range(1, length + 1)]
        if self.last_day:
            return every[-1:]
        if self.nearest is not None:
            return _nearest(every, self.nearest)
        if self.last_week_day is not None:
            return [each for each in every if _week_day(each) == self.last_week_day][-1:]
        if self.nth_week_day is not None:
            wanted, which = self.nth_week_day
            return [each for each in every if _week_day(each) == wanted][which - 1 : which]
        if self.days is not None:
            return [each for each in every if each.day in self.days]
        return [each for each in every if _week_day(each) in (self.week_days or ())]


def _week_day(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _nearest(month: Sequence[date], day: int) -> list[date]:
    """Return the working day that is nearest to a day, in the same month."""
    wanted = [each for each in month if each.day == day]
    working = [each for each in month if each.isoweekday() < 6]
    return [min(working, key=lambda each: abs(each - wanted[0]))] if wanted else []


def parse_cron(text: str) -> Cron:
    """Read what stands in `cron(...)`, such as `0 8 ? * MON-FRI *`.

    Raises:
        ValueError: It is none that AWS takes; the text says why, in words that follow "it".
    """
    if not re.fullmatch(r"[ -~]*", text):
        raise ValueError("may hold letters, digits, signs and spaces alone, and no line break")
    fields = text.upper().split()
    if len(fields) != len(_FIELDS):
        names = ", ".join(name for name, *_ in _FIELDS)
        raise ValueError(f"has {len(fields)} fields, AWS wants six: {names}")
    minutes, hours, day, month, week_day, year = fields
    if (day == "?") == (week_day == "?"):
        raise ValueError(
            f"has {day!r} for the day-of-month and {week_day!r} for the day-of-week: exactly one "
            "of the two must be '?'"
        )
    nearest: int | None = None
    last_week_day: int | None = None
    nth: tuple[int, int] | None = None
    days: Sequence[int] | None = None
    week_days: Sequence[int] | None = None
    if match := re.fullmatch(r"(\d+)W", day):
        [nearest] = _numbers(2, match[1])
    elif day not in ("L", "?"):
        days = _numbers(2, day)
    if week_day == "L":
        week_days = (7,)
    elif match := re.fullmatch(r"(\w+)L", week_day):
        [last_week_day] = _numbers(4, match[1])
    elif match := re.fullmatch(r"(\w+)#([1-5])", week_day):
        [wanted] = _numbers(4, match[1])
        nth = wanted, int(match[2])
    elif week_day != "?":
        week_days = _numbers(4, week_day)
    return Cron(
        minutes=_numbers(0, minutes),
        hours=_numbers(1, hours),
        months=_numbers(3, month),
        years=_numbers(5, year),
        days=days,
        week_days=week_days,
        last_day=day == "L",
        nearest=nearest,
        last_week_day=last_week_day,
        nth_week_day=nth,
    )


def _numbers(index: int, text: str) -> Sequence[int]:
    """Return the numbers that a field names, in order.

    A range that ends before it begins runs over the field's end, as in AWS's own example
    `0/30 20-2 ? * MON-FRI *`; a year has none. Fields are read each by itself, as Quartz does: on
    Saturday at 1:00 that example is not due. AWS shows it for hours; that it takes the other
    fields' too is read from Quartz, and not seen.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    name, low, high, names = _FIELDS[index]
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        if slash and name == "day-of-week":
            raise ValueError(f"has {part!r} for the day-of-week, where AWS takes no '/'")
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = low, high
        else:
            begin = _number(name, low, high, names, first)
            end = _number(name, low, high, names, last) if dash else begin
            end = high if slash and not dash else end
        count = high - low + 1
        if begin > end:
            if name == "year":
                raise ValueError(f"has {span!r} for the {name}, which ends before it begins")
            end += count
        pace = int(step) if re.fullmatch(r"[0-9]{1,4}", step) else 0
        if slash and not 0 < pace <= high:
            raise ValueError(f"has {part!r} for the {name}: after '/' comes a number up to {high}")
        found.update(low + (each - low) % count for each in range(begin, end + 1, pace or 1))
    return tuple(sorted(found))


def _number(name: str, low: int, high: int, names: Mapping[str, int], text: str) -> int:
    if text in names:
        return names[text]
    # A long row of digits is no number of a calendar, and costs time to read as one.
    if not re.fullmatch(r"[0-9]{1,4}", text) or not low <= int(text) <= high:
        words = f" or {next(iter(names))}-{list(names)[-1]}" if names else ""
        raise ValueError(f"has {text!r} for the {name}: AWS takes {low}-{high}{words}")
    return int(text)


def parse_rate(text: str) -> timedelta:
    """Read what stands in `rate(...)`, such as `5 minutes`.

    Raises:
        ValueError: It is none that AWS takes; the text says why, in words that follow "it".
    """
    match = re.fullmatch(r"(\d{1,8}) +(minute|hour|day)(s?)", text, re.ASCII)
    if match is None or int(match[1]) == 0:
        raise ValueError("is not a positive number of minutes, hours or days, such as '5 minutes'")
    value, unit, plural = int(match[1]), match[2], bool(match[3])
    if plural == (value == 1):
        right = unit if value == 1 else f"{unit}s"
        raise ValueError(f"has {unit + match[3]!r} after {value}: AWS wants {right!r}")
    return timedelta(seconds=value * _UNITS[unit])


def parse_at(text: str) -> datetime:
    """Read what stands in `at(...)`, such as `2027-01-31T08:00:00`; it has no time zone.

    Raises:
        ValueError: It is none that AWS takes; the text says why, in words that follow "it".
    """
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text, re.ASCII):
        raise ValueError("is not a time as yyyy-mm-ddThh:mm:ss, without a time zone")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError as error:
        raise ValueError(f"is not a time: {error}") from None


def next_after(expression: str, moment: datetime, time_zone: str = "UTC") -> datetime | None:
    """Return the first time after a moment at which a schedule is due; None when there is none.

    A rate counts from the moment. A time that the clock leaves out in spring is skipped, and one
    that it has twice in autumn is due once, as EventBridge Scheduler does.

    Args:
        expression: `cron(...)`, `rate(...)` or `at(...)`.
        moment: With a time zone.
        time_zone: In which cron and at are read.

    Raises:
        ValueError: The expression is none that AWS takes, or the time zone is not known here.
    """
    match = re.fullmatch(r"(cron|rate|at)\((.*)\)", expression, re.DOTALL)
    if match is None:
        raise ValueError("is neither cron(...) nor rate(...) nor at(...)")
    kind, text = match.groups()
    if kind == "rate":
        try:
            return moment.astimezone(UTC) + parse_rate(text)
        except OverflowError:
            return None
    zone = _zone(time_zone)
    if kind == "at":
        named = parse_at(text).replace(tzinfo=zone)
        # The first and the last day that there are may lie outside of time in UTC.
        try:
            due = named.astimezone(UTC)
        except OverflowError:
            return None
        return due if due > moment else None
    local = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    for each in parse_cron(text).after(local):
        due = each.replace(tzinfo=zone).astimezone(UTC)
        exists = due.astimezone(zone).replace(tzinfo=None) == each
        if exists and due > moment:
            return due
    return None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"has a time zone that is not known here: {name!r}") from None
