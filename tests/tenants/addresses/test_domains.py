"""Own domains from asking to proof, loss and giving up; with a real name server, and two who want the same one."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core import tasks
from core.audit import AuditEvent
from core.outbox import OutboxRow
from tenants.addresses import domains
from tenants.addresses.checking import MISSING, OK, UNANSWERED, WRONG, proof_of
from tenants.addresses.domains import KEPT_FAILING, KEPT_UNPROVEN, MOST, PAUSES, TAKEN, CannotAdd, NoSuchDomain
from tenants.addresses.models import AddressChange, Domain
from tenants.settings import Author

NOW = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
KIM = Author("Kim", None)


@pytest.fixture
def host():
    return f"portal.{secrets.token_hex(5)}.example"


class Asker:
    """A practice that asks for a domain and looks at it."""

    def __init__(self, office, registry, name_server):
        self.office, self.registry, self.names = office, registry, name_server

    def add(self, host: str, now: datetime = NOW) -> Domain:
        with self.office.session() as session:
            made = domains.add(session, self.registry.portal, self.office.id, host, KIM, now)
            session.commit()
            return made

    def look(self, made: Domain, now: datetime = NOW) -> Domain | None:
        with self.office.session() as session:
            row = domains.domain(session, self.office.id, made.id, hold=True)
            domains.settle(session, row, domains.look(self.registry.names, self.registry.portal, row), now)
            session.commit()
            return next((one for one in domains.domains(session, self.office.id) if one.id == made.id), None)

    def prove(self, made: Domain) -> None:
        self.names.put(f"_cuspid-challenge.{made.host}", ("TXT", f'"{proof_of(made.token)}"'))

    def lead_here(self, made: Domain) -> None:
        self.names.put(made.host, ("CNAME", "localhost."))

    def acts(self) -> list[str]:
        with self.office.session() as session:
            mine = select(AddressChange.act).where(AddressChange.practice_id == self.office.id)
            return list(session.scalars(mine.order_by(AddressChange.changed_at, AddressChange.id)))


@pytest.fixture
def asker(practice, registry, name_server):
    return Asker(practice, registry, name_server)


@pytest.fixture
def other(other_practice, registry, name_server):
    return Asker(other_practice, registry, name_server)


def test_a_domain_is_waited_for_found_wrong_and_verified_once_both_records_are_right(asker, host, registry):
    made = asker.add(host)
    assert asker.look(made).state == MISSING
    asker.lead_here(made)
    assert asker.look(made).state == MISSING, "whoever leads a name here has not said that it is this practice's"
    asker.names.put(f"_cuspid-challenge.{host}", ("TXT", '"wrong"'))
    seen = asker.look(made)
    assert (seen.state, seen.verified_at) == (WRONG, None)
    assert seen.records["records"][0]["found"] == ["wrong"]
    assert registry.tenants.practice_at(host) is None
    asker.prove(made)
    seen = asker.look(made)
    assert (seen.state, seen.verified_at) == (OK, NOW)
    assert registry.tenants.practice_at(host) == asker.office.id
    assert asker.acts() == ["add", "verify"]


def test_of_two_practices_that_claim_one_domain_the_one_that_proves_it_has_it(asker, other, host, registry):
    mine, theirs = asker.add(host), other.add(host)
    asker.lead_here(mine)
    asker.prove(mine)
    assert other.look(theirs).state == WRONG, "the proof of another is none"
    assert asker.look(mine).verified_at
    # Whoever controls the name may put the other proof there as well: the first one still has it.
    asker.names.put(f"_cuspid-challenge.{host}", *(("TXT", f'"{proof_of(one.token)}"') for one in (mine, theirs)))
    seen = other.look(theirs)
    assert (seen.state, seen.verified_at) == (TAKEN, None)
    assert registry.tenants.practice_at(host) == asker.office.id
    # The name passes on: its first holder's proof goes, and after some days so does its claim.
    other.prove(theirs)
    assert asker.look(mine, NOW + timedelta(hours=1)).verified_at
    assert not asker.look(mine, NOW + timedelta(hours=1) + KEPT_FAILING).verified_at
    assert other.look(theirs).verified_at
    assert registry.tenants.owner_now(host) == other.office.id


def test_a_domain_of_another_practice_is_refused_without_a_word_of_whose_it_is(asker, other, host):
    mine = asker.add(host)
    asker.lead_here(mine)
    asker.prove(mine)
    asker.look(mine)
    with pytest.raises(CannotAdd) as refusal:
        other.add(host)
    assert asker.office.slug not in str(refusal.value)


def test_a_claim_that_is_never_proven_is_given_up(asker, host):
    made = asker.add(host)
    assert asker.look(made, NOW + KEPT_UNPROVEN - timedelta(minutes=1))
    assert asker.look(made, NOW + KEPT_UNPROVEN) is None
    assert asker.acts() == ["add", "give_up"]


def test_a_bad_day_of_the_name_servers_costs_nothing_and_a_lost_domain_the_place_of_the_main_address(asker, host, db, registry):
    made = asker.add(host)
    asker.lead_here(made)
    asker.prove(made)
    asker.look(made)
    domains.make_primary(db, asker.office.id, made.id, KIM, NOW)
    db.commit()
    assert registry.tenants.current(asker.office.id).host == host
    asker.names.broken.add(host)
    seen = asker.look(made, NOW + KEPT_FAILING * 3)
    assert (seen.state, seen.is_primary, seen.failing_since) == (UNANSWERED, True, None)
    asker.names.broken.clear()
    asker.names.put(host, ("A", "203.0.113.9"))
    assert asker.look(made, NOW + timedelta(days=20)).failing_since
    asker.lead_here(made)
    assert asker.look(made, NOW + timedelta(days=22)).failing_since is None
    asker.names.put(host)
    asker.look(made, NOW + timedelta(days=30))
    seen = asker.look(made, NOW + timedelta(days=30) + KEPT_FAILING)
    assert (seen.verified_at, seen.is_primary) == (None, False)
    assert registry.tenants.current(asker.office.id).host == asker.office.host
    assert asker.acts() == ["add", "verify", "primary", "lose"]
    with pytest.raises(NoSuchDomain):
        domains.make_primary(db, asker.office.id, made.id, KIM, NOW)


def test_pauses_grow_while_nothing_changes(asker, host):
    made, now, pauses = asker.add(host), NOW, []
    for _ in range(len(PAUSES) + 2):
        seen = asker.look(made, now)
        pauses.append(seen.next_at - now)
        now = seen.next_at
    assert pauses == sorted(pauses)
    assert pauses[0] == PAUSES[0]
    assert pauses[-1] == PAUSES[-1]
    asker.lead_here(made)
    asker.names.put(f"_cuspid-challenge.{host}", ("TXT", '"wrong"'))
    assert asker.look(made, now).next_at - now == PAUSES[0], "something moves, so it is worth looking soon"


def test_the_worker_looks_by_itself_and_one_row_of_the_outbox_is_enough(asker, host, registry, db):
    made = asker.add(host, datetime.now(UTC))
    asker.lead_here(made)
    asker.prove(made)
    tasks.celery.registry = registry
    first = made.next_look
    seen = asker.look(made, datetime.now(UTC))
    tasks.deliver(str(first))
    db.expire_all()
    after = domains.domain(db, asker.office.id, made.id)
    assert (after.next_look, after.checked_at) == (seen.next_look, seen.checked_at), "somebody has looked meanwhile"
    assert db.get(OutboxRow, first).done_at
    db.execute(OutboxRow.__table__.update().where(OutboxRow.id == seen.next_look).values(available_at=datetime.now(UTC) - timedelta(minutes=1)))
    db.commit()
    tasks.deliver(str(seen.next_look))
    db.expire_all()
    again = domains.domain(db, asker.office.id, made.id)
    assert again.checked_at > seen.checked_at
    assert again.next_look != seen.next_look


@pytest.mark.parametrize("host", ["localhost", "maple.localhost", "a.b.localhost"])
def test_the_portals_own_names_are_nobodys(asker, host):
    with pytest.raises(CannotAdd, match="belongs to the portal"):
        asker.add(host)


def test_a_practice_has_a_few_domains_and_each_once(asker):
    base = secrets.token_hex(4)
    for number in range(MOST):
        asker.add(f"p{number}.{base}.example")
    with pytest.raises(CannotAdd, match="Remove one"):
        asker.add(f"more.{base}.example")
    with pytest.raises(CannotAdd, match="on your list"):
        asker.add(f"p0.{base}.example")


def test_a_removed_domain_leads_nowhere_from_the_next_request_on(asker, host, db, registry, statements):
    made = asker.add(host)
    asker.lead_here(made)
    asker.prove(made)
    asker.look(made)
    assert registry.tenants.practice_at(host) == asker.office.id
    domains.remove(db, domains.domain(db, asker.office.id, made.id, hold=True), KIM, NOW)
    db.commit()
    registry.tenants.current(asker.office.id)
    assert registry.tenants.practice_at(host) is None
    assert asker.acts()[-1] == "remove"


def test_what_happens_by_itself_stands_in_the_audit_log_with_ids_only(asker, host, db):
    made = asker.add(host)
    asker.lead_here(made)
    asker.prove(made)
    asker.look(made)
    entries = db.scalars(select(AuditEvent).where(AuditEvent.practice_id == asker.office.id, AuditEvent.action.startswith("office.address."))).all()
    assert {entry.action for entry in entries} == {"office.address.add", "office.address.verify"}
    assert all(entry.target_id and entry.account_id is None for entry in entries)


def test_another_practices_domain_is_not_there(asker, other, host, db):
    made = other.add(host)
    with pytest.raises(NoSuchDomain):
        domains.domain(db, asker.office.id, made.id)
    with pytest.raises(NoSuchDomain):
        domains.make_primary(db, asker.office.id, made.id, KIM, NOW)
