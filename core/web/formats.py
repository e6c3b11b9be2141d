"""How amounts, moments and spans of time are written for people. The functions are plain; the template filters add the clinic's zone and now."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_currency, get_currency_precision
from jinja2 import pass_context
from markupsafe import Markup, escape

from core.web.parts import show_card
from core.web.prose import prose

LOCALE = "en_US"
_NEAR_DAYS = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}
_MINUTES_PER_HOUR = 60
_MONTHS_TOLD_UNTIL_YEARS = 2


@lru_cache(maxsize=8192)
def money(cents: int | None, currency: str = "USD") -> str:
    """An amount in the currency's smallest unit (cents) as "$1,234.50", less than nothing as "-$5.00"; nothing for None."""
    if cents is None:
        return ""
    return format_currency(Decimal(cents).scaleb(-get_currency_precision(currency)), currency, locale=LOCALE)


@lru_cache(maxsize=8192)
def name_of_day(day: date, today: date) -> str:
    """A day as "Today", "Tomorrow", "Yesterday", "Monday, December 7", or with the year when it is not this one."""
    near = _NEAR_DAYS.get((day - today).days)
    return near or format_date(day, "EEEE, MMMM d" if day.year == today.year else "EEEE, MMMM d, y", locale=LOCALE)


@lru_cache(maxsize=2048)
def name_of_time(moment: time) -> str:
    """The time as "9:20 AM"."""
    # Newer locale data puts a narrow space here, which mail programs and screen readers stumble over.
    return format_time(moment, "short", locale=LOCALE).replace("\u202f", " ")


