"""Setting the book up: what the office enters by itself, and what of a system's rows it may set."""

import pytest
from sqlalchemy import select

from core.db import bind_tenant
from plugins.appointments.models import AppointmentRule, AppointmentType, BlockoutType, ConfirmationStatus, Operatory, RecallType

PATH = "/office/appointments/set-up"


@pytest.fixture
def rows(db, practice):
    def found(model):
        db.expire_all()
        bind_tenant(db, practice.id)
        return list(db.scalars(select(model).where(model.practice_id == practice.id).order_by(*([model.position] if hasattr(model, "position") else []), model.name)))

    return found


@pytest.fixture
def app(office):
    return office()


def _add(app, kind: str, status=303, parts=(), **fields):
    form = app.get(f"{PATH}/{kind}/new").forms["setup"]
    for name, value in fields.items():
        form[name] = value
    for number, (minutes, whose) in enumerate(parts):
        form.set("part_minutes", minutes, index=number)
        form.set("part_whose", whose, index=number)
    return form.submit(status=status)


def test_a_practice_without_a_system_enters_everything_by_itself(app, rows, practice):
    _add(app, "blockout-type", name="Emergencies")
    blockout = rows(BlockoutType)[0]
    _add(app, "type", name="Limited exam", words="Something hurts", parts=[("10", "/"), ("20", "X")], procedures="D0140 Look at one problem", min_age="3", max_age="90",
         forms="Health history https://example.com/form", blockout_type_ids=[str(blockout.id)])  # fmt: skip
    made = rows(AppointmentType)[0]
    assert (made.pattern, made.words, made.for_existing, made.for_new, made.min_age) == ("//XXXX", "Something hurts", True, False, 3)
    assert made.procedures == [{"code": "D0140", "words": "Look at one problem"}]
    assert made.forms == [{"title": "Health history", "address": "https://example.com/form"}]
    assert made.blockout_type_ids == [blockout.id]
    assert "is offered to patients, but no operatory takes it" in app.get(PATH)
    _add(app, "operatory", name="Room 1", abbreviation="R1", provider_id=str(practice.provider_id), appointment_type_ids=[str(made.id)])
    chair = rows(Operatory)[0]
    assert (chair.clinic_id, chair.appointment_type_ids, chair.external_id) == (practice.clinic_id, [made.id], None)
    _add(app, "recall-type", name="Prophy", words="Cleaning", special="prophy", interval_months="6", parts=[("50", "X")])
    assert rows(RecallType)[0].pattern == "X" * 10
    page = app.get(PATH)
    assert "no operatory takes it" not in page
    assert "No operatory takes recall visits" in page
    changed = app.get(f"{PATH}/type/{made.id}").forms["setup"]
    assert changed["procedures"].value == "D0140 Look at one problem"
    changed["words"] = ""
    assert "The appointment type is saved." in changed.submit(status=303).follow()
    assert rows(AppointmentType)[0].own == []


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"name": ""}, "Fill in the name."),
        ({"name": "A" * 61}, "Shorten the name to at most 60 characters."),
        ({"parts": [("12", "X")]}, "Type the minutes of part 1 in steps of five, such as 10."),
        ({"procedures": "D0140"}, "Write after D0140 what it is in plain words"),
        ({"forms": "My form"}, "End the line “My form” with the address of the form"),
        ({"min_age": "20", "max_age": "10"}, "The oldest age cannot be less than the youngest."),
        ({"min_age": "old"}, "Type the youngest age as a number"),
        ({"max_age": "200"}, "The oldest age must be at most 150."),
    ],
)
def test_what_makes_no_type_is_refused_in_its_own_words_and_nothing_typed_is_lost(app, rows, fields, words):
    typed = {"name": "Exam \N{RIGHT-TO-LEFT MARK}😀", "bring": "Your card"} | fields
    refused = _add(app, "type", status=422, **typed)
    assert words in refused
    form = refused.forms["setup"]
    assert form["bring"].value == "Your card"
    assert "parts" not in fields or form.fields["part_minutes"][0].value == "12"
    assert rows(AppointmentType) == []


