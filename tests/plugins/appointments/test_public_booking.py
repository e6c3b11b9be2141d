"""Booking on a clinic's public page: nobody learns who is a patient, nobody books in another's name, and who is new has a chart and a visit."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.auth import tickets
from core.auth.limits import Limiter
from core.people.models import Patient
from core.testing import browser
from plugins.appointments.models import Appointment, Guest
from plugins.appointments.services import newcomers
from plugins.appointments.views.public_place import origins_of
from tenants import settings as office_settings

NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo("America/New_York")).date()
TIME = re.compile(r'class="appointments-time" href="([^"]+)"')
CODE = re.compile(r"Your code: (\d{6})")
ROBIN = {"first_name": "Robin", "last_name": "Vale", "birthdate": "1985-04-12"}
NORA = {"first_name": "Nora", "last_name": "Birch", "birthdate": "1990-02-14", "email": "nora@example.test", "phone": "303-555-0199"}


@pytest.fixture(autouse=True)
def fresh_limiter(registry):
    """Each test counts tries for itself."""
    before, registry.limiter = registry.limiter, Limiter("memory://")
    yield
    registry.limiter = before


@pytest.fixture
def switch(db, registry, practice):
    """`switch(name, value)`: a setting of the tab."""

    def turn(name, value):
        office_settings.change(db, registry.plugins, practice.id, None, f"appointments.{name}", value, "Alex", NOW)
        db.commit()

    return turn


@pytest.fixture
def place(make, switch, practice):
    """The address of a clinic's page, with a chair that is open from nine to five."""
    make.take_in([
        {"kind": "appointment_type", "external_id": "T1", "name": "Exam", "words": "Something hurts", "pattern": "XXXXXX", "for_new": True},
        {"kind": "appointment_type", "external_id": "T2", "name": "Child", "words": "First teeth", "pattern": "XXXX", "for_existing": False, "for_new": True, "max_age": 5},
        {"kind": "operatory", "external_id": "O1", "name": "One", "clinic": "C1", "provider": "D1", "appointment_types": ["T1", "T2"]},
        *({"kind": "schedule", "external_id": f"S{day}", "provider": "D1", "clinic": "C1", "held_on": TODAY + timedelta(days=day), "starts": 540, "ends": 1020}
          for day in range(2, 9)),
    ])  # fmt: skip
    switch("book_new", True)
    return f"/appointments/online/{practice.clinic_id}"


@pytest.fixture
def details(web, place):
    """`details(**typed)`: the form about who is new, filled in for Nora, for the first open time of a reason."""

    def fill(app=web, reason="Something hurts", number=0, query="", **typed):
        page = app.get(f"{place}/new{query}").click(reason)
        form = app.get(TIME.findall(page.text)[number].replace("&amp;", "&")).forms["new"]
        for name, value in (NORA | typed).items():
            form[name] = value
        return form

    return fill


@pytest.fixture
def code_for(mails, work_off):
    """`code_for(address)`: the code in the newest mail."""

    def read(address: str) -> str:
        work_off()
        work_off()
        return CODE.search(mails.to(address)[-1].get_body(("plain",)).get_content()).group(1)

    return read


def ask_as(app, place, **who):
    """Say who it is, at the page for patients."""
    form = app.get(f"{place}/known").forms["known"]
    for name, value in (ROBIN | who).items():
        form[name] = value
    return form.submit()


def with_code(page, code):
    form = page.forms["code"]
    form["code"] = code
    return form


def test_the_short_address_leads_to_the_page_and_keeps_where_somebody_came_from(web, place):
    page = web.get("/book?utm_source=news").follow().follow()
    assert "I’m new here" in page.text
    assert "utm_source=news" in page.text


def test_a_patient_proves_by_a_code_and_books(web, place, make, practice, code_for):
    patient = make.patient(email="robin.vale@example.test")
    page = ask_as(web, place)
    choose = with_code(page, f" {code_for('robin.vale@example.test')} ").submit().follow()
    assert "Robin" not in choose.text
    review = web.get(TIME.findall(choose.click("Something hurts").text)[0].replace("&amp;", "&"))
    form = next(form for form in review.forms.values() if "review" in form.action)
    assert "Your visit is booked" in form.submit().text
    with practice.session() as session:
        visit = session.scalars(select(Appointment).where(Appointment.practice_id == practice.id)).one()
        assert (visit.patient_id, visit.made_by, visit.made_by_id, visit.minutes) == (patient.id, "existing", None, 30)
    assert form.submit().location.endswith("/known"), "the link is used up"


