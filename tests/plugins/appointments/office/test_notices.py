"""The office's pages of notices: rules with a preview and a test, days without messages, the log, and what a patient wants."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from plugins.appointments.models import Notice, NoticeChoice, NoticeRule

ROOT = "/office/appointments/notices"


@pytest.fixture
def office(signed_in, make):
    """`office(role)`: a browser in which somebody with this role is signed in at the office."""
    return lambda role="office_admin", **about: signed_in(account=make.staff(role, **about))


@pytest.fixture
def rules(db, practice):
    """`rules()`: those of the practice."""
    return lambda: list(db.scalars(select(NoticeRule).where(NoticeRule.practice_id == practice.id).execution_options(populate_existing=True)))


def add(app, kind="reminder", act="save", status=303, **fields):
    form = app.get(f"{ROOT}/new?kind={kind}").forms["rule"]
    for name, value in fields.items():
        form[name] = value
    return form.submit("act", value=act, status=status)


def test_a_rule_begins_off_as_the_manual_has_it_and_is_switched_on(office, rules, db):
    app = office()
    assert "No rule" in app.get(ROOT).text
    add(app)
    [rule] = rules()
    assert (rule.is_on, rule.lead_days, rule.words) == (False, 1, {})
    page = app.get(ROOT)
    assert "1 day before the visit" in page.text
    page.forms[f"switch-{rule.id}"].submit("on", value="yes", status=303)
    db.rollback()
    assert rules()[0].is_on
    assert rules()[0].since is not None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body": "Hello [NameF], your [Procedure] is on [ApptDate]."}, "[Procedure] is not known here"),
        ({"subject": "[Appts]"}, "[Appts] is not known here"),
        ({"lead_days": "0"}, "how many days or hours"),
        ({"lead_days": "many"}, "as a number"),
        ({"lead_days": "367"}, "at most 366"),
        ({"text": "x" * 641}, "at most 640"),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_typed_is_lost(office, rules, fields, sentence):
    page = add(office(), status=422, **fields)
    assert sentence in page.text
    assert all(page.forms["rule"][name].value == value for name, value in fields.items())
    assert rules() == []


def test_the_preview_shows_mail_and_text_as_typed_and_keeps_nothing(office, rules):
    page = add(office(), act="show", status=200, body="Dear [NameF] <b>\n\n[AddToCalendar]", text="Ünï [ApptDate] " + "☺" * 70)
    assert "Dear Alex &lt;b&gt;" in page.text
    assert "2 text messages" in page.text
    assert rules() == []


def test_words_are_kept_by_language_and_only_where_they_differ_from_ours(office, rules, db):
    app = office()
    add(app, text="[PracticeName]: see you on [ApptDate]")
    [rule] = rules()
    assert rule.words == {"en": {"text": "[PracticeName]: see you on [ApptDate]"}}
    page = app.get(f"{ROOT}/{rule.id}?language=es")
    assert "Hola, Alex" in page.text
    page.forms["rule"]["subject"] = "Su cita"
    page.forms["rule"].submit("act", value="save", status=303)
    db.rollback()
    assert rules()[0].words == {"en": {"text": "[PracticeName]: see you on [ApptDate]"}, "es": {"subject": "Su cita"}}


def test_a_test_goes_to_oneself_with_the_text_message_below(signed_in, make, work_off, mails):
    me = make.staff("office_admin")
    add(signed_in(account=me), kind="confirmation", act="test")
    work_off()
    [mail] = mails.to(me.email)
    text = mail.get_body(("plain",)).get_content()
    assert mail["Subject"].startswith("Test: Please confirm")
    assert "Reply C to confirm" in text


def test_a_test_goes_to_ones_own_telephone_and_the_number_is_kept_nowhere(office, rules, mails, number):
    app = office()
    add(app, kind="confirmation", test_number="555", act="text", status=422).mustcontain("with its area code")
    assert rules() == []
    page = add(app, kind="confirmation", test_number=number, act="text").follow()
    assert "on its way" in page.text
    assert number[-7:] not in page.text.replace("-", "")
    [text] = mails.to(number)
    assert text.get_content().startswith("Test: ")
    assert len(rules()) == 1


def test_hours_and_days_are_kept_and_a_clinic_follows_again(office, registry, practice):
    app = office()
    form = app.get(f"{ROOT}/days").forms["days"]
    form["opens"], form["closes"], form["days"] = "09:00", "18:30", "2026-12-25, 2026-12-24\n"
    form.get("weekday", index=6).checked = True
    form.submit("act", value="save", status=303)
    found = registry.tenants.current(practice.id).settings
    assert [found[f"appointments.{name}"] for name in ("notices_from", "notices_until", "no_notices_on", "no_notices_days")] == [
        "09:00", "18:30", [6], ["2026-12-24", "2026-12-25"],
    ]  # fmt: skip
    assert "9:00 AM to 6:30 PM" in app.get(ROOT).text


@pytest.mark.parametrize(
    ("fields", "sentence"), [({"closes": "07:00"}, "must come after"), ({"days": "Christmas"}, "is no day"), ({"opens": ""}, "from when on"), ({"days": "0001-01-01"}, "this century")]
)
def test_hours_that_cannot_be_are_said(office, fields, sentence):
    form = office().get(f"{ROOT}/days").forms["days"]
    for name, value in fields.items():
        form[name] = value
    assert sentence in form.submit("act", value="save", status=422).text


def test_not_every_weekday_can_be_without_messages(office):
    form = office().get(f"{ROOT}/days").forms["days"]
    for place in range(7):
        form.get("weekday", index=place).checked = True
    assert "at least one weekday" in form.submit("act", value="save", status=422).text


def test_the_log_says_what_was_sent_and_a_patient_has_choices(office, make, db, practice, rules):
    app, patient = office("front_desk"), make.patient(first_name="Ana", phone="303-555-0142")
    add(office())
    db.add(Notice(key="k", kind="reminder", rule_id=rules()[0].id, patient_id=patient.id, recipient_id=patient.id, state="skipped", reason="no_address", written_at=datetime.now(UTC)))
    db.commit()
    assert "No address or number" in app.get(f"{ROOT}/log").text
    assert "Ana" not in app.get(f"{ROOT}/log?state=sent").text
    page = app.get(f"{ROOT}/patients/{patient.id}")
    boxes = page.forms["choices"].fields["wants"]
    boxes[0].checked = False
    page.forms["choices"].submit(status=303)
    assert db.scalars(select(NoticeChoice.is_on).where(NoticeChoice.practice_id == practice.id)).all() == [False]


def test_the_front_desk_sees_the_rules_and_changes_none_and_a_clinic_reaches_its_own(office, rules, practice, make):
    add(office())
    [rule] = rules()
    for app in (office("front_desk"), office("read_only")):
        page = app.get(ROOT)
        assert "1 day before the visit" in page.text
        assert not re.search(r'id="switch-', page.text)
        assert app.get(f"{ROOT}/{rule.id}", status="*").status_int == 403
    at_clinic = office(clinic_ids=(practice.clinic_id,))
    assert at_clinic.get(f"{ROOT}/{rule.id}", status="*").status_int == 404
    page = at_clinic.get(f"{ROOT}/new?kind=reminder")
    assert "All clinics" not in page.forms["rule"].text
    assert at_clinic.get(f"{ROOT}/new?kind=spam", status="*").status_int == 404
