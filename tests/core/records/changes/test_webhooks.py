"""Telling the practice's system that changes wait: signed, with nothing of anybody in it, again until it gets through, and never into a private network."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from core.outbox import OutboxRow
from core.people import changes as people
from core.records import changes
from core.records.changes import webhooks
from core.records.changes.models import RecordsWebhookDelivery
from core.safety import outside

NOW = datetime(2026, 11, 28, 16, 42, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def receiver():
    """A practice's system that listens: `came` has what came, `status` is how it answers."""
    heard = SimpleNamespace(came=[], status=204, location="")

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.came.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(heard.status)
            self.send_header("Location", heard.address + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    heard.address = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield heard
    server.shutdown()
    server.server_close()


@pytest.fixture
def key(registry, receiver):
    receiver.came.clear()
    receiver.status = 204
    return webhooks.Signing(registry.portal.secret_key, inside=True)


@pytest.fixture
def hook(db, practice, receiver, key):
    """Where the practice's system listens, with its secret."""
    secret = webhooks.set_address(db, practice.id, f"{receiver.address}/cuspid?to=us", key, NOW)
    db.commit()
    return SimpleNamespace(secret=secret, row=webhooks.hook_of(db, practice.id))


@pytest.fixture
def note(db, practice, make):
    """Something is done here, and told of."""
    patient = make.patient(first_name="Secretia")

    def put(now=NOW):
        details = people.LanguageDetails(language="es-MX")
        people.note_of(db, people.LANGUAGE, practice.id, patient.id, now, details)
        webhooks.tell(db, practice.id, now)
        db.commit()
        return webhooks.deliveries(db, practice.id, 1)[0]

    return put


def verified(secret: str, headers: dict, body: bytes) -> bool:
    """As the Standard Webhooks say, without our code."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in headers["webhook-signature"].split(" ")


def test_it_is_signed_and_says_only_what_waits(db, practice, hook, note, receiver, key):
    made = note()
    webhooks.deliver(db, practice.id, made.id, key, NOW)
    [(path, headers, body)] = receiver.came
    assert (path, headers["webhook-id"], headers["webhook-timestamp"]) == ("/cuspid?to=us", str(made.id), str(int(NOW.timestamp())))
    assert verified(hook.secret, headers, body)
    assert not verified(hook.secret, headers, body + b" ")
    assert json.loads(body) == {"type": "changes.waiting", "timestamp": NOW.isoformat(), "data": {"until": 1, "kinds": ["patient.language_changed"]}}
    assert (made.state, made.attempts) == ("delivered", [{"at": NOW.isoformat(), "status": 204, "words": ""}])
    webhooks.deliver(db, practice.id, made.id, key, NOW)
    assert len(receiver.came) == 1
    assert hook.secret not in hook.row.secret


def test_the_old_secret_signs_along_for_a_day(db, practice, hook, receiver, key):
    new = webhooks.rotate(db, hook.row, key, NOW)
    webhooks.deliver(db, practice.id, webhooks.send_test(db, practice.id, NOW).id, key, NOW)
    webhooks.deliver(db, practice.id, webhooks.send_test(db, practice.id, NOW).id, key, NOW + webhooks.OLD_SIGNS)
    (_, first, body), (_, later, later_body) = receiver.came
    assert verified(hook.secret, first, body)
    assert verified(new, first, body)
    assert verified(new, later, later_body)
    assert not verified(hook.secret, later, later_body)


def test_what_does_not_get_through_is_sent_again_for_more_than_a_day_with_one_id_and_then_the_office_is_told(db, practice, hook, note, receiver, key):
    receiver.status = 500
    made, now = note(), NOW
    while made.state == "waiting":
        webhooks.deliver(db, practice.id, made.id, key, now - SECOND) if made.attempts else None
        webhooks.deliver(db, practice.id, made.id, key, now)
        now = made.next_at or now
    assert len({headers["webhook-id"] for _, headers, _ in receiver.came}) == 1
    assert len(made.attempts) == len(receiver.came) == len(webhooks.PAUSES) + 1
    assert (made.state, now - NOW) == ("failed", sum(webhooks.PAUSES, timedelta()))
    assert now - NOW > timedelta(days=1)
    assert db.scalar(webhooks.PAUSED, {"practice_id": practice.id, "since": NOW, "now": now + SECOND}) == 1
    # Each attempt after the first waits in the outbox, by its id alone.
    rows = db.scalars(select(OutboxRow.ids).where(OutboxRow.practice_id == practice.id, OutboxRow.task == webhooks.DELIVER)).all()
    assert rows == [{"delivery_id": str(made.id)}] * len(made.attempts)
    receiver.status = 200
    assert note(now) == made, "nothing is sent while it is paused"
    webhooks.go_on(db, hook.row)
    webhooks.tell(db, practice.id, now)
    again = webhooks.deliveries(db, practice.id, 1)[0]
    webhooks.deliver(db, practice.id, again.id, key, now)
    assert (again.state, again.until, hook.row.paused_at) == ("delivered", 2, None)


def test_later_changes_take_the_place_of_a_message_that_waits_and_a_system_that_wants_no_more_is_heeded(db, practice, hook, note, receiver, key):
    receiver.status = 503
    first = note()
    webhooks.deliver(db, practice.id, first.id, key, NOW)
    second = note()
    db.refresh(first)
    assert (first.state, second.until) == ("replaced", 2)
    receiver.status = webhooks.GONE
    webhooks.deliver(db, practice.id, first.id, key, NOW + timedelta(hours=1))
    webhooks.deliver(db, practice.id, second.id, key, NOW)
    assert (second.state, hook.row.paused_at) == ("failed", NOW)


def test_a_test_that_fails_pauses_nothing_and_one_that_gets_through_lets_nothing_go_on(db, practice, hook, receiver, key):
    receiver.status = 500
    test = webhooks.send_test(db, practice.id, NOW)
    webhooks.deliver(db, practice.id, test.id, key, NOW)
    assert (test.state, hook.row.failing_since, hook.row.paused_at) == ("failed", None, None)
    receiver.status, hook.row.paused_at = 200, NOW
    test = webhooks.send_test(db, practice.id, NOW)
    webhooks.deliver(db, practice.id, test.id, key, NOW)
    assert (test.state, hook.row.paused_at) == ("delivered", NOW)


def test_redirects_are_not_followed(db, practice, hook, note, receiver, key):
    receiver.status = 302
    made = note()
    webhooks.deliver(db, practice.id, made.id, key, NOW)
    assert [path for path, *_ in receiver.came] == ["/cuspid?to=us"]
    assert (made.state, made.attempts[0]["words"]) == ("waiting", "Redirects are not followed.")


def test_an_address_within_a_private_network_is_never_reached_whatever_its_name_leads_to(db, practice, hook, note, receiver, key, monkeypatch):
    made, careful = note(), key._replace(inside=False)
    hook.row.address = "https://hooks.example.test/"
    asked = []

    def leads_inside(host, port, **_):
        asked.append(host)
        return [(2, 1, 6, "", ("203.0.114.7", port)), (2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(outside.socket, "getaddrinfo", leads_inside)
    webhooks.deliver(db, practice.id, made.id, careful, NOW)
    assert (receiver.came, made.attempts[0]["words"]) == ([], "The address leads to a private network.")
    assert asked == ["hooks.example.test"], "looked up once, so that it cannot be another one a moment later"


@pytest.mark.parametrize(
    "address",
    ["", "http://hooks.example.com/", "https://", "https://user:word@example.com/", "file:///etc/passwd", "https://ex ample.com", "https://example.com/\r\nX: y",
     "https://example.com:99999/", "https://example.com/#part", "https://exämple.com\0", "https://" + "a" * 600],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_with_what_to_do(address):
    with pytest.raises(ValueError, match="begins with https://"):
        outside.place_of(address)


def test_noting_something_asks_the_worker_only_where_somebody_listens(db, practice, other_practice, other_db, other_make, hook, make, work_off, registry, receiver, monkeypatch):
    monkeypatch.setattr(registry, "portal", registry.portal.model_copy(update={"webhooks_inside": True}))
    for session, office, made in ((db, practice, make), (other_db, other_practice, other_make)):
        changes.note(session, office.id, people.ACCESS, (patient_id := made.patient().id), patient_id, NOW)
        changes.note(session, office.id, people.ACCESS, patient_id, patient_id, NOW)
        session.commit()
    assert other_db.scalars(select(OutboxRow.task).where(OutboxRow.practice_id == other_practice.id, OutboxRow.task == webhooks.TELL)).all() == []
    assert db.scalars(select(OutboxRow.task).where(OutboxRow.practice_id == practice.id, OutboxRow.task == webhooks.TELL)).all() == [webhooks.TELL]
    work_off()
    work_off()
    [sent] = db.scalars(select(RecordsWebhookDelivery).execution_options(populate_existing=True)).all()
    assert (sent.state, sent.until, sent.kinds, len(receiver.came)) == ("delivered", 2, ["patient.access_opened"], 1)


def test_nobody_waits_while_a_message_is_sent(db, practice, hook, note, key, monkeypatch):
    made = note()
    told = []

    def slowly(*_):
        with practice.session() as other:
            other.execute(text("set local lock_timeout = '2s'"))
            people.note_of(other, people.LANGUAGE, practice.id, changes.waiting(other, practice.id, "us")[0].patient["portal_id"], NOW, people.LanguageDetails(language="fr-FR"))
            webhooks.tell(other, practice.id, NOW)
            other.commit()
        told.append(True)
        return 204

    monkeypatch.setattr(webhooks, "post", slowly)
    webhooks.deliver(db, practice.id, made.id, key, NOW)
    db.commit()
    newest, first = webhooks.deliveries(db, practice.id, 2)
    assert (told, first.id, first.state, newest.state, newest.until) == ([True], made.id, "delivered", "waiting", 2)
