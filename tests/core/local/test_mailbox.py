"""The mailbox's pages: they show everything and do nothing."""

from email.message import EmailMessage

import pytest
from webtest import TestApp

from core.local.mailbox import Pages
from core.mail import MailboxMail
from core.texting.local import MailboxTexts


@pytest.fixture
def inbox(tmp_path):
    return MailboxMail(tmp_path)


@pytest.fixture
def web(tmp_path):
    return TestApp(Pages(tmp_path), extra_environ={"HTTP_HOST": "localhost:8081"})


def mail(subject: str = "Hello", text: str = "Text", html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@sunrise.test", "ana@example.test", subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def open_only_mail(web):
    return web.get("/").click(href="/mail/")


def test_an_empty_mailbox_says_so(web):
    assert "No mail yet" in web.get("/")


def test_a_mail_is_listed_and_read(web, inbox):
    inbox.send(mail("Your receipt", "Pay at https://sunrise.test/pay now"))
    page = open_only_mail(web)
    assert page.html.h1.text == "Your receipt"
    assert page.html.find("a", href="https://sunrise.test/pay")["target"] == "_blank"


def test_a_text_message_is_read_there_as_well(web, tmp_path):
    MailboxTexts(tmp_path).send("+13035550142", "Sunrise: your code is 123456.")
    assert "to +13035550142" in web.get("/")
    assert "your code is 123456." in open_only_mail(web)


def test_the_newest_stands_first(web, inbox):
    for subject in ("first", "second"):
        inbox.send(mail(subject))
    assert [title.text for title in web.get("/").html.find_all("strong")] == ["second", "first"]


def test_marks_in_a_subject_are_text(web, inbox):
    inbox.send(mail("<script>alert(1)</script>", "<b>bold</b>"))
    for page in (web.get("/"), open_only_mail(web)):
        assert page.html.find("script") is None
        assert page.html.find("b") is None
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_html_is_shown_in_a_frame_that_runs_and_loads_nothing(web, inbox):
    inbox.send(mail(html="<p>Hello</p><script>alert(1)</script>"))
    page = open_only_mail(web)
    frame = page.html.find("iframe")
    assert "allow-scripts" not in frame["sandbox"]
    assert "allow-same-origin" not in frame["sandbox"]
    policy = web.get(frame["src"]).headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy


def test_an_attachment_is_saved_never_shown(web, inbox):
    message = mail()
    message.add_attachment(b"<script>", maintype="text", subtype="html", filename='../"evil;.html')
    inbox.send(message)
    page = open_only_mail(web)
    answer = web.get(page.html.find("a", href=lambda href: "/file/" in href)["href"])
    assert answer.body == b"<script>"
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="attachment-1')


def test_a_mail_in_a_wrong_or_unknown_charset_is_shown_as_far_as_it_can_be(web, inbox):
    raw = b"Subject: =?no-such?q?x?=\r\nContent-Type: text/plain; charset=no-such\r\n\r\ncaf\xe9"
    inbox.store(raw, "odd")
    assert "caf\N{REPLACEMENT CHARACTER}" in open_only_mail(web)


@pytest.mark.parametrize("path", ["/mail/0", "/mail/0/html", "/mail/0/file/0", "/mail/..%2F..%2Fetc", "/mail/0/file/x", "/nothing", "/mail"])
def test_what_is_not_there_is_not_found(web, path):
    assert web.get(path, status=404)


def test_a_mail_without_html_has_no_frame(web, inbox):
    inbox.send(mail())
    path = web.get("/").html.find("a")["href"]
    assert web.get(path + "/html", status=404)
    assert web.get(path + "/file/0", status=404)


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test:8081"])
def test_a_foreign_name_for_this_address_is_refused(web, host):
    assert web.get("/", headers={"Host": host}, status=403)


def test_nothing_can_be_changed(web, inbox):
    inbox.send(mail())
    for method in (web.post, web.put, web.delete, web.patch):
        method("/", status=405)
    assert len(inbox.messages()) == 1
