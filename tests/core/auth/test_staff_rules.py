"""Who may change whose access to the office, and how far."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth import second, services, staff
from core.auth.models import Account, Passkey, RecoveryCode, SignInSession
from core.auth.roles import ROLES
from core.auth.staff import Place, Wish
from core.auth.staff_rules import CannotChangeStaff, Giver, check_giver, is_within

NOW = datetime.now(UTC)
A, B = uuid4(), uuid4()
CLINICS = st.sampled_from([(), (A,), (B,), (A, B)])
PEOPLE = st.lists(st.tuples(st.sampled_from(list(ROLES)), CLINICS, st.booleans()), min_size=1, max_size=4)


def giver_of(account: Account) -> Giver:
    return Giver(account.id, ROLES[account.role].permissions, frozenset(account.clinic_ids))


@pytest.mark.parametrize(("clinics", "limits", "within"), [
    ((), (), True), ((A,), (), True), ((), (A,), False), ((A,), (A,), True), ((A, B), (A,), False), ((B,), (A, B), True),
])  # fmt: skip
def test_clinics_within_others(clinics, limits, within):
    assert is_within(clinics, limits) is within


@given(st.sampled_from(list(ROLES)), CLINICS, st.sampled_from(list(ROLES)), CLINICS, st.sampled_from([*ROLES, ""]), CLINICS, st.booleans(), st.booleans())
def test_nobody_gives_more_than_they_have_and_nobody_changes_themselves(role, mine, theirs, had, wanted, clinics, is_self, is_closed):
    giver = Giver(A, ROLES[role].permissions, frozenset(mine))
    account = Account(id=A if is_self else B, role=theirs, clinic_ids=list(had), closed_at=NOW if is_closed else None)
    try:
        check_giver(giver, account, wanted, clinics)
    except CannotChangeStaff:
        return
    assert not is_self
    assert not wanted or ROLES[wanted].permissions <= giver.permissions
    assert not mine or (clinics and set(clinics) <= set(mine))
    assert not mine or is_closed or (had and set(had) <= set(mine))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(PEOPLE, st.lists(st.tuples(st.integers(0, 3), st.sampled_from([*ROLES, "close"]), CLINICS), max_size=4))
def test_whatever_is_changed_an_office_that_has_an_admin_keeps_one(registry, people, changes):
    from core.testing import make_office

    office = make_office(registry)
    with office.session() as db:
        made = [Account(kind="staff", name="x", role=role, clinic_ids=list(clinics), user_name=f"s{n}", user_name_norm=f"s{n}",
                        password_hash="x" if been_here else "", email=f"s{n}@example.test", created_at=NOW)
                for n, (role, clinics, been_here) in enumerate(people)]  # fmt: skip
        db.add_all(made)
        db.flush()

        def has_admin(limited: bool) -> bool:
            return any(one.role == "office_admin" and not one.closed_at and one.password_hash and (limited or not one.clinic_ids) for one in made)

        before = has_admin(False), has_admin(True)
        for which, wanted, clinics in changes:
            account = made[which % len(made)]
            try:
                if wanted == "close":
                    staff.close(db, office.id, account.id, NOW)
                else:
                    staff.change(db, office.id, account.id, Place(wanted, clinics), NOW)
            except CannotChangeStaff:
                db.expire(account) if account in db.dirty else None
        assert (has_admin(False), has_admin(True)) >= before
        db.rollback()


def test_another_role_counts_at_once_and_ends_what_is_open(db, practice, make, signed_in):
    admin, account = make.staff(), make.staff("read_only")
    app = signed_in(account=account)
    staff.change(db, practice.id, account.id, Place("billing"), NOW, giver_of(admin))
    db.commit()
    app.get("/office", status=303)
    assert db.get(Account, (practice.id, account.id)).role == "billing"
    [entry] = db.scalars(select(AuditEvent).where(AuditEvent.practice_id == practice.id, AuditEvent.action == "office.staff.change"))
    assert (entry.account_id, entry.target_id) == (admin.id, account.id)


def test_a_lost_phone_is_forgotten_with_every_way_and_code(db, practice, make, registry):
    admin, account = make.staff(), make.staff("clinical")
    secret = registry.portal.secret_key
    account.totp_secret = "x"
    db.add(Passkey(account_id=account.id, credential_id="c", public_key=b"k", sign_count=0, host="h", name="Phone", created_at=NOW))
    second.new_recovery_codes(db, secret, account)
    services.open_session(db, account, NOW, services.Place(realm="office"))
    db.commit()
    staff.forget_second(db, practice.id, account.id, NOW, giver_of(admin))
    db.commit()
    assert not second.has_factor(db, account)
    for model in (Passkey, RecoveryCode, SignInSession):
        assert db.scalars(select(model).where(model.practice_id == practice.id, model.account_id == account.id)).all() == []
    assert staff.member(db, practice.id, account.id).state == "second step to come"


@pytest.mark.parametrize("act", [
    lambda db, practice, account, by: staff.close(db, practice.id, account.id, NOW, by),
    lambda db, practice, account, by: staff.change(db, practice.id, account.id, Place("billing"), NOW, by),
    lambda db, practice, account, by: staff.forget_second(db, practice.id, account.id, NOW, by),
    lambda db, practice, account, by: staff.invite(db, practice.id, Wish(account.name, account.email, account.role), NOW, by),
], ids=["close", "change", "forget", "invite"])  # fmt: skip
def test_nobody_changes_the_own_access(db, practice, make, act):
    make.staff()
    admin = make.staff()
    with pytest.raises(CannotChangeStaff, match="Somebody else"):
        act(db, practice, admin, giver_of(admin))


def test_a_closed_account_is_changed_by_nobody_and_opened_by_an_invitation(db, practice, make):
    admin, account = make.staff(), make.staff("billing")
    staff.close(db, practice.id, account.id, NOW, giver_of(admin))
    for act in (lambda: staff.change(db, practice.id, account.id, Place("clinical"), NOW), lambda: staff.forget_second(db, practice.id, account.id, NOW)):
        with pytest.raises(CannotChangeStaff, match="Nobody"):
            act()
    staff.invite(db, practice.id, Wish("Kim", account.email, "clinical"), NOW, giver_of(admin))
    assert (account.closed_at, account.role) == (None, "clinical")
