"""How long a session lives without a click: as the office says."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from core.auth.models import SignInSession
from tenants import settings


def _seen(db, practice, minutes: int) -> None:
    seen_at = datetime.now(UTC) - timedelta(minutes=minutes)
    db.execute(update(SignInSession).where(SignInSession.practice_id == practice.id).values(seen_at=seen_at))
    db.commit()


@pytest.mark.parametrize(("idle_minutes", "ago", "inside"), [(None, 14, True), (None, 16, False), (5, 4, True), (5, 6, False), (60, 59, True), (60, 61, False)])
def test_the_offices_minutes_count(signed_in, practice, make, db, registry, idle_minutes, ago, inside):
    browser = signed_in(make.patient())
    if idle_minutes:
        settings.change(db, registry.plugins, practice.id, None, "portal.idle_minutes", idle_minutes, "test", datetime.now(UTC))
    _seen(db, practice, ago)
    assert browser.get("/home").status_int == (200 if inside else 303)


def test_a_click_starts_the_minutes_anew(signed_in, practice, make, db):
    browser = signed_in(make.patient())
    for _ in range(3):
        _seen(db, practice, 14)
        assert browser.get("/home").status_int == 200


@pytest.mark.parametrize("minutes", [0, 4, 61, "soon"])
def test_an_office_cannot_choose_what_is_unsafe(db, practice, registry, minutes):
    with pytest.raises(settings.WrongValue):
        settings.change(db, registry.plugins, practice.id, None, "portal.idle_minutes", minutes, "test", datetime.now(UTC))
