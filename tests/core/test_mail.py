"""Mail: what both services promise, and what a mail can never hold."""

from email.headerregistry import Address
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyramid.config import Configurator

from core.config import WrongSetting
from core.local.folder import free_port
from core.local.mailbox import take_in_mail
from core.mail import MailboxMail, MailNotSent, MailRefused, SmtpMail, compose, mail_from_url, send_template
from core.theme import Theme

SENDER = Address("Sunrise Family Dental", addr_spec="no-reply@portal.test")


@pytest.fixture(params=["smtp", "mailbox"])
def service(request, tmp_path):
    """Each service, and the mailbox in which its mails arrive."""
    inbox = MailboxMail(tmp_path / "mail")
    if request.param == "mailbox":
        yield mail_from_url(f"mailbox:{tmp_path}/mail"), inbox
        return
    port = free_port()
    controller = take_in_mail(tmp_path / "mail", port)
    yield mail_from_url(f"smtp://127.0.0.1:{port}"), inbox
    controller.stop()


class TestEveryService:
    def test_a_mail_arrives_whole(self, service):
        mail, inbox = service
        mail.send(compose(SENDER, "ana@example.test", "Your receipt", "Thank you, Zoë.\n.\nA line with a dot.\n", "<p>Thank you, Zoë.</p>", "id-1"))
        (arrived,) = inbox.messages()
        assert arrived["From"] == "Sunrise Family Dental <no-reply@portal.test>"
        assert arrived["To"] == "ana@example.test"
        assert arrived["Subject"] == "Your receipt"
        assert arrived["Message-ID"] == "<id-1@portal.test>"
        assert arrived.get_body(("plain",)).get_content().replace("\r\n", "\n") == "Thank you, Zoë.\n.\nA line with a dot.\n"
        assert arrived.get_body(("html",)).get_content().strip() == "<p>Thank you, Zoë.</p>"

    def test_a_mail_that_is_sent_again_is_there_once(self, service):
        mail, inbox = service
        for _ in range(3):
            mail.send(compose(SENDER, "ana@example.test", "Your receipt", "Thank you.", message_id="id-1"))
        assert len(inbox.messages()) == 1

    def test_mails_are_listed_in_the_order_in_which_they_came(self, service):
        mail, inbox = service
        for subject in ("one", "two", "three"):
            mail.send(compose(SENDER, "ana@example.test", subject, "Text"))
        assert [message["Subject"] for message in inbox.messages()] == ["one", "two", "three"]

    def test_mails_to_one_address_are_found_among_others(self, service):
        mail, inbox = service
        seen = []
        for to in ("ana@example.test", "ben@example.test", "ana@example.test"):
            mail.send(compose(SENDER, to, "Your receipt", "Text"))
            seen.append([len(inbox.messages(address)) for address in ("ana@example.test", "ben@example.test", "nobody@example.test")])
        assert seen == [[1, 0, 0], [1, 1, 0], [2, 1, 0]]

    @pytest.mark.parametrize("host", ["a.test", "portal.associates-for-family-and-cosmetic-dentistry-of-springfield.example.com:8443"])
    def test_the_address_that_turns_mails_off_arrives_as_it_is(self, service, host):
        mail, inbox = service
        address = f"https://{host}/unsubscribe/AaIftkFheQWJptlhbcSXsISJxaFGad_dz-2JvIlSH_E"
        mail.send(compose(SENDER, "ana@example.test", "Your receipt", "Thank you.", turn_off=address))
        [content] = [path.read_text() for path in (inbox.folder / "new").iterdir()]
        assert f"\nList-Unsubscribe: <{address}>\n" in content.replace("\r", "")
        assert "\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n" in content.replace("\r", "")

    def test_names_in_other_scripts_arrive(self, service):
        mail, inbox = service
        mail.send(compose(Address("Zahnärzte Łódź, 東京", addr_spec="no-reply@portal.test"), "ana@example.test", "Grüße aus 東京", "Text"))
        (arrived,) = inbox.messages()
        assert arrived["From"].addresses[0].display_name == "Zahnärzte Łódź, 東京"
        assert arrived["Subject"] == "Grüße aus 東京"

    def test_a_mail_without_an_address_is_refused(self, service):
        mail, inbox = service
        message = compose(SENDER, "ana@example.test", "Subject", "Text")
        del message["To"]
        with pytest.raises(MailRefused):
            mail.send(message)
        assert inbox.messages() == []

    def test_it_says_when_it_works(self, service):
        mail, _ = service
        mail.check()


