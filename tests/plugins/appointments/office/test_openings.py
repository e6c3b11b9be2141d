"""What a patient would see, as the office looks at it."""

import pytest
from sqlalchemy import select

from core.db import bind_tenant
from plugins.appointments.models import AppointmentType, RecallType

PATH = "/office/appointments/openings"


@pytest.fixture
def look(office, db, practice, chairs, coming):
    """`look(model)`: the month of the Monday, for the first row of a sort."""

    def page(model=AppointmentType, query=""):
        bind_tenant(db, practice.id)
        row = db.scalars(select(model).where(model.practice_id == practice.id)).first()
        what = f"{'recall' if model is RecallType else 'type'}-{row.id}"
        return office().get(f"{PATH}?what={what}&month={coming.monday:%Y-%m}{query}")

    return page


def _day(page, day) -> str:
    """What the page says of a day."""
    return next(row.get_text(" ") for row in page.html.select(".list-row") if f"{day:%B} {day.day}, {day.year}" in row.get_text(" "))


def test_each_day_shows_its_times_or_says_which_rule_leaves_none(look, make, coming, practice):
    assert "No operatory takes it." in _day(look(), coming.monday)
    make.take_in([{"kind": "operatory", "external_id": "O1", "name": "Room 1", "clinic": "C1", "provider": "D1", "appointment_types": ["T1"]}])
    assert "No provider has hours" in _day(look(), coming.monday)
    hours = {"kind": "schedule", "clinic": "C1", "held_on": coming.monday}
    make.take_in([hours | {"external_id": "S1", "provider": "D1", "starts": 540, "ends": 630, "operatories": ["O1"]}])
    seen = _day(look(), coming.monday)
    assert "9:00 AM" in seen
    assert "Room 1, Dana Okafor, DDS" in seen
    make.take_in([hours | {"external_id": "S2", "blockout_type": "B1", "starts": 480, "ends": 1020}])
    assert "The time is kept by blockouts" in _day(look(), coming.monday)


def test_what_is_not_offered_is_said_and_nonsense_in_the_address_is_the_first_reason_and_this_month(look, office, coming):
    assert "Patients are not offered this now" not in look()
    assert "No operatory takes it." in look(RecallType)
    page = office("read_only").get(f"{PATH}?what=nonsense&month=9999-99&provider=%00")
    assert "Reason" in page
    assert "This month has passed" in office().get(f"{PATH}?month=2020-01")
    office("billing").get(PATH, status=403)


def test_a_practice_without_types_is_led_to_the_set_up(office):
    assert "Nothing can be booked yet" in office().get(PATH)
