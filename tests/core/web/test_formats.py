from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web import formats

DENVER = ZoneInfo("America/Denver")
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # Monday, 10 in the morning in Denver
MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 12, 31), timezones=st.just(UTC))
ZONES = st.sampled_from([DENVER, NEW_YORK, ZoneInfo("America/Phoenix"), ZoneInfo("Pacific/Honolulu"), UTC])


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 23, 21, 0, tzinfo=UTC), "Today at 2:00 PM"),
        (datetime(2026, 11, 24, 16, 20, tzinfo=UTC), "Tomorrow at 9:20 AM"),
        (datetime(2026, 11, 22, 19, 0, tzinfo=UTC), "Yesterday at 12:00 PM"),
        (datetime(2026, 12, 7, 16, 20, tzinfo=UTC), "Monday, December 7 at 9:20 AM"),
        (datetime(2027, 1, 7, 16, 20, tzinfo=UTC), "Thursday, January 7, 2027 at 9:20 AM"),
        (datetime(2025, 12, 1, 7, 5, tzinfo=UTC), "Monday, December 1, 2025 at 12:05 AM"),
    ],
)
def test_a_moment_is_told_as_people_say_it(moment, words):
    assert formats.moment_of(moment, NOW, DENVER) == words


def test_the_day_is_the_clinics_not_the_servers():
    late = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
    assert formats.moment_of(late, NOW, DENVER) == "Today at 11:30 PM"
    assert formats.moment_of(late, NOW, NEW_YORK) == "Tomorrow at 1:30 AM"


def test_a_day_of_23_hours_is_still_one_day():
    before = datetime(2026, 3, 7, 20, 0, tzinfo=UTC)
    assert formats.moment_of(datetime(2026, 3, 8, 19, 0, tzinfo=UTC), before, DENVER) == "Tomorrow at 1:00 PM"
    assert formats.moment_of(datetime(2026, 3, 9, 5, 59, tzinfo=UTC), before, DENVER) == "Tomorrow at 11:59 PM"
    assert formats.moment_of(datetime(2026, 3, 9, 6, 0, tzinfo=UTC), before, DENVER) == "Monday, March 9 at 12:00 AM"


def test_the_hour_that_comes_twice_reads_the_same_both_times():
    before = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
    first, second = (datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (7, 8))
    assert formats.moment_of(first, before, DENVER) == formats.moment_of(second, before, DENVER) == "Today at 1:30 AM"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        formats.moment_of(datetime(2026, 11, 23, 9), NOW, DENVER)


@given(MOMENTS, MOMENTS, ZONES)
def test_only_the_day_itself_and_its_neighbors_have_names(moment, now, zone):
    words = formats.day_of(moment, now, zone)
    apart = (moment.astimezone(zone).date() - now.astimezone(zone).date()).days
    assert (words in {"Today", "Tomorrow", "Yesterday"}) == (abs(apart) <= 1)


@given(MOMENTS, MOMENTS, ZONES)
def test_the_year_stands_exactly_when_it_is_another(moment, now, zone):
    words = formats.day_of(moment, now, zone)
    local, today = moment.astimezone(zone), now.astimezone(zone)
    if words not in {"Today", "Tomorrow", "Yesterday"}:
        assert (str(local.year) in words) == (local.year != today.year)


@given(MOMENTS, ZONES)
def test_a_time_can_be_read_back_to_the_minute(moment, zone):
    words = formats.time_of(moment, zone)
    local = moment.astimezone(zone)
    assert datetime.strptime(words, "%I:%M %p").time() == time(local.hour, local.minute)  # noqa: DTZ007
    assert words.isascii()


@pytest.mark.parametrize(
    ("cents", "words"),
    [(0, "$0.00"), (5, "$0.05"), (123450, "$1,234.50"), (-5000, "-$50.00"), (10**12, "$10,000,000,000.00"), (None, "")],
)
def test_an_amount_is_written_with_its_cents(cents, words):
    assert formats.money(cents) == words


def test_an_amount_in_a_currency_without_cents():
    assert formats.money(1200, "JPY") == "¥1,200"


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_no_cent_is_lost_in_writing(cents):
    assert int("".join(sign for sign in formats.money(cents) if sign.isdigit() or sign == "-")) == cents


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (50, "50 minutes"), (1, "1 minute"), (0, "0 minutes"), (60, "1 hour"), (90, "1 hour 30 minutes"), (121, "2 hours 1 minute"), (None, ""),
    ],
)  # fmt: skip
def test_a_length_is_told_in_hours_and_minutes(minutes, words):
    assert formats.duration(minutes) == words


