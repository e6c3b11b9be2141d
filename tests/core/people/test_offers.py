"""The link with which access is offered: once, in time, with the birthdate, for as much as the giver has; all else has one answer."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from core.auth import tickets
from core.auth.limits import Limiter, TooManyAttempts
from core.auth.models import Account, Ticket
from core.auth.tickets import BadTicket
from core.people import offers
from core.people.giving import Day, giver_of
from core.people.models import AccessOffer, Grant
from core.testing import browser, sign_in

DAYS = timedelta(days=1)
TOKENS = re.compile(r'name="csrf_token" value="[^"]*"')


def now() -> datetime:
    return datetime.now(UTC)


def day() -> Day:
    return Day(now(), now().date(), 18)


def make_offer(db, practice, patient, account, rights=("account.see",), until=None, limiter=None) -> str:
    """Offer it, and give the secret of its link, as the worker makes it."""
    giver = giver_of(db, practice.id, account.id, patient.id, day())
    wanted = offers.Offered("Ada Byron", "ada@friends.test", "friend", frozenset(rights), until)
    offer = offers.make(db, limiter or Limiter("memory://"), giver, wanted, now(), 14 * DAYS)
    token = tickets.give_link(db.scalars(select(Ticket).where(Ticket.offer_id == offer.id)).one())
    db.commit()
    return token


@pytest.fixture
def offered(db, practice, make):
    """A patient, the account, and the secret of a link that was offered."""
    patient = make.patient(first_name="Mia")
    account = make.account(patient)
    return patient, account, make_offer(db, practice, patient, account)


def _answer(app, token: str) -> tuple[int, str]:
    page = app.get(f"/family/offer/{token}", status="*")
    return page.status_int, TOKENS.sub("", page.text)


def _send(app, token: str, **typed):
    form = app.get(f"/family/offer/{token}").forms["grant-offer"]
    for name, value in typed.items():
        form[name] = value
    return form.submit(status="*")


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.text(st.characters(codec="ascii", categories=["L", "N", "Pd", "Pc"]), max_size=60), st.integers(0, 42))
def test_a_link_that_was_changed_anywhere_opens_nothing(db, practice, offered, changed, place):
    *_, token = offered
    other = token[:place] + changed + token[place + 1 :]
    if other != token:
        with pytest.raises(BadTicket):
            offers.open_offer(db, practice.id, other, day())
    assert offers.open_offer(db, practice.id, token, day()).offer.name == "Ada Byron"


def _use_it(there) -> None:
    account = there.make.account(there.make.patient(first_name="Ada"))
    offers.accept(there.db, offers.open_offer(there.db, there.practice.id, there.token, day()), there.token, account, now())


def _age_it(there) -> None:
    there.db.execute(update(Ticket).where(Ticket.offer_id.is_not(None)).values(expires_at=now()))


def _of_another_kind(there) -> str:
    return tickets.issue_link(there.db, "invitation", now(), DAYS, there.patient.email, patient_id=there.patient.id)


def _of_another_practice(there) -> str:
    patient = there.other.make.patient()
    return make_offer(there.other_db, there.other, patient, there.other.make.account(patient))


def _withdraw_it(there) -> None:
    offers.withdraw(there.db, there.db.scalars(select(AccessOffer)).one(), now())


def _try_it_five_times(there) -> None:
    for _ in range(5):
        answer = _send(there.app, there.token, birthdate="1900-01-01", name="Ada", new_password="Maple-canoe-42 window")
    assert (answer.status_int, TOKENS.sub("", answer.text)) == there.dead


def _close_the_givers_account(there) -> None:
    there.account.closed_at = now()


def _lose_the_birthdate(there) -> None:
    there.patient.birthdate = None


WRONGS = {
    "made up": lambda there: "y" * 43, "used": _use_it, "too old": _age_it, "of another kind": _of_another_kind,
    "of another practice": _of_another_practice, "withdrawn": _withdraw_it, "tried five times": _try_it_five_times,
    "given by whose account is closed": _close_the_givers_account, "without a birthdate in the chart": _lose_the_birthdate,
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONGS)
def test_whatever_is_wrong_with_a_link_has_one_answer(db, practice, make, portal, offered, other_practice, other_db, wrong):
    patient, account, token = offered
    there = SimpleNamespace(db=db, practice=practice, make=make, other=other_practice, other_db=other_db, patient=patient, account=account, token=token)
    there.app = browser(portal, practice)
    there.dead = _answer(there.app, "x" * 43)
    assert there.dead[0] == 404
    changed = WRONGS[wrong](there)
    db.commit()
    assert _answer(there.app, changed or token) == there.dead


def test_a_wrong_birthdate_makes_no_account_and_can_be_corrected(db, practice, portal, offered):
    patient, _, token = offered
    app = browser(portal, practice)
    typed = {"name": "Ada Byron", "user_name": "ada", "new_password": "Maple-canoe-42 window"}
    page = _send(app, token, birthdate="1900-01-01", **typed)
    assert page.status_int == 422
    assert "not the birthdate" in page.text
    assert "Mia" not in page.text
    assert "Ada Byron" in page.text
    for wrong, words in (({"new_password": "Password1"}, "easy to guess"), ({"user_name": "a"}, "3 to 60"), ({"name": "\u202e"}, "letters that can be seen")):
        page = _send(app, token, birthdate=str(patient.birthdate), **typed | wrong)
        assert words in page.text
        assert page.status_int == 422
    assert db.scalar(select(func.count(Account.id)).where(Account.practice_id == practice.id)) == 1
    assert _send(app, token, birthdate=str(patient.birthdate), **typed).status_int == 303


def test_a_user_name_that_is_taken_leaves_the_link_as_it_was(db, practice, portal, make, offered):
    patient, _, token = offered
    make.account(make.patient(), user_name="ada")
    app = browser(portal, practice)
    typed = {"birthdate": str(patient.birthdate), "name": "Ada Byron", "new_password": "Maple-canoe-42 window"}
    assert "is taken" in _send(app, token, user_name="Ada", **typed).text
    assert _send(app, token, user_name="ada byron", **typed).status_int == 303


def test_of_eight_who_take_it_at_the_same_moment_one_gets_it(practice, make, db, offered):
    *_, token = offered
    accounts = [make.account(make.patient()) for _ in range(8)]

    def come(account) -> bool:
        with practice.session() as session:
            try:
                offers.accept(session, offers.open_offer(session, practice.id, token, day()), token, account, now())
            except BadTicket:
                return False
            finally:
                session.commit()
            return True

    with ThreadPoolExecutor(8) as people:
        assert sum(people.map(come, accounts)) == 1
    assert db.scalar(select(func.count(Grant.id)).where(Grant.practice_id == practice.id, Grant.given_by == "account")) == 1


def test_a_link_of_one_practice_is_a_strangers_at_another_even_for_who_is_signed_in(portal, offered, other_practice, other_make):
    *_, token = offered
    app = sign_in(portal, other_practice, other_make.account(other_make.patient()))
    assert app.get(f"/family/offer/{token}", status=404)


def test_nobody_gives_more_than_they_have(db, practice, make):
    child, mother = make.patient(birthdate=now().date() - timedelta(days=9 * 365)), make.patient()
    relation = {"kind": "relationship", "external_id": "R1", "patient": child.external_id, "related": mother.external_id, "relation": "mother"}
    make.take_in([relation | {"is_guardian": True}])
    account = make.account(mother)
    token = make_offer(db, practice, child, account, ["account.act", "images.act"])
    ends = now() + 30 * DAYS
    db.execute(update(Grant).where(Grant.account_id == account.id, Grant.patient_id == child.id).values(plugin="account", until=ends))
    db.commit()
    with pytest.raises(BadTicket):  # the guardian does not see everything any more
        offers.open_offer(db, practice.id, token, day())
    db.execute(update(Grant).where(Grant.account_id == account.id, Grant.patient_id == child.id).values(plugin="*"))
    db.commit()
    offers.accept(db, offers.open_offer(db, practice.id, token, day()), token, make.account(make.patient()), now())
    assert {grant.until for grant in db.scalars(select(Grant).where(Grant.given_by == "account"))} == {ends}


def test_nobody_sends_mails_without_end(db, practice, make):
    patient = make.patient()
    account, limiter = make.account(patient), Limiter("memory://")
    for _ in range(offers.MOST_WAITING):
        make_offer(db, practice, patient, account, limiter=limiter)
    with pytest.raises(offers.CannotGive):
        make_offer(db, practice, patient, account, limiter=limiter)
    offers.withdraw(db, db.scalars(select(AccessOffer)).first(), now())
    with pytest.raises(TooManyAttempts):
        make_offer(db, practice, patient, account, limiter=limiter)
