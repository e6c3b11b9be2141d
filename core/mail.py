"""Mail: one interface, SMTP and a local mailbox behind it, chosen by the setting `mail_url`."""

import os
import smtplib
import ssl
from email import message_from_bytes
from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from jinja2 import Environment, TemplateNotFound, select_autoescape
from pyramid_jinja2 import IJinja2Environment

from core.config import WrongSetting

TIMEOUT = 10
"""Seconds that a mail server may take to answer."""


class MailNotSent(Exception):
    """The mail was not taken; trying again later may help. The text holds no address and no content."""


class MailRefused(MailNotSent):
    """The mail will never be taken: the address is wrong, or the server refuses it for good."""


class Mail(Protocol):
    """Sends mails."""

    def send(self, message: EmailMessage) -> None:
        """Hand a mail over; when it returns, somebody else answers for it. Raises MailNotSent, MailRefused."""

    def check(self) -> None:
        """Say whether mails could be sent now, without sending one. Raises MailNotSent."""


class SmtpMail:
    """A mail server, such as `smtp://user:password@host:587?starttls=1`, or `smtps://` for TLS from the first byte."""

    def __init__(self, url: str):
        address = urlsplit(url)
        self._tls = address.scheme == "smtps"
        self._starttls = parse_qs(address.query).get("starttls") == ["1"]
        self._host, self._port = address.hostname or "localhost", address.port or (465 if self._tls else 25)
        self._user, self._password = unquote(address.username or ""), unquote(address.password or "")

    def send(self, message: EmailMessage) -> None:
        """Hand the mail to the server."""
        _require_address(message)
        self._talk(lambda server: server.send_message(message))

    def check(self) -> None:
        """Connect and sign in."""
        self._talk(lambda server: server.noop())

    def _talk(self, act) -> None:
        try:
            with self._connect() as server:
                if self._starttls:
                    server.starttls(context=ssl.create_default_context())
                if self._user:
                    server.login(self._user, self._password)
                act(server)
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            raise _refusal(min(codes), "the address") from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, "the mail") from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailNotSent(f"the mail server {self._host}:{self._port} cannot be used ({type(error).__name__})") from None

    def _connect(self) -> smtplib.SMTP:
        if self._tls:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT, context=ssl.create_default_context())
        return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)


def _require_address(message: EmailMessage) -> None:
    if not message["To"]:
        raise MailRefused("the mail has no address")


def _refusal(code: int, what: str) -> MailNotSent:
    # 535 is a wrong password of ours, which says nothing about the mail: it can go once that is mended.
    kind = MailRefused if code >= 500 and code not in {530, 534, 535} else MailNotSent
    return kind(f"the mail server refused {what} with code {code}")


class MailboxMail:
    """A folder in the Maildir format: nothing leaves the machine. A mail with the same Message-ID is kept once."""

    def __init__(self, folder: Path):
        self.folder, self._addresses = folder, dict[tuple[str, int], str]()
        for room in ("new", "cur", "tmp"):
            (folder / room).mkdir(parents=True, exist_ok=True)

    def send(self, message: EmailMessage) -> None:
        """Put the mail into the folder."""
        _require_address(message)
        self.store(message.as_bytes(policy=SMTP), message["Message-ID"] or make_msgid())

    def store(self, content: bytes, message_id: str) -> None:
        """Put a whole mail into the folder, unless it is there."""
        name = sha256(message_id.strip().encode()).hexdigest()[:32]
        if any((self.folder / "cur").glob(name + "*")):
            return
        draft = self.folder / "tmp" / f"{name}.{os.getpid()}"
        draft.write_bytes(content)
        draft.replace(self.folder / "new" / name)

    def messages(self, to: str | None = None) -> list[EmailMessage]:
        """Every mail in the folder, or those to one address, in the order in which they came."""
        came = {path: path.stat().st_mtime_ns for room in ("new", "cur") for path in (self.folder / room).iterdir()}
        return [_read(path) for path in sorted(came, key=lambda path: came[path]) if to is None or self._address(path, came[path]) == to]

    def _address(self, path: Path, came: int) -> str:
        # Read once: to parse a thousand mails takes a second.
        key = (path.name, came)
        if key not in self._addresses:
            self._addresses[key] = str(_read(path)["To"])
        return self._addresses[key]

    def check(self) -> None:
        """See whether the folder can be written."""
        if not os.access(self.folder / "new", os.W_OK):
            raise MailNotSent(f"the mailbox {self.folder} cannot be written")


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=SMTP)


