"""Keys at the office: made for one purpose and shown this once, made anew, revoked; only for an admin of the whole practice."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.db import uuid7
from core.records.api import keys
from core.records.api.models import ApiKey

PATH = "/office/keys"


@pytest.fixture
def admin(office):
    return office("office_admin")


def make(app, **fields):
    form = app.get(f"{PATH}/make").forms["make"]
    for name, value in ({"name": "Desk system", "sends": "all"} | fields).items():
        form[name] = value
    return form.submit(status="*")


def words_on(page) -> str:
    return re.search(r"cuspid_[a-z0-9]{12}_[A-Za-z0-9_-]{43}", page.text).group()


def key_of(db, practice) -> ApiKey:
    db.expire_all()
    return db.scalars(select(ApiKey).where(ApiKey.practice_id == practice.id)).one()


def test_a_key_is_shown_once_opens_the_door_and_is_never_shown_again(admin, db, practice):
    words = words_on(make(admin))
    key = keys.find(db, practice.id, words, datetime.now(UTC))
    assert (key.name, key.sends, key.kinds, key.reads) == ("Desk system", True, [], True)
    page = admin.get(PATH)
    assert "Not used yet" in page
    assert words not in page
    assert words.split("_")[2] not in page
    told = db.execute(select(AuditEvent.action, AuditEvent.target_id).where(AuditEvent.practice_id == practice.id, AuditEvent.action == "office.key.make")).all()
    assert told == [("office.key.make", key.id)]


def test_what_it_is_for_counts(admin, db, practice):
    page = admin.get(f"{PATH}/make")
    form = page.forms["make"]
    form["name"], form["sends"], form["reads"], form["last_day"] = "Imaging", "some", False, "2099-12-31"
    next(field for field in form.fields["kinds"] if field._value == "image").checked = True
    words_on(form.submit())
    key = key_of(db, practice)
    assert (key.sends, key.kinds, key.reads, key.ends_at.year) == (True, ["image"], False, key.ends_at.year)
    assert key.ends_at >= datetime(2099, 12, 31, tzinfo=UTC)
    assert "Image" in admin.get(PATH)


@pytest.mark.parametrize(("fields", "words"), [
    ({"name": ""}, "Say which system"), ({"sends": "none", "reads": False}, "of no use"), ({"sends": "some"}, "Choose which kinds"),
    ({"last_day": "2020-01-01"}, "This day is over"), ({"last_day": "soon"}, "This is no day"),
])  # fmt: skip
def test_what_would_open_nothing_is_not_made_and_what_was_typed_is_there(admin, db, practice, fields, words):
    page = make(admin, **fields)
    assert page.status_int == 422
    assert words in page
    assert page.forms["make"]["name"].value == fields.get("name", "Desk system")
    assert db.scalars(select(ApiKey).where(ApiKey.practice_id == practice.id)).all() == []


def test_made_anew_the_former_one_works_on_and_revoked_none_does(admin, db, practice):
    first = words_on(make(admin))
    key = key_of(db, practice)
    second = words_on(admin.get(PATH).forms[f"anew-{key.id}"].submit())
    now = datetime.now(UTC)
    db.expire_all()
    assert keys.find(db, practice.id, first, now) is not None
    assert keys.find(db, practice.id, second, now) is not None
    assert "Former key" in admin.get(PATH)
    page = admin.get(PATH).forms[f"revoke-{key.id}"].submit().follow()
    assert "opens nothing any more" in page
    assert f"anew-{key.id}" not in page.forms
    db.expire_all()
    assert keys.find(db, practice.id, first, now) is keys.find(db, practice.id, second, now) is None


def test_who_looks_after_some_clinics_only_and_who_asks_for_no_key_find_nothing(office, practice, make, signed_in):
    signed_in(account=make.staff("office_admin", (practice.clinic_id,))).get(PATH, status=404)
    office("front_desk").get(PATH, status=403)
    app = office("office_admin")
    app.post(f"{PATH}/{uuid7()}/revoke", {"csrf_token": app.get(f"{PATH}/make").forms["make"]["csrf_token"].value}, status=404)


def test_a_key_is_for_the_practices_own_system_or_for_another_one(admin, db, practice):
    make(admin)
    assert not key_of(db, practice).is_second
    make(admin, name="Laboratory", system="other")
    found = {key.name: key.is_second for key in keys.of_practice(db, practice.id)}
    assert found == {"Desk system": False, "Laboratory": True}
    assert "Another one than your practice system" in admin.get(PATH)
