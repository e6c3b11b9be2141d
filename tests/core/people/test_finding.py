"""Finding patients by what is said at the desk."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from core.people.finding import MOST, find, patient_at
from core.people.found_by import keep_words, names_of, words_of
from core.people.models import NameTrace, Patient, PatientWord
from core.people.near import beginnings_of, is_near, traces_of
from core.people.wanted import Part, read_wanted
from core.testing import make_office

TODAY = date(2026, 11, 28)


def said(*parts) -> tuple[Part, ...]:
    """Parts from short forms: a name, a day, a span of days, words."""
    made = {str: lambda name: Part((name,), name=name), date: lambda day: Part(days=(day, day)), list: lambda words: Part(tuple(words))}
    return tuple(part if isinstance(part, Part) else made[type(part)](part) for part in parts)


BORN = date(1985, 4, 12)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("García", said("garcia")),
        ("Lopez, Ana", said("lopez", "ana")),
        ("O’Brien", said("obrien")),
        ("Li", said(["li"])),
        *((typed, said(BORN)) for typed in (
            "4/12/1985", "4/12/85", "04-12-1985", "1985-04-12", "1985/4/12", "April 12, 1985", "apr 12 1985", "12 April 1985", "12-Apr-85", "Apr. 12th, 1985", "4 12 1985")),
        ("4/12/26", said(date(2026, 4, 12))),
        ("13/4/1985", said(date(1985, 4, 13))),
        ("1985-04-12 vale", said(BORN, "vale")),
        ("april 12", said("april", ["12"])),
        ("04121985", said(Part(("04121985", "#58912140"), (BORN, BORN)))),
        ("19850412", said(Part(("19850412", "#21405891"), (BORN, BORN)))),
        ("elena 1984", said("elena", Part(("1984", "#4891"), (date(1984, 1, 1), date(1984, 12, 31))))),
        ("(303) 555-0112", said(["3035550112", "#2110555303"])),
        ("+1 303 555 0112", said(["3035550112", "#2110555303"])),
        ("555-0112", said(["5550112", "#2110555"])),
        ("0112", said(["0112", "#2110"])),
        ("112", said(["112"])),
        ("Ana@Example.COM", said(["@ana@example.com"])),
        ("SUN-1001", said(["sun1001"])),
        ("13/45/1985", said(["13451985", "#58915431"])),
        ("  ", ()),
        ("???", ()),
    ],
)  # fmt: skip
def test_what_was_typed_is_taken_apart(typed, wanted):
    assert read_wanted(typed, TODAY) == wanted


@given(st.text(max_size=150))
def test_whatever_is_typed_can_be_looked_for(typed):
    wanted = read_wanted(typed, TODAY)
    assert all(word and "\0" not in word for part in wanted for word in part.beginnings)
    assert Part() not in wanted


@given(
    st.dates(date(1900, 1, 1), TODAY),
    st.sampled_from(["%m/%d/%Y", "%Y-%m-%d", "%B %d, %Y", "%d %b %Y", "%m%d%Y", "%b-%d-%Y", "%m.%d.%Y", "%m %d %Y"]),
)
def test_a_birthdate_is_read_however_it_is_written(day, form):
    [part] = read_wanted(day.strftime(form), TODAY)
    assert part.days == (day, day)


FEW = st.text("abc", max_size=6)


def slow_distance(one: str, other: str) -> int:
    """How many letters are wrong, left out, too many or swapped, worked out the plain way."""
    if not one or not other:
        return len(one) + len(other)
    ways = [slow_distance(one[1:], other[1:]) + (one[0] != other[0]), slow_distance(one[1:], other) + 1, slow_distance(one, other[1:]) + 1]
    if one[:2] == other[1::-1] and len(one) > 1:
        ways.append(slow_distance(one[2:], other[2:]) + 1)
    return min(ways)


@settings(max_examples=200)
@given(FEW, FEW)
def test_near_is_at_most_one_slip(one, other):
    assert is_near(one, other) == is_near(other, one) == (slow_distance(one, other) <= 1)


def slips_of(name: str) -> set[str]:
    """Every name that is one slip apart."""
    halves = [(name[:place], name[place:]) for place in range(len(name) + 1)]
    many = {start + letter + end for start, end in halves for letter in "abc"}
    wrong = {start + letter + end[1:] for start, end in halves if end for letter in "abc"}
    few, swapped = {start + end[1:] for start, end in halves if end}, {start + end[1] + end[0] + end[2:] for start, end in halves if len(end) > 1}
    return many | wrong | few | swapped


@given(st.text("abc", min_size=3, max_size=9))
def test_a_name_with_any_slip_is_found_by_a_trace_of_the_right_one(name):
    for typed in (one for one in slips_of(name) if len(one) >= 3):
        assert is_near(typed, name)
        assert any(trace.startswith(tuple(beginnings_of(typed))) for trace in traces_of(name)), typed


@pytest.mark.parametrize("name", ["", "li", "a" * 41])
def test_what_is_too_short_or_too_long_leaves_no_trace(name):
    assert traces_of(name) == beginnings_of(name) == set()


NAMES = st.text(st.characters(exclude_categories=["Nd", "Cs"], exclude_characters="@"), max_size=20)


@given(NAMES, NAMES, NAMES)
def test_whoever_types_a_name_as_it_stands_in_the_chart_finds_it(first, last, preferred):
    patient = Patient(first_name=first, last_name=last, preferred_name=preferred, phone="", email="")
    for part in (part for name in (first, last, preferred) for part in read_wanted(name, TODAY) if not part.days):
        assert any(kept.startswith(word) for kept in words_of(patient) for word in part.beginnings), part


@pytest.fixture
def people(make):
    """Three who are easily mixed up."""
    return [
        make.patient(external_id="A-100", first_name="María José", last_name="García-López", birthdate=date(1985, 4, 12), phone="(303) 555-0112",
                     email="mj@example.test"),
        make.patient(external_id="A-200", first_name="Ana", last_name="Lopez", preferred_name="Nita", birthdate=date(1985, 4, 12), phone="916 555 0137",
                     email="Ana.Lopez@example.test"),
        make.patient(external_id="B-1", first_name="Otto", last_name="Garber", birthdate=date(1990, 1, 1), phone="", email=""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("gar", {"A-100", "B-1"}),
        ("LÓPEZ", {"A-100", "A-200"}),
        ("garcia lop", {"A-100"}),
        ("garcía-lópez", {"A-100"}),
        ("nita", {"A-200"}),
        ("jose", {"A-100"}),
        ("4/12/1985", {"A-100", "A-200"}),
        ("ana 1985-04-12", {"A-200"}),
        ("otto 1985-04-12", set()),
        ("303-555-0112", {"A-100"}),
        ("555 0137", {"A-200"}),
        ("0137", {"A-200"}),
        ("50137", {"A-200"}),
        ("1 916 555-0137", {"A-200"}),
        ("19165550137", {"A-200"}),
        ("916 555", {"A-200"}),
        ("jose 0112", {"A-100"}),
        ("ana 1985", {"A-200"}),
        ("april 12 1985 ana", {"A-200"}),
        ("1991", set()),
        ("ana.lopez@", {"A-200"}),
        ("ana.lopez", {"A-200"}),
        ("a-1", {"A-100"}),
        ("b-1", {"B-1"}),
        ("%", set()),
        ("_tto", set()),
        ("zz", set()),
    ],
)
def test_it_finds_who_fits(db, practice, people, typed, numbers):
    found = find(db, practice.id, read_wanted(typed, TODAY))
    assert {patient.external_id for patient in found.exact} == numbers
    assert not found.more


def test_a_chart_that_changes_is_found_by_what_it_says_now(db, practice, make):
    patient = make.patient(external_id="C-1", last_name="Before")
    make.take_in([{"kind": "patient", "external_id": "C-1", "first_name": patient.first_name, "last_name": "After", "clinic": "C1"}])
    assert not find(db, practice.id, read_wanted("before", TODAY)).patients
    assert not find(db, practice.id, read_wanted("befote", TODAY)).patients
    assert find(db, practice.id, read_wanted("after", TODAY)).exact
    assert find(db, practice.id, read_wanted("aftre", TODAY)).near
    assert not db.scalars(select(NameTrace).where(NameTrace.practice_id == practice.id, NameTrace.name == "before")).all()


def test_a_limit_to_clinics_holds_for_search_and_page(db, practice, make):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    here, there, nowhere = (make.patient(last_name="Quill", clinic=clinic) for clinic in ("C1", "C2", None))
    for typed in ("quill", "qiull"):
        assert [patient.id for patient in find(db, practice.id, read_wanted(typed, TODAY), {here.clinic_id}).patients] == [here.id]
    assert patient_at(db, practice.id, here.id, {here.clinic_id})
    assert not patient_at(db, practice.id, there.id, {here.clinic_id})
    assert not patient_at(db, practice.id, nowhere.id, {here.clinic_id})
    assert patient_at(db, practice.id, nowhere.id)


def test_another_practice_is_not_searched(db, practice, other_make):
    other = other_make.patient(last_name="Elsewhere")
    for typed in ("elsewhere", "elsewere"):
        assert not find(db, practice.id, read_wanted(typed, TODAY)).patients
    assert patient_at(db, practice.id, other.id) is None


def test_fifty_are_shown_and_that_there_are_more(db, practice, make):
    make.take_in(
        [{"kind": "patient", "external_id": f"M{number}", "first_name": "Many", "last_name": "More"} for number in range(MOST + 3)]
    )
    found = find(db, practice.id, read_wanted("many", TODAY))
    assert (len(found.exact), found.more) == (MOST, True)


def test_the_search_goes_through_the_index_behind_the_wall(db, practice, make):
    patient = make.patient(last_name="Indexed")
    db.execute(
        PatientWord.__table__.insert(),
        [{"practice_id": practice.id, "patient_id": patient.id, "word": f"w{number:05}"} for number in range(3000)],
    )
    db.commit()
    plan = "\n".join(db.scalars(text("explain select patient_id from patient_word where practice_id = :practice and word >= 'w0011' and word < 'w0011\U0010ffff'"),
                                {"practice": practice.id}))  # fmt: skip
    assert "ix_patient_word_practice_id_word_patient_id" in plan
    assert "word >= " in plan.partition("Index Cond")[2].partition("Filter")[0]


def test_nobody_is_written_down_twice(db, practice, make):
    patient = make.patient(first_name="Twin", last_name="Twin")
    words = db.scalars(select(PatientWord.word).where(PatientWord.practice_id == practice.id, PatientWord.patient_id == patient.id)).all()
    assert sorted(words) == sorted(set(words))
    assert "twin" in words


LETTERS = st.text("aeln", min_size=2, max_size=5)
CHARTS = st.lists(st.tuples(LETTERS, LETTERS, st.sampled_from(["", "303 555 0112", "555-0137"]), st.sampled_from(["", "a@example.test", "\t\"x\\{,}\"@b"])), min_size=1, max_size=6)


def all_found_by(session, practice_id) -> tuple[list, list]:
    """Every word and every trace of a practice."""
    words = select(PatientWord.patient_id, PatientWord.word).where(PatientWord.practice_id == practice_id)
    traces = select(NameTrace.name, NameTrace.trace).where(NameTrace.practice_id == practice_id)
    return tuple(sorted(tuple(row) for row in session.execute(rows)) for rows in (words, traces))


@settings(max_examples=15)
@given(CHARTS, CHARTS)
def test_charts_that_come_together_are_found_by_the_same_as_one_after_the_other(registry, charts, changed):
    office = make_office(registry)
    with office.session() as session:
        patients = [Patient(practice_id=office.id, first_name="", last_name="", phone="", email="") for _ in charts]
        session.add_all(patients)
        session.flush()
        ids = [one.id for one in patients]
        for values in (charts, [*changed, *charts][: len(charts)]):
            for patient, (first, last, phone, email) in zip(patients, values, strict=True):
                patient.first_name, patient.last_name, patient.phone, patient.email = first, last, phone, email
            session.flush()
            with session.begin_nested() as point:
                for patient_id in ids:
                    keep_words(session, [patient_id])
                apart = all_found_by(session, office.id)
                point.rollback()
            keep_words(session, ids)
            names = {name for patient in patients for name in names_of(patient)}
            assert all_found_by(session, office.id) == apart
            assert apart[0] == sorted((patient.id, word) for patient in patients for word in words_of(patient))
            assert apart[1] == sorted((name, trace) for name in names for trace in traces_of(name))
        session.rollback()


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("jonson", ["J-1"]), ("Jonhson", ["J-1"]), ("johnsonn", ["J-1"]), ("hohnson", ["J-1"]), ("johnson robret", ["J-1"]), ("robret johnson", ["J-1"]),
        ("Muller", []), ("Mueller", ["M-1"]), ("mulelr", ["M-1"]), ("robert jonson", ["J-1"]), ("jonsn", []), ("robert johnsen 1984", []),
        ("robert johnsen 1985", ["J-1"]), ("rb", []),
    ],
)  # fmt: skip
def test_a_name_with_a_slip_is_near(db, practice, make, typed, numbers):
    make.patient(external_id="J-1", first_name="Robert", last_name="Johnson")
    make.patient(external_id="M-1", first_name="Eva", last_name="Müller")
    found = find(db, practice.id, read_wanted(typed, TODAY))
    assert [patient.external_id for patient in found.near] == numbers
    assert not numbers or not found.exact


def test_the_word_as_it_was_typed_comes_before_a_longer_one_and_that_before_a_near_one(db, practice, make):
    for first, last in (("Aaron", "Leeds"), ("Zoe", "Lee"), ("Bo", "Leo"), ("Lee", "Abbot")):
        make.patient(first_name=first, last_name=last, email="", phone="")
    found = find(db, practice.id, read_wanted("lee", TODAY))
    assert [patient.last_name for patient in found.exact] == ["Abbot", "Lee", "Leeds"]
    assert [patient.last_name for patient in found.near] == ["Leo"]


PEOPLE = st.lists(st.tuples(LETTERS, LETTERS), min_size=1, max_size=9)


def slow_find(patients, names) -> tuple[set, set]:
    """Who fits and who is near, by looking at everybody."""
    exact = {one.id for one in patients if all(any(own.startswith(name) for own in names_of(one)) for name in names)}

    def near(own, name):
        return own.startswith(name) or (min(len(own), len(name)) >= 3 and slow_distance(own, name) <= 1)

    return exact, {one.id for one in patients if all(any(near(own, name) for own in names_of(one)) for name in names)} - exact


@settings(max_examples=15)
@given(PEOPLE, st.lists(st.tuples(LETTERS, LETTERS), min_size=6, max_size=6))
def test_it_finds_whom_a_look_at_everybody_finds(registry, people, questions):
    office = make_office(registry)
    with office.session() as session:
        patients = [Patient(practice_id=office.id, first_name=first, last_name=last) for first, last in people]
        session.add_all(patients)
        session.flush()
        keep_words(session, [one.id for one in patients])
        for names in (*questions, *((name[:-1] + "x", other) for name, other in people[:3])):
            found = find(session, office.id, read_wanted(" ".join(names), TODAY))
            exact, near = slow_find(patients, set(names))
            assert ({one.id for one in found.exact}, {one.id for one in found.near}) == (exact, near), names
        session.rollback()