def test_known_and_unknown_people_get_the_same_page_and_cost_the_same_statements(web, place, make, statements, work_off, mails):
    make.patient(email="robin.same@example.test")
    ask_as(web, place, first_name="Somebody")  # the practice is read anew after a change
    pages, counts = [], []
    for who in ({}, {"first_name": "Nobody"}, {"birthdate": "1985-04-13"}):
        with statements() as seen:
            pages.append(ask_as(web, place, **who))
        counts.append([re.sub(r"\s+", " ", one)[:60] for one in map(str, seen)])
    assert counts[0] == counts[1] == counts[2]
    assert len({re.sub(r'value="[0-9a-f-]{36}"', "", page.text) for page in pages}) == 1
    work_off()
    work_off()
    assert len(mails.to("robin.same@example.test")) == 1


def test_a_code_is_closed_after_five_wrong_tries_and_a_made_up_ticket_has_the_same_answer(web, place, make, code_for):
    make.patient(email="robin.tries@example.test")
    page = ask_as(web, place)
    code = code_for("robin.tries@example.test")
    wrong = "000000" if code != "000000" else "111111"
    answers = [with_code(page, wrong).submit(status=422) for _ in range(5)]
    right = with_code(page, code).submit(status=422)
    assert "This code is not right" in right.text
    made_up = page.forms["code"]
    made_up["ticket"].force_value("nothing")
    made_up["code"] = code
    assert "This code is not right" in made_up.submit(status=422).text
    assert "This code is not right" in answers[0].text


def test_a_pass_that_is_over_of_another_practice_of_another_kind_or_made_up_leads_back_to_the_question(web, place, make, db, other_make, other_db):
    patient = make.patient()
    good = tickets.issue_link(db, newcomers.PASS, NOW, newcomers.PASS_LIVES, patient_id=patient.id)
    over = tickets.issue_link(db, newcomers.PASS, NOW - newcomers.PASS_LIVES, newcomers.PASS_LIVES, patient_id=make.patient().id)
    odd = tickets.issue_link(db, "reset", NOW, newcomers.PASS_LIVES, account_id=make.account(make.patient()).id)
    foreign = tickets.issue_link(other_db, newcomers.PASS, NOW, newcomers.PASS_LIVES, patient_id=other_make.patient().id)
    db.commit()
    other_db.commit()
    web.get(f"{place}/for/{good}", status=200)
    for token in (over, odd, foreign, "nothing", good[:-1]):
        for path in (f"{place}/for/{token}", f"{place}/for/{token}/review"):
            assert web.get(path, status=303).location.endswith("/known")


def test_the_code_of_a_child_goes_to_the_guarantor_and_of_a_confidential_chart_to_nobody_else(db, make, practice):
    parent = make.patient(first_name="Ann", birthdate="1980-01-01", email="ann@example.test")
    child = make.patient(first_name="Kim", birthdate="2015-05-05", email="", phone="", guarantor=parent.external_id)
    teen = make.patient(first_name="Lee", birthdate="2010-05-05", email="lee@example.test", guarantor=parent.external_id, is_confidential=True)
    for patient, reached in ((child, parent), (teen, teen)):
        guest = Guest(practice_id=practice.id, first_name=patient.first_name, last_name="Vale", birthdate=patient.birthdate)
        assert [one.id for one in newcomers.find(db, guest, TODAY, 18)] == [patient.id, reached.id]


def test_two_of_one_name_and_birthdate_get_no_code(web, place, make, work_off, mails):
    for _ in range(2):
        make.patient(email="twins@example.test")
    ask_as(web, place)
    work_off()
    work_off()
    assert mails.to("twins@example.test") == []


