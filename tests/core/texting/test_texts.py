"""One contract for whoever sends text messages. Twilio is our own call against a server on this machine that answers as Twilio documents it."""

import base64
import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

from core.config import WrongSetting
from core.local.folder import free_port
from core.mail import MailboxMail
from core.texting import TextNotSent, TextRefused, TextStopped, texts_from_url
from core.texting.interface import signature_of
from core.texting.local import NO_NUMBER, NO_PHONE, STOPPED, MailboxTexts, local_secret
from core.texting.twilio import Account, TwilioTexts

ACCOUNT, PASSWORD, FROM = "AC" + "5" * 32, "a secret: 1/2@3", "+13035550100"
KEY = "k" * 32
ANA, BODY = "+13035550142", "Sunrise Family Dental: your code is 123456. ñ € 🦷 &To=+1"
REFUSALS = {NO_NUMBER: 21211, STOPPED: 21610, NO_PHONE: 21614, "+15005550002": 21612, "+15005550003": 21408}


class FakeTwilio(ThreadingHTTPServer):
    """Takes messages as documented; `fault` is the answer to the next ones: a status and a code, or None for a line that goes dead."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[dict[str, str]] = []
        self.fault: tuple | None = ()
        self.texts = TwilioTexts(Account(ACCOUNT, ACCOUNT, PASSWORD, FROM, f"http://127.0.0.1:{self.server_port}"))

    def answer(self, method: str, path: str, headers, fields: dict[str, str]) -> tuple[int, dict]:
        given = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        if given != f"{ACCOUNT}:{PASSWORD}":
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        if method == "GET":
            return (200, {"sid": ACCOUNT, "status": "active"}) if path == f"/2010-04-01/Accounts/{ACCOUNT}.json" else (404, {"code": 20404})
        if path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return 404, {"code": 20404, "message": "Not found", "status": 404}
        if unknown := fields.keys() - {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}:
            return 400, {"code": 20001, "message": f"Unknown {unknown}", "status": 400}
        if code := REFUSALS.get(fields["To"]):
            return 400, {"code": code, "message": f"{fields['To']} is refused", "status": 400}
        self.taken.append(fields)
        return 201, {"sid": f"SM{len(self.taken):032}", "status": "queued", "to": fields["To"]}


class _Handler(BaseHTTPRequestHandler):
    server: FakeTwilio

    def _handle(self):
        content = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = {name: value for name, [value] in parse_qs(content, strict_parsing=bool(content)).items()}
        if self.server.fault is None:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, content = self.server.fault or self.server.answer(self.command, self.path, self.headers, fields)
        body = (json.dumps(content) if isinstance(content, dict) else content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}{self.path}")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _handle  # noqa: N815  (the names that the library calls)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def twilio():
    with FakeTwilio() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=["twilio", "mailbox"])
def service(request, tmp_path):
    """Each service, and what has arrived: pairs of number and text."""
    if request.param == "twilio":
        twilio = request.getfixturevalue("twilio")
        return SimpleNamespace(texts=twilio.texts, arrived=lambda: [(one["To"], one["Body"]) for one in twilio.taken])
    inbox = MailboxMail(tmp_path / "mail")
    arrived = lambda: [(mail["To"], mail.get_content().strip()) for mail in inbox.messages()]  # noqa: E731
    return SimpleNamespace(texts=texts_from_url(f"mailbox:{tmp_path}/mail", KEY), arrived=arrived)


class TestEveryService:
    def test_a_text_message_arrives_whole_and_has_a_name(self, service):
        assert service.texts.send(ANA, BODY) != service.texts.send(ANA, BODY + "!")
        assert service.arrived() == [(ANA, BODY), (ANA, BODY + "!")]

    @pytest.mark.parametrize("to", ["", "303-555-0142", "13035550142", "+442079460958", f"{ANA},{FROM}", f"{ANA}\nBcc: x@example.test"])
    def test_what_is_no_whole_number_is_refused_before_it_is_sent(self, service, to):
        with pytest.raises(TextRefused, match="the number is not one"):
            service.texts.send(to, BODY)
        assert service.arrived() == []

    @pytest.mark.parametrize("body", ["", " \n", "x" * 1601, "a\0b"])
    def test_what_is_no_text_is_refused(self, service, body):
        with pytest.raises(TextRefused, match="the text is"):
            service.texts.send(ANA, body)
        assert service.arrived() == []

    @pytest.mark.parametrize(("number", "stopped"), [(NO_NUMBER, False), (NO_PHONE, False), (STOPPED, True)])
    def test_a_phone_that_takes_none_is_refused_for_good_and_who_said_stop_is_told_apart(self, service, number, stopped):
        with pytest.raises(TextRefused) as caught:
            service.texts.send(number, BODY)
        assert isinstance(caught.value, TextStopped) == stopped
        assert number not in str(caught.value)
        assert service.arrived() == []

    def test_it_says_when_it_works(self, service):
        service.texts.check()

    @pytest.mark.parametrize("change", [{}, {"address": "https://other.test/x"}, {"fields": [("Body", "C"), ("From", FROM)]}, {"signature": ""}, {"signature": "\udcff"}])
    def test_what_it_reports_is_known_by_its_signature(self, service, change):
        secret = PASSWORD if isinstance(service.texts, TwilioTexts) else local_secret(KEY)
        about = {"address": "https://sunrise.test/hooks?a=1", "fields": [("From", ANA), ("Body", "C")]}
        signed = about | {"signature": signature_of(secret, **about)}
        assert service.texts.signs(**signed | change) == (not change)


def test_local_answers_are_known_by_a_secret_of_the_installation(tmp_path):
    about = {"address": "https://sunrise.test/hooks", "fields": [("From", ANA), ("Body", "C")]}
    texts = texts_from_url(f"mailbox:{tmp_path}/mail", KEY)
    for secret in ("", "local", KEY, local_secret("another" * 5)):
        assert not texts.signs(**about, signature=signature_of(secret, **about))
    assert not MailboxTexts(tmp_path).signs(**about, signature=signature_of("", **about))


class TestTwilio:
    def test_it_signs_as_twilio_documents_it(self):
        """The example of https://www.twilio.com/docs/usage/security."""
        fields = [("CallSid", "CA1234567890ABCDE"), ("Caller", "+12349013030"), ("Digits", "1234"), ("From", "+12349013030"), ("To", "+18005551212")]
        texts = TwilioTexts(Account(ACCOUNT, "SK1", "s", FROM), "12345")
        assert texts.signs("https://mycompany.com/myapp.php?foo=1&bar=2", fields, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")
        assert not TwilioTexts(Account(ACCOUNT, "SK1", "s", FROM)).signs("https://mycompany.com/myapp.php?foo=1&bar=2", fields, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")

    def test_the_sender_is_a_number_or_a_messaging_service(self, twilio):
        twilio.texts.send(ANA, BODY)
        service = Account(ACCOUNT, ACCOUNT, PASSWORD, "MG" + "7" * 32, f"http://127.0.0.1:{twilio.server_port}")
        TwilioTexts(service).send(ANA, BODY)
        assert [{name: one[name] for name in one.keys() - {"To", "Body"}} for one in twilio.taken] == [{"From": FROM}, {"MessagingServiceSid": "MG" + "7" * 32}]

    @pytest.mark.parametrize("number", ["+15005550002", "+15005550003"])
    def test_a_number_that_the_account_cannot_reach_is_refused_for_good(self, twilio, number):
        with pytest.raises(TextRefused):
            twilio.texts.send(number, BODY)

    @pytest.mark.parametrize("fault", [
        (429, {"code": 20429}), (503, "<html>busy</html>"), (401, {"code": 20003}), (404, {"code": 20404}), (400, {"code": 21606}),
        (400, {"code": 99999}), (400, "[]"), (307, {}), (403, ""),
    ])  # fmt: skip
    def test_what_was_not_taken_for_sure_can_go_later(self, twilio, fault):
        twilio.fault = fault
        with pytest.raises(TextNotSent) as caught:
            twilio.texts.send(ANA, BODY)
        assert not isinstance(caught.value, TextRefused)
        assert not any(word in str(caught.value) for word in (ANA, "123456", PASSWORD))
        twilio.fault = ()
        assert twilio.texts.send(ANA, BODY).startswith("SM")

    @pytest.mark.parametrize("fault", [None, (500, {"code": 20500}), (502, "<html>"), (504, ""), (201, "not JSON")])
    def test_what_may_be_on_its_way_has_no_name_and_is_no_error(self, twilio, fault):
        """Twilio would not know a second try, and every text costs."""
        twilio.fault = fault
        assert twilio.texts.send(ANA, BODY) == ""

    def test_an_answer_that_does_not_come_may_be_on_its_way(self, monkeypatch):
        monkeypatch.setattr("core.texting.twilio.TIMEOUTS", (1, 0.05))
        with socket.create_server(("127.0.0.1", 0)) as silent:
            assert TwilioTexts(Account(ACCOUNT, ACCOUNT, PASSWORD, FROM, f"http://127.0.0.1:{silent.getsockname()[1]}")).send(ANA, BODY) == ""

    def test_a_gateway_that_is_away_took_nothing(self):
        texts = TwilioTexts(Account(ACCOUNT, ACCOUNT, PASSWORD, FROM, f"http://127.0.0.1:{free_port()}"))
        for ask in (texts.check, lambda: texts.send(ANA, BODY)):
            with pytest.raises(TextNotSent, match="cannot be reached") as caught:
                ask()
            assert not isinstance(caught.value, TextRefused)

    def test_a_wrong_password_is_found_without_sending(self, twilio):
        with pytest.raises(TextNotSent, match="status 401"):
            TwilioTexts(Account(ACCOUNT, ACCOUNT, "wrong", FROM, f"http://127.0.0.1:{twilio.server_port}")).check()
        assert twilio.taken == []


class TestTheSetting:
    def test_without_it_there_are_none(self):
        assert texts_from_url(None, KEY) is None
        assert texts_from_url("", KEY) is None

    @pytest.mark.parametrize(("url", "account"), [
        (f"twilio://{ACCOUNT}:a%2Fb@api.twilio.com?from=%2B13035550100", Account(ACCOUNT, ACCOUNT, "a/b", FROM)),
        (f"twilio://{ACCOUNT}:a@api.twilio.com?from=303-555-0100", Account(ACCOUNT, ACCOUNT, "a", FROM)),
        (f"twilio://SK1:s@api.dublin.ie1.twilio.com?account={ACCOUNT}&from=MG1", Account(ACCOUNT, "SK1", "s", "MG1", "https://api.dublin.ie1.twilio.com")),
    ])  # fmt: skip
    def test_it_names_account_and_sender(self, url, account):
        texts = texts_from_url(url, KEY)
        assert texts._account == account
        assert account.password not in repr(account).removeprefix("Account")

    @pytest.mark.parametrize("url", [
        "twilio", "mailbox:relative", "https://api.twilio.com", "twilio://api.twilio.com?from=303-555-0100", f"twilio://{ACCOUNT}:a@api.twilio.com",
        f"twilio://{ACCOUNT}:a@api.twilio.com?from=555-0100", f"twilio://{ACCOUNT}:a@?from=303-555-0100", "twilio://SK1:s@api.twilio.com?from=MG1",
        f"twilio://{ACCOUNT}:a@api.twilio.com?from=MG1&form=MG2", f"twilio://{ACCOUNT}@api.twilio.com?from=MG1",
    ])  # fmt: skip
    def test_one_that_names_nobody_is_refused_without_repeating_it(self, url):
        with pytest.raises(WrongSetting, match=r"^CUSPID_TEXTS_URL must be") as caught:
            texts_from_url(url, KEY)
        assert ACCOUNT not in str(caught.value)
