"""Hours and blockouts that the office enters: for many days, copied, removed, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.db import bind_tenant
from plugins.appointments.models import BlockoutType, ScheduleBlock
from tenants.clinics import add_closed

PATH = "/office/appointments/schedules"


@pytest.fixture
def blocks(db, practice):
    def found():
        db.expire_all()
        bind_tenant(db, practice.id)
        rows = db.scalars(select(ScheduleBlock).where(ScheduleBlock.practice_id == practice.id).order_by(ScheduleBlock.held_on, ScheduleBlock.starts))
        return [(row.held_on, row.starts, row.ends) for row in rows]

    return found


@pytest.fixture
def fill(office, practice):
    """`fill(first, last, …)`: the form to add hours, filled in and sent."""
    app = office()

    def send(first, last="", weekdays=(0, 1, 2, 3, 4), times=(("08:00", "12:00"), ("13:00", "17:00")), status=303, keeper=None):
        form = app.get(f"{PATH}/add").forms["hours"]
        form["keeper"] = keeper if keeper is not None else f"provider:{practice.provider_id}"
        form["first_on"], form["last_on"] = str(first), str(last)
        for number in range(1, 5):
            form[f"from_{number}"], form[f"to_{number}"] = times[number - 1] if number <= len(times) else ("", "")
        for box in form.fields["weekday"]:
            box.checked = int(box._value) in weekdays
        return form.submit(status=status)

    return send


def test_hours_fill_weeks_but_for_closed_days_and_are_shown_by_day(fill, blocks, db, practice, coming):
    bind_tenant(db, practice.id)
    add_closed(db, practice.id, practice.clinic_id, coming.next, coming.next, "Anniversary", coming.monday)
    db.commit()
    page = fill(coming.monday, coming.next + timedelta(days=4), weekdays=(0, 2)).follow()
    assert "6 entries added. 1 closed day was left out." in page
    assert blocks() == [(day, *times) for day in (coming.monday, coming.monday + timedelta(days=2), coming.next + timedelta(days=2)) for times in ((480, 720), (780, 1020))]
    assert "8:00 AM – 12:00 PM" in page


def test_one_provider_is_never_in_two_places_and_the_clash_is_named(fill, blocks, coming):
    fill(coming.monday, coming.monday + timedelta(days=4))
    refused = fill(coming.monday, coming.monday + timedelta(days=4), times=(("11:00", "14:00"),), status=422)
    assert "Dana Okafor, DDS has 8:00 AM to 12:00 PM on" in refused
    assert "there are clashes on 4 more days" in refused
    assert refused.forms["hours"]["from_1"].value == "11:00"
    assert len(blocks()) == 10
    fill(coming.monday, times=(("12:00", "13:00"),))
    assert len(blocks()) == 11


@pytest.mark.parametrize(
    "times, words",
    [
        ((("08:00", ""),), "Fill in both times, from and to"),
        ((("12:00", "08:00"),), "The end must come after the beginning."),
        ((("08:00", "12:00"), ("11:00", "13:00")), "8:00 AM to 12:00 PM and 11:00 AM to 1:00 PM overlap."),
        ((), "Fill in the times from and to."),
        ((("8 o’clock", "12:00"),), "Check the beginning of the times 1"),
    ],
)
def test_times_that_make_no_hours_are_refused_each_with_its_own_words(fill, blocks, coming, times, words):
    assert words in fill(coming.monday, times=times, status=422)
    assert blocks() == []


def test_days_that_have_passed_or_are_far_off_or_none_are_refused(fill, blocks, coming):
    yesterday = datetime.now(UTC).date() - timedelta(days=2)
    assert "Days that have passed cannot be changed." in fill(yesterday, coming.monday, status=422)
    assert "The last day cannot be before the first day." in fill(coming.next, coming.monday, status=422)
    assert "within the next two years" in fill(coming.monday, coming.monday + timedelta(days=900), status=422)
    assert "Choose at least one weekday." in fill(coming.monday, weekdays=(), status=422)
    assert "None of these weekdays lies between" in fill(coming.monday, weekdays=(3,), status=422)
    assert "Choose a provider or a blockout." in fill(coming.monday, keeper="", status=422)
    assert blocks() == []


def test_a_time_that_a_clock_change_leaves_out_or_doubles_has_its_own_answer(fill, blocks):
    today, sundays = datetime.now(UTC).date(), []
    for year in (today.year, today.year + 1):
        march, november = datetime(year, 3, 8).date(), datetime(year, 11, 1).date()
        sundays += [(day + timedelta(days=(6 - day.weekday()) % 7), words) for day, words in ((march, "go forward"), (november, "go back"))]
    for day, words in [one for one in sundays if one[0] > today][:2]:
        times = (("02:30", "08:00"),) if words == "go forward" else (("01:30", "08:00"),)
        assert words in fill(day, weekdays=(6,), times=times, status=422)
    assert blocks() == []


def test_a_week_is_copied_onto_others_and_hours_are_removed_one_by_one_or_many(fill, office, blocks, coming):
    fill(coming.monday, coming.monday + timedelta(days=1))
    app = office("front_desk")
    form = app.get(f"{PATH}/copy?day={coming.monday}").forms["copy"]
    form["weeks"] = "2"
    assert "8 entries added." in form.submit(status=303).follow()
    assert len(blocks()) == 12
    assert "has 8:00 AM to 12:00 PM on" in form.submit(status=422)
    page = app.get(f"{PATH}?day={coming.monday}")
    first = next(page.forms[name] for name in page.forms if str(name).startswith("remove-"))
    assert "Removed." in first.submit(status=303).follow()
    first.submit(status=404)
    clear = app.get(f"{PATH}/copy").forms["clear"]
    clear["clear_first"], clear["clear_last"] = str(coming.next), str(coming.after + timedelta(days=6))
    assert "8 entries removed." in clear.submit(status=303).follow()
    assert len(blocks()) == 3
    empty = app.get(f"{PATH}/copy").forms["copy"]
    empty["week"] = str(coming.after)
    assert "There are no hours in that week" in empty.submit(status=422)


def test_blockouts_overlap_nowhere_and_hours_of_the_practices_system_are_read_only(fill, blocks, office, make, db, practice, coming):
    bind_tenant(db, practice.id)
    lunch = BlockoutType(practice_id=practice.id, name="Lunch")
    db.add(lunch)
    db.commit()
    fill(coming.monday, times=(("12:00", "13:00"),), keeper=f"blockout:{lunch.id}")
    assert "Lunch has 12:00 PM to 1:00 PM on" in fill(coming.monday, times=(("12:30", "13:30"),), keeper=f"blockout:{lunch.id}", status=422)
    make.take_in([{"kind": "schedule", "external_id": "S1", "provider": "D1", "clinic": "C1", "held_on": coming.monday, "starts": 480, "ends": 1020}])
    app = office()
    page = app.get(f"{PATH}?day={coming.monday}")
    assert "Your practice system sends the hours" in page
    assert "hours" not in app.get(f"{PATH}/add").forms
    assert len([name for name in page.forms if str(name).startswith("remove-")]) == 1  # the one that was entered here


def test_hours_that_open_rooms_by_mistake_and_those_nobody_can_book_are_said(fill, office, make, chairs, coming, db, practice):
    fill(coming.monday, weekdays=(0,))
    path = f"{PATH}?day={coming.monday}"
    assert "but no operatory in which patients may book" in office().get(path)
    make.take_in([{"kind": "operatory", "external_id": number, "name": f"Room {number}", "clinic": "C1", "provider": "D1", "takes_recalls": True} for number in ("O1", "O2")])
    assert "name no operatory, so patients can book in each of Room O1, Room O2" in office().get(path)


def test_who_works_at_one_clinic_only_changes_no_other(office, make, practice, coming):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    app = office(clinic_ids=(practice.clinic_id,))
    other = next(clinic.id for clinic in practice.registry.tenants.current(practice.id).clinics if clinic.id != practice.clinic_id)
    app.get(f"{PATH}?clinic={other}", status=404)
    form = app.get(f"{PATH}/add").forms["hours"]
    form["clinic"] = str(other)
    form.submit(status=404)
    office("read_only").get(f"{PATH}/add", status=403)
    office("billing").get(PATH, status=403)
