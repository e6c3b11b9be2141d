"""Recall notices in the database: who could book gets one, who has a visit none; and the link in it books that recall, and says little."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from plugins.appointments.models import Appointment, Notice, Recall


@pytest.fixture
def recall(make, db, practice):
    """`recall(patient)`: the patient is due in ten days for a cleaning that can be booked."""
    make.take_in(
        [
            {"kind": "recall_type", "external_id": "R1", "name": "Prophy", "words": "Cleaning", "special": "prophy", "pattern": "XXXX"},
            {"kind": "operatory", "external_id": "O1", "name": "Room 1", "clinic": "C1", "provider": "D1", "takes_recalls": True},
        ]
    )

    def put(patient, **fields) -> Recall:
        due = datetime.now(UTC).date() + timedelta(days=10)
        make.take_in([{"kind": "recall", "external_id": f"R{patient.external_id}", "patient": patient.external_id, "recall_type": "R1", "due_on": due} | fields])
        return db.scalars(select(Recall).where(Recall.practice_id == practice.id, Recall.patient_id == patient.id)).one()

    return put


def test_who_is_due_and_can_book_is_told_once(make, recall, rule, look, work_off, mails, db, practice):
    robin = make.patient(email="recall-robin@example.test", phone="")
    due = recall(robin)
    rule("recall")
    assert [look(), look()] == [1, 0]
    work_off()
    [mail] = mails.to(robin.email)
    assert "time to book" in mail.get_body(("plain",)).get_content()
    assert "leaning" not in mail.as_string()
    notice = db.scalars(select(Notice).where(Notice.practice_id == practice.id)).one()
    assert (notice.state, notice.recall_id, notice.number, notice.due_on) == ("sent", due.id, 1, due.due_on)


@pytest.mark.parametrize("why", ["a visit", "nothing to offer", "disabled", "restricted"])
def test_who_has_a_visit_or_could_not_book_is_not_told(make, recall, visit, rule, look, why):
    robin = make.patient()
    recall(robin, **({"is_disabled": True} if why == "disabled" else {}))
    rule("recall")
    if why == "a visit":
        visit(robin, 40)
    if why == "nothing to offer":
        make.take_in([{"kind": "operatory", "external_id": "O1", "name": "Room 1", "clinic": "C1", "provider": "D1"}])
    if why == "restricted":
        make.take_in([{"kind": "appointment_preference", "external_id": "X", "patient": robin.external_id, "is_restricted": True}])
    assert look() == 0


@pytest.mark.parametrize("status", ["inactive", "nonpatient", "archived", "deceased"])
def test_who_is_no_active_patient_is_not_recalled(make, recall, rule, look, status):
    recall(make.patient(status=status))
    rule("recall")
    assert look() == 0


def test_who_has_booked_before_it_was_sent_is_left_out(make, recall, rule, look, work_off, mails, db):
    robin = make.patient(email="recall-booked@example.test", phone="")
    due = recall(robin)
    rule("recall")
    look()
    due.scheduled_on = datetime.now(UTC).date() + timedelta(days=20)
    db.commit()
    work_off()
    assert mails.to(robin.email) == []


LINK = re.compile(r"/appointments/recall/[\w-]+")
TIME = re.compile(r'class="appointments-time" href="([^"]+)"')


@pytest.fixture
def link_of(make, recall, rule, look, work_off, mails):
    """`link_of(patient)`: the links in the mail about what the patient, and the others who are told with them, are due for."""

    def send(patient, *others) -> list[str]:
        today = datetime.now(UTC).date()
        make.take_in([
            {"kind": "schedule", "external_id": f"S{day}", "provider": "D1", "clinic": "C1", "held_on": today + timedelta(days=day), "starts": 540, "ends": 1020}
            for day in range(12, 20)
        ])  # fmt: skip
        for one in (patient, *others):
            recall(one)
        rule("recall")
        look()
        work_off()
        [mail] = mails.to(patient.email)
        return list(dict.fromkeys(LINK.findall(mail.get_body(("plain",)).get_content())))

    return send


def test_the_link_books_the_recall_in_three_taps_and_says_no_more_than_a_first_name(link_of, make, web, db, practice):
    robin = make.patient(email="recall-three@example.test", phone="")
    [link] = link_of(robin)
    choose = web.get(link)
    assert "Robin" in choose.text
    assert not {robin.last_name, "due since", "1985"} & set(re.findall(r"due since|[\w]+", choose.text))
    review = web.get(TIME.findall(choose.text)[0].replace("&amp;", "&"))
    form = next(form for form in review.forms.values() if "/review" in form.action)
    assert "Your visit is booked" in form.submit().text
    visit = db.scalars(select(Appointment).where(Appointment.practice_id == practice.id)).one()
    assert (visit.patient_id, visit.made_by, visit.made_by_id) == (robin.id, "recall", None)
    assert db.scalars(select(Recall).where(Recall.practice_id == practice.id)).one().appointment_id == visit.id
    # Opened or sent again, it says so, and shows no visit.
    for page in (web.get(link), web.get(review.request.path_qs), form.submit()):
        assert "is booked already" in page.text
        assert "appointments-time" not in page.text
    assert len(db.scalars(select(Appointment).where(Appointment.practice_id == practice.id)).all()) == 1


def test_a_family_gets_one_message_with_a_link_for_each(link_of, make, web):
    mother = make.patient(email="recall-mother@example.test", first_name="Ana")
    child = make.patient(first_name="Leo", email="", phone="", birthdate="2016-05-01", guarantor=mother.external_id)
    first, second = link_of(mother, child)
    assert {name for name in ("Ana", "Leo") if name in web.get(first).text} == {"Ana"}
    assert {name for name in ("Ana", "Leo") if name in web.get(second).text} == {"Leo"}


@pytest.mark.parametrize("why", ["made up", "cut off", "too old", "due later", "disabled", "restricted"])
def test_a_link_that_can_book_nothing_says_so(link_of, make, web, db, why):
    robin = make.patient(email=f"recall-{why.replace(chr(32), chr(45))}@example.test", phone="")
    [link] = link_of(robin)
    due, notice = db.scalars(select(Recall)).one(), db.scalars(select(Notice)).one()
    if why == "too old":
        notice.written_at -= timedelta(days=400)
    if why == "due later":
        due.due_on += timedelta(days=180)
    if why == "disabled":
        due.is_disabled = True
    db.commit()
    if why == "restricted":
        make.take_in([{"kind": "appointment_preference", "external_id": "X", "patient": robin.external_id, "is_restricted": True}])
    if why in ("made up", "cut off"):
        link = {"made up": f"{link[:-6]}AAAAAA", "cut off": link[:-1]}[why]
        assert "This link can’t be used" in web.get(link, status=404).text
    else:
        assert "can’t book a visit any more" in web.get(link).text
