"""From a visit that is called off to the patient who has its time: exactly once, in turns, and to one of many."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from core.db import bind_tenant, uuid7
from core.outbox import OutboxRow
from core.tasks import Work
from core.testing import browser
from plugins.appointments import tasks
from plugins.appointments.models import Appointment, AppointmentType, Hold, Offer, Recall
from plugins.appointments.notices import stopping
from plugins.appointments.waiting import answering, asking, joining, sending
from plugins.appointments.waiting.joining import Asker, What, Wish
from tenants.models import ClosedDays


def links(mails, address: str) -> list[str]:
    return [found for mail in mails.to(address) for found in re.findall(r"/appointments/offer/\S+", mail.get_body(("plain",)).get_content())]


def test_a_visit_that_the_practice_calls_off_is_offered_to_whoever_waits(book, make, ask, mails, practice):
    gone, waits = make.patient(email="gone@example.test"), make.patient(email="waits@example.test")
    freed, later = book.visit(gone, 50), book.visit(waits, 200, operatory="O2")
    book.wait(waits, later)
    book.call_off(gone, freed)
    ask()
    [opening], [offer] = book.openings(), book.offers()
    assert (opening.cause, opening.state, opening.starts_at, offer.state, offer.channels) == ("called_off", "open", freed.starts_at, "sent", ["email"])
    [mail] = mails.to("waits@example.test")
    assert mail["Subject"].startswith("A time has come open")
    assert "Filling" not in mail.as_string()
    assert not mails.to("gone@example.test")
    ask()  # another round, another worker
    assert len(mails.to("waits@example.test")) == 1


def test_a_visit_that_moves_opens_its_old_time_and_one_that_changes_otherwise_opens_none(book, make):
    patient = make.patient()
    visit = book.visit(patient, 50)
    book.send(visit.external_id, patient, starts_at=visit.starts_at, reason="Crown")
    assert book.openings() == []
    before = visit.starts_at
    book.send(visit.external_id, patient, starts_at=before + timedelta(hours=2))
    assert [(opening.starts_at, opening.cause) for opening in book.openings()] == [(before, "moved")]


def test_a_time_that_is_nearly_there_is_offered_to_nobody(book, make):
    patient = make.patient()
    book.call_off(patient, book.visit(patient, 0.3))
    assert book.openings() == []


def test_the_practices_own_mark_for_an_earlier_time_puts_a_visit_and_a_recall_on_the_list_once(book, make):
    patient = make.patient()
    for _ in range(2):
        book.visit(patient, 90, wants_earlier=True)
        make.take_in([{"kind": "recall", "external_id": "L1", "patient": patient.external_id, "recall_type": "R1", "due_on": "2026-05-01", "priority": "asap"}])
    assert sorted(bool(entry.recall_id) for entry in book.entries()) == [False, True]


def test_patients_are_asked_one_after_another_and_at_once_when_somebody_declines(book, make, ask, db, practice):
    gone, people = make.patient(), [make.patient(email=f"p{number}@example.test") for number in range(3)]
    freed = book.visit(gone, 50)
    for number, patient in enumerate(people):
        book.wait(patient, book.visit(patient, 100 + number, operatory="O2"))
    book.call_off(gone, freed)
    ask()
    ask()
    assert [offer.patient_id for offer in book.offers()] == [people[2].id]  # the farthest in the future
    book.later()
    ask()
    assert [offer.patient_id for offer in book.offers()] == [people[2].id, people[1].id]
    opened = answering.open_own(db, practice.id, people[1].id, book.offers()[1].id, datetime.now(UTC))
    answering.decline(db, opened, None, datetime.now(UTC), for_good=True)
    db.commit()
    ask()
    assert [offer.patient_id for offer in book.offers()] == [people[2].id, people[1].id, people[0].id]
    assert sum(entry.ended_at is None for entry in book.entries()) == 2
    book.later()
    ask()
    assert book.openings()[0].asked_all_at


@pytest.mark.parametrize("passed", ["taken", "expired"])
def test_an_opening_that_somebody_books_or_whose_time_is_near_closes_by_itself(book, make, ask, db, practice, passed):
    gone, waits, other = make.patient(), make.patient(), make.patient()
    freed = book.visit(gone, 50)
    book.wait(waits, book.visit(waits, 100, operatory="O2"))
    book.call_off(gone, freed)
    ask()
    if passed == "taken":
        book.send("NEW", other, starts_at=freed.starts_at + timedelta(minutes=10))
    else:
        [opening] = book.openings()
        opening.starts_at = datetime.now(UTC) + timedelta(minutes=15)
        db.commit()
    book.later()
    ask()
    assert (book.openings()[0].state, book.offers()[0].state) == (passed, "expired")


def test_a_worker_that_dies_after_sending_sends_the_same_mail_again_with_the_same_link(book, make, ask, mails, practice, db, registry):
    gone, waits = make.patient(), make.patient(email="twice@example.test")
    freed = book.visit(gone, 50)
    book.wait(waits, book.visit(waits, 100, operatory="O2"))
    book.call_off(gone, freed)
    ask()
    [offer] = book.offers()
    row = db.scalars(select(OutboxRow).where(OutboxRow.practice_id == practice.id, OutboxRow.task == "appointments.send_offer")).one()
    offer.state = "asked"  # as it is when the transaction of the worker was lost
    tasks.send_offer(Work(registry, db, registry.tenants.current(practice.id), row.id, datetime.now(UTC)), str(offer.id))
    db.commit()
    assert len(links(mails, "twice@example.test")) == 1  # the mailbox keeps a mail with the same id once


def test_text_messages_are_for_whoever_wants_them_and_only_so_many_a_day(book, make, ask, mails, db, practice, monkeypatch):
    monkeypatch.setattr("plugins.appointments.waiting.asking.texts_go_out", lambda *_: True)
    waits = make.patient(email="", phone="(303) 555-0177")
    make.take_in([{"kind": "appointment_preference", "external_id": "F1", "patient": waits.external_id, "prefers": "text"}])
    book.wait(waits, book.visit(waits, 100, operatory="O2"))
    for hours in (50, 52, 54):
        gone = make.patient()
        book.call_off(gone, book.visit(gone, hours))
    ask()
    assert [offer.channels for offer in book.offers()] == [["text"], ["text"]]
    assert len([text for text in mails.to("+13035550177") if "time has come open" in text.get_content() and practice.slug in text.get_content()]) == 2


def test_whoever_said_stop_gets_no_text_and_is_left_to_the_office(book, make, ask, db, practice, monkeypatch):
    monkeypatch.setattr("plugins.appointments.waiting.asking.texts_go_out", lambda *_: True)
    waits, gone = make.patient(email="", phone="(303) 555-0178"), make.patient()
    make.take_in([{"kind": "appointment_preference", "external_id": "F1", "patient": waits.external_id, "prefers": "text"}])
    waits.text_ok = True
    stopping.stop_texts(db, practice.id, "+13035550178", True, datetime.now(UTC))
    book.wait(waits, book.visit(waits, 100, operatory="O2"))
    book.call_off(gone, book.visit(gone, 50))
    ask()
    assert book.offers() == []
    assert book.openings()[0].asked_all_at


def test_whoever_has_no_account_turns_offers_off_by_one_click_and_is_left_to_the_office(book, make, ask, mails, portal, practice):
    waits, gone = make.patient(email="off@example.test"), [make.patient() for _ in range(2)]
    book.wait(waits, book.visit(waits, 200, operatory="O2"))
    book.call_off(gone[0], book.visit(gone[0], 50))
    ask()
    [mail] = mails.to("off@example.test")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = re.search(r"/hooks/appointments/unsubscribe/[^>]+", mail["List-Unsubscribe"])[0]
    assert path in mail.get_body(("plain",)).get_content()
    web = browser(portal, practice)
    assert "Offers of an earlier time" in web.get(path)
    assert "These mails are off" in web.post(path, {"List-Unsubscribe": "One-Click"})
    book.call_off(gone[1], book.visit(gone[1], 60))
    ask()
    assert len(mails.to("off@example.test")) == 1
    assert [opening.asked_all_at is not None for opening in sorted(book.openings(), key=lambda one: one.starts_at)] == [False, True]


@pytest.mark.parametrize("change", ["gone", "kept_for_lunch", "closed"])
def test_a_time_whose_hours_are_taken_away_is_not_sent_and_closes(book, make, ask, mails, db, practice, registry, portal, change):
    waits, gone, zone = make.patient(email=f"{change}@example.test"), make.patient(), ZoneInfo("America/New_York")
    noon = (datetime.now(zone) + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)
    hours = {"kind": "schedule", "provider": "D1", "clinic": "C1", "held_on": noon.date(), "starts": 540, "ends": 1020}
    make.take_in([hours | {"external_id": "H1"}])
    book.wait(waits, book.visit(waits, 200, operatory="O2"))
    for status in ("scheduled", "broken"):
        book.send("V1", gone, starts_at=noon, status=status)
    [opening] = book.openings()
    assert opening.in_hours
    bind_tenant(db, practice.id)
    tenant = registry.tenants.current(practice.id, opening.clinic_id)
    asking.step(db, tenant, opening, registry.portal.secret_key, False, datetime.now(UTC))
    db.commit()
    bind_tenant(db, practice.id)
    if change == "closed":
        db.add(ClosedDays(practice_id=practice.id, clinic_id=None, first_on=noon.date(), last_on=noon.date()))
    elif change == "gone":
        make.take_in([hours | {"external_id": "H1", "held_on": noon.date() + timedelta(days=1)}])
    else:
        make.take_in([{"kind": "blockout_type", "external_id": "B1", "name": "Lunch"}])
        make.take_in([hours | {"external_id": "K1", "provider": None, "blockout_type": "B1"}])
    db.commit()
    [offer] = book.offers()
    with practice.session() as session:
        sending.send(Work(registry, session, registry.tenants.current(practice.id), uuid7(), datetime.now(UTC)), offer.id, "email", None)
        session.commit()
    assert [offer.state for offer in book.offers()] == ["expired"]
    assert "This time is not open any more" in browser(portal, practice).get(f"/appointments/offer/{asking.token_of(registry.portal.secret_key, practice.id, offer.id)}")
    book.later()
    ask()
    assert mails.to(f"{change}@example.test") == []
    assert [opening.state for opening in book.openings()] == ["stopped"]


def test_of_fifty_who_say_yes_at_one_moment_one_has_the_visit_and_the_others_hear_that_it_is_taken(book, make, ask, db, practice, registry):
    gone = make.patient()
    freed = book.visit(gone, 50)
    people = [make.patient() for _ in range(50)]
    for number, patient in enumerate(people):
        book.wait(patient, book.visit(patient, 100 + number, operatory="O2"))
    book.call_off(gone, freed)
    [opening] = book.openings()
    now = datetime.now(UTC)
    for entry in book.entries():
        db.add(Offer(opening_id=opening.id, entry_id=entry.id, patient_id=entry.patient_id, token_hash=str(entry.id), channels=["email"], state="sent", asked_at=now))
    db.commit()
    offers = {offer.patient_id: offer.id for offer in book.offers()}

    place = registry.tenants.current(practice.id)

    def claim(patient_id) -> str:
        with practice.session() as session:
            opened = answering.open_own(session, practice.id, patient_id, offers[patient_id], now)
            try:
                answering.accept(session, place, opened, None, now)
            except answering.TooLate:
                return "too late"
            session.commit()
            return "mine"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(claim, offers))
    assert (answers.count("mine"), answers.count("too late")) == (1, 49)
    mine = (Appointment.practice_id == practice.id, Appointment.starts_at == freed.starts_at, Appointment.status == "scheduled")
    [visit] = db.scalars(select(Appointment).where(*mine))
    assert db.scalar(select(func.count()).where(Hold.practice_id == practice.id, Hold.appointment_id == visit.id)) == 2
    assert sorted(opening.state for opening in book.openings()) == ["filled", "open"]  # the time that the winner gave up


def test_a_recall_and_a_reason_are_booked_where_there_was_no_visit(book, make, ask, db, practice, registry):
    waits, gone = make.patient(), make.patient()
    make.take_in([{"kind": "recall", "external_id": "L1", "patient": waits.external_id, "recall_type": "R1", "due_on": "2026-05-01"}])
    recall, reason = db.scalars(select(Recall)).one(), db.scalars(select(AppointmentType)).one()
    for what in (What("recall", recall.id), What("type", reason.id)):
        joining.join(db, practice.id, waits.id, what, Asker(None), datetime.now(UTC))
    db.commit()
    for hours, minutes in ((50, 20), (60, 60)):
        book.call_off(gone, book.visit(gone, hours, minutes=minutes, pattern=""))
    ask()
    for _ in range(2):
        for offer in book.offers():
            if offer.state == "sent":
                answering.accept(db, registry.tenants.current(practice.id), answering.open_own(db, practice.id, waits.id, offer.id, datetime.now(UTC)), None, datetime.now(UTC))
                db.commit()
        book.later()
        ask()
    made = db.scalars(select(Appointment).where(Appointment.patient_id == waits.id).order_by(Appointment.starts_at)).all()
    assert [(visit.reason, visit.minutes, visit.made_by) for visit in made] == [("Toothache", 20, "waiting"), ("Cleaning", 30, "waiting")]
    assert db.scalars(select(Recall)).one().appointment_id == made[1].id
    assert all(entry.end_reason == "booked" for entry in book.entries())


def test_nobody_waits_for_what_is_not_theirs_has_passed_or_is_booked(book, make, db, practice):
    mine, other = make.patient(), make.patient()
    now = datetime.now(UTC)
    wrong = [book.visit(other, 50), book.visit(mine, -50), book.visit(mine, 60, status="broken")]
    for visit in wrong:
        with pytest.raises(joining.CannotWait):
            joining.join(db, practice.id, mine.id, What("visit", visit.id), Asker(None), now)
    right = book.visit(mine, 70)
    first = joining.join(db, practice.id, mine.id, What("visit", right.id), Asker(None), now, Wish(days=(0,)))
    assert joining.join(db, practice.id, mine.id, What("visit", right.id), Asker(None), now) == first
