from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from core.audit import AuditEvent
from plugins.webmail.models import Message
from tenants.settings import change


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def patient(make):
    return make.patient()


@pytest.fixture
def office_writes(make, patient, now):
    def write(number=1, to=patient, **fields):
        words = {
            "kind": "message",
            "external_id": f"M{number}",
            "patient": to.external_id,
            "provider": "D1",
            "subject": f"Subject {number}",
        }
        make.take_in([words | {"body": f"Body {number}", "sent_at": now - timedelta(minutes=60 - number)} | fields])

    return write


def message_id(db, external_id="M1"):
    return db.scalars(select(Message.id).where(Message.external_id == external_id)).one()


def last_form(page):
    """The page's own form; those before it belong to the bar."""
    return page.forms[max(key for key in page.forms if isinstance(key, int))]


def compose(app, subject="Tooth", body="It hurts."):
    form = last_form(app.get("/webmail/compose"))
    form["subject"], form["body"] = subject, body
    return form


def count(db):
    return db.scalar(select(func.count()).select_from(Message))


def test_the_inbox_shows_who_wrote_what_and_marks_what_is_not_read(signed_in, patient, office_writes, now):
    office_writes(1, read_at=now)
    office_writes(2, body="\nSecond body begins\nand goes on")
    page = signed_in(patient).get("/webmail")
    assert page.text.count("list-row--unread") == 1
    assert page.text.count("(not read yet)") == 1
    for words in ("Dana Okafor, DDS", "Subject 1", "Subject 2", "Second body begins and goes on"):
        assert words in page


def test_an_empty_inbox_says_what_it_is_for(signed_in, patient):
    app = signed_in(patient)
    assert "No messages yet" in app.get("/webmail")
    assert "Nothing sent yet" in app.get("/webmail/sent")


def test_the_tab_counts_unread_messages_until_they_are_opened(signed_in, patient, office_writes):
    office_writes(1)
    office_writes(2)
    app = signed_in(patient)
    assert '<span class="count">2' in app.get("/webmail")
    assert '<span class="count">1' in app.get("/webmail").click("Subject 1")
    app.get("/webmail").click("Subject 2")
    assert '<span class="count">' not in app.get("/webmail")


def test_text_is_shown_as_text_with_its_line_breaks_and_without_links(signed_in, patient, office_writes):
    office_writes(1, body="<script>alert(1)</script>\nhttp://example.test/x & more", subject="<b>Hi</b>")
    page = signed_in(patient).get("/webmail").click("Hi")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\nhttp://example.test/x &amp; more" in page
    assert "&lt;b&gt;Hi&lt;/b&gt;" in page
    assert 'href="http://example.test' not in page


def test_a_message_is_written_sent_and_found_among_the_sent_ones(signed_in, patient, db):
    app = signed_in(patient)
    page = compose(app).submit().follow()
    assert "on its way to the office" in page
    assert "It hurts." in page
    sent = app.get("/webmail/sent")
    assert "Tooth" in sent
    assert "Dana Okafor, DDS" in sent
    assert count(db) == 1


def test_a_reply_joins_the_conversation(signed_in, patient, office_writes):
    office_writes(1)
    form = last_form(signed_in(patient).get("/webmail").click("Subject 1"))
    form["body"] = "Thank you."
    page = form.submit().follow()
    assert page.text.index("Body 1") < page.text.index("Thank you.")
    assert "Subject 1" in page


def test_a_form_that_is_sent_twice_sends_one_message(signed_in, patient, db):
    form = compose(signed_in(patient))
    first, second = form.submit(), form.submit()
    assert first.location == second.location
    assert count(db) == 1


@pytest.mark.parametrize(
    "subject, body, says",
    [
        ("", "A long story", "Please write in a few words what it is about."),
        ("Tooth", "", "Please write your message."),
        ("Tooth", " \u200b ", "Please write your message."),
        ("Tooth", "x" * 5001, "5,001"),
        ("y" * 101, "A long story", "it has 101"),
    ],
)
def test_what_cannot_be_sent_is_explained_and_nothing_typed_is_lost(signed_in, patient, db, subject, body, says):
    page = compose(signed_in(patient), subject, body).submit(status=422)
    assert says in page
    form = last_form(page)
    assert (form["subject"].value, form["body"].value) == (subject, body)
    assert count(db) == 0