def test_a_systems_row_keeps_what_the_office_set_and_the_rest_is_read_only(app, chairs, rows, make):
    exam, chair = rows(AppointmentType)[0], rows(Operatory)[0]
    page = app.get(f"{PATH}/type/{exam.id}")
    assert "Your practice system sends this appointment type, with its length of 30 minutes" in page
    form = page.forms["setup"]
    assert "name" not in form.fields
    assert "part_minutes" not in form.fields
    form["words"], form["for_new"] = "It hurts", True
    form.submit(status=303)
    at_chair = app.get(f"{PATH}/operatory/{chair.id}").forms["setup"]
    at_chair["takes_recalls"] = True
    at_chair.submit(status=303)
    make.take_in([{"kind": "appointment_type", "external_id": "T1", "name": "Exam, limited", "words": "Something hurts", "pattern": "/XX/"}])
    exam = rows(AppointmentType)[0]
    assert (exam.name, exam.words, exam.for_new, exam.pattern) == ("Exam, limited", "It hurts", True, "/XX/")
    assert rows(Operatory)[0].takes_recalls
    assert f"{PATH}/type/new" not in app.get(PATH)


def test_appointment_rules_are_added_and_those_of_the_system_switched_off_for_good(app, rows, make):
    assert "Write the number of a procedure" in _add(app, "rule", status=422, name="Crowns", first_code="D27/40", last_code="D2799")
    assert "cannot come before the first" in _add(app, "rule", status=422, name="Crowns", first_code="D2799", last_code="d2700")
    _add(app, "rule", name="Crowns", first_code="d2700", last_code="D2799")
    [made] = rows(AppointmentRule)
    assert (made.first_code, made.last_code, made.is_enabled) == ("D2700", "D2799", True)
    page = app.get(PATH)
    assert "D2700 to D2799" in page
    assert "Patients never book over a visit here, whatever these rules say" in page
    bridges = {"kind": "appointment_rule", "external_id": "A1", "name": "Bridges", "first_code": "D6000", "last_code": "D6999"}
    make.take_in([bridges])
    sent = next(one for one in rows(AppointmentRule) if one.external_id)
    form = app.get(f"{PATH}/rule/{sent.id}").forms["setup"]
    assert "first_code" not in form.fields
    form["is_enabled"] = False
    form.submit(status=303)
    make.take_in([bridges | {"name": "All bridges"}])
    assert [(one.name, one.is_enabled) for one in rows(AppointmentRule) if one.external_id] == [("All bridges", False)]


def test_rows_are_put_in_order_by_buttons_and_by_drag(app, rows):
    for name in ("One", "Two", "Three"):
        _add(app, "operatory", name=name)
    last = rows(Operatory)[2]
    app.get(PATH).forms[f"move-{last.id}"].submit("way", index=0, status=303)
    assert [one.name for one in rows(Operatory)] == ["One", "Three", "Two"]
    token = app.get(PATH).forms["order-operatory"]["csrf_token"].value
    ids = [str(one.id) for one in reversed(rows(Operatory))]
    app.post(f"{PATH}/order", {"csrf_token": token, "kind": "operatory", "row": [*ids, "nonsense"]}, status=303)
    assert [one.name for one in rows(Operatory)] == ["Two", "Three", "One"]


def test_each_meaning_has_one_confirmation_status(app, rows):
    _add(app, "status", name="Said yes", meaning="accepted")
    _add(app, "status", name="Confirmed", meaning="accepted", sends_reminder=True)
    assert {one.name: (one.meaning, one.sends_reminder) for one in rows(ConfirmationStatus)} == {"Said yes": ("", False), "Confirmed": ("accepted", True)}


def test_a_status_says_who_is_here_and_which_messages_go_out(app, rows):
    _add(app, "status", name="Waiting room", meaning="arrived", sends_new_thanks=True)
    [one] = rows(ConfirmationStatus)
    assert (one.meaning, one.sends_new_thanks, one.sends_arrival) == ("arrived", True, False)
    assert "The patient says to be here" in app.get(PATH)


def test_what_holds_for_every_clinic_is_not_changed_by_somebody_of_one(office, chairs, rows, practice):
    app = office(clinic_ids=(practice.clinic_id,))
    app.get(f"{PATH}/type/{rows(AppointmentType)[0].id}", status=404)
    app.get(f"{PATH}/operatory/{rows(Operatory)[0].id}")
    form = app.get(f"{PATH}/operatory/new").forms["setup"]
    form["name"] = "Mine"
    form["clinic_id"].force_value("")
    assert "Choose the clinic from the list." in form.submit(status=422)
    assert f"{PATH}/type/" not in app.get(PATH)