@pytest.mark.parametrize(
    ("born", "today", "words"),
    [
        (date(1992, 3, 4), date(2026, 3, 3), "33 years"),
        (date(1992, 3, 4), date(2026, 3, 4), "34 years"),
        (date(2024, 11, 24), date(2026, 11, 23), "23 months"),
        (date(2024, 11, 23), date(2026, 11, 23), "2 years"),
        (date(2026, 10, 23), date(2026, 11, 23), "1 month"),
        (date(2026, 11, 1), date(2026, 11, 23), "newborn"),
        (date(2004, 2, 29), date(2026, 2, 28), "21 years"),
        (date(2004, 2, 29), date(2026, 3, 1), "22 years"),
        (date(2027, 1, 1), date(2026, 11, 23), ""),
        (None, date(2026, 11, 23), ""),
    ],
)
def test_an_age_counts_birthdays(born, today, words):
    assert formats.age_on(born, today) == words


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 1, 1)), st.integers(0, 40000))
def test_nobody_grows_younger(born, days):
    def months(today):
        words = formats.age_on(born, today).split()
        return 0 if words == ["newborn"] else int(words[0]) * (12 if words[1].startswith("year") else 1)

    assert months(born + timedelta(days)) <= months(born + timedelta(days + 1))


@pytest.mark.parametrize(
    ("hour", "words"), [(3, "evening"), (4, "morning"), (11, "morning"), (12, "afternoon"), (17, "afternoon"), (18, "evening")]
)
def test_the_greeting_follows_the_clinics_clock(hour, words):
    moment = datetime(2026, 11, 23, hour, 30, tzinfo=DENVER)
    assert formats.greeting_at(moment.astimezone(UTC), DENVER) == f"Good {words}"


@pytest.mark.parametrize(
    ("name", "letters"), [("Mia Rivera", "MR"), ("Ana Maria de la Cruz", "AC"), ("Cher", "C"), ("", ""), ("  zoë  Ångström ", "ZÅ"), ("Ann Ode (Cuspid)", "AO"), ("(…)", "")]
)
def test_initials_are_of_the_first_and_the_last_name(name, letters):
    assert formats.initials(name) == letters


@pytest.mark.parametrize(
    ("written", "link"),
    [("(503) 555-0142", "tel:+15035550142"), ("+44 20 7946 0000", "tel:+442079460000"), ("1-503-555-0142", "tel:15035550142")],
)
def test_a_telephone_number_can_be_called(written, link):
    assert formats.phone_link(written) == link


@pytest.mark.parametrize(
    ("address", "shown"),
    [("ann@example.test", "ann@<wbr>example.test"), ('"a@b"@example.test', "&#34;a@b&#34;@<wbr>example.test"), ("None", "None"), ("", ""), ("<b>@x", "&lt;b&gt;@<wbr>x")],
)
def test_an_e_mail_address_breaks_behind_the_at_and_holds_no_markup(address, shown):
    assert formats.breakable_email(address) == shown


@pytest.fixture
def render():
    environment = jinja2.Environment(autoescape=True)
    environment.filters.update(formats.FILTERS)
    known = {"request": SimpleNamespace(now=NOW), "tenant": SimpleNamespace(time_zone=DENVER)}
    return lambda text, **values: environment.from_string(text).render(**known, **values)


def test_filters_take_zone_and_now_from_the_page(render):
    at = datetime(2026, 11, 24, 16, 20, tzinfo=UTC)
    assert render("{{ at|friendly_moment }}, {{ 50|duration }}", at=at) == "Tomorrow at 9:20 AM, 50 minutes"
    assert render("until {{ at|friendly_moment|within }}", at=at) == "until tomorrow at 9:20 AM"
    assert render("until {{ at|friendly_day|within }}", at=at + timedelta(days=400)) == "until Wednesday, December 29, 2027"
    assert render("{{ at|friendly_day }} / {{ at|friendly_time }} / {{ at|long_date }}", at=at) == "Tomorrow / 9:20 AM / November 24, 2026"
    assert render("{{ day|friendly_day }} / {{ day|long_date }} / {{ day|age }}", day=date(1990, 11, 23)) == (
        "Friday, November 23, 1990 / November 23, 1990 / 36 years"
    )


def test_filters_write_nothing_for_what_is_not_known(render):
    names = ("friendly_day", "friendly_time", "friendly_moment", "long_date", "age", "money", "duration")
    assert render("".join(f"{{{{ none|{name} }}}}" for name in names)) == ""


def test_a_page_of_no_practice_still_tells_the_time():
    assert formats.friendly_time({"tenant": None}, datetime(2026, 11, 23, 17, 0, tzinfo=UTC)) == "5:00 PM"
