"""Full exports: whole, of nobody else, safe to open, and the same after any interruption."""

import hashlib
import io
import json
import secrets
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core import outbox
from core.auth.models import Account
from core.db import Base
from core.files import FilesUnavailable
from core.migrations import load_models
from core.people.charts import counts
from plugins.appointments.models import Appointment
from plugins.images.models import Image
from tenants.exporting import making, person, practice, services
from tenants.exporting.names import LISTING, key_of
from tenants.exporting.services import CannotExport
from tenants.models import Export

TABS = {"appointments", "account", "plan", "webmail", "summary", "images"}
FORMULA = tuple("=+-@\t\r\n\0＝＋－＠")
# What the portal keeps and no export holds, and why.
LEFT_OUT = {
    "sign_in_session": "opens", "ticket": "opens", "recovery_code": "opens", "passkey": "opens", "sign_in_attempt": "of whoever tried, cleared away after half a year",
    "portal_use": "worked out of the audit log", "patient_word": "worked out", "patient_merged_row": "worked out", "patient_number": "of people who may be others", "patient_name_trace": "worked out", "invitation_row": "told by the audit log and the tickets", "export": "itself",
    "alert_choice": "of staff, for mails from here", "alert_day": "of staff, for mails from here", "alert_round": "worked out",
    "mail_sender": "stands in the DNS, or never counted", "practice_storage": "worked out", "office_banner": "worked out", "records_run": "of what is in the lists", "records_arrival": "of what is in the lists", "records_refusal": "not taken in", "records_import": "of what is in the lists", "records_origin": "where they came from",
    "records_upload": "of what is in the lists", "api_key": "opens", "records_change": "of what is in the lists", "records_change_line": "worked out", "records_change_reader": "worked out", "records_webhook": "opens", "records_webhook_delivery": "worked out",
}  # fmt: skip


def word() -> str:
    """A word that stands nowhere else."""
    return f"w{secrets.token_hex(8)}"


def test_the_practices_export_holds_every_row_of_every_patient_and_every_file(make, chart, image, made, unpacked, db, practice):
    mine, other = make.patient(first_name="Ann"), make.patient(first_name="Bo")
    account = make.account(mine)
    make.grant(make.account(other), mine)
    for patient in (mine, other):
        chart(patient, word())
    picture = image(mine, "smile.jpg")
    archive = unpacked(made())
    for patient in (mine, other):
        [folder] = {name.split("/")[1] for name in archive.namelist() if name.startswith("patients/") and str(patient.external_id) in name}
        assert json.loads(archive.read(f"patients/{folder}/person.json"))["email"] == patient.email
    visits = [row for name in archive.namelist() if name.endswith("appointments.json") for row in json.loads(archive.read(name))]
    kept = db.scalars(select(Appointment).where(Appointment.practice_id == practice.id)).all()
    assert sorted((row["id"], row["reason"], row["starts_at"]) for row in visits) == sorted((str(one.id), one.reason, one.starts_at.isoformat()) for one in kept)
    assert {name.split("/")[2] for name in archive.namelist() if name.count("/") == 3 and name.startswith("patients/")} >= TABS
    [stored] = [name for name in archive.namelist() if name.endswith(".jpg")]
    row = db.scalars(select(Image).where(Image.practice_id == practice.id)).one()
    assert hashlib.sha256(archive.read(stored)).hexdigest() == row.sha256
    assert len(picture) > 0
    assert [row["who"] for name in archive.namelist() if name.endswith("access.json") for row in json.loads(archive.read(name)) if row["relation"] == "guardian"] == ["Bo Vale"]
    assert account.user_name in str([archive.read(name) for name in archive.namelist() if name.endswith("/accounts.json")])
    assert archive.rows("practice/clinics.json")[0]["name"] == "Main Street"
    assert archive.holds("office.export.start")


def test_every_table_of_the_portal_is_exported_or_is_left_out_for_a_reason(registry):
    load_models()
    named = {"patient", "relationship", "access_grant", "account", "notice_choice", "access_offer", "records_request", "records_request_step", "audit_event", "audit_seal"}
    named |= {"practice_details", "clinic", "provider", "privacy_notice", "branding", "branding_picture", *(model.__tablename__ for _, _, model in practice._LISTS)}
    of_tabs = tuple(f"{name}_" for name in registry.plugins.plugins)
    ours = {table.name for table in Base.metadata.sorted_tables if "practice_id" in table.primary_key.columns and not table.name.startswith(of_tabs)}
    assert ours - LEFT_OUT.keys() == named
    assert not named & LEFT_OUT.keys()