class TestWhatGoesWrong:
    def test_a_server_that_is_away_may_be_there_later(self):
        mail = SmtpMail(f"smtp://127.0.0.1:{free_port()}")
        with pytest.raises(MailNotSent, match="cannot be used") as caught:
            mail.send(compose(SENDER, "ana@example.test", "Subject", "Text"))
        assert not isinstance(caught.value, MailRefused)
        assert "ana@" not in str(caught.value)

    @pytest.mark.parametrize(("answer", "for_good"), [("550 No such person", True), ("451 Later, please", False), ("535 Who are you", False)])
    def test_a_refusal_for_good_differs_from_one_for_now(self, tmp_path, monkeypatch, answer, for_good):
        async def refuse(self, server, session, envelope):
            return answer

        monkeypatch.setattr("core.local.mailbox.CatchAll.handle_DATA", refuse)
        port = free_port()
        controller = take_in_mail(tmp_path, port)
        try:
            with pytest.raises(MailNotSent) as caught:
                SmtpMail(f"smtp://127.0.0.1:{port}").send(compose(SENDER, "ana@example.test", "Subject", "Text"))
        finally:
            controller.stop()
        assert isinstance(caught.value, MailRefused) == for_good

    def test_a_server_without_starttls_gets_no_mail_and_no_password(self, tmp_path):
        port = free_port()
        controller = take_in_mail(tmp_path, port)
        try:
            with pytest.raises(MailNotSent):
                SmtpMail(f"smtp://user:secret@127.0.0.1:{port}?starttls=1").send(compose(SENDER, "ana@example.test", "Subject", "Text"))
        finally:
            controller.stop()
        assert MailboxMail(tmp_path).messages() == []

    @pytest.mark.parametrize("url", ["", "imap://host", "mailbox:", "mailbox:relative", "/folder"])
    def test_a_setting_that_names_no_service_is_refused(self, url):
        with pytest.raises(WrongSetting, match="CUSPID_MAIL_URL"):
            mail_from_url(url)

    def test_a_folder_that_is_gone_is_said(self, tmp_path):
        mail = MailboxMail(tmp_path / "mail")
        for room in ("new", "cur", "tmp"):
            (tmp_path / "mail" / room).rmdir()
        with pytest.raises(MailNotSent, match="cannot be written"):
            mail.check()


class TestOneHeaderCannotBecomeAnother:
    @given(to=st.text(), subject=st.text())
    @example(to="ana@example.test\r\nBcc: everyone@example.test", subject="Hello")
    @example(to="ana@example.test, everyone@example.test", subject="Hello")
    @example(to="ana@example.test", subject="Hello\r\nBcc: everyone@example.test\r\n\r\nAnother text")
    def test_whatever_is_typed(self, to, subject):
        try:
            message = compose(SENDER, to, subject, "Text")
        except MailRefused:
            return
        raw = message.as_bytes()
        assert sorted(message.keys()) == sorted(["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", *_content(message)])
        assert len(message["To"].addresses) == 1
        assert b"\nBcc:" not in raw.partition(b"\r\n\r\n")[0]

    @pytest.mark.parametrize("address", ["", "ana", "@example.test", "ana@", "ana@localhost, b@localhost", "ana b@example.test", "ana@example", "<ana@example.test>"])
    def test_what_is_no_address_is_refused(self, address):
        with pytest.raises(MailRefused, match="the address is not one"):
            compose(SENDER, address, "Subject", "Text")

    @pytest.mark.parametrize("address", ["ana@example.test", " ana@example.test ", "o'neil+dental@sub.example.test", "ana@localhost"])
    def test_what_is_an_address_is_taken(self, address):
        assert compose(SENDER, address, "Subject", "Text")["To"] == address.strip()


def _content(message) -> list[str]:
    return [name for name in message if name.startswith("Content-")]


class TestTemplates:
    @pytest.fixture
    def registry(self, tmp_path):
        (tmp_path / "pages" / "account" / "mail").mkdir(parents=True)
        config = Configurator()
        config.include("core.web.templating")
        config.add_jinja2_search_path(str(tmp_path / "pages"))
        config.registry.portal = SimpleNamespace(mail_url=f"mailbox:{tmp_path}/mail", mail_from="no-reply@portal.test", address=lambda host: f"https://{host}")
        config.include("core.mail")
        config.commit()
        return config.registry

    @pytest.fixture
    def tenant(self):
        contact = SimpleNamespace(email="desk@sunrise.test", phone="555-0100")
        return SimpleNamespace(name="O'Hara & Sons <Dental>", host="sunrise.portal.test", contact=contact, mail_from="", theme=Theme(brand="#123456", logo="ab" * 16))

    @pytest.fixture
    def write(self, tmp_path):
        return lambda name, text: (tmp_path / "pages" / "account" / "mail" / name).write_text(text)

    def test_a_mail_comes_from_the_office_and_answers_go_to_it(self, registry, tenant, write):
        write("receipt.subject.txt", "A receipt from {{ tenant.name }}\n")
        write("receipt.txt", "{{ tenant.name }} thanks {{ name }}: {{ address }}")
        write("receipt.html", '{% extends "mail/layout.html" %}{% block content %}<p>{{ name }}</p>{% endblock %}')
        send_template(registry, tenant, "ana@example.test", "account/mail/receipt", {"name": "Ana <3"}, "7")
        (mail,) = registry.mail.messages()
        assert mail["From"].addresses[0].display_name == tenant.name
        assert mail["Reply-To"] == "desk@sunrise.test"
        assert mail["Subject"] == "A receipt from O'Hara & Sons <Dental>"
        assert mail["Message-ID"] == "<7@portal.test>"
        assert mail.get_body(("plain",)).get_content().strip() == "O'Hara & Sons <Dental> thanks Ana <3: https://sunrise.portal.test"
        html = mail.get_body(("html",)).get_content()
        assert "<p>Ana &lt;3</p>" in html
        assert "O&#39;Hara &amp; Sons &lt;Dental&gt;" in html
        assert "border-top:4px solid #123456" in html
        assert f'<img src="https://sunrise.portal.test/icon/180?v={"ab" * 16}"' in html

    def test_a_mail_needs_no_html(self, registry, tenant, write):
        write("notice.subject.txt", "You have a new message")
        write("notice.txt", "Sign in to read it: {{ address }}")
        send_template(registry, tenant, "ana@example.test", "account/mail/notice", {}, "8")
        (mail,) = registry.mail.messages()
        assert mail.get_content_type() == "text/plain"
