"""What the proxy is told before it has a certificate made, and who may ask."""

import secrets
from datetime import UTC, datetime

import pytest
import webtest
from sqlalchemy import delete

from core.auth.limits import Limiter
from tenants import ask
from tenants.addresses import slugs
from tenants.addresses.models import Domain
from tenants.settings import Author

PATH = "/.well-known/cuspid/certificate"


@pytest.fixture
def proxy(portal, registry):
    """The proxy on this machine, which asks by the application's own address."""
    registry.ask_limiter = Limiter("memory://")
    return webtest.TestApp(portal, extra_environ={"HTTP_HOST": "127.0.0.1:8080", "REMOTE_ADDR": "127.0.0.1"})


def answer(proxy, host: str, **about) -> int:
    return proxy.get(PATH, {"domain": host}, status="*", **about).status_int


def test_hosts_that_are_ours_get_a_certificate_and_no_other(proxy, practice, db, base):
    host, waiting, former = f"portal.{practice.slug}.test", f"waiting.{practice.slug}.test", practice.host
    db.add(Domain(host=host, practice_id=practice.id, verified_at=datetime.now(UTC)))
    db.add(Domain(host=waiting, practice_id=practice.id, verified_at=None))
    new = "n" + secrets.token_hex(5)
    slugs.move(db, practice.id, new, Author("test", None), datetime.now(UTC))
    db.commit()
    for ours in (host, host.upper(), former, f"{new}.localhost", base.host):
        assert answer(proxy, ours) == 200, ours
    for other in (waiting, f"x.{former}", "nobody.localhost", "operator.localhost", f"x.{host}", "", " ", "a b", f"{host}.", "\0", "ä", "x" * 300, f"{host}:443", "127.0.0.1"):
        assert answer(proxy, other) == 404, other
    proxy.get(PATH, status=404)
    db.execute(delete(Domain).where(Domain.host == host))
    db.commit()
    assert answer(proxy, host) == 404, "also in a process that still remembers it"


def test_it_costs_one_statement_whether_known_or_not(proxy, practice, statements):
    answer(proxy, practice.host)
    for host in (practice.host, f"{secrets.token_hex(5)}.localhost", f"{secrets.token_hex(5)}.test"):
        with statements() as seen:
            answer(proxy, host)
        assert len(seen) == 1, host


def test_nobody_may_ask_from_outside(proxy, practice):
    for header in ("X-Forwarded-For", "Forwarded", "X-Forwarded-Proto"):
        assert answer(proxy, practice.host, headers={header: "127.0.0.1"}) == 404
    page = proxy.get(PATH, {"domain": practice.host}, extra_environ={"REMOTE_ADDR": "203.0.113.9"}, status=404)
    assert "We can’t find that page" in page


@pytest.mark.parametrize(("address", "trusted", "internal"), [
    ("127.0.0.1", None, True), ("::1", "", True), ("10.0.0.2", "10.0.0.2", True), ("10.0.0.2", "10.0.0.0/24, 10.1.0.1", True), ("10.0.0.2", "10.0.1.0/24", False),
    ("10.0.0.2", None, False), ("203.0.113.9", "*", False), ("127.0.0.1", "proxy,*", True), ("", "10.0.0.1", False), ("fe80::1", "10.0.0.1", False),
])  # fmt: skip
def test_the_inside_is_this_machine_and_the_proxies_of_the_setting(address, trusted, internal):
    assert ask.is_internal({"REMOTE_ADDR": address}, trusted) is internal


def test_a_flood_of_made_up_names_does_not_keep_known_hosts_out(proxy, practice, statements):
    answer(proxy, practice.host)
    for number in range(300):
        answer(proxy, f"flood{number}.localhost")
    with statements() as seen:
        assert answer(proxy, "one-more.localhost") == 404
    assert seen == []
    assert answer(proxy, practice.host) == 200