def test_nothing_that_opens_anything_is_in_an_export(make, made, unpacked, db, signed_in):
    patient, staff = make.patient(), make.staff()
    account = make.account(patient)
    secret = word()
    for one in (account, staff):
        row = db.get_one(Account, (one.practice_id, one.id))
        row.totp_secret = secret
    db.commit()
    app = signed_in(account=account)
    token = app.cookies["cuspid"]
    archive = unpacked(made())
    for hidden in (account.password_hash, staff.password_hash, secret, token, "token_hash", "secret_hash", "password_hash"):
        assert archive.holds(hidden) == []
    assert {column.name for column in Account.__table__.c} - person.ACCOUNT >= {"password_hash", "totp_secret", "totp_step"}


def test_a_patients_export_holds_nothing_of_others_and_nothing_that_the_office_keeps_to_itself(make, chart, image, made, unpacked, practice, other_make):
    own, theirs, office = word(), word(), word()
    mine = make.patient(first_name="Ann")
    other = make.patient(first_name=theirs, last_name=theirs, guarantor=mine.external_id, phone=theirs)
    chart(mine, own)
    chart(other, theirs)
    image(mine, f"{own}.jpg")
    image(mine, f"{office}.jpg", shared=False, words=office)
    make.account(mine)
    archive = unpacked(made(mine))
    assert archive.holds(theirs) == []
    assert archive.holds(office) == []
    assert archive.holds(f"{own} thoughts") == []
    for said in ("visit", "entry", "line", "plan", "crown", "subject", "latex"):
        assert archive.holds(f"{own} {said}"), said
    assert not [name for name in archive.namelist() if name.startswith(("practice/audit", "practice/settings"))]
    whole = unpacked(made())
    assert whole.holds(office)
    assert whole.holds(f"{own} thoughts")


def test_an_export_holds_nothing_of_another_practice(make, other_make, other_practice, made, unpacked):
    here, there = word(), word()
    make.patient(last_name=here)
    other_make.patient(last_name=there)
    archive = unpacked(made())
    assert archive.holds(here)
    assert archive.holds(there) == archive.holds(other_practice.slug) == []


def test_no_cell_of_any_list_is_a_formula_and_json_has_it_as_it_is(make, chart, made, unpacked, db, practice):
    starts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"]
    for start in starts:
        patient = make.patient(first_name=f"{start} Ann", phone=f"{start} 555", address_1=start)
        chart(patient, start)
        db.get_one(Account, (practice.id, make.account(patient).id)).name = start
    db.commit()
    archive = unpacked(made())
    cells = archive.cells()
    assert not [cell for cell in cells if cell[1].startswith(FORMULA) and not is_number(cell[1])]
    assert "-1250" in [cell for name, cell in cells if name.endswith("ledger.csv")]
    assert {f"'{start} visit" for start in starts} <= {cell for _, cell in cells}
    visits = [row for name in archive.namelist() if name.endswith("appointments.json") for row in json.loads(archive.read(name))]
    assert {row["reason"] for row in visits} == {f"{start} visit" for start in starts}


def is_number(cell: str) -> bool:
    """An amount of ours, which is no text that anybody typed."""
    return cell.removeprefix("-").isdigit()


HOSTILE = ["../../etc/passwd.jpg", "..\\..\\boot.jpg", "/abs/x.jpg", "C:\\x.jpg", "con.jpg", "a\u202egpj.exe.jpg", "same.jpg", "SAME.jpg", "x" * 300 + ".jpg", "ж" * 200 + ".jpg", "tab\tnew\nline.jpg", " . .jpg"]


