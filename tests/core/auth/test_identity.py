"""Who may see whose what: grants over time, and what they permit."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.auth import services
from core.auth.identity import find_visitor, make_identity
from core.plugins import Permission, PluginHost, PortalPlugin, hookimpl


class _Tab(PortalPlugin):
    title, summary = "A tab", "For a test."

    def __init__(self, name):
        self.name = name

    @hookimpl
    def portal_permissions(self):
        return list(DECLARED[self.name])


DECLARED = {
    "account": (Permission("account.see", "See"), Permission("account.pay", "Pay", acts=True)),
    "images": (Permission("images.see", "See"), Permission("images.download", "Download")),
}


@given(st.frozensets(st.sampled_from(["*.see", "*.act", "account.see", "account.act", "images.see", "images.act", "unknown.act"])))
def test_permissions_follow_from_rights(rights):
    found = PluginHost([_Tab(name) for name in DECLARED]).permitted(rights)
    acts = {name for name in DECLARED if {"*.act", f"{name}.act"} & rights}
    sees = acts | {name for name in DECLARED if {"*.see", f"{name}.see"} & rights}
    expected = {p.name for name in sees for p in DECLARED[name] if not p.acts} | {p.name for name in acts for p in DECLARED[name]}
    assert found == expected


def _identity(session, practice, token, now):
    row = find_visitor(session, practice.id, token, now).row
    return make_identity(row, lambda rights: rights) if row else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["*", "account", "images"]), st.sampled_from(["see", "act"]), st.integers(-3, 3), st.integers(-3, 3) | st.none()
        ),
        max_size=5,
    )
)
def test_what_is_granted_is_what_is_seen_at_every_moment(practice, make, registry, grants):
    account = make.account(make.patient())
    child = make.patient(first_name="Mia")
    now = datetime.now(UTC)
    with practice.session() as session:
        for plugin, level, since, until in grants:
            end = None if until is None else now + timedelta(hours=until)
            services.grant(session, account.id, child.id, "guardian", now + timedelta(hours=since), plugin, level, end)
        token = services.open_session(session, account, now)
        session.flush()
        identity = _identity(session, practice, token, now)
    live = {f"{plugin}.{level}" for plugin, level, since, until in grants if since <= 0 and (until is None or until > 0)}
    seen = {person.id: person.rights for person in identity.people}
    assert seen.pop(account.patient_id) == {"*.act"}
    assert seen == ({child.id: live} if live else {})


def test_the_own_record_comes_first_and_is_in_view(practice, make, db):
    patient, child = make.patient(), make.patient(first_name="Mia")
    account = make.account(patient)
    make.grant(account, child)
    token = services.open_session(db, account, datetime.now(UTC))
    db.flush()
    identity = _identity(db, practice, token, datetime.now(UTC))
    assert [person.id for person in identity.people] == [patient.id, child.id]
    assert identity.person.is_self


def test_a_grant_that_ends_takes_the_record_out_of_view(practice, make, db):
    patient, child = make.patient(), make.patient(first_name="Mia")
    account = make.account(patient)
    make.grant(account, child, until=datetime.now(UTC) + timedelta(minutes=5))
    now = datetime.now(UTC)
    token = services.open_session(db, account, now)
    db.flush()
    session_id = find_visitor(db, practice.id, token, now).row.id
    services.view_person(db, practice.id, session_id, child.id)
    assert _identity(db, practice, token, now).person.id == child.id
    assert _identity(db, practice, token, now + timedelta(minutes=6)).person.id == patient.id
