"""Clinics at the office's pages: details, hours, closed days, providers, and what patients see of them."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select, update
from webtest import Upload

from core.people.models import Provider
from core.records.door import take_in
from core.safety.testing import drawing, saved
from tenants.models import BrandingPicture, Clinic, ClosedDays

PORTRAIT = saved(drawing(300, 500), "PNG")


@pytest.fixture
def clinic(db, practice):
    """The practice's clinic, as the database has it."""
    return lambda: db.scalars(select(Clinic).where(Clinic.practice_id == practice.id, Clinic.id == practice.clinic_id).execution_options(populate_existing=True)).one()


@pytest.fixture
def lakeside(make, registry, practice):
    """A second clinic; its id."""
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    return next(clinic.id for clinic in registry.tenants.current(practice.id).clinics if clinic.name == "Lakeside")


def fill(app, clinic_id, **typed):
    form = app.get(f"/office/clinics/{clinic_id}").forms["clinic"]
    for name, value in typed.items():
        form[name] = value
    return form.submit(status="*")


def main(page) -> str:
    return " ".join(page.html.find("main").get_text(" ", strip=True).split())


def test_what_the_office_changes_patients_read_on_their_next_page(office, practice, signed_in, make, audited):
    patient = signed_in(make.patient())
    fill(office(), practice.clinic_id, phone="(555) 010-7777", city="Springfield", opens_5="09:00", closes_5="12:30").follow()
    page = main(patient.get("/contact"))
    assert "(555) 010-7777" in page
    assert "9:00 AM – 12:30 PM" in page
    assert len(audited("office.clinic.change")) == 1


def test_saving_without_a_change_is_no_change(office, practice, audited):
    fill(office(), practice.clinic_id)
    assert audited("office.clinic.change") == []


@pytest.mark.parametrize(("typed", "sentence"), [
    ({"name": ""}, "Fill in the name."),
    ({"name": "x" * 101}, "at most 100 characters"),
    ({"email": "desk"}, "such as name@example.com"),
    ({"phone": "call us"}, "Check the phone"),
    ({"opens_0": "17:00", "closes_0": "08:00"}, "On Monday the clinic must close after it opens."),
    ({"opens_1": "", "closes_1": "08:00"}, "Fill in when the clinic opens on Tuesday"),
    ({"opens_2": "08:00", "closes_2": ""}, "Fill in when the clinic closes on Wednesday"),
])  # fmt: skip
def test_what_cannot_be_is_told_and_nothing_typed_is_lost(office, practice, clinic, typed, sentence):
    before = clinic().name, clinic().phone, clinic().hours
    page = fill(office(), practice.clinic_id, **{"address_2": "Suite 9"} | typed)
    assert page.status_int == 422
    assert sentence in main(page)
    assert page.forms["clinic"]["address_2"].value == "Suite 9"
    for name, value in typed.items():
        assert page.forms["clinic"][name].value == value
    assert (clinic().name, clinic().phone, clinic().hours) == before


def test_a_time_zone_that_does_not_exist_is_refused(office, practice, clinic):
    app = office()
    form = app.get(f"/office/clinics/{practice.clinic_id}").forms["clinic"]
    form["time_zone"].force_value("Mars/Olympus")
    assert "Choose the time zone from the list." in form.submit(status=422)


def test_records_leave_what_the_office_has_set_and_fill_the_rest(office, practice, clinic, db):
    db.execute(Clinic.__table__.update().where(Clinic.practice_id == practice.id).values(external_id="C1"))
    db.commit()
    fill(office(), practice.clinic_id, phone="(555) 010-7777")
    record = {"kind": "clinic", "external_id": "C1", "name": "New Name", "phone": "(555) 010-0000", "time_zone": "America/Denver"}
    [answer] = take_in(db, _kinds(), [record])
    db.commit()
    assert answer.outcome == "updated"
    assert (clinic().name, clinic().phone) == ("New Name", "(555) 010-7777")
    [again] = take_in(db, _kinds(), [record])
    assert again.outcome == "unchanged"
    app = office()
    app.get(f"/office/clinics/{practice.clinic_id}").forms["follow"].submit()
    take_in(db, _kinds(), [record])
    db.commit()
    assert clinic().phone == "(555) 010-0000"


def _kinds():
    from tenants.records import KINDS

    return {kind.name: kind for kind in KINDS}


def test_an_added_clinic_is_the_offices_own(office, registry, practice):
    app = office()
    form = app.get("/office/clinics").click("Add a clinic").forms["clinic"]
    form["name"] = "Harbor Street"
    form.submit().follow()
    [made] = [one for one in registry.tenants.current(practice.id).clinics if one.name == "Harbor Street"]
    assert made.hours[0].opens.hour == 8
    assert "Harbor Street" in app.get("/contact")


def test_closed_days_are_shown_to_patients_until_they_have_passed(office, web, practice, db, registry):
    app, today = office(), datetime.now(UTC).date()
    form = app.get("/office/clinics").forms["closed-days"]
    form["first_on"], form["last_on"], form["words"] = str(today + timedelta(3)), str(today + timedelta(5)), "Winter holidays"
    page = form.submit().follow()
    assert "Winter holidays" in page
    assert "Winter holidays" in web.get("/contact")
    [row] = db.scalars(select(ClosedDays).where(ClosedDays.practice_id == practice.id))
    page.forms[f"remove-{row.id}"].submit()
    assert "Winter holidays" not in web.get("/contact")