def test_a_reply_that_cannot_be_sent_keeps_the_conversation_and_what_was_typed(signed_in, patient, office_writes, db):
    office_writes(1)
    form = last_form(signed_in(patient).get("/webmail").click("Subject 1"))
    form["body"] = "x" * 5001
    page = form.submit(status=422)
    assert "Body 1" in page
    assert last_form(page)["body"].value == "x" * 5001
    assert count(db) == 1


def test_a_form_that_expired_keeps_what_was_typed_and_can_be_sent_again(signed_in, patient, db):
    form = compose(signed_in(patient), body="Typed with care & love")
    form["csrf_token"] = "stale"
    page = form.submit(status=419)
    assert "Typed with care" in page
    assert count(db) == 0
    last_form(page).submit()
    assert db.scalars(select(Message.body)).one() == "Typed with care & love"


@pytest.mark.parametrize("body", ["a\0b", "🦷👩🏽‍⚕️", "\u202eevil", "\ud7ff\ufffe", "{{ 7*7 }}", "' or 1=1; --", "%s %(x)s"], ids=ascii)
def test_strange_text_is_kept_and_shown_as_text(signed_in, patient, db, body):
    page = compose(signed_in(patient), body=body).submit().follow()
    assert page.status_int == 200
    assert db.scalars(select(Message.body)).one() == body.replace("\0", "")


def test_a_flood_is_stopped_and_nothing_typed_is_lost(signed_in, patient, make, db, practice, now):
    from plugins.webmail.services import writing

    account = make.account(patient)
    for number in range(writing.MOST_IN_AN_HOUR):
        writing.compose(db, writing.Author(practice.id, patient.id, account.id), writing.Draft("S", "B", str(number)), now)
    db.commit()
    page = compose(signed_in(account=account), body="One more").submit(status=422)
    assert "wait a little" in page
    assert last_form(page)["body"].value == "One more"


def test_a_message_of_another_person_of_the_family_is_not_found_until_they_are_in_view(signed_in, make, patient, office_writes, db):
    child = make.patient(first_name="Kit")
    office_writes(1, to=child)
    account = make.account(patient)
    make.grant(account, child)
    app = signed_in(account=account)
    assert "Subject 1" not in app.get("/webmail")
    app.get(f"/webmail/messages/{message_id(db)}", status=404)
    app.get("/home").forms[0].submit("person", value=str(child.id))
    assert "Subject 1" in app.get("/webmail")
    app.get(f"/webmail/messages/{message_id(db)}")


def test_a_message_is_about_the_person_in_view(signed_in, make, patient, db):
    child = make.patient(first_name="Kit")
    account = make.account(patient)
    make.grant(account, child)
    app = signed_in(account=account)
    app.get("/home").forms[0].submit("person", value=str(child.id))
    assert "Kit Vale" in compose(app).submit().follow()
    row = db.execute(select(Message.patient_id, Message.account_id)).one()
    assert tuple(row) == (child.id, account.id)


def test_whoever_switched_the_person_meanwhile_is_asked_before_a_message_goes_out_about_the_wrong_one(signed_in, make, patient, db):
    child = make.patient(first_name="Kit")
    account = make.account(patient)
    make.grant(account, child)
    app = signed_in(account=account)
    form = compose(app, body="About me")
    app.get("/home").forms[0].submit("person", value=str(child.id))
    page = form.submit(status=422)
    assert "now be about Kit Vale" in page
    assert count(db) == 0
    assert last_form(page)["body"].value == "About me"
    last_form(page).submit()
    assert db.scalars(select(Message.patient_id)).one() == child.id


def test_a_reply_to_another_persons_messages_is_not_sent_and_not_lost(signed_in, make, patient, office_writes, db):
    child = make.patient(first_name="Kit")
    account = make.account(patient)
    make.grant(account, child)
    office_writes(1)
    app = signed_in(account=account)
    form = last_form(app.get("/webmail").click("Subject 1"))
    form["body"] = "Thank you for that."
    app.get("/home").forms[0].submit("person", value=str(child.id))
    page = form.submit(status=409)
    assert "Thank you for that." in page
    assert count(db) == 1
    assert "Body 1" in last_form(page).submit("person").follow()


