"""Made-up practices for the search: small ones, with all that can be odd about them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from plugins.appointments.slots import Blockout, Book, Hours, Operatory, Rule, Taken, Wanted, minute_of

PLACES = [
    ("America/Denver", date(2027, 3, 13)),  # two o'clock is skipped on the 14th
    ("America/New_York", date(2027, 11, 6)),  # one o'clock comes twice on the 7th
    ("America/Santiago", date(2027, 9, 4)),  # there is no midnight on the 5th
    ("America/Santiago", date(2027, 4, 2)),  # eleven in the evening of the 3rd comes twice
    ("America/Havana", date(2027, 11, 6)),  # midnight of the 7th comes twice
    ("Australia/Lord_Howe", date(2027, 4, 3)),  # half an hour comes twice on the 4th
    ("Australia/Lord_Howe", date(2027, 10, 2)),
    ("Africa/Casablanca", date(2027, 2, 6)),
    ("Asia/Kathmandu", date(2027, 5, 3)),  # 5:45 ahead of UTC
    ("Pacific/Chatham", date(2027, 9, 25)),
    ("America/Phoenix", date(2028, 2, 28)),
]
CHAIRS, PROVIDERS, TYPES, BLOCKOUTS = ("o1", "o2", "o3"), ("p1", "p2", "p3"), ("t1", "t2"), ("b1", "b2")


def pieces(least, most):
    """Minutes that are whole pieces of five."""
    return st.integers(least, most).map(lambda piece: 5 * piece)


def some(values, most=3):
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


def rarely(value):
    return st.integers(0, 4).flatmap(lambda chance: st.just(()) if chance else st.tuples(value))


def blocks(names, longest):
    """The number of a day, minutes from midnight, a name, and operatories. Mostly about the hours at which clocks are changed."""
    begin = st.one_of(pieces(0, 47), pieces(0, 240), st.integers(0, 1400))
    length = st.one_of(pieces(1, longest // 5), st.integers(longest // 2, longest))
    fields = st.tuples(st.integers(0, 2), begin, length, st.sampled_from(names), some(CHAIRS))
    return fields.map(lambda block: (block[0], block[1], min(block[1] + block[2], 1440), *block[3:]))


PATTERNS = st.text("X/", min_size=1, max_size=12)
CODES = some(("D0140", "D2740", "D2799", "D2800"), 2)
RULES = st.lists(st.sampled_from([Rule("D2700", "D2799"), Rule("D2799", "D2800"), Rule("D0140", "D0140"), Rule("D9", "E")]), max_size=2)
CLINICS = st.sampled_from(["c1"] * 9 + [None])
SOMEBODY = st.sampled_from([*PROVIDERS, *PROVIDERS, None])
OPERATORIES = st.lists(
    st.tuples(st.integers(0, 2), SOMEBODY, SOMEBODY, st.booleans(), CLINICS, st.sampled_from([True] * 4 + [False]), st.sampled_from([TYPES, TYPES, TYPES[1:], ()])),
    min_size=1, max_size=3,
)  # fmt: skip
HOURS = st.lists(blocks(PROVIDERS, 600), min_size=2, max_size=7)
KEPT = st.lists(blocks(BLOCKOUTS, 200), max_size=3)
VISITS = st.lists(
    st.tuples(
        st.sampled_from([*CHAIRS, None, None, None]), SOMEBODY, st.one_of(pieces(-20, 240), st.integers(-100, 4400)), pieces(1, 24),
        st.one_of(st.just(""), PATTERNS), CODES,
    ),
    max_size=10,
)  # fmt: skip
SETTINGS = st.tuples(CLINICS, st.sampled_from([5, 10, 15]), some(BLOCKOUTS, 1), st.booleans(), rarely(st.integers(0, 2)), RULES)
PLACE = st.tuples(st.sampled_from(PLACES), st.integers(0, 2))
WISHES = st.fixed_dictionaries({
    "pattern": PATTERNS, "blockout_type_ids": some(BLOCKOUTS, 1).map(frozenset), "only_in_blockouts": st.sampled_from([False] * 9 + [True]),
    "provider_ids": st.sampled_from([None, None, frozenset({"p1"}), frozenset({"p2", "p3"})]), "back_to_back": st.booleans(),
    "codes": CODES,
})  # fmt: skip
KINDS = st.sampled_from([{"is_recall": True}, {"appointment_type_id": "t1"}, {}])
BOUNDS = st.one_of(st.none(), st.tuples(st.integers(-600, 1800), st.sampled_from([0, 0, 1]), st.integers(-1, 3), st.one_of(st.none(), st.integers(-1, 3))))
OWN = st.lists(st.tuples(st.integers(0, 1440), st.integers(5, 60)), max_size=1)


@st.composite
def books(draw):
    (name, first), more = draw(PLACE)
    zone, midnight = ZoneInfo(name), _midnight(first, name)
    clinic, increment, freely, prevents, closed, rules = draw(SETTINGS)

    def day(number: int) -> date:
        return first + timedelta(days=number)

    chairs = [Operatory(chair, *fields) for chair, fields in zip(CHAIRS, draw(OPERATORIES), strict=False)]
    hours = [Hours(day(number), *fields) for number, *fields in draw(HOURS)]
    kept = [Blockout(day(number), *fields) for number, *fields in draw(KEPT)]
    taken = [Taken(chair, provider, midnight + begins, *fields) for chair, provider, begins, *fields in draw(VISITS)]
    off = [day(number) for number in closed]
    return Book(zone, first, day(more), increment, clinic, chairs, hours, kept, taken, off, frozenset(freely), prevents, rules)


@st.composite
def wishes(draw, book):
    """A visit that is looked for in a book."""
    begin, last_on, bounds = _midnight(book.first, book.zone.key), book.last, draw(BOUNDS)
    window = {"earliest": _moment(begin - 1), "last_on": last_on}
    if bounds:
        minutes, seconds, last, first = bounds
        days = {"last_on": book.first + timedelta(days=last), "first_on": None if first is None else book.first + timedelta(days=first)}
        window = {"earliest": _moment(begin + minutes) + timedelta(seconds=seconds)} | days
    own = tuple((begin + minutes, length) for minutes, length in draw(OWN))
    return Wanted(own_visits=own, **window, **draw(KINDS), **draw(WISHES))


def _midnight(day: date, zone: str) -> int:
    return minute_of(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC))


def _moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