def mail_from_url(url: str) -> Mail:
    """The mail service that the setting names. Raises WrongSetting."""
    if url.startswith("mailbox:/"):
        return MailboxMail(Path(unquote(url.removeprefix("mailbox:"))))
    if url.startswith(("smtp://", "smtps://")):
        return SmtpMail(url)
    raise WrongSetting("CUSPID_MAIL_URL must be smtp://user:password@host:587?starttls=1, smtps://..., or mailbox:/folder.")


class OneLine(UnstructuredHeader):
    """A header that must arrive as it is. By itself the library writes a long address as encoded words, which no mail program undoes here."""

    def fold(self, *, policy) -> str:
        """The header as it goes out."""
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", OneLine)  # type: ignore[arg-type]
_POLICY = SMTP.clone(header_factory=_HEADERS)


def compose(
    sender: Address, to: str, subject: str, text: str, html: str | None = None, message_id: str | None = None, turn_off: str = ""
) -> EmailMessage:
    """A mail from its parts; what belongs to one header can never become another. Raises MailRefused for a wrong address.

    `turn_off` is the address at which the reader's mail program can say that no more mails of this kind are wanted (RFC 8058).
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = _address(to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = localtime()
    message["Message-ID"] = f"<{message_id}@{sender.domain}>" if message_id else make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # so that out-of-office answers do not come back (RFC 3834)
    if turn_off:
        message["List-Unsubscribe"] = f"<{turn_off}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def _address(text: str) -> Address:
    try:
        address = Address(addr_spec=text.strip())
    except (ValueError, HeaderParseError, IndexError):
        raise MailRefused("the address is not one") from None
    if not address.username or not ("." in address.domain.strip(".") or address.domain == "localhost"):
        raise MailRefused("the address is not one")
    return address


def send_template(registry, tenant, to: str, template: str, context: dict, message_id: str, turn_off: str = "") -> None:
    """Render `<template>.subject.txt`, `.txt` and, if there is one, `.html` for a practice, and send them.

    Templates see `tenant`, `address` (where the practice's portal is), `turn_off` and the context. `turn_off` is the path by which
    the reader gets no more mails of this kind: mail programs are told, and it stands at the foot. Raises MailNotSent, MailRefused.
    """
    environment, address = templates_of(registry), registry.portal.address(tenant.host)
    turn_off = f"{address}{turn_off}" if turn_off else ""
    values = {"tenant": tenant, "address": address, "turn_off": turn_off, **context}
    subject, text = (environment.get_template(f"{template}{ending}").render(values) for ending in (".subject.txt", ".txt"))
    foot = environment.get_template("mail/foot.txt").render(values)
    html = _render_html(environment, template, values)
    message = compose(_sender(registry, tenant), to, subject, text + foot, html, message_id, turn_off)
    if tenant.contact and tenant.contact.email:
        message["Reply-To"] = _address(tenant.contact.email)
    registry.mail.send(message)


def _render_html(environment: Environment, template: str, values: dict) -> str | None:
    try:
        found = environment.get_template(f"{template}.html")
    except TemplateNotFound as error:
        if error.name != f"{template}.html":
            raise
        return None
    return found.render(values)


def _sender(registry, tenant) -> Address:
    return Address(display_name=" ".join(tenant.name.split()), addr_spec=tenant.mail_from or registry.portal.mail_from)


def templates_of(registry) -> Environment:
    """The pages' templates, with escaping by the name of the file: a text mail is not HTML."""
    if not hasattr(registry, "mail_templates"):
        pages = registry.queryUtility(IJinja2Environment, name=".jinja2")
        templates = registry.mail_templates = pages.overlay(autoescape=select_autoescape(("html", "jinja2")))
        # An overlay takes over what the pages keep of their templates (core/web/templating.py), which are made to escape everything.
        vars(templates).pop("get_template", None)
    return registry.mail_templates


def includeme(config) -> None:
    """Add `registry.mail`."""
    config.registry.mail = mail_from_url(config.registry.portal.mail_url)