def test_messages_of_another_practice_are_not_found(signed_in, patient, other_make, other_db, other_practice, now):
    stranger = other_make.patient()
    other_make.take_in([{"kind": "message", "external_id": "M1", "patient": stranger.external_id, "body": "Theirs", "sent_at": now}])
    theirs = message_id(other_db)
    app = signed_in(patient)
    app.get(f"/webmail/messages/{theirs}", status=404)
    token = last_form(app.get("/webmail/compose"))["csrf_token"].value
    app.post(f"/webmail/messages/{theirs}/reply", {"csrf_token": token, "body": "Hello"}, status=404)
    assert count(other_db) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/webmail/messages/1",
        "/webmail/messages/0192f5c1-7a3e-7c11-8d2b-3f4a5b6c7d8e",
        "/webmail?page=0",
        "/webmail?page=x",
        "/webmail?page=99999",
    ],
)
def test_an_address_that_names_nothing_is_not_found(signed_in, patient, path):
    signed_in(patient).get(path, status=404)


def test_who_may_only_read_finds_no_form_and_cannot_write(signed_in, make, patient, office_writes, db):
    office_writes(1)
    account = make.account(make.patient())
    make.grant(account, patient, plugin="webmail", level="see")
    app = signed_in(account=account)
    app.get("/home").forms[0].submit("person", value=str(patient.id))
    assert "New message" not in app.get("/webmail")
    page = app.get("/webmail").click("Subject 1")
    assert "Send reply" not in page
    app.get("/webmail/compose", status=403)
    token = page.forms[0]["csrf_token"].value
    app.post(f"/webmail/messages/{message_id(db)}/reply", {"csrf_token": token, "body": "Hello"}, status=403)
    assert count(db) == 1


def test_long_inboxes_are_turned_over_page_by_page(signed_in, patient, make, now):
    make.take_in([
        {"kind": "message", "external_id": f"M{n}", "patient": patient.external_id, "body": f"Body-{n}.", "sent_at": now - timedelta(minutes=n)}
        for n in range(25)
    ])  # fmt: skip
    page = signed_in(patient).get("/webmail")
    assert "Body-19." in page
    assert "Body-20." not in page
    older = page.click("Older")
    assert "Body-24." in older
    assert "Body-19." in older.click("Newer")
    assert "No more messages" in signed_in(patient).get("/webmail?page=9")


@pytest.mark.parametrize("amount", [1, 20])
def test_the_pages_keep_to_five_statements(signed_in, patient, office_writes, statements, db, amount):
    for number in range(amount):
        office_writes(number, **({"reply_to": "M0"} if number else {}))
    app = signed_in(patient)
    app.get("/home")  # whose first request finds the practice
    for path in ("/webmail", "/webmail/sent", "/webmail/compose", f"/webmail/messages/{message_id(db, 'M0')}"):
        with statements() as seen:
            app.get(path)
        assert len(seen) <= 5, (path, seen)


def test_looking_and_sending_are_audited(signed_in, patient, office_writes, db):
    office_writes(1)
    app = signed_in(patient)
    form = last_form(app.get("/webmail").click("Subject 1"))
    form["body"] = "Thanks"
    form.submit()
    form.submit()
    rows = db.execute(
        select(AuditEvent.action, AuditEvent.target_id).where(AuditEvent.action.startswith("webmail.")).order_by(AuditEvent.happened_at)
    )
    answer = db.scalars(select(Message.id).where(Message.direction == "to_office")).one()
    assert [tuple(row) for row in rows] == [
        ("webmail.list.view", None),
        ("webmail.message.view", message_id(db)),
        ("webmail.message.send", answer),
    ]


def test_the_home_page_asks_to_read_and_shows_the_newest_unread_messages(signed_in, patient, office_writes, db, practice, now):
    office_writes(1)
    office_writes(2)
    app = signed_in(patient)
    page = app.get("/home")
    assert "Read your 2 new messages" in page
    assert "Subject 2" in page
    db.execute(update(Message).where(Message.practice_id == practice.id).values(read_at=now))
    db.commit()
    assert "Subject 2" not in app.get("/home")


def test_what_the_office_says_about_answers_is_shown_where_one_writes(signed_in, patient, db, practice, registry, now):
    change(db, registry.plugins, practice.id, None, "webmail.compose_note", "We answer on <Mondays>.", "test", now)
    db.commit()
    assert "We answer on &lt;Mondays&gt;." in signed_in(patient).get("/webmail/compose")


def test_where_the_office_switched_the_tab_off_there_is_nothing(signed_in, patient, db, practice, registry, now):
    change(db, registry.plugins, practice.id, None, "webmail", False, "test", now)
    db.commit()
    app = signed_in(patient)
    for path in ("/webmail", "/webmail/sent", "/webmail/compose"):
        app.get(path, status=404)
    assert "WebMail" not in app.get("/home")
