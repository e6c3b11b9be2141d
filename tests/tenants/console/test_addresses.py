"""The office's page of addresses."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.auth import services
from core.auth.models import Passkey
from core.auth.realms import OFFICE
from core.testing import add_sign_in, browser
from tenants.addresses.models import Domain


def main(page) -> str:
    return " ".join(page.html.find("main").get_text(" ", strip=True).split())


def new_slug() -> str:
    return "n" + secrets.token_hex(6)


def test_the_office_takes_another_short_address_and_signs_in_there_again(office, practice, portal, audited, make):
    app, slug = office(), new_slug()
    form = app.get("/office/addresses").forms["move"]
    form["slug"] = slug.upper()
    page = form.submit(status=200)
    assert "Your portal has moved" in main(page)
    assert page.html.find("a", string="Go there and sign in") or f"http://{slug}.localhost/office/addresses" in page.text
    assert app.get("/office/addresses", status=308).location == f"http://{slug}.localhost/office/addresses"
    there = browser(portal, practice)
    there.extra_environ["HTTP_HOST"] = f"{slug}.localhost"
    there.get("/office/addresses", status=303)
    add_sign_in(there, practice, make.staff())
    page = there.get("/office/addresses")
    assert f"Short address changed: {practice.slug} → {slug} Kim Sato" in main(page)
    assert f"{practice.slug}.localhost" in main(page)
    assert len(audited("office.address.move")) == 1
    assert "is there already" in main(page.forms["move"].submit())


def test_what_cannot_be_had_is_told_kindly_and_nothing_typed_is_lost(office, other_practice):
    app = office()
    for typed, sentence in {other_practice.slug: "is taken by another practice", "www": "is kept for", "a b": "small letters", "": "Fill in"}.items():
        form = app.get("/office/addresses").forms["move"]
        form["slug"] = typed
        page = form.submit(status=422)
        assert sentence in main(page)
        assert page.forms["move"]["slug"].value == typed


def test_who_would_be_shut_out_by_the_move_is_told_first(signed_in, make, practice, db):
    account = make.staff()
    db.add(Passkey(account_id=account.id, host=practice.host, name="Key", credential_id=secrets.token_hex(8), public_key=b"x", sign_count=0, created_at=account.created_at))
    db.commit()
    form = signed_in(account=account).get("/office/addresses").forms["move"]
    form["slug"] = new_slug()
    assert "Set up an authenticator app" in main(form.submit(status=422))


def test_a_move_needs_a_proof_and_keeps_what_was_typed(office, proof_is_old):
    app = office()
    form = app.get("/office/addresses").forms["move"]
    form["slug"] = new_slug()
    proof_is_old()
    assert form.submit(status=303).location.endswith("/office/profile/prove?next=%2Foffice%2Faddresses")


def test_the_page_costs_few_statements(office, statements):
    app = office()
    app.get("/office/addresses")
    with statements() as seen:
        app.get("/office/addresses")
    assert len(seen) <= 5


def test_only_an_office_admin_changes_addresses(office):
    for role in ("front_desk", "billing", "clinical", "read_only"):
        office(role).get("/office/addresses", status=403)


# Own domains.


@pytest.fixture
def host():
    return f"portal.{secrets.token_hex(5)}.example"


def add(app, typed: str, status: int = 303):
    form = app.get("/office/addresses").forms["add"]
    form["domain"] = typed
    page = form.submit(status=status)
    return page.follow() if status == 303 else page


def records(page) -> dict[str, list[str]]:
    """By kind of record what is to be copied: its name and its value."""
    texts = [code.get_text() for code in page.html.select(".copied__text")]
    return {"TXT": texts[:2], "CNAME": texts[2:4]}


def test_a_domain_is_added_proven_made_the_main_address_left_and_removed(office, practice, portal, name_server, host, audited, make, mails):
    app = office()
    page = add(app, f"https://{host.upper()}/")
    assert "Being looked at" in main(page)
    (challenge, proof), (name, target) = records(page).values()
    assert (challenge, name, target) == (f"_cuspid-challenge.{host}", host, "localhost")
    assert "Waiting for DNS" in main(page.forms["look"].submit().follow())
    name_server.put(challenge, ("TXT", '"what <b>stands</b> there"'))
    page = page.forms["look"].submit().follow()
    assert "DNS is not right" in main(page)
    assert "what <b>stands</b> there" in main(page)
    name_server.put(challenge, ("TXT", f'"{proof}"'))
    name_server.put(host, ("CNAME", f"{target}."))
    page = page.forms["look"].submit().follow()
    assert "Verified" in main(page)
    there = browser(portal, practice)
    there.extra_environ["HTTP_HOST"] = host
    there.get("/sign-in", status=200)
    app.get("/sign-in", status="*")
    assert "Your portal has moved" in main(page.forms["primary"].submit(status=200))
    assert app.get("/office/addresses", status=308).location == f"http://{host}/office/addresses"
    add_sign_in(there, practice, make.staff())
    page = there.get("/office/addresses")
    assert f"http://{host} Mails" in main(page)
    page.forms["short-again"].submit(status=200)
    page = there.get("/office/addresses").click(host)
    there = page.forms["remove"].submit().follow(status="*")
    assert {entry.action for act in ("add", "verify", "primary", "remove") for entry in audited(f"office.address.{act}")} == {
        "office.address.add", "office.address.verify", "office.address.primary", "office.address.remove",
    }  # fmt: skip


def test_what_is_no_domain_is_told_and_stays_typed(office, practice):
    app = office()
    for typed, sentence in {"smiles.example:8080": "Leave out the port", "127.0.0.1": "number of a computer", "x.localhost": "can’t be reached", "": "Fill in the domain"}.items():
        page = add(app, typed, status=422)
        assert sentence in main(page)
        assert page.forms["add"]["domain"].value == typed
        assert page.forms["move"]["slug"].value == practice.slug


def test_a_domain_of_other_letters_is_shown_readable_and_kept_as_punycode(office, host):
    page = add(office(), f"zahnärzte.{host}")
    assert page.html.find("h1").get_text(strip=True) == f"zahnärzte.{host}"
    assert records(page)["CNAME"][0] == f"zahnärzte.{host}".encode("idna").decode()


def test_a_main_address_needs_a_domain_that_is_verified_and_a_certificate(office, practice, portal_behind_https, make, db, host, name_server):
    page = add(office(), host)
    assert "primary" not in page.forms
    app = browser(portal_behind_https(), practice)
    row = db.scalars(select(Domain).where(Domain.host == host)).one()
    row.verified_at, row.state = datetime.now(UTC), "ok"
    db.commit()
    app.extra_environ["wsgi.url_scheme"] = "https"
    app.set_cookie("__Host-cuspid-office", _token(practice, make.staff()))
    page = app.get(f"/office/addresses/domains/{row.id}")
    assert "Browsers find no certificate" in main(page.forms["primary"].submit(status=422))
    row.certificate = {"state": "ready", "issuer": "Example Trust", "ends_at": (datetime.now(UTC) + timedelta(days=40, hours=1)).isoformat(), "reason": ""}
    db.commit()
    page = app.get(f"/office/addresses/domains/{row.id}")
    assert "Issued by Example Trust, 40 days left." in main(page)
    assert "Your portal has moved" in main(page.forms["primary"].submit(status=200))
    # What lies beneath the practice's own domain is none of our business.
    assert app.get("/sign-in", status=308).headers["Strict-Transport-Security"].endswith("; includeSubDomains")
    app.extra_environ["HTTP_HOST"] = host
    assert app.get("/sign-in", status=200).headers["Strict-Transport-Security"] == "max-age=63072000"


def _token(practice, account) -> str:
    with practice.session() as session:
        token = services.open_session(session, account, datetime.now(UTC), services.Place(realm=OFFICE.name))
        session.commit()
        return token


def test_who_looks_after_some_clinics_only_changes_no_address(office, practice, db, host):
    db.add(Domain(host=host, practice_id=practice.id, verified_at=None))
    db.commit()
    app = office(clinic_ids=(practice.clinic_id,))
    page = app.get("/office/addresses")
    assert set(page.forms) & {"move", "add"} == set()
    token = page.forms["sign-out"]["csrf_token"].value
    for path in ("short", "domains", "short-again"):
        app.post(f"/office/addresses/{path}", {"csrf_token": token, "slug": "abc", "domain": host}, status=404)
    app.get(f"/office/addresses/domains/{db.scalars(select(Domain.id).where(Domain.host == host)).one()}", status=404)


def test_looking_again_and_again_comes_to_a_rest(office, host, name_server):
    page = add(office(), host)
    statuses = [page.forms["look"].submit(status="*").status_int for _ in range(11)]
    assert statuses == [303] * 10 + [429]


# Where mails come from.


@pytest.fixture
def relay(registry, monkeypatch):
    """The operator has said what domains have to say of the mail server."""
    names = {"mail_spf": "_spf.mail.example", "mail_dkim": "cuspid._domainkey.mail.example"}
    monkeypatch.setattr(registry, "portal", registry.portal.model_copy(update=names))
    return names


def test_the_office_asks_for_a_sender_sees_what_to_set_and_gives_it_up(office, relay, name_server, host, audited):
    app = office()
    form = app.get("/office/addresses/sender").forms["sender"]
    form["address"] = f"desk@{host}"
    page = form.submit(status=303).follow()
    texts = [code.get_text() for code in page.html.select(".copied__text")]
    proof = texts[1]
    assert texts[2:4] == [host, "v=spf1 include:_spf.mail.example ~all"]
    assert texts[4:6] == [f"cuspid._domainkey.{host}", "cuspid._domainkey.mail.example"]
    name_server.put(host, ("TXT", '"v=spf1 mx -all"'))
    page = page.forms["look"].submit().follow()
    assert "v=spf1 include:_spf.mail.example mx -all" in main(page)
    for name, record in {
        f"_cuspid-challenge.{host}": proof, host: "v=spf1 include:_spf.mail.example mx -all", f"_dmarc.{host}": "v=DMARC1; p=reject",
        f"cuspid._domainkey.{host}": "v=DKIM1; p=abc", "cuspid._domainkey.mail.example": "v=DKIM1; p=abc",
    }.items():  # fmt: skip
        name_server.put(name, ("TXT", f'"{record}"'))
    page = page.forms["look"].submit().follow()
    assert "In use" in main(page)
    assert f"desk@{host} In use" in main(app.get("/office/addresses"))
    page = page.forms["remove"].submit().follow()
    assert "of your own" in main(page)
    assert [len(audited(f"office.address.{act}")) for act in ("sender", "sender_pass", "sender_remove")] == [1, 1, 1]


def test_a_sender_that_cannot_be_is_told_and_stays_typed(office, relay):
    form = office().get("/office/addresses/sender").forms["sender"]
    form["address"] = "desk at smiles"
    page = form.submit(status=422)
    assert "such as name@example.com" in main(page)
    assert page.forms["sender"]["address"].value == "desk at smiles"


def test_where_the_operator_offers_no_sender_the_page_says_so(office):
    page = office().get("/office/addresses/sender")
    assert "has not set up senders" in main(page)
    assert "sender" not in page.forms
