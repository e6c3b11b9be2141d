"""The office's page of exports."""

import io
import zipfile

import pytest

from tenants.models import Export


@pytest.fixture
def ready(work_off):
    """`ready(app)`: the page of exports once nothing is being made any more."""

    def wait(app):
        for _ in range(20):
            work_off()
            page = app.get("/office/exports")
            if "Being made" not in page.text:
                work_off()  # the mail
                return page
        raise AssertionError("not ready")

    return wait


def start(app):
    return app.get("/office/exports").forms["start"].submit()


def test_the_office_exports_the_practice_sees_how_far_it_is_and_takes_it_along(office, make, ready, audited, practice):
    make.patient(first_name="Ann")
    app = office()
    page = start(app).follow()
    assert "You get a mail when it is ready" in page
    assert "0 of 1 person" in page.html.find("label", {"for": "progress"}).text
    assert page.html.select_one("progress")["max"] == "1"
    assert page.headers["Refresh"] == "5"
    assert "Refresh" not in page.click("Keep it still").headers
    again = app.post("/office/exports", {"csrf_token": page.forms["sign-out"]["csrf_token"].value}, status=422)
    assert "An export is being made already. Wait until it is ready, or stop it." in again
    page = ready(app)
    assert "Refresh" not in app.get("/office/exports").headers
    download = page.click("Download", href="/download")
    assert download.content_type == "application/zip"
    assert f"{practice.slug}-everything-" in download.headers["Content-Disposition"]
    assert int(download.headers["Content-Length"]) == len(download.body)
    assert zipfile.ZipFile(io.BytesIO(download.body)).testzip() is None
    [started], [finished], [taken] = (audited(f"office.export.{act}") for act in ("start", "ready", "download"))
    assert started.target_id == finished.target_id == taken.target_id
    assert started.account_id == taken.account_id


def test_the_mail_that_it_is_ready_says_nothing_of_anybody(signed_in, make, ready, mails):
    patient, admin = make.patient(first_name="Annabel", last_name="Quistgaard"), make.staff()
    app = signed_in(account=admin)
    app.get(f"/office/patients/{patient.id}").forms["export"].submit()
    ready(app)
    [mail] = mails.to(admin.email)
    assert mail["Subject"] == "The export that was asked for is ready"
    text = mail.get_body(("plain",)).get_content()
    assert "/office/exports" in text
    assert "Annabel" not in mail.as_string()
    assert "Quistgaard" not in mail.as_string()


def test_one_patients_record_is_asked_for_on_the_patients_page(office, make, ready, audited):
    patient = make.patient(first_name="Ann", last_name="Lee")
    make.patient(last_name="Somebody")
    app = office()
    page = app.get(f"/office/patients/{patient.id}").forms["export"].submit().follow()
    assert "Ann Lee" in page.html.find("main").text
    archive = zipfile.ZipFile(io.BytesIO(ready(app).click("Download", href="/download").body))
    assert len({name.split("/")[1] for name in archive.namelist() if name.startswith("patients/")}) == 1
    assert [entry.patient_id for entry in audited("office.export.download")] == [patient.id]


def test_each_step_asks_who_it_is_and_what_is_stopped_is_gone(office, make, ready, proof_is_old, db, practice, work_off):
    make.patient()
    app = office()
    start(app)
    page = ready(app)
    path = page.html.find("a", string=lambda text: text and "Download" in text) or page.html.select_one("a[href$='/download']")
    proof_is_old()
    assert "/office/profile/prove" in app.get(path["href"], status=303).location
    assert "/office/profile/prove" in page.forms["start"].submit(status=303).location
    [name] = [name for name in page.forms if str(name).startswith("stop-")]
    assert "Stopped" in page.forms[name].submit().follow()
    app.get(path["href"], status=404)
    work_off()
    assert db.get_one(Export, (practice.id, page.forms[name].id.removeprefix("stop-"))).state == "stopped"


def test_who_looks_after_one_clinic_exports_its_patients_and_not_the_practice(office, make, ready, practice, proof_is_old):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    mine, other = make.patient(last_name="Mine"), make.patient(clinic="C2", last_name="Elsewhere")
    everywhere, here = office(), office(clinic_ids=(practice.clinic_id,))
    everywhere.get(f"/office/patients/{other.id}").forms["export"].submit()
    links = [ready(everywhere).html.select_one("a[href$='/download']")["href"]]
    start(everywhere)
    links.append(ready(everywhere).html.select_one("a[href$='/download']")["href"])
    page = here.get("/office/exports")
    assert "Elsewhere" not in page
    assert "start" not in page.forms
    here.post("/office/exports", {"csrf_token": page.forms["sign-out"]["csrf_token"].value}, status=404)
    for link in links:
        here.get(link, status=404)
    here.get(f"/office/patients/{mine.id}").forms["export"].submit()
    assert "Robin Mine" in ready(here)
