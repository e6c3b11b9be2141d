"""A mailbox for trying things out: takes in every mail for every address, and shows them on a page that can change nothing."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesHeaderParser
from hashlib import sha256
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from aiosmtpd.controller import Controller
from jinja2 import Environment, PackageLoader
from webob import Request, Response
from webob.exc import HTTPForbidden, HTTPMethodNotAllowed, HTTPNotFound

from core.mail import MailboxMail

SHOWN = 200
"""How many of the newest mails are listed."""

# Only this page's own styles; a mail's HTML stands in a frame that can run nothing and load nothing.
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
_FRAME_FLAGS = "allow-popups allow-popups-to-escape-sandbox"
_FRAME_POLICY = f"sandbox {_FRAME_FLAGS}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
_LOCAL = re.compile(r"(localhost|[a-z0-9-]+\.localhost|127\.0\.0\.1)(:\d+)?")


class CatchAll:
    """The SMTP side: puts what comes in into the folder, once for each Message-ID."""

    def __init__(self, folder: Path):
        self._mailbox = MailboxMail(folder)

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  (the name that aiosmtpd calls)
        """Take a mail in."""
        content = envelope.original_content
        headers = BytesHeaderParser(policy=policy.compat32).parsebytes(content)
        self._mailbox.store(content, str(headers["Message-ID"] or sha256(content).hexdigest()))
        return "250 OK"


class Pages:
    """The web side: a list of mails, one mail, its HTML in a closed frame, its attachments. Changes nothing."""

    def __init__(self, folder: Path):
        self._folder = folder
        MailboxMail(folder)  # so that a folder that is new can be shown, too
        environment = Environment(loader=PackageLoader("core.local"), autoescape=True)
        self._list, self._mail = (environment.get_template(f"mailbox/{name}.jinja2") for name in ("list", "mail"))

    def __call__(self, environ, start_response):
        """Answer a request (WSGI)."""
        request = Request(environ)
        response = self._answer(request)
        response.headers.update({"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if not _LOCAL.fullmatch(request.host):  # a foreign page must not reach us under a name of its own
            return HTTPForbidden()
        if request.method not in {"GET", "HEAD"}:
            return HTTPMethodNotAllowed()
        match request.path_info.strip("/").split("/"):
            case [""]:
                return _page(self._list.render(mails=self._newest()))
            case ["mail", name]:
                return self._show(name)
            case ["mail", name, "html"]:
                return self._frame(name)
            case ["mail", name, "file", number] if number.isdecimal():
                return self._attachment(name, int(number))
        return HTTPNotFound()

    def _files(self) -> dict[str, Path]:
        return {path.name.partition(":")[0]: path for room in ("new", "cur") for path in (self._folder / room).iterdir()}

    def _newest(self) -> list[dict]:
        newest = sorted(self._files().items(), key=lambda item: item[1].stat().st_mtime, reverse=True)[:SHOWN]
        parser = BytesHeaderParser(policy=policy.default)
        return [{"name": name, "headers": parser.parsebytes(_head(path))} for name, path in newest]

    def _read(self, name: str) -> EmailMessage | None:
        path = self._files().get(name)
        return message_from_bytes(path.read_bytes(), policy=policy.default) if path else None

    def _show(self, name: str) -> Response:
        mail = self._read(name)
        if mail is None:
            return HTTPNotFound()
        files = [part.get_filename() or part.get_content_type() for part in mail.iter_attachments()]
        text, html = _body(mail, "plain"), _body(mail, "html")
        return _page(self._mail.render(name=name, headers=mail, text=text, html=html is not None, files=files, flags=_FRAME_FLAGS))

    def _frame(self, name: str) -> Response:
        html = (mail := self._read(name)) and _body(mail, "html")
        if not html:
            return HTTPNotFound()
        # Links open beside the mailbox: the portal refuses to be shown in a frame.
        response = Response(html + '<base target="_blank">', content_type="text/html", charset="utf-8")
        response.headers["Content-Security-Policy"] = _FRAME_POLICY
        return response

    def _attachment(self, name: str, number: int) -> Response:
        mail = self._read(name)
        parts = list(mail.iter_attachments()) if mail else []
        if number >= len(parts):
            return HTTPNotFound()
        response = Response(_content(parts[number]), content_type="application/octet-stream")
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        # A name from a mail could hold anything; the part's number is enough to save it under.
        response.content_disposition = f'attachment; filename="attachment-{number + 1}{_ending(parts[number])}"'
        return response


def _page(html: str) -> Response:
    response = Response(html, content_type="text/html", charset="utf-8")
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(65536)


def _body(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    return _content(part).decode(_charset(part), "replace") if part else None


def _content(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _charset(part: MIMEPart) -> str:
    name = part.get_content_charset("utf-8")
    try:
        "".encode(name)
    except LookupError:
        return "utf-8"
    return name


def _ending(part: MIMEPart) -> str:
    ending = Path(part.get_filename() or "").suffix
    return ending if re.fullmatch(r"\.\w{1,8}", ending, re.ASCII) else ""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *_) -> None:
        """Say nothing: the addresses of mails are nobody's business in a log."""


def take_in_mail(folder: Path, port: int) -> Controller:
    """Listen for mails on this port of loopback, in a thread; call `stop()` at the end. Raises OSError when the port is taken."""
    controller = Controller(CatchAll(folder), hostname="127.0.0.1", port=port, ident="cuspid mailbox")
    controller.start()
    return controller


def page_server(folder: Path, port: int) -> WSGIServer:
    """A server of the mailbox's pages on this port of loopback; it works once `serve_forever()` is called."""
    return make_server("127.0.0.1", port, Pages(folder), server_class=_Server, handler_class=_QuietHandler)