def test_hostile_names_lead_nowhere_and_no_two_files_are_alike(make, image, made, unpacked, db, practice, tmp_path):
    patient = make.patient(first_name="../..", last_name="\u202eevil/\\:*?")
    image(patient, "first.jpg")
    [row] = db.scalars(select(Image).where(Image.practice_id == practice.id)).all()
    for number, name in enumerate(HOSTILE):
        about = {column.name: getattr(row, column.name) for column in Image.__table__.c if column.name not in ("id", "file_name", "source_sha256", "external_id")}
        db.add(Image(**about, file_name=name, source_sha256=f"{number}"))
    db.commit()
    archive = unpacked(made())
    names = archive.namelist()
    assert len([name for name in names if name.endswith(".jpg")]) == len(HOSTILE) + 1
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        steps = name.split("/")
        assert all(step.strip(". ") == step and 0 < len(step.encode()) <= 255 and step.isprintable() for step in steps), name
        assert not set(name) & set("\\:*?\u202e\0")
    archive.extractall(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == set(names)


def test_the_manifest_names_each_file_with_its_sha256_and_the_readme_says_what_it_is(make, chart, made, unpacked, monkeypatch):
    monkeypatch.setattr(making, "MOST_PEOPLE", 1)
    for _ in range(2):
        chart(make.patient(), "word")
    archive = unpacked(made())
    lines = dict(reversed(line.split("  ", 1)) for line in archive.read("manifest-sha256.txt").decode().splitlines())
    assert lines.keys() == set(archive.namelist()) - {"manifest-sha256.txt"}
    assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in lines.items())
    readme = archive.read("README.txt").decode()
    for named in ("patients/*/appointments/appointments.csv", "practice/clinics.csv", "practice/audit/audit-*.csv", "manifest-sha256.txt"):
        assert named in readme


def test_parts_and_tries_that_broke_off_make_the_same_zip(make, chart, image, made, registry, monkeypatch):
    for number in range(2):
        patient = make.patient()
        chart(patient, f"word {number}")
        image(patient, "smile.jpg")
    whole = zip_of(registry, made())
    monkeypatch.setattr(making, "MOST_PEOPLE", 1)
    put, tries = making.PracticeFiles.put, []

    def breaks(self, key, stream, content_type):
        tries.append(key)
        if tries.count(key) == 1 and len(set(tries)) % 4:
            stream.read(10)
            raise FilesUnavailable("gone")
        return put(self, key, stream, content_type)

    monkeypatch.setattr("core.files.practice.PracticeFiles.put", breaks)
    monkeypatch.setattr(outbox, "LONGEST_PAUSE", timedelta(0))
    broken = zip_of(registry, made())
    assert len(tries) > len(set(tries)) > 3
    assert {name: digest for name, digest in broken.items() if is_steady(name)} == {name: digest for name, digest in whole.items() if is_steady(name)}


def is_steady(name: str) -> bool:
    """What two exports have in common: that one was asked for stands in the log, and when in the README."""
    return "log" not in name and not name.startswith("practice/audit") and not name.startswith(("README", "manifest"))


def zip_of(registry, export) -> dict[str, str]:
    body = b"".join(services.whole(registry.files.within(export.practice_id), export))
    archive = zipfile.ZipFile(io.BytesIO(body))
    return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def test_one_is_made_at_a_time_and_one_that_is_over_leaves_no_file(make, db, practice, made, work_off, registry):
    make.patient()
    now = datetime.now(UTC)
    first = services.start(db, practice.id, None, now)
    db.commit()
    with pytest.raises(CannotExport, match="being made already"):
        services.start(db, practice.id, None, now)
    services.stop(db, practice.id, first.id, now, None)
    db.commit()
    second = made()
    files = registry.files.within(practice.id)
    assert files.stat(key_of(second, LISTING, 0)).size > 0
    with practice.session() as session:
        row = session.get_one(Export, (practice.id, second.id))
        row.until = now
        session.execute(outbox.OutboxRow.__table__.update().where(outbox.OutboxRow.practice_id == practice.id, outbox.OutboxRow.task == "export.erase").values(available_at=now))
        session.commit()
    work_off()
    with practice.session() as session:
        assert {one.state for one in session.scalars(select(Export).where(Export.practice_id == practice.id))} == {"stopped", "erased"}
    assert list_of(registry, practice) == []


def list_of(registry, practice) -> list:
    """The files of exports that are kept."""
    folder = registry.files._folder / str(practice.id) / "export"
    return [path for path in folder.rglob("*") if path.is_file()]


def test_each_tab_erases_what_it_holds_of_one_patient_and_of_nobody_else(make, chart, image, registry, db, practice):
    mine, other = make.patient(), make.patient()
    for patient in (mine, other):
        chart(patient, "word")
        image(patient, "smile.jpg")
    before = counts(db, practice.id, dict.fromkeys(TABS), [mine.id, other.id])
    assert all(held[mine.id] == held[other.id] > 0 for held in before.values())
    told = [name for name, _ in registry.plugins.installed.demand("portal_erase", db, practice_id=practice.id, person_id=mine.id)]
    db.commit()
    assert set(told) >= TABS == before.keys()
    assert counts(db, practice.id, dict.fromkeys(TABS), [mine.id, other.id]) == {name: {other.id: held[other.id]} for name, held in before.items()}