def test_who_is_new_has_a_chart_and_a_visit(web, details, practice, code_for):
    form = details(query="?utm_source=news&utm_campaign=spring")
    form["insurance"], form["note"] = "Summit Dental", "I am nervous."
    page = form.submit()
    assert "nora@example.test" in page.text.replace("<wbr>", "")
    done = with_code(page, code_for("nora@example.test")).submit()
    assert "Your visit is booked" in done.text
    with practice.session() as session:
        chart = session.scalars(select(Patient).where(Patient.practice_id == practice.id)).one()
        assert (chart.first_name, chart.email, chart.source, chart.external_id, chart.clinic_id) == ("Nora", "nora@example.test", "web", None, practice.clinic_id)
        visit = session.scalars(select(Appointment).where(Appointment.practice_id == practice.id)).one()
        assert (visit.patient_id, visit.made_by, visit.is_new_patient) == (chart.id, "new", True)
        assert visit.note == "Something hurts\nInsurance: Summit Dental\nI am nervous."
        guest = session.scalars(select(Guest).where(Guest.practice_id == practice.id)).one()
        assert (guest.source, guest.appointment_id) == ("news / spring", visit.id)


def test_the_page_with_the_times_takes_four_statements_at_most(web, place, statements):
    page = web.get(f"{place}/new").click("Something hurts")
    with statements() as seen:
        again = web.get(page.request.path_qs)
    assert len(seen) <= 4, seen
    assert len(TIME.findall(again.text)) > 5


def test_only_name_birthdate_address_and_phone_together_lead_to_the_page_for_patients(web, details, make, practice, code_for):
    parent = make.patient(first_name="Ann", last_name="Birch", birthdate="1960-01-01", email="nora@example.test", phone="(303) 555-0199")
    make.patient(first_name="Nora", last_name="Birch", birthdate="1990-02-14", email="", phone="", guarantor=parent.external_id)
    page = with_code(details().submit(), code_for("nora@example.test")).submit(status=422)
    assert "Welcome back" in page.text
    other = with_code(details(phone="303-555-0111").submit(), code_for("nora@example.test")).submit()
    assert "Your visit is booked" in other.text


def test_where_the_time_is_gone_meanwhile_the_code_stays_good_for_the_nearest_three(portal, practice, details, code_for):
    first = details().submit()
    second = details(browser(portal, practice), email="otto@example.test", first_name="Otto").submit()
    codes = [code_for("nora@example.test"), code_for("otto@example.test")]
    assert "booked" in with_code(first, codes[0]).submit().text
    lost = with_code(second, codes[1]).submit(status=409)
    nearest = re.findall(r'name="time" value="([^"]+)"', lost.text)
    assert len(nearest) == 3
    with practice.session() as session:
        assert len(session.scalars(select(Patient.id).where(Patient.practice_id == practice.id)).all()) == 1
    assert "booked" in lost.forms["code"].submit("time", value=nearest[0]).text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"first_name": ""}, "Fill in the first name"),
        ({"email": "nora"}, "Type an e-mail address"),
        ({"phone": "12"}, "with its area code"),
        ({"birthdate": "2099-01-01"}, "must be in the past"),
        ({"birthdate": "2015-01-01"}, "name of a parent or guardian"),
        ({"first_name": "x" * 200}, "Shorten the first name"),
        ({"last_name": "a\0b"}, "can’t be used"),
        ({"insurance": "Frontier Plan"}, "We do not take it"),
        ({"insurance": "Valley Plan"}, "Valley is not for us"),
        ({"insurance": "another insurance", "other_insurance": "frontier  plan"}, "We do not take it"),
        ({"insurance": "another insurance"}, "Type the name of your insurance"),
    ],
)
def test_what_is_wrong_in_the_form_is_said_and_the_rest_is_kept(details, switch, typed, words):
    switch("insurances_refused", "Frontier Plan\nValley Plan: Valley is not for us: sorry.")
    switch("insurance_message", "We do not take it.")
    page = details(**typed).submit(status=422)
    assert words in page.text
    assert 'value="Birch"' in page.text or "last_name" in typed


def test_an_insurance_with_a_message_is_booked_with_after_reading_it_and_another_one_only_where_the_office_says_so(details, switch, code_for):
    switch("insurances", "Summit Dental")
    switch("insurances_told", "Prairie Mutual: Please call us about your plan.")
    page = details(insurance="Prairie Mutual").submit()
    assert "Please call us about your plan." in page
    assert "Your visit is booked" in with_code(page, code_for("nora@example.test")).submit().text
    assert "call us about" not in details(insurance="Summit Dental").submit()
    switch("insurance_other", "hide")
    form = details()
    assert [value for value, *_ in form["insurance"].options] == ["", "Prairie Mutual", "Summit Dental", "no insurance"]
    form["insurance"].force_value("another insurance")
    assert "do not take this insurance" in form.submit(status=422)


