from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core import outbox, tasks
from core.auth.models import Account
from core.auth.notice_links import Link
from core.auth.notices import turn
from core.people.told import accounts_told
from core.tasks import enqueue
from plugins.webmail.models import Message
from plugins.webmail.services import notices, writing
from tenants.settings import change

SECRET = "My crown fell out at Aunt Rosalind’s"


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def patient(make, practice):
    return make.patient(first_name="Quillon", last_name="Abernathy", email=f"quillon@{practice.slug}.test")


def write(db, practice, patient, account, now, body=SECRET):
    sent = writing.compose(db, writing.Author(practice.id, patient.id, account.id), writing.Draft("About my crown", body, "n"), now)
    db.commit()
    return sent.id


def office_writes(make, patient, now, number=1, **fields):
    words = {
        "kind": "message",
        "external_id": f"M{number}",
        "patient": patient.external_id,
        "provider": "D1",
        "subject": "Your crown",
        "body": SECRET,
    }
    make.take_in([words | {"sent_at": now} | fields])


def ask(db, practice, work_off):
    enqueue(db, "webmail.ask_for_notices")
    db.commit()
    work_off()  # asks
    work_off()  # sends


def whole(mail):
    return mail.as_string() + "".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")


def test_the_provider_is_told_by_a_mail_that_says_nothing_of_the_message_or_the_patient(db, practice, make, patient, now, work_off, mails):
    write(db, practice, patient, make.account(patient), now)
    assert work_off() == 1
    [mail] = mails.to(f"okafor@{practice.slug}.test")
    assert mail["Subject"] == "A secure message is waiting for you"
    for word in ("crown", "Rosalind", "Quillon", "Abernathy", "About"):
        assert word not in whole(mail)
    assert f"http://{practice.slug}.localhost" in whole(mail)


def test_the_patients_clinic_is_told_when_the_provider_has_no_address(db, practice, make, now, work_off, mails):
    make.take_in([{"kind": "provider", "external_id": "D2", "first_name": "Kim", "last_name": "Moreau"}])
    patient = make.patient(provider="D2")
    write(db, practice, patient, make.account(patient), now)
    work_off()
    assert len(mails.to(f"desk@{practice.slug}.test")) == 1


def test_the_patient_is_told_of_what_the_office_wrote_without_a_word_of_it(db, practice, make, patient, now, work_off, mails):
    make.account(patient)
    office_writes(make, patient, now - timedelta(minutes=1))
    ask(db, practice, work_off)
    [mail] = mails.to(patient.email)
    for word in ("crown", "Rosalind", "Quillon", "Abernathy", "Okafor"):
        assert word not in whole(mail).replace(patient.email, "")
    assert f"http://{practice.slug}.localhost" in whole(mail)
    assert "/webmail" in whole(mail)


def test_each_message_is_announced_once(db, practice, make, patient, now, work_off, mails):
    make.account(patient)
    office_writes(make, patient, now - timedelta(minutes=1))
    for _ in range(3):
        ask(db, practice, work_off)
    assert len(mails.to(patient.email)) == 1


@pytest.mark.parametrize(
    "fields", [{"age": timedelta(days=4)}, {"age": timedelta(days=-1)}, {"age": timedelta(0), "read": True}, {"direction": "to_office"}]
)
def test_nobody_is_told_of_history_of_read_messages_or_of_what_the_patient_wrote(db, practice, make, patient, now, fields):
    make.account(patient)
    more = {"read_at": now} if fields.pop("read", False) else {}
    office_writes(make, patient, now - fields.pop("age", timedelta(0)), **more, **fields)
    assert notices.ask_for_notices(db, practice.id, now) == 0


def test_who_has_read_the_message_by_then_is_not_told_any_more(db, practice, make, patient, now, work_off, mails):
    make.account(patient)
    office_writes(make, patient, now - timedelta(minutes=1))
    notices.ask_for_notices(db, practice.id, now)
    db.execute(update(Message).where(Message.practice_id == practice.id).values(read_at=now))
    db.commit()
    work_off()
    assert mails.to(patient.email) == []


def test_a_childs_message_is_told_to_those_who_look_after_the_child(db, practice, make, now, work_off, mails):
    child, parent, stranger = (make.patient(email=f"{who}@{practice.slug}.test") for who in ("child", "parent", "stranger"))
    make.account(stranger)
    account = make.account(parent)
    make.grant(account, child, plugin="webmail", level="see")
    office_writes(make, child, now)
    ask(db, practice, work_off)
    assert [len(mails.to(f"{who}@{practice.slug}.test")) for who in ("child", "parent", "stranger")] == [0, 1, 0]


def test_access_that_ended_or_is_for_another_tab_brings_no_notice(db, practice, make, now):
    child, parent, other = make.patient(), make.patient(), make.patient()
    make.grant(make.account(parent), child, until=now - timedelta(days=1))
    make.grant(make.account(other), child, plugin="images")
    assert accounts_told(db, practice.id, [child.id], "webmail", now + timedelta(minutes=1)) == {}


