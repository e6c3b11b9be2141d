"""How a domain's certificate is: real TLS on loopback with certificates of our own; and what is never connected to."""

import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tenants.addresses import certificate
from tenants.addresses.certificate import INSIDE, NONE, READY, REFUSED, UNREACHABLE, is_outside

HOST = "portal.smiles.example"


def make_certificate(folder, host: str, days: int = 30):
    """A certificate that signs itself, with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Example\u202e Trust")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=60)).not_valid_after(now + timedelta(days=days, hours=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    signed = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, SHA256())
    path = folder / f"{host}-{days}.pem"
    path.write_bytes(signed.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@contextmanager
def serving(path=None):
    """A server on loopback with this certificate; without one it closes each connection. Gives its port."""

    class Handler(BaseRequestHandler):
        def handle(self):
            if path:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(path)
                try:
                    context.wrap_socket(self.request, server_side=True).close()
                except OSError:
                    pass

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def look(port: int):
    return certificate.look(HOST, {"127.0.0.1"}, port, also_inside=True)


def test_a_certificate_that_browsers_take_is_told_with_issuer_and_end(tmp_path, monkeypatch):
    path = make_certificate(tmp_path, HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with serving(path) as port:
        found = look(port)
    assert (found.state, found.issuer) == (READY, "Example Trust")
    assert certificate.days_left(found.ends_at, datetime.now(UTC)) == 30


@pytest.mark.parametrize(("host", "days", "words"), [(HOST, -1, "expired"), ("other.example", 30, "mismatch")])
def test_one_that_browsers_refuse_is_told_with_the_reason(tmp_path, monkeypatch, host, days, words):
    path = make_certificate(tmp_path, host, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with serving(path) as port:
        found = look(port)
    assert found.state == REFUSED
    assert words in found.reason


def test_one_that_nobody_vouches_for_is_refused(tmp_path):
    with serving(make_certificate(tmp_path, HOST)) as port:
        assert look(port).state == REFUSED


def test_where_there_is_no_certificate_or_nobody_it_is_told():
    with serving() as port:
        assert look(port).state in {NONE, UNREACHABLE}
    assert look(port).state == UNREACHABLE
    assert certificate.look(HOST, set(), 443).state == UNREACHABLE


def test_nothing_of_the_inside_is_connected_to(tmp_path):
    with serving(make_certificate(tmp_path, HOST)) as port:
        assert certificate.look(HOST, {"127.0.0.1"}, port).state == INSIDE


@pytest.mark.parametrize("address", [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe", "::127.0.0.1",
])  # fmt: skip
def test_addresses_of_the_inside_are_known_in_every_dress(address):
    assert not is_outside(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_internet_are_outside(address):
    assert is_outside(address)
