"""What a practice stores is counted to the byte, and a limit on it refuses what people send, never what its own system sends."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from webtest import Upload

from core import allowance
from core.files.models import PracticeStorage
from core.files.storage import recount, recount_if_due
from core.files.transaction import delete_with, put_with
from core.plans import STORAGE
from core.safety.emblems import Emblem
from core.safety.testing import drawing, saved
from tenants import looks
from tenants.models import BrandingPicture, Practice

NOW = datetime.now(UTC)


@pytest.fixture
def files(registry, practice):
    return registry.files.within(practice.id)


def counted(session, practice) -> int:
    return session.scalar(select(PracticeStorage.bytes).where(PracticeStorage.practice_id == practice.id)) or 0


def limit(session, practice, size: int) -> None:
    session.execute(update(Practice).where(Practice.id == practice.id).values(plan="Small", plan_limits={STORAGE: size}))
    session.commit()


def store(session, files, size: int) -> str:
    key = files.new_key("images", uuid4())
    put_with(session, files, key, io.BytesIO(b"x" * size), "image/png")
    return key


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.lists(st.integers(0, 300), max_size=3), st.integers(0, 2), st.booleans()), max_size=5))
def test_the_count_is_what_the_store_holds_whatever_is_stored_removed_and_undone(db, practice, files, transactions):
    kept: list[str] = []
    for sizes, removed, is_kept in transactions:
        new = [store(db, files, size) for size in sizes]
        if is_kept:
            for key in (gone := kept[:removed]):
                delete_with(db, files, key)
                delete_with(db, files, key)
            kept = [key for key in kept if key not in gone] + new
            db.commit()
        else:
            db.rollback()
    assert counted(db, practice) == files.size(practice.id) == sum(files.stat(key).size for key in kept)
    db.rollback()
    for key in kept:
        delete_with(db, files, key)
    db.commit()
    assert counted(db, practice) == 0


def test_a_count_that_is_off_is_mended_once_a_day_and_not_while_something_is_being_stored(db, practice, files):
    store(db, files, 1000)
    looks.keep_picture(db, practice.id, Emblem("image/png", b"body", b"small", b"large"), NOW)
    db.commit()
    assert counted(db, practice) == recount(db, files, practice.id, NOW) == 1014
    db.execute(update(PracticeStorage).where(PracticeStorage.practice_id == practice.id).values(bytes=7))
    db.commit()
    recount_if_due(db, files, practice.id, NOW + timedelta(hours=1))
    assert counted(db, practice) == 7
    recount_if_due(db, files, practice.id, NOW + timedelta(days=1))
    assert counted(db, practice) == 1014

    class Slow:
        def size(self, practice_id: UUID) -> int:
            with practice.session() as other:
                store(other, files, 10)
                other.commit()
            return 1000

    recount(db, Slow(), practice.id, NOW)  # type: ignore[arg-type]
    assert counted(db, practice) == 1024


def test_a_picture_is_counted_once_and_no_more_when_it_goes(db, practice):
    for at in (NOW - timedelta(days=3), NOW - timedelta(days=2)):
        looks.keep_picture(db, practice.id, Emblem("image/png", b"body", b"small", b"large"), at)
        db.commit()
    assert counted(db, practice) == 14
    looks.forget_unused(db, practice.id, NOW)
    db.commit()
    assert counted(db, practice) == 0


def test_of_many_who_send_pictures_at_the_same_moment_as_many_do_as_there_is_room_for(db, practice):
    limit(db, practice, 30)

    def send(number: int) -> bool:
        with practice.session() as session:
            try:
                looks.keep_picture(session, practice.id, Emblem("image/png", b"0123456%03d" % number), NOW)
            except allowance.Full:
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(send, range(6))) == 3
    assert counted(db, practice) == 30


def test_an_office_that_is_full_sends_no_logo_keeps_what_was_typed_and_reads_what_to_do(db, practice, make, signed_in, files):
    limit(db, practice, 1024**2)
    store(db, files, 1024**2)  # what comes in from the practice's own system is taken up to the limit and beyond
    store(db, files, 10)
    db.commit()
    admin = signed_in(account=make.staff())
    assert "1 MB of 1 MB stored files" in admin.get("/office")
    assert "Beyond the plan" in admin.get("/office/allowance")
    form = admin.get("/office/branding").forms["look"]
    form["welcome"], form["logo"] = "Hello to all", Upload("logo.png", saved(drawing(300, 200), "PNG"))
    refused = form.submit(status=422)
    assert "the file was not taken. Your plan, Small, has no room for more stored files: it includes 1 MB." in refused.text
    assert refused.forms["look"]["welcome"].value == "Hello to all"
    assert db.scalar(select(BrandingPicture.id).where(BrandingPicture.practice_id == practice.id)) is None