def test_who_does_not_want_notices_gets_none_and_the_office_does(db, practice, make, patient, now, work_off, mails):
    account = make.account(patient)
    turn(db, practice.id, Link(account.id, "webmail.message", "email"), False, now)
    office_writes(make, patient, now - timedelta(minutes=1))
    write(db, practice, patient, account, now)
    ask(db, practice, work_off)
    assert mails.to(patient.email) == []
    [mail] = mails.to(f"okafor@{practice.slug}.test")
    assert mail["List-Unsubscribe"] is None


def test_whose_access_was_taken_away_is_not_told_any_more(db, practice, make, now):
    child, parent = make.patient(), make.patient()
    closed, account = make.account(child), make.account(parent)
    make.grant(account, child)
    db.execute(update(Account).where(Account.practice_id == practice.id, Account.id == closed.id).values(closed_at=now))
    assert accounts_told(db, practice.id, [child.id], "webmail", now + timedelta(minutes=1)) == {child.id: [account.id]}


def test_an_account_without_an_address_gets_the_mail_at_the_patients(db, practice, make, patient, now, work_off, mails):
    account = make.account(patient)
    db.execute(update(Account).where(Account.practice_id == practice.id, Account.id == account.id).values(email=""))
    office_writes(make, patient, now)
    ask(db, practice, work_off)
    assert len(mails.to(patient.email)) == 1


def test_nobody_is_told_where_the_clinic_switched_the_tab_off(db, practice, make, patient, now, work_off, mails, registry):
    account = make.account(patient)
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lake", "time_zone": "America/Chicago"}])
    change(db, registry.plugins, practice.id, practice.clinic_id, "webmail", False, "test", now)
    write(db, practice, patient, account, now)
    work_off()
    assert mails.to(f"okafor@{practice.slug}.test") == []


@pytest.mark.parametrize("at_clinic", [False, True])
def test_while_the_tab_is_off_no_mail_leads_to_it_and_once_it_is_on_again_mails_do(db, practice, make, patient, now, work_off, mails, registry, at_clinic):
    make.account(patient)
    office_writes(make, patient, now - timedelta(minutes=1))
    where = (practice.id, practice.clinic_id if at_clinic else None, "webmail")
    change(db, registry.plugins, *where, False, "test", now)
    ask(db, practice, work_off)
    assert mails.to(patient.email) == []
    change(db, registry.plugins, *where, True, "test", now)
    db.commit()
    work_off()
    work_off()
    assert "/webmail" in whole(mails.to(patient.email)[-1]), "of what came meanwhile"
    office_writes(make, patient, now - timedelta(minutes=1), 2)
    ask(db, practice, work_off)
    assert len(mails.to(patient.email)) == 2


def test_what_came_while_one_clinic_had_the_tab_off_is_told_later_and_history_never(db, practice, make, patient, now, registry):
    make.account(patient)
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lake", "time_zone": "America/Chicago"}])
    change(db, registry.plugins, practice.id, practice.clinic_id, "webmail", False, "test", now)
    office_writes(make, patient, now - timedelta(minutes=1))
    office_writes(make, patient, now - timedelta(days=4), 2)
    assert notices.ask_for_notices(db, practice.id, now, [practice.clinic_id]) == 0
    assert notices.ask_for_notices(db, practice.id, now + timedelta(days=30)) == 1, "it was news when it came"
    assert notices.ask_for_notices(db, practice.id, now + timedelta(days=30)) == 0


def test_a_notice_is_not_lost_while_the_broker_is_away_and_comes_once(db, practice, make, patient, now, work_off, mails, monkeypatch):
    def away(*_, **__):
        raise OSError

    monkeypatch.setattr(tasks.celery, "send_task", away)
    write(db, practice, patient, make.account(patient), now)
    assert mails.to(f"okafor@{practice.slug}.test") == []
    row = db.scalars(select(outbox.OutboxRow.id).where(outbox.OutboxRow.practice_id == practice.id)).one()
    with practice.session() as session:
        assert row in outbox.due(session, 10_000)
    for _ in range(2):
        tasks.deliver(str(row))
    assert len(mails.to(f"okafor@{practice.slug}.test")) == 1


def test_a_mail_server_that_is_away_costs_nothing_but_time(db, practice, make, patient, now, work_off, mails, registry, monkeypatch):
    write(db, practice, patient, make.account(patient), now)

    def away(message):
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(registry.mail, "send", away)
        work_off()
    db.execute(update(outbox.OutboxRow).where(outbox.OutboxRow.practice_id == practice.id).values(available_at=now))
    db.commit()
    work_off()
    assert len(mails.to(f"okafor@{practice.slug}.test")) == 1
