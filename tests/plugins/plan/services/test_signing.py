"""Signing a treatment plan: what was shown is what is signed and kept, once, and what changes afterwards is asked for again."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import BytesIO

import pypdfium2
import pypdfium2.raw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.records import changes, door
from core.records.kinds import kinds_for
from core.testing import Factory, make_office
from plugins.plan import exporting, plugin, signed_pdf
from plugins.plan.models import Decline, PlannedProcedure, Signature, TreatmentPlan
from plugins.plan.services import reading, signing
from plugins.plan.services.signing import NotToBeSigned
from tests.plugins.plan.conftest import CROWN, scene_of

NOW = datetime.now(UTC)


def told(db, practice, kind: str) -> list[changes.Change]:
    return [one for one in changes.waiting(db, practice.id, "test") if one.kind == kind]


def deleted(db, registry, *records):
    answers = door.take_in(db, kinds_for(registry, frozenset({"plan"})), [{"kind": kind, "external_id": name, "deleted": True} for kind, name in records])
    db.commit()
    return answers


def test_what_is_signed_is_kept_word_for_word_with_a_copy_and_its_hashes(scene, db, practice):
    assert scene.plan().standing == "waits"
    scene.sign("Ada  Vale")
    assert scene.plan().standing == "signed"
    [kept] = reading.signatures(db, practice.id, scene.patient.id)
    assert kept.terms["plan"]["procedures"][0]["fee_cents"] == 130000
    assert kept.terms["consent"] == signing.CONSENT
    words = json.dumps(kept.terms, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert sha256(words.encode()).hexdigest() == kept.terms_sha256
    with scene.files.open(kept.file_key) as stream:
        assert sha256(stream.read()).hexdigest() == kept.file_sha256


def test_the_copy_is_tagged_and_says_what_was_agreed_to_by_whom(scene):
    made = scene.sign()
    with scene.files.open(made.file_key) as stream:
        document = pypdfium2.PdfDocument(BytesIO(stream.read()))
    text = " ".join(document[0].get_textpage().get_text_range().split())
    for words in ("Crown, upper left", "Porcelain crown (D2740)", "14 MOD", "Priority 1", "$1,300.00", "$600.00", "Two visits.", "No hurry.", "I have read this treatment plan",
                  "sign this plan electronically", "Signed electronically by Ada Vale,", made.terms_sha256):  # fmt: skip
        assert words in text
    assert pypdfium2.raw.FPDFCatalog_IsTagged(document)
    document.close()


def test_a_copy_for_somebody_else_says_for_whom(scene):
    made = scene.sign("Pat Vale", who=replace(scene.person, is_self=False))
    assert "Signed electronically by Pat Vale for Ada" in signed_pdf.content(made, scene.place())["signed"]


def test_the_practices_system_is_told_in_the_same_transaction_and_not_where_the_file_lies(scene, db, practice):
    made = scene.sign()
    [change] = told(db, practice, "treatment_plan.signed")
    assert change.target["external_id"] == "T1"
    assert change.patient["external_id"] == scene.patient.external_id
    assert change.data["signed_name"] == "Ada Vale"
    assert change.data["file"] == {"content_type": "application/pdf", "size": made.file_size, "sha256": made.file_sha256}


def test_whoever_signed_is_told_and_the_mail_says_nothing_of_it(scene, work_off, mails):
    scene.sign()
    work_off()
    [mail] = mails.to("ada@example.test")
    whole = mail["Subject"] + mail.get_body(("plain",)).get_content()
    assert "signed" in whole
    for words in ("Crown", "treatment", "Ada"):
        assert words not in whole


def test_a_plan_that_has_changed_since_the_page_was_opened_is_not_signed(scene, db):
    shown = signing.terms_of(scene.plan(), scene.person, scene.place()).sha256
    scene.fee(140000)
    with pytest.raises(NotToBeSigned):
        scene.sign(shown=shown)
    db.rollback()
    assert db.scalars(select(Signature)).all() == []


def test_a_plan_that_changes_afterwards_is_asked_for_again_and_what_was_signed_stays(scene, db, practice):
    first = scene.sign()
    scene.fee(140000)
    assert scene.plan().standing == "changed"
    with scene.files.open(first.file_key) as stream:
        assert sha256(stream.read()).hexdigest() == first.file_sha256
    second = scene.sign()
    assert [one.id for one in reading.signatures(db, practice.id, scene.patient.id)] == [second.id, first.id]
    scene.fee(130000)
    assert scene.plan().standing == "signed"


@pytest.mark.parametrize(
    ("changed", "standing"),
    [({"description": "Crown of porcelain"}, "signed"), ({"description": "Crown", "code": ""}, "changed"), ({"code": "D2750"}, "changed"), ({"tooth": "15"}, "changed"),
     ({"primary_estimate_cents": 1}, "changed"), ({"position": 9}, "signed"), ({"priority": "2"}, "changed")],
)  # fmt: skip
def test_what_makes_another_plan(scene, make, changed, standing):
    scene.sign()
    make.take_in([CROWN | changed])
    assert scene.plan().standing == standing


@pytest.mark.parametrize("changed", [{"heading": "Crown"}, {"note": ""}, {"saved_on": date(2026, 11, 4)}, {"presenter": "Kim"}])
def test_what_stands_around_the_procedures_is_agreed_to_as_well(scene, changed):
    scene.sign()
    scene.send(**changed)
    assert scene.plan().standing == "changed"


def test_of_many_who_sign_at_once_one_does(scene, make, practice, registry):
    shown = signing.terms_of(scene.plan(), scene.person, scene.place()).sha256

    def sign(number: int) -> bool:
        with practice.session() as session:
            try:
                scene.sign(f"Signer {number}", shown, session)
            except NotToBeSigned:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(sign, range(4))) == [False, False, False, True]
    assert registry.files.count(practice.id) == 1


def test_a_plan_can_be_declined_once_and_still_be_signed(scene, db, practice):
    answer = (db, scene.person, scene.place(), scene.plan().id, scene.signer())
    assert signing.decline(*answer, "Too soon", scene.asking(), NOW)
    assert signing.decline(*answer, "Too soon", scene.asking(), NOW) is None
    db.commit()
    assert scene.plan().standing == "declined"
    assert [one.data["reason"] for one in told(db, practice, "treatment_plan.declined")] == ["Too soon"]
    scene.sign()
    assert scene.plan().standing == "signed"
    with pytest.raises(NotToBeSigned):
        signing.decline(*answer, "", scene.asking(), NOW)


def test_a_signature_in_the_practices_system_counts_until_it_is_cleared_there(scene):
    scene.send(signed_at=NOW, signed_by="Ada Vale")
    assert (scene.plan().standing, scene.plan().signed_by) == ("at_office", "Ada Vale")
    with pytest.raises(NotToBeSigned):
        scene.sign()
    scene.send()
    assert scene.plan().standing == "waits"


def test_a_signature_that_comes_back_from_there_does_not_count_for_a_plan_that_has_changed(scene):
    scene.sign()
    scene.send(signed_at=NOW, signed_by="digitally signed")
    assert scene.plan().standing == "signed"
    scene.fee(140000)
    assert scene.plan().standing == "changed"
    scene.send(signed_at=NOW + timedelta(hours=1), signed_by="Ada Vale")
    assert scene.plan().standing == "at_office"


def test_a_signed_plan_that_is_deleted_in_the_practices_system_stays_whole(scene, db, registry):
    scene.sign()
    [answer] = deleted(db, registry, ("treatment_plan", "T1"))
    assert (answer.outcome, "still stands on it" in answer.reason) == ("refused", True)
    assert len(db.scalars(select(PlannedProcedure)).all()) == 1
    assert scene.plan().standing == "signed"


def test_a_plan_that_was_only_declined_goes_with_its_answer(scene, db, registry):
    signing.decline(db, scene.person, scene.place(), scene.plan().id, scene.signer(), "", scene.asking(), NOW)
    assert [one.outcome for one in deleted(db, registry, ("treatment_plan", "T1"))] == ["deleted"]
    assert db.scalars(select(Decline)).all() == []
    assert db.scalars(select(TreatmentPlan)).all() == []


def test_a_plan_without_procedures_is_not_to_be_signed(scene, db, registry):
    deleted(db, registry, ("planned_procedure", "T1-1"))
    assert scene.plan().standing == "open"
    with pytest.raises(NotToBeSigned):
        scene.sign()


@pytest.mark.parametrize(("born", "is_self", "expected"), [(date(2009, 1, 2), True, False), (date(2009, 1, 1), True, True), (date(2015, 1, 1), False, True), (None, True, True)])
def test_who_is_under_age_does_not_sign_their_own_plan(scene, born, is_self, expected):
    person = replace(scene.person, birthdate=born, is_self=is_self)
    assert signing.is_old_enough(person, scene.place(), datetime(2027, 1, 1, 18, tzinfo=UTC)) is expected


FEES = st.integers(1, 3)
STEPS = st.lists(st.one_of(st.just(("sign", 0)), st.just(("decline", 0)), st.tuples(st.just("fee"), FEES)), max_size=8)


@settings(max_examples=10, deadline=None)
@given(steps=STEPS)
def test_however_answers_and_changes_come_between_each_other_what_counts_is_the_plan_as_it_is(registry, steps):
    """Beside a model: which fees were signed and which declined."""
    office = make_office(registry)
    with office.session() as db:
        scene = scene_of(Factory(office, db), db, office, registry)
        fee, signed, declined = 130000, set(), set()
        for act, value in steps:
            if act == "fee":
                fee = value
                scene.fee(fee)
            elif fee in signed:
                with pytest.raises(NotToBeSigned):
                    scene.sign()
                db.rollback()
            elif act == "sign":
                scene.sign()
                signed.add(fee)
            else:
                signing.decline(db, scene.person, scene.place(), scene.plan().id, scene.signer(), "", scene.asking(), NOW)
                db.commit()
                declined.add(fee)
            expected = "signed" if fee in signed else "declined" if fee in declined else "changed" if signed else "waits"
            assert scene.plan().standing == expected
        assert {one.terms["plan"]["procedures"][0]["fee_cents"] for one in reading.signatures(db, office.id, scene.patient.id)} == signed


def test_what_was_signed_goes_along_in_an_export_with_its_copies_and_not_where_they_lie(scene, db, practice):
    made = scene.sign()
    files = list(exporting.files(db, practice.id, scene.patient.id))
    assert [file.key for file in files if file.key] == [made.file_key]
    lists = {file.name: file.content for file in files if not file.key}
    signed = next(content for name, content in lists.items() if name.startswith("signatures") and b"Ada Vale" in content)
    assert made.terms_sha256.encode() in signed
    assert made.file_key.encode() not in signed


def test_two_charts_that_become_one_keep_what_was_signed(scene, make, db, practice):
    made, kept = scene.sign(), make.patient(first_name="Ida")
    plugin.portal_patients_merged(db, practice.id, kept.id, scene.patient.id)
    db.commit()
    assert [one.id for one in reading.signatures(db, practice.id, kept.id)] == [made.id]
