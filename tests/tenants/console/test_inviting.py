"""Inviting many on the office's pages."""

from datetime import UTC, date, datetime

import pytest

from core.auth.models import InvitationBatch


def work_all_off(work_off) -> None:
    """What is waiting, and what that asks for."""
    while work_off():
        pass


def count(app, **typed):
    form = app.get("/office/invitations").forms["choice"]
    for name, value in typed.items():
        form[name] = value
    return form.submit(status="*")


def test_from_the_number_to_the_report(office, make, work_off, mails, audited):
    make.patient(first_name="Ann", last_name="=HYPERLINK(1)", email="ann@example.test")
    make.patient(first_name="Bare", email="")
    app = office()
    assert app.get("/office/patients").click("Invite many").request.path == "/office/invitations"
    page = count(app)
    told = " ".join(page.html.select_one("#counted").get_text(" ", strip=True).split())
    assert told == "1 patient will be invited. Left out: No e-mail address in the chart: 1"
    begun = page.forms["choice"].submit("begin", value="yes").follow()
    assert "Invitations are being sent" in begun.text
    assert begun.html.select_one("progress")["value"] == "1"
    assert begun.headers["Refresh"] == "3"
    still = begun.click("Keep it still")
    assert "Refresh" not in still.headers
    assert still.click("Let it look again by itself").headers["Refresh"] == "3"
    work_all_off(work_off)
    assert len(mails.to("ann@example.test")) == 1
    done = app.get(begun.request.path)
    assert "Invitations were sent" in done.text
    assert "Refresh" not in done.headers
    assert done.html.select_one("progress")["value"] == "2"
    file = done.forms["file"].submit()
    assert file.content_type == "text/csv"
    assert '"\'=HYPERLINK(1)","Ann","Sent",""' in file.text
    assert '"Left out","No e-mail address in the chart"' in file.text
    assert [len(audited(action)) for action in ("access.many_invited", "access.invited", "access.many.export")] == [1, 1, 1]


def test_it_can_be_stopped(office, make, work_off, mails):
    make.patient(email="never@example.test")
    app = office()
    page = count(app).forms["choice"].submit("begin", value="yes").follow()
    assert "Sending was stopped" in page.forms["stop"].submit().follow().text
    work_all_off(work_off)
    assert not mails.to("never@example.test")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [({"born_from": "2020-01-01", "born_until": "2010-01-01"}, "Turn them around"), ({"again_days": "0"}, "at least 1"), ({"born_from": "soon"}, "as a date")],
)
def test_what_is_wrong_is_said(office, typed, sentence):
    page = count(office(), **typed)
    assert page.status_int == 422
    assert sentence in page.text


def test_grown_ups_and_children_are_told_apart(office, make):
    make.patient(birthdate=date(1980, 1, 1))
    make.patient(birthdate=date(datetime.now(UTC).year - 5, 1, 1))
    app = office()
    for who, number in (("everybody", 2), ("adults", 1), ("minors", 1)):
        assert count(app, who=who).html.select_one("#counted strong").get_text() == str(number)


def test_beginning_asks_first_who_is_there(office, make, proof_is_old, db, practice):
    make.patient()
    app = office()
    page = count(app)
    proof_is_old()
    assert "/office/profile/prove" in page.forms["choice"].submit("begin", value="yes", status=303).location
    assert not db.query(InvitationBatch).filter_by(practice_id=practice.id).all()


def test_who_is_limited_to_clinics_invites_these_patients_and_sees_the_own_batches(office, make, practice):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    make.patient(clinic="C1")
    make.patient(clinic="C2")
    everywhere, here = office(), office(clinic_ids=(practice.clinic_id,))
    assert count(here).html.select_one("#counted strong").get_text() == "1"
    page = count(everywhere).forms["choice"].submit("begin", value="yes")
    here.get(page.location, status=404)
