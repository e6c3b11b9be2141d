"""Who is due, as the office lists it, and recalls that it keeps by hand."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

PATH = "/office/appointments/recalls"
TODAY = datetime.now(UTC).date()


@pytest.fixture
def patient(make):
    return make.patient(first_name="Noor", last_name="Haddad")


@pytest.fixture
def kept(office, make, chairs, patient):
    """A recall that the office entered by hand, due in ten days; gives the patient's page."""
    app = office()
    form = app.get(PATH).forms["find"]
    assert "Type what you know" in form.submit(status=422)
    form["find"] = "haddad"
    page = form.submit().click("Noor Haddad")
    add = page.forms["add"]
    assert "Choose what the patient is due for." in add.submit(status=422)
    add["recall_type_id"] = add["recall_type_id"].options[1][0]
    add["due_on"] = str(TODAY + timedelta(days=10))
    return add.submit(status=303).follow()


def test_a_recall_is_kept_by_hand_and_its_due_date_changed(kept, office):
    assert "add" not in kept.forms  # there is no other type
    form = kept.click("Prophy").forms["recall"]
    form["due_on"], form["priority"], form["note"] = str(TODAY - timedelta(days=3)), "asap", "Call first"
    form.submit(status=303)
    listed = office().get(PATH)
    assert "Overdue" in listed
    assert "ASAP" in listed
    form["due_on"] = "soon"
    assert "Type the due date as a date" in form.submit(status=422)
    form["due_on"] = "0001-01-01"
    assert "Type a date between" in form.submit(status=422)


def test_the_list_is_filtered_by_days_type_clinic_and_state(kept, office, practice):
    app = office()
    assert "Noor Haddad" in app.get(PATH)
    assert "Noor Haddad" not in app.get(f"{PATH}?due_from={TODAY + timedelta(days=11)}")
    assert "Noor Haddad" not in app.get(f"{PATH}?type={uuid4()}")
    assert "Noor Haddad" in app.get(f"{PATH}?clinic={practice.clinic_id}&due_to={TODAY + timedelta(days=10)}")
    assert "The last day lies before the first one." in app.get(f"{PATH}?due_from=2027-02-01&due_to=2027-01-01", status=422)
    assert "Choose the clinic from the list." in app.get(f"{PATH}?clinic={uuid4()}", status=422)
    form = kept.click("Prophy").forms["recall"]
    form["disabled_until"] = str(TODAY + timedelta(days=30))
    form.submit(status=303)
    assert "Noor Haddad" not in app.get(PATH)
    assert "Disabled until" in app.get(f"{PATH}?disabled=yes")


def test_a_recall_of_the_practices_system_is_read_only_and_another_clinics_is_nowhere(office, make, chairs, patient):
    make.take_in([{"kind": "recall", "external_id": "RC1", "patient": patient.external_id, "recall_type": "R1", "due_on": TODAY}])
    app = office()
    page = app.get(PATH).click("Noor Haddad").click("Prophy")
    assert "Your practice system sends this recall" in page
    token = page.forms["sign-out"]["csrf_token"].value
    assert "change it there" in app.post(page.request.path, {"csrf_token": token, "due_on": str(TODAY)}, status=422)
    limited = office(clinic_ids=(uuid4(),))
    limited.get(page.request.path, status=404)
    limited.get(f"{PATH}/patients/{patient.id}", status=404)
    assert "Noor" not in limited.get(PATH)