def day_of(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """The day of a moment as a clinic in this zone calls it. Both moments are aware; a naive one raises ValueError."""
    return name_of_day(_local(moment, zone).date(), _local(now, zone).date())


def time_of(moment: datetime, zone: ZoneInfo) -> str:
    """The time of day on the clinic's clock."""
    return name_of_time(_local(moment, zone).time().replace(second=0, microsecond=0))


def moment_of(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Day and time as "Tomorrow at 9:20 AM"."""
    return f"{day_of(moment, now, zone)} at {time_of(moment, zone)}"


def as_of_moment(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """From when something is: "As of 10:42 AM" today, else "As of yesterday at 10:42 AM"."""
    day = day_of(moment, now, zone)
    near = "" if day == _NEAR_DAYS[0] else f"{day.lower() if day in _NEAR_DAYS.values() else day} at "
    return f"As of {near}{time_of(moment, zone)}"


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be shown")
    return moment.astimezone(zone)


@lru_cache(maxsize=8192)
def long_day(day: date) -> str:
    """A date as "December 7, 2026"."""
    return format_date(day, "MMMM d, y", locale=LOCALE)


@lru_cache(maxsize=1024)
def duration(minutes: int | None) -> str:
    """A length in minutes as "50 minutes" or "1 hour 30 minutes"; nothing for None."""
    if minutes is None:
        return ""
    hours, rest = divmod(minutes, _MINUTES_PER_HOUR)
    words = [_count(hours, "hour")] if hours else []
    return " ".join(words + ([_count(rest, "minute")] if rest or not words else []))


def age_on(birthdate: date | None, today: date) -> str:
    """An age as "34 years"; in months under two years and "newborn" in the first; nothing when the birthdate is not known or still to come.

    Who was born on February 29 has the birthday on March 1 in other years.
    """
    if birthdate is None or birthdate > today:
        return ""
    months = (today.year - birthdate.year) * 12 + today.month - birthdate.month - (today.day < birthdate.day)
    if months == 0:
        return "newborn"
    return _count(months // 12, "year") if months >= _MONTHS_TOLD_UNTIL_YEARS * 12 else _count(months, "month")


def greeting_at(moment: datetime, zone: ZoneInfo) -> str:
    """What one says at this time of day."""
    hour = _local(moment, zone).hour
    return "Good morning" if 4 <= hour < 12 else "Good afternoon" if 12 <= hour < 18 else "Good evening"


def initials(name: str) -> str:
    """The first letters of the first and the last name, for a person's circle; what stands in brackets is no name."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


def phone_link(phone: str) -> str:
    """A telephone number as a `tel:` address; numbers without a country get the one of the United States."""
    digits = "".join(character for character in phone if character.isdigit())
    if phone.strip().startswith("+"):
        return f"tel:+{digits}"
    return f"tel:+1{digits}" if len(digits) == 10 else f"tel:{digits}"


def file_size(size: int) -> str:
    """Bytes as "94 KB", "1.2 MB" or "5 GB"."""
    if size < 1024**2:
        return f"{max(min(size, 1), round(size / 1024)):,} KB"
    number, unit = (size / 1024**2, "MB") if size < 1024**3 else (size / 1024**3, "GB")
    return f"{number:,.1f}".removesuffix(".0") + f" {unit}"


def breakable_email(address: str) -> Markup:
    """An e-mail address that a narrow line breaks behind the @, not before its last letter."""
    name, at, domain = address.rpartition("@")
    return Markup("{}{}<wbr>{}").format(name, at, domain) if at else escape(address)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _zone(context) -> ZoneInfo:
    tenant = context.get("tenant")
    return tenant.time_zone if tenant else ZoneInfo("UTC")


def _now(context) -> datetime:
    request = context.get("request")
    return request.now if request is not None else datetime.now(UTC)


@pass_context
def friendly_day(context, moment: datetime | date | None) -> str:
    """Template filter: the day of a moment, or a date, near days by name."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        return day_of(moment, _now(context), _zone(context))
    return name_of_day(moment, _local(_now(context), _zone(context)).date())


@pass_context
def friendly_time(context, moment: datetime | None) -> str:
    """Template filter: the time on the clinic's clock."""
    return time_of(moment, _zone(context)) if moment else ""


@pass_context
def friendly_moment(context, moment: datetime | None) -> str:
    """Template filter: day and time."""
    return moment_of(moment, _now(context), _zone(context)) if moment else ""


def within(words: str) -> str:
    """Template filter: a day or a moment in the middle of a sentence, "today at 10:42 AM"."""
    return words[:1].lower() + words[1:] if words.partition(" ")[0] in _NEAR_DAYS.values() else words


@pass_context
def as_of(context, moment: datetime | None) -> str:
    """Template filter: from when something is."""
    return as_of_moment(moment, _now(context), _zone(context)) if moment else ""


@pass_context
def long_date(context, moment: datetime | date | None) -> str:
    """Template filter: "December 7, 2026", of a date or of a moment in the clinic's zone."""
    if moment is None:
        return ""
    return long_day(_local(moment, _zone(context)).date() if isinstance(moment, datetime) else moment)


@pass_context
def weekday_date(context, moment: datetime) -> str:
    """Template filter: "Monday, December 7"."""
    return format_date(_local(moment, _zone(context)).date(), "EEEE, MMMM d", locale=LOCALE)


@pass_context
def weekday(context, moment: datetime) -> int:
    """Template filter: the day of the week, Monday is 0."""
    return _local(moment, _zone(context)).weekday()


@pass_context
def age(context, birthdate: date | None) -> str:
    """Template filter: how old a person is today."""
    return age_on(birthdate, _local(_now(context), _zone(context)).date())


@pass_context
def greeting(context, moment: datetime) -> str:
    """Template filter: what one says at this moment in the clinic's zone."""
    return greeting_at(moment, _zone(context))


FILTERS = {
    "age": age,
    "as_of": as_of,
    "clock": name_of_time,
    "duration": duration,
    "friendly_day": friendly_day,
    "friendly_moment": friendly_moment,
    "friendly_time": friendly_time,
    "within": within,
    "greeting": greeting,
    "initials": initials,
    "long_date": long_date,
    "long_day": long_day,
    "money": money,
    "breakable_email": breakable_email,
    "phone_link": phone_link,
    "prose": prose,
    "file_size": file_size,
    "show_card": show_card,
    "weekday": weekday,
    "weekday_date": weekday_date,
}
"""The filters of every template. `money`, `duration`, `initials` and `phone_link` work without a request too."""
