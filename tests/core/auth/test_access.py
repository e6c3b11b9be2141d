"""How offices let patients in: credentials on paper, invitations, and taking access away."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth import access, one_time, services, tickets
from core.auth.access import CannotGiveAccess, WrongBirthdate
from core.auth.models import Account, SignInSession, Ticket
from core.auth.passwords import check_password
from core.auth.rules import SHORTEST, check_new_password
from core.auth.sheet import make_sheet
from core.auth.tickets import BadTicket
from core.auth.user_names import check_user_name, draw_user_name

NOW = datetime.now(UTC)
DAYS = timedelta(days=14)


def account_of(db, practice, patient) -> Account | None:
    return access.account_of(db, practice.id, patient.id)


def invitation(db, patient, now=NOW) -> str:
    """The secret of a link, as the worker makes it."""
    token = tickets.issue_link(db, "invitation", now, DAYS, patient.email, patient_id=patient.id)
    db.commit()
    return token


@given(st.text(max_size=40))
def test_a_drawn_user_name_is_always_one_and_says_the_first_name(first_name):
    drawn = draw_user_name(first_name)
    assert re.fullmatch(r"[A-Za-z]{1,20}[0-9]{5}", drawn)
    assert check_user_name(drawn) == drawn


@pytest.mark.parametrize(
    ("first_name", "letters"),
    [("Mary", "Mary"), ("mary ann", "Maryann"), ("Zoë", "Zoe"), ("Анна", "Patient"), ("O'Neil", "ONeil"), ("", "Patient")],
)
def test_the_name_is_written_in_plain_letters(first_name, letters):
    assert draw_user_name(first_name)[:-5] == letters


def test_drawn_passwords_meet_the_rule_can_be_read_from_paper_and_differ():
    drawn = [one_time.draw_password() for _ in range(300)]
    assert len(set(drawn)) == len(drawn)
    for password in drawn:
        assert len(password) >= max(10, SHORTEST)
        assert not set(password) & set("0Oo1lIi5S2Zz8Bsgq9")
        check_new_password(password)


def test_user_names_of_many_with_one_first_name_differ(db, practice, make):
    names = {access.give(db, practice.id, make.patient(first_name="Mary").external_id, NOW).user_name.casefold() for _ in range(12)}
    assert len(names) == 12


def test_a_name_that_is_taken_is_drawn_again(db, practice, make, monkeypatch):
    make.account(make.patient(), user_name="MARY11111")
    drawn = iter(["Mary11111", "Mary22222"])
    monkeypatch.setattr("core.auth.user_names.draw_user_name", lambda _: next(drawn))
    assert access.give(db, practice.id, make.patient().external_id, NOW).user_name == "Mary22222"


def test_given_credentials_open_the_first_sign_in_and_only_a_hash_is_kept(db, practice, make):
    patient = make.patient(first_name="Mary")
    given_ = access.give(db, practice.id, patient.external_id, NOW)
    db.commit()
    account = account_of(db, practice, patient)
    assert account.is_first
    assert account.user_name == given_.user_name
    assert check_password(account.password_hash, given_.password)
    assert given_.password not in account.password_hash


def test_giving_again_voids_the_first_password_its_sessions_and_links(db, practice, make):
    patient = make.patient()
    first = access.give(db, practice.id, patient.external_id, NOW)
    account = account_of(db, practice, patient)
    services.open_session(db, account, NOW)
    reset = tickets.issue_link(db, "reset", NOW, DAYS, account_id=account.id)
    link = invitation(db, patient)
    second = access.give(db, practice.id, patient.external_id, NOW)
    db.commit()
    assert second.user_name == first.user_name
    assert check_password(account.password_hash, second.password)
    assert not check_password(account.password_hash, first.password)
    assert db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id)).all() == []
    for kind, token in (("reset", reset), ("invitation", link)):
        with pytest.raises(BadTicket):
            tickets.open_link(db, practice.id, kind, token, NOW)


@pytest.mark.parametrize("act", [access.give, access.invite])
def test_a_patient_without_a_birthdate_gets_no_access(db, practice, make, act):
    patient = make.patient(birthdate=None)
    with pytest.raises(CannotGiveAccess, match="no birthdate"):
        act(db, practice.id, patient.external_id, NOW)


@pytest.mark.parametrize("act", [access.give, access.invite, access.close])
def test_an_unknown_patient_and_one_of_another_practice_are_told_alike(db, practice, other_make, act):
    elsewhere = other_make.patient().external_id
    for number in (elsewhere, "nobody"):
        with pytest.raises(CannotGiveAccess, match=f"no patient {number} here"):
            act(db, practice.id, number, NOW)


def test_an_invitation_needs_an_address_and_nobody_with_an_account(db, practice, make):
    with pytest.raises(CannotGiveAccess, match="no e-mail address"):
        access.invite(db, practice.id, make.patient(email="").external_id, NOW)
    patient = make.patient()
    access.give(db, practice.id, patient.external_id, NOW)
    with pytest.raises(CannotGiveAccess, match="has access already"):
        access.invite(db, practice.id, patient.external_id, NOW)
    access.close(db, practice.id, patient.external_id, NOW)
    with pytest.raises(CannotGiveAccess, match="was closed"):
        access.invite(db, practice.id, patient.external_id, NOW)


def test_closing_ends_everything_and_giving_opens_the_same_account_again(db, practice, make):
    patient = make.patient()
    given_ = access.give(db, practice.id, patient.external_id, NOW)
    account = account_of(db, practice, patient)
    services.open_session(db, account, NOW)
    access.close(db, practice.id, patient.external_id, NOW)
    db.commit()
    assert services.find_account(db, practice.id, given_.user_name) is None
    assert db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id)).all() == []
    with pytest.raises(CannotGiveAccess, match="no access"):
        access.close(db, practice.id, patient.external_id, NOW)
    again = access.give(db, practice.id, patient.external_id, NOW)
    assert services.find_account(db, practice.id, again.user_name).id == account.id


def test_closing_voids_an_invitation_too(db, practice, make):
    patient = make.patient()
    link = invitation(db, patient)
    access.close(db, practice.id, patient.external_id, NOW)
    with pytest.raises(BadTicket):
        access.open_invitation(db, practice.id, link, NOW)


def test_five_wrong_birthdates_end_the_link_and_right_ones_are_not_counted(db, practice, make):
    patient = make.patient(birthdate=date(1985, 4, 12))
    link = invitation(db, patient)
    for wrong in range(4):
        ticket = access.open_invitation(db, practice.id, link, NOW)
        assert access.prove_birthdate(db, ticket, date(1985, 4, 12), NOW).id == patient.id
        with pytest.raises(WrongBirthdate):
            access.prove_birthdate(db, ticket, date(1990, 1, 1 + wrong), NOW)
        db.commit()
        db.expire_all()
    ticket = access.open_invitation(db, practice.id, link, NOW)
    with pytest.raises(BadTicket):
        access.prove_birthdate(db, ticket, date(1990, 2, 1), NOW)
    db.commit()
    db.expire_all()
    with pytest.raises(BadTicket):
        access.prove_birthdate(db, ticket, date(1985, 4, 12), NOW)
    with pytest.raises(BadTicket):
        access.open_invitation(db, practice.id, link, NOW)


def test_many_who_guess_at_the_same_moment_have_five_tries_together(db, practice, make):
    patient = make.patient()
    link = invitation(db, patient)

    def guess(number: int) -> str:
        with practice.session() as session:
            try:
                ticket = access.open_invitation(session, practice.id, link, NOW)
                access.prove_birthdate(session, ticket, date(1990, 1, 1 + number), NOW)
            except (BadTicket, WrongBirthdate) as refusal:
                session.commit()
                return type(refusal).__name__
        return "got in"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(guess, range(12)))
    assert answers == ["BadTicket"] * 8 + ["WrongBirthdate"] * 4
    assert db.scalars(select(Ticket.tries).where(Ticket.practice_id == practice.id)).one() == tickets.MOST_TRIES


def test_an_invitation_dies_with_the_address_that_it_went_to(db, practice, make):
    patient = make.patient(email="wrong@example.test")
    link = invitation(db, patient)
    patient.email = "right@example.test"
    db.commit()
    with pytest.raises(BadTicket):
        access.open_invitation(db, practice.id, link, NOW)


def test_the_invitation_is_made_in_the_worker_and_stands_only_in_the_mail(db, practice, make, work_off, mails):
    patient = make.patient(first_name="Petronella", last_name="Quibble", email="petronella@example.test")
    access.invite(db, practice.id, patient.external_id, NOW)
    db.commit()
    assert db.scalars(select(Ticket).where(Ticket.practice_id == practice.id)).all() == []
    work_off()
    [mail] = mails.to("petronella@example.test")
    text = mail.get_body(("plain",)).get_content()
    [token] = re.findall(r"/invitation/([\w-]{40,})", text)
    assert token in mail.get_body(("html",)).get_content()
    assert access.open_invitation(db, practice.id, token, NOW).email == "petronella@example.test"
    assert "Petronella" not in mail.as_string()
    assert "Quibble" not in mail.as_string()
    assert not re.search("teeth|tooth|dent|health|treatment|visit", text.replace(practice.slug, ""), re.IGNORECASE)


def test_a_second_invitation_voids_the_first(db, practice, make, work_off, mails):
    patient = make.patient(email="twice@example.test")
    for _ in range(2):
        access.invite(db, practice.id, patient.external_id, NOW)
        db.commit()
        work_off()
    first, second = (
        re.search(r"/invitation/([\w-]+)", mail.get_body(("plain",)).get_content())[1] for mail in mails.to("twice@example.test")
    )
    assert access.open_invitation(db, practice.id, second, NOW)
    with pytest.raises(BadTicket):
        access.open_invitation(db, practice.id, first, NOW)


def test_who_got_access_before_the_mail_went_out_gets_none(db, practice, make, work_off, mails):
    patient = make.patient(email="quicker@example.test")
    access.invite(db, practice.id, patient.external_id, NOW)
    access.give(db, practice.id, patient.external_id, NOW)
    db.commit()
    work_off()
    assert mails.to("quicker@example.test") == []


def test_the_list_says_how_things_stand(db, practice, make):
    fresh, used, closed, invited, _nobody = (make.patient(external_id=f"L{number}") for number in range(5))
    access.give(db, practice.id, fresh.external_id, NOW)
    make.account(used)
    access.give(db, practice.id, closed.external_id, NOW)
    access.close(db, practice.id, closed.external_id, NOW)
    invitation(db, invited)
    invitation(db, make.patient(external_id="L9"), NOW - 2 * DAYS)
    assert [(entry.patient, entry.state) for entry in access.entries(db, practice.id, NOW)] == [
        ("L0", "first sign-in to come"), ("L1", "open"), ("L2", "closed"), ("L3", "invited"),
    ]  # fmt: skip


def test_all_of_it_is_in_the_audit_log(db, practice, make):
    patient, other = make.patient(), make.patient()
    access.give(db, practice.id, patient.external_id, NOW)
    access.close(db, practice.id, patient.external_id, NOW)
    access.invite(db, practice.id, other.external_id, NOW)
    db.commit()
    rows = db.execute(select(AuditEvent.action, AuditEvent.patient_id).where(AuditEvent.action.startswith("access."))).all()
    assert sorted(rows) == sorted([("access.given", patient.id), ("access.closed", patient.id), ("access.invited", other.id)])


def test_the_sheet_needs_nothing_beside_it_and_its_code_holds_no_password(db, practice, registry):
    tenant = registry.tenants.current(practice.id)
    sheet = make_sheet(registry, tenant, access.Credentials("Mary<33403>", "Pass<word>7"))
    assert tenant.practice_name in sheet
    assert registry.portal.address(tenant.host) in sheet
    assert "Mary&lt;33403&gt;" in sheet
    assert "Pass&lt;word&gt;7" in sheet
    assert "<svg" in sheet
    assert not re.search(r'(?:src|href)="(?!data:)', sheet)
