"""What a sibling's page, and the parent domain's, can do with cookies: in a real browser, over real https, where `__Host-` counts."""

import ipaddress
import re
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from socketserver import ThreadingMixIn
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import expect

from core.auth import services
from core.local.folder import free_port
from core.testing import PASSWORD, browser

DOMAIN = "portal.localhost"
TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')
OURS = ("cuspid", "cuspid-office", "cuspid-form", "cuspid-device", "cuspid-user-name")


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A browser that hangs up in the middle of a handshake is none."""


class Quiet(WSGIRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> str:
    """A certificate of our own for every host of the domain, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, DOMAIN)])
    hosts = [x509.DNSName(DOMAIN), x509.DNSName(f"*.{DOMAIN}"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    signed = made.add_extension(x509.SubjectAlternativeName(hosts), critical=False).sign(key, SHA256())
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    path.write_bytes(signed.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


@contextmanager
def served(app, port: int, certificate: str):
    """Serve over https on this machine."""
    with make_server("127.0.0.1", port, app, server_class=Threaded, handler_class=Quiet) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.base_environ["HTTPS"] = "on"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


class Siblings:
    """The portal, and beside it pages of somebody evil: at a practice's address of the same domain, and at the domain itself."""

    def __init__(self, portal):
        self.portal, self.cookies, self.page, self.values = portal, [], "", {}

    def __call__(self, environ, start):
        if environ["HTTP_HOST"].split(":")[0] not in (f"evil.{DOMAIN}", DOMAIN):
            return self.portal(environ, start)
        start("200 OK", [("Content-Type", "text/html"), *(("Set-Cookie", cookie) for cookie in self.cookies)])
        return [self.page.encode()]

    def attack(self, values: dict[str, str], form: str) -> None:
        """Set every cookie of ours in every way, by header and by script; the page has a form to sign the victim in as somebody else."""
        self.values = values
        self.cookies = [
            f"{prefix}{name}={value}; {where}; Secure; SameSite=None"
            for name, value in values.items()
            for prefix in ("", "__Host-", "__host-", "__Secure-")
            for where in ("Path=/", f"Path=/; Domain={DOMAIN}", f"Path=/home; Domain={DOMAIN}", f"Path=/sign-in; Domain={DOMAIN}")
        ]
        self.page = f"<script>for (const one of {self.cookies}) document.cookie = one</script>{form}"


@pytest.fixture
def siblings(portal_behind_https, certificate):
    """The application at a domain where practices are siblings to the browser, and its port."""
    port = free_port()
    app = Siblings(portal_behind_https(base_domain=DOMAIN, base_port=port))
    with served(app, port, certificate):
        yield app, port


def test_what_siblings_and_the_parent_plant_changes_nothing_for_the_victim(siblings, chromium, practice, make):
    app, port = siblings
    home, victim, eve = f"https://{practice.slug}.{DOMAIN}:{port}", make.account(make.patient()), make.account(make.patient(first_name="Eve"))
    planted_token = _arm(app, practice, eve, home)
    window = chromium.new_context(ignore_https_errors=True)
    page = window.new_page()
    page.set_default_timeout(20_000)

    def look_at_evil_pages() -> None:
        for host in (f"evil.{DOMAIN}", DOMAIN):
            page.goto(f"https://{host}:{port}/")
        kept = {cookie["name"] for cookie in window.cookies(home) if cookie["domain"].startswith(".")}
        assert set(OURS) <= kept, "the plain names are planted, so there is something to withstand"
        assert not [name for name in kept if name.startswith("__Host-")]

    def cookies_of_host() -> dict[str, str]:
        return {cookie["name"]: cookie["value"] for cookie in window.cookies(home) if cookie["name"].startswith("__Host-")}

    def token_of(form: str) -> str:
        return page.locator(f"#{form} [name=csrf_token]").first.get_attribute("value")

    look_at_evil_pages()
    page.goto(f"{home}/home")
    expect(page).to_have_url(re.compile("/sign-in"))
    assert token_of("sign-in") != planted_token
    page.fill("[name=user_name]", victim.user_name)
    page.fill("[name=password]", PASSWORD)
    page.click("#sign-in button[type=submit]")
    page.wait_for_url("**/home")
    expect(page.locator("body")).to_contain_text("Robin")
    own = cookies_of_host()
    look_at_evil_pages()
    page.click("#evil button")
    expect(page.locator("h1")).to_have_text("This form was open for too long")
    assert cookies_of_host()["__Host-cuspid"] == own["__Host-cuspid"]
    assert not set(cookies_of_host().values()) & set(app.values.values())
    page.goto(f"{home}/home")
    expect(page.locator("body")).to_contain_text("Robin")
    expect(page.locator("body")).not_to_contain_text("Eve")
    assert token_of("sign-out") != planted_token
    window.close()


def _arm(app: Siblings, practice, eve, home: str) -> str:
    """Have the evil pages plant a session of Eve's, and a form cookie with its token, all of them good; returns the token."""
    with practice.session() as session:
        token = services.open_session(session, eve, datetime.now(UTC))
        session.commit()
    hers = browser(app.portal, practice)
    hers.extra_environ |= {"HTTP_HOST": home.removeprefix("https://"), "wsgi.url_scheme": "https"}
    answer = hers.get("/sign-in")
    form_token = TOKEN.search(answer.text)[1]
    [form_cookie] = [line.partition("=")[2].partition(";")[0] for line in answer.headers.getall("Set-Cookie")]
    typed = {"user_name": eve.user_name, "password": PASSWORD, "csrf_token": form_token}
    fields = "".join(f'<input name="{name}" value="{value}">' for name, value in typed.items())
    values = dict.fromkeys(OURS, "x") | {"cuspid": token, "cuspid-form": form_cookie}
    app.attack(values, f'<form id="evil" method="post" action="{home}/sign-in">{fields}<button>Win a prize</button></form>')
    return form_token
