"""Taking a record along without the office: all that may be seen, and nothing else, by nobody else."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from core.people.merging import merge
from core.people.models import Grant
from core.people.unmerging import unmerge
from tenants import settings
from tenants.exporting import own, services
from tenants.exporting.services import CannotExport
from tenants.models import Export
from tests.tenants.conftest import Unpacked

NOW = datetime.now(UTC)
PAGE = "/profile/record"


@pytest.fixture
def ready(work_off):
    """`ready(app)`: the page once nothing is being made any more."""

    def wait(app):
        for _ in range(10):
            work_off()
            page = app.get(PAGE)
            if "Look again" not in page:
                return page
        raise AssertionError("it is never ready")

    return wait


@pytest.fixture
def switch(db, registry, practice):
    """`switch("plan", False)`: a tab or an act, off."""

    def to(name: str, value: bool) -> None:
        settings.change(db, registry.plugins, practice.id, None, name, value, "test", NOW)
        db.commit()

    return to


def look_at(app, patient) -> None:
    """Have somebody else's record in view."""
    app.post("/family/switch", {"csrf_token": app.get("/family").forms["sign-out"]["csrf_token"].value, "person": str(patient.id)})


def started(app):
    return app.get(PAGE).forms["start"].submit()


def test_a_patient_takes_along_what_the_portal_shows_and_reads_that_it_was_done(make, chart, signed_in, ready, mails, audited, switch, work_off):
    patient = make.patient(email=f"{uuid4().hex}@example.test")
    account = make.account(patient)
    chart(patient, "Hers")
    switch("plan", False)
    switch("images.download", False)
    app = signed_in(account=account)
    assert "Download my record" in app.get("/profile")
    page = started(app).follow()
    assert page.headers["Refresh"] == "5"
    assert "Not in it: Images" in page
    page = ready(app)
    archive = Unpacked(io.BytesIO(page.click("Download", href="/download").body))
    folders = {name.split("/")[2] for name in archive.namelist() if name.startswith("patients/") and name.count("/") > 2}
    assert folders == {"account", "appointments", "summary", "webmail"}
    assert [row["user_name"] for row in archive.rows("/accounts.json")] == [account.user_name]
    assert archive.rows("/access-log.json")
    assert "the tabs account, appointments, summary, webmail" in archive.read("README.txt").decode()
    assert not archive.holds("office-images")
    work_off()
    [mail] = [mail for mail in mails.to(patient.email) if "downloaded" in mail["Subject"]]
    assert PAGE in mail.get_body(("plain",)).get_content()
    assert [len(audited(f"portal.record.{act}")) for act in ("ask", "ready", "download")] == [1, 1, 1]
    assert "Downloaded this whole record" in app.get("/profile/access-log")


def test_only_who_may_see_everything_takes_a_record_along_and_never_how_the_patient_signs_in(make, chart, signed_in, ready):
    child, parent, aunt = make.patient(first_name="Kit"), make.patient(), make.patient()
    make.account(child)
    chart(child, "Hers")
    seeing, part = make.account(parent), make.account(aunt)
    make.grant(seeing, child, "*", "see")
    make.grant(part, child, "images", "act")
    app = signed_in(account=seeing)
    look_at(app, child)
    started(app)
    archive = Unpacked(io.BytesIO(ready(app).click("Download", href="/download").body))
    names = {name.rsplit("/", 1)[1] for name in archive.namelist() if name.startswith("patients/Kit") or "Kit" in name}
    assert "person.json" in names
    assert not {"accounts.json", "notice-choices.json", "access.json"} & names
    other = signed_in(account=part)
    look_at(other, child)
    for path in (PAGE, f"{PAGE}/download"):
        other.get(path, status=404)


def test_what_was_taken_away_meanwhile_takes_the_file_away(make, signed_in, ready, switch, db, practice, registry, work_off):
    child, parent = make.patient(), make.patient()
    account = make.account(parent)
    make.grant(account, child, "*", "act")
    app = signed_in(account=account)
    look_at(app, child)
    started(app)
    ready(app)
    switch("images", False)
    app.get(f"{PAGE}/download", status=404)
    switch("images", True)
    assert zipfile.is_zipfile(io.BytesIO(app.get(f"{PAGE}/download").body))
    export = own.start(db, practice.id, account.id, child.id, ["account"], NOW)
    db.execute(update(Grant).where(Grant.account_id == account.id, Grant.patient_id == child.id).values(until=NOW - timedelta(minutes=1)))
    db.commit()
    for _ in range(3):
        work_off()
    db.expire_all()
    ended = db.get_one(Export, (practice.id, export.id))
    assert (ended.state, ended.parts) == ("stopped", 0)


def test_one_at_a_time_a_few_a_day_and_none_of_it_is_in_the_way_of_the_office(make, office, signed_in, ready, db, practice):
    account = make.account(make.patient())
    app = signed_in(account=account)
    started(app)
    assert "is being put together already" in app.post(PAGE, {"csrf_token": app.get(PAGE).forms["sign-out"]["csrf_token"].value}, status=422)
    desk = office()
    page = desk.get("/office/exports").forms["start"].submit().follow()
    assert "Being made" in page
    ready(app)
    assert [export.is_own for export, _ in services.listed(db, practice.id, ())] == [False]
    first = own.latest(db, practice.id, account.id, account.patient_id)
    desk.get(f"/office/exports/{first.id}/download", status=404)
    for _ in range(own.MOST_A_DAY - 1):
        one = own.start(db, practice.id, account.id, account.patient_id, [], NOW)
        own.stop(db, one, NOW)
    db.refresh(first)
    assert first.state == "stopped"
    with pytest.raises(CannotExport, match="come back tomorrow"):
        own.start(db, practice.id, account.id, account.patient_id, [], NOW)


def test_it_asks_first_who_is_there_and_a_stranger_finds_nothing(make, signed_in, proof_is_old, web):
    app = signed_in(make.patient())
    form = app.get(PAGE).forms["start"]
    proof_is_old()
    assert "/profile/prove" in form.submit(status=303).location
    assert "/sign-in" in web.get(PAGE, status=303).location


def test_what_turned_out_to_be_of_two_people_is_downloaded_no_more(make, signed_in, ready, db, practice, registry):
    kept, absorbed = make.patient(), make.patient()
    app = signed_in(kept)
    merge(db, registry.plugins, practice.id, kept.id, absorbed.id, "Entered twice at the desk", NOW)
    db.commit()
    started(app)
    ready(app)
    assert zipfile.is_zipfile(io.BytesIO(app.get(f"{PAGE}/download").body))
    unmerge(db, registry.plugins, practice.id, kept.id, absorbed.id, "They are father and son", datetime.now(UTC))
    db.commit()
    app.get(f"{PAGE}/download", status=404)