def test_a_child_comes_with_a_guardian_or_not_at_all(details, switch, code_for, practice):
    page = details(birthdate="2015-01-01", guardian="Ann Birch").submit()
    assert "Your visit is booked" in with_code(page, code_for("nora@example.test")).submit().text
    with practice.session() as session:
        assert "Parent or guardian: Ann Birch" in session.scalars(select(Appointment.note).where(Appointment.practice_id == practice.id)).one()
    switch("allow_children", False)
    form = details()
    form["birthdate"] = "2015-01-01"
    assert "by phone" in form.submit(status=422).text


def test_a_reason_with_an_age_limit_is_for_that_age_only(details):
    assert "not for somebody of this age" in details(reason="First teeth").submit(status=422).text


def test_what_the_office_has_not_opened_is_not_there(web, place, switch):
    switch("book_new", False)
    web.get(f"{place}/new", status=404)
    assert web.get(place).location.endswith("/known")
    switch("book_existing", False)
    switch("book_recall", False)
    for path in (place, f"{place}/known", "/appointments/online", "/book"):
        web.get(path, status=404)
    web.get("/appointments/online/elsewhere", status=404)


def test_only_websites_that_the_office_names_may_frame_the_page(web, place, switch, practice, registry):
    assert "frame-ancestors 'none'" in web.get(f"{place}/known").headers["Content-Security-Policy"]
    switch("frames", "https://www.smile.example/book\nhttp://plain.example\nhttps://bad example; script-src *\njavascript:alert(1)")
    assert origins_of(registry.tenants.current(practice.id)) == ["https://www.smile.example"]
    framed = web.get(f"{place}/known", headers={"Sec-Fetch-Dest": "iframe"})
    assert "frame-ancestors https://www.smile.example;" in framed.headers["Content-Security-Policy"]
    assert '<header class="bar">' not in framed.text
    assert framed.html.select_one("[data-framed]")["data-framed"] == "https://www.smile.example", "nobody else is told how high it is"
    assert not web.get(f"{place}/known").html.select("[data-framed]")
    script = web.get("/appointments/online/embed.js")
    assert (script.content_type, script.headers["Cross-Origin-Resource-Policy"]) == ("text/javascript", "cross-origin")
    assert "frame-ancestors 'none'" in web.get("/sign-in").headers["Content-Security-Policy"]


def test_each_clinic_has_a_short_address_by_its_name_while_no_other_has_the_same(web, place, make, practice):
    make.take_in([{"kind": "clinic", "external_id": "C1", "name": "Café on Main St.", "time_zone": "America/New_York"}])
    led = web.get("/book/cafe-on-main-st?utm_source=card", status=303)
    assert led.location.endswith("/appointments/online/cafe-on-main-st?utm_source=card")
    assert "utm_source=card" in led.follow().text
    for path in (f"/book/{practice.clinic_id}", "/book/CAFE-on-main-st", "/book/elsewhere", "/book/%E2%80%AEx"):
        web.get(path, status=303).follow(status=200 if str(practice.clinic_id) in path else 404)
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Cafe on main, st", "time_zone": "America/New_York"}])
    web.get("/book/cafe-on-main-st", status=303).follow(status=404)


def test_forms_work_without_a_cookie_but_not_from_another_site(portal, practice, place, make):
    make.patient()
    page = browser(portal, practice).get(f"{place}/known")
    without = browser(portal, practice)
    assert "Type the code" in without.post(page.request.path, ROBIN).text
    without.post(page.request.path, ROBIN, headers={"Sec-Fetch-Site": "cross-site"}, status=419)


def test_tries_are_counted_for_an_address(web, place):
    for number in range(20):
        ask_as(web, place, first_name=f"Robin{number}")
    form = web.get(f"{place}/known").forms["known"]
    for name, value in ROBIN.items():
        form[name] = value
    form.submit(status=429)


def test_what_was_typed_is_forgotten_soon_where_nothing_was_booked(web, place, db, practice):
    ask_as(web, place)
    newcomers.clear_away(db, practice.id, NOW + timedelta(hours=20))
    assert len(db.scalars(select(Guest.id).where(Guest.practice_id == practice.id)).all()) == 1
    newcomers.clear_away(db, practice.id, NOW + timedelta(hours=30))
    assert db.scalars(select(Guest.id).where(Guest.practice_id == practice.id)).all() == []