@pytest.mark.parametrize(("first", "last", "sentence"), [
    (None, None, "Fill in the first day."), (5, 3, "cannot be before"), (-9, -8, "have passed"), (4000, None, "within the next 3 years"),
])  # fmt: skip
def test_closed_days_that_make_no_sense_are_refused_in_words(office, db, practice, first, last, sentence):
    today = datetime.now(UTC).date()
    form = office().get("/office/clinics").forms["closed-days"]
    form["first_on"] = str(today + timedelta(first)) if first is not None else ""
    form["last_on"] = str(today + timedelta(last)) if last is not None else ""
    page = form.submit(status=422)
    assert sentence in main(page)
    assert db.scalars(select(ClosedDays).where(ClosedDays.practice_id == practice.id)).all() == []


def test_who_works_at_one_clinic_changes_that_one_only(office, practice, lakeside, db):
    app = office(clinic_ids=(lakeside,))
    app.get(f"/office/clinics/{practice.clinic_id}", status=404)
    app.get("/office/clinics/new", status=404)
    fill(app, lakeside, phone="(555) 010-1234").follow()
    page = app.get("/office/clinics")
    form = page.forms["closed-days"]
    assert [value for value, *_ in form["clinic"].options] == [str(lakeside)]
    everybody = ClosedDays(clinic_id=None, first_on=datetime.now(UTC).date(), last_on=datetime.now(UTC).date(), words="")
    db.add(everybody)
    db.commit()
    token = form["csrf_token"].value
    app.post(f"/office/closed-days/{everybody.id}/remove", {"csrf_token": token}, status=404)


def test_another_practices_clinic_is_not_found(office, other_practice):
    office().get(f"/office/clinics/{other_practice.clinic_id}", status=404)


def test_a_provider_is_shown_with_the_name_that_patients_know_when_the_office_says_so(office, web, practice, db):
    app = office()
    form = app.get(f"/office/providers/{practice.provider_id}").forms["provider"]
    assert "Our team" not in web.get("/contact")
    form["preferred_name"], form["specialty"], form["is_shown"] = "Dr. Amy", "Orthodontics", True
    form.submit().follow()
    page = main(web.get("/contact"))
    assert "Our team" in page
    assert "Dr. Amy Orthodontics" in page
    assert db.scalars(select(Provider.own).where(Provider.id == practice.provider_id)).one() == ["is_shown", "preferred_name", "specialty"]


def test_a_providers_photo_is_made_safe_shown_beside_visits_and_on_the_contact_page_and_removed_again(office, web, practice, db, make, signed_in):
    patient = make.patient()
    about = {"patient": patient.external_id, "starts_at": datetime.now(UTC) + timedelta(days=2), "minutes": 50, "provider": "D1"}
    make.take_in([{"kind": "appointment", "external_id": "V1", **about}])
    theirs, app, path = signed_in(patient), office(), f"/office/providers/{practice.provider_id}"
    assert theirs.get("/appointments").html.select_one(".appointments-visit__place .avatar").name == "span", "initials at first"
    form = app.get(path).forms["provider"]
    form["photo"], form["is_shown"] = Upload("amy.png", PORTRAIT, "image/png"), True
    form.submit().follow()
    [face] = web.get("/contact").html.select(".team img")
    assert face["alt"] == f"Photo of {practice_provider(db, practice).name}"
    assert theirs.get("/appointments").html.select_one(".appointments-visit__place img")["src"] == face["src"]
    picture = web.get(face["src"])
    assert picture.content_type == "image/webp"
    assert "immutable" in picture.headers["Cache-Control"]
    assert Image.open(BytesIO(picture.body)).size == (320, 320)
    form = app.get(path).forms["provider"]
    form["photo"] = Upload("amy.png", b"<svg onload=alert(1)>", "image/png")
    refused = form.submit(status=422)
    assert "the file was not taken" in refused.text
    assert refused.forms["provider"]["photo_mark"].value in face["src"], "the one of before is still there"
    db.execute(update(BrandingPicture).values(made_at=datetime.now(UTC) - timedelta(days=2)))
    db.commit()
    form = app.get(path).forms["provider"]
    form["remove"] = True
    form.submit().follow()
    assert not web.get("/contact").html.select(".team img")
    assert web.get("/contact").html.select(".team .avatar")
    assert not db.scalars(select(BrandingPicture).where(BrandingPicture.practice_id == practice.id)).all()


def practice_provider(db, practice) -> Provider:
    db.expire_all()
    return db.get(Provider, (practice.id, practice.provider_id))


def test_a_role_that_only_looks_sees_no_way_to_change(office, practice):
    page = office("read_only").get("/office/clinics")
    assert "closed-days" not in page.forms
    assert "Edit" not in main(page)


def test_a_provider_is_added_by_hand_only_where_no_system_sends_them(office, practice, db, audited):
    app, path = office(), "/office/providers/new"
    page = app.get(path)
    assert "add them there" in page
    token = page.forms["sign-out"]["csrf_token"].value
    assert "add them there" in app.post(path, {"csrf_token": token, "first_name": "Ada", "last_name": "Osei"}, status=422)
    db.scalars(select(Provider).where(Provider.id == practice.provider_id)).one().external_id = None
    db.commit()
    form = app.get("/office/clinics").click(href="/office/providers/new").forms["provider"]
    form["first_name"], form["suffix"] = "Ada", "DDS"
    assert "Fill in the last name." in form.submit(status=422)
    form["last_name"] = "Osei"
    assert "Ada Osei, DDS is added." in form.submit(status=303).follow()
    assert len(audited("office.provider.add")) == 1
