"""The domains of all practices, as operators see them on the page and on the command line."""

import secrets
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from core.tenant import touch
from tenants.addresses.checking import proof_of
from tenants.addresses.commands import domain as command
from tenants.addresses.models import Domain


@pytest.fixture
def run(portal_settings, monkeypatch, name_server):
    """`run(argument, ...)`: the command, which asks our name server."""
    for name, value in portal_settings.model_dump(exclude_none=True).items():
        monkeypatch.setenv(f"CUSPID_{name.upper()}", str(value))
    monkeypatch.setenv("CUSPID_DNS_RESOLVERS", name_server.address)
    return lambda *arguments: CliRunner().invoke(command, arguments)


@pytest.fixture
def claim(practice, db):
    """A domain that the practice has asked for."""
    row = Domain(host=f"xn--zahnrzte-3za.{secrets.token_hex(5)}.example", practice_id=practice.id, verified_at=None, token="5f" * 16)
    db.add(row)
    db.commit()
    return row


def test_the_page_shows_domains_readable_with_their_practice_and_state(operator_browser, claim, practice, db, make):
    patient = make.patient(last_name="Thistlewood")
    claim.state = "wrong"
    db.commit()
    page = operator_browser().get("/office/domains")
    [row] = [row for row in page.html.select("tbody tr") if claim.host.removeprefix("xn--zahnrzte-3za") in row.get_text()]
    assert "zahnärzte." in row.get_text()
    assert "DNS is not right" in row.get_text()
    assert patient.last_name not in page.text
    practice_page = operator_browser().get(row.find("a")["href"])
    assert "zahnärzte." in practice_page
    assert f"{practice.slug}.localhost" in practice_page


def test_the_command_lists_and_looks_and_its_exit_code_says_whether_all_is_well(run, claim, practice, db, name_server, registry):
    listed = run("list", practice.slug)
    assert f"{claim.host}" in listed.output
    assert listed.exit_code == 0
    found = run("check", claim.host)
    assert found.exit_code == 1
    assert f"should be {proof_of(claim.token)}" in found.output
    name_server.put(f"_cuspid-challenge.{claim.host}", ("TXT", f'"{proof_of(claim.token)}"'))
    name_server.put(claim.host, ("CNAME", "localhost."))
    found = run("check", claim.host.upper())
    assert (found.exit_code, "verified" in found.output) == (0, True), found.output
    assert registry.tenants.owner_now(claim.host) == practice.id
    assert "No practice has asked" in run("check", "nobody.example").output
    assert "Verified" in run("list").output


def test_a_main_address_is_marked(operator_browser, claim, practice, db):
    claim.verified_at, claim.is_primary, claim.state = datetime.now(UTC), True, "ok"
    touch(db, practice.id)
    db.commit()
    page = operator_browser().get(f"/office/practices/{practice.slug}/manage")
    assert "Main address" in page
    assert f"http://{claim.host}" in page
