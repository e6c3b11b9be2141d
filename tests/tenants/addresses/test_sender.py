"""The address that mails come from: what its domain has to say, by a real name server, and which mails go out from where."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from core import tasks
from core.mail import send_template
from core.outbox import OutboxRow
from tenants.addresses import lookup, sender
from tenants.addresses.checking import MISSING, OK, UNANSWERED, WRONG, proof_of
from tenants.addresses.domains import KEPT_UNPROVEN
from tenants.addresses.lookup import Names
from tenants.addresses.sender import KEPT_FAILING, CannotSend
from tenants.addresses.sender_checking import Relay, dkim, dmarc, spf
from tenants.settings import Author

NOW = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
KIM = Author("Kim", None)
DOMAIN = "smiles.example"
RELAY = Relay("_spf.mail.example", "cuspid._domainkey.mail.example")
KEY = "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0B"


@pytest.fixture
def names(name_server, monkeypatch):
    monkeypatch.setattr(lookup, "LIFETIME", 0.5)
    name_server.put(RELAY.dkim, ("TXT", f'"{KEY}"'))
    name_server.put(RELAY.spf, ("TXT", '"v=spf1 ip4:198.51.100.7 -all"'))
    return Names(name_server.address)


@pytest.mark.parametrize(("records", "state", "expected"), [
    ((), MISSING, "v=spf1 include:_spf.mail.example ~all"),
    (("google-site-verification=x",), MISSING, "v=spf1 include:_spf.mail.example ~all"),
    (("v=spf1 include:_spf.mail.example ~all",), OK, "v=spf1 include:_spf.mail.example ~all"),
    (("V=SPF1 mx +include:_SPF.mail.example. -all", "other"), OK, "V=SPF1 mx +include:_SPF.mail.example. -all"),
    (("v=spf1 mx include:_spf.google.example -all",), WRONG, "v=spf1 include:_spf.mail.example mx include:_spf.google.example -all"),
    (("v=spf1 -include:_spf.mail.example -all",), WRONG, None),
    (("v=spf1 include:_spf.mail.example.evil.example -all",), WRONG, None),
    (("v=spf1 include:_spf.mail.example ~all", "v=spf1 mx ~all"), WRONG, None),
    (("v=spf10 include:_spf.mail.example",), MISSING, None),
    (("v=spf1 redirect=outer.example",), OK, None),
    (("v=spf1 include:loop.example",), WRONG, None),
    (("v=spf1 include:%{d}.example include:_spf.mail.example ~all",), OK, None),
])  # fmt: skip
def test_spf_lets_our_server_send_by_itself_or_within_another_record(names, name_server, records, state, expected):
    name_server.put("outer.example", ("TXT", '"v=spf1 include:inner.example ~all"'))
    name_server.put("inner.example", ("TXT", '"v=spf1 include:_spf.mail.example ~all"'))
    name_server.put("loop.example", ("TXT", '"v=spf1 include:loop.example include:smiles.example ~all"'))
    name_server.put(DOMAIN, *(("TXT", f'"{text}"') for text in records))
    found = spf(names, DOMAIN, RELAY.spf)
    assert found.state == state
    assert expected is None or found.expected == (expected,)


def test_spf_that_asks_too_much_is_void_and_takes_no_time(names, name_server):
    for number in range(40):
        name_server.put(f"n{number}.example", ("TXT", f'"v=spf1 include:n{number + 1}.example ~all"'))
    name_server.put("n40.example", ("TXT", f'"v=spf1 include:{RELAY.spf} ~all"'))
    name_server.put(DOMAIN, ("TXT", '"v=spf1 include:n0.example ~all"'))
    name_server.asked.clear()
    assert spf(names, DOMAIN, RELAY.spf).state == WRONG
    assert len(name_server.asked) <= 12


@pytest.mark.parametrize(("records", "state"), [
    ((), MISSING),
    ((("CNAME", f"{RELAY.dkim}."),), OK),
    ((("TXT", f'"{KEY}"'),), OK),
    ((("TXT", '"v=DKIM1; p=MIIBIjAN" "BgkqhkiG9w0B"'),), OK),
    ((("TXT", '"v=DKIM1; p=another"'),), WRONG),
    ((("TXT", '"v=DKIM1; p="'),), MISSING),
    ((("CNAME", "other.example."),), WRONG),
])  # fmt: skip
def test_dkim_is_our_key_by_a_cname_or_as_a_copy(names, name_server, records, state):
    name_server.put(f"cuspid._domainkey.{DOMAIN}", *records)
    assert dkim(names, DOMAIN, RELAY).state == state


def test_without_a_key_of_our_own_nothing_is_said_of_theirs(names, name_server):
    name_server.put(RELAY.dkim)
    assert dkim(names, DOMAIN, RELAY).state == UNANSWERED


@pytest.mark.parametrize(("name", "text", "state"), [
    ("", "", MISSING), ("_dmarc.smiles.example", "v=DMARC1; p=reject; rua=mailto:a@smiles.example", OK), ("_dmarc.smiles.example", "v=DMARC1;p=none", OK),
    ("_dmarc.smiles.example", "v=DMARC1; rua=mailto:a@smiles.example", WRONG), ("_dmarc.smiles.example", "v=spf1 -all", MISSING), ("_dmarc.example", "v=DMARC1; p=none", MISSING),
])  # fmt: skip
def test_dmarc_stands_at_the_domain_or_above_it(names, name_server, name, text, state):
    if name:
        name_server.put(name, ("TXT", f'"{text}"'))
    assert dmarc(names, f"post.{DOMAIN}").state == state


@pytest.mark.parametrize(("typed", "words"), [
    ("desk", "such as name@example.com"), ("desk@localhost", "such as name@example.com"), ("desk@x.localhost", "can’t be reached"), ("desk@127.0.0.1", "number of a computer"),
    ("a b@smiles.example", "such as"), ("desk@smiles.example\nBcc: x@y.example", "such as"), ("desk@smiles.example, x@y.example", "such as"), ("", "such as"),
])  # fmt: skip
def test_what_is_no_sender_is_refused_in_words(registry, typed, words):
    with pytest.raises(CannotSend, match=words):
        sender.parse_address(typed, registry.portal)


def test_an_address_is_kept_in_one_form(registry):
    assert sender.parse_address(" Desk@SMILES.example ", registry.portal) == "Desk@smiles.example"
    with pytest.raises(CannotSend, match="belongs to the portal"):
        sender.parse_address("desk@a.portal.example", registry.portal.model_copy(update={"base_domain": "portal.example"}))


class Post:
    """A practice that would like to send from its own address."""

    def __init__(self, office, names, server):
        self.office, self.names, self.server = office, names, server
        self.domain = f"{secrets.token_hex(5)}.example"
        self.address = f"desk@{self.domain}"

    def choose(self, address: str = "", now: datetime = NOW):
        with self.office.session() as session:
            row = sender.choose(session, self.office.id, address or self.address, KIM, now)
            session.commit()
            return row

    def look(self, now: datetime = NOW):
        with self.office.session() as session:
            row = sender.sender(session, self.office.id, hold=True)
            sender.settle(session, row, sender.look(self.names, RELAY, row), now)
            session.commit()
            return row

    def set_records(self, token: str) -> None:
        self.server.put(self.domain, ("TXT", f'"v=spf1 include:{RELAY.spf} ~all"'))
        self.server.put(f"cuspid._domainkey.{self.domain}", ("CNAME", f"{RELAY.dkim}."))
        self.server.put(f"_dmarc.{self.domain}", ("TXT", '"v=DMARC1; p=none"'))
        self.server.put(f"_cuspid-challenge.{self.domain}", ("TXT", f'"{proof_of(token)}"'))

    def sent_from(self, mails) -> tuple[str, str]:
        to = f"{secrets.token_hex(5)}@example.test"
        tenant = self.office.registry.tenants.current(self.office.id)
        send_template(self.office.registry, tenant, to, "mail/records_request", {}, secrets.token_hex(8))
        [mail] = mails.to(to)
        return mail["From"].addresses[0].addr_spec, mail["Reply-To"]


@pytest.fixture
def post(practice, names, name_server):
    return Post(practice, names, name_server)


def test_mails_come_from_the_own_address_while_its_domain_allows_it_and_no_longer(post, registry, mails):
    row = post.choose()
    before = post.sent_from(mails)
    assert before == (registry.portal.mail_from, f"desk@{post.office.slug}.test")
    post.set_records("somebody-elses")
    assert post.look().state == WRONG, "without the proof another practice could send in this one’s name"
    assert post.sent_from(mails) == before
    post.set_records(row.token)
    assert post.look().state == OK
    assert post.sent_from(mails) == (post.address, f"desk@{post.office.slug}.test")
    post.server.broken.add(f"_dmarc.{post.domain}")
    assert post.look(NOW + KEPT_FAILING * 4).passes_since, "a bad hour of the name servers says nothing"
    post.server.broken.clear()
    post.server.put(f"cuspid._domainkey.{post.domain}")
    assert post.look(NOW + timedelta(days=9)).passes_since
    assert post.look(NOW + timedelta(days=9) + KEPT_FAILING).passes_since is None
    assert post.sent_from(mails) == before


def test_another_domain_needs_a_proof_of_its_own_and_another_address_of_the_same_does_not(post, mails):
    token = post.choose().token
    post.set_records(token)
    post.look()
    row = post.choose(f"hello@{post.domain}")
    assert (row.token, bool(row.passes_since)) == (token, True)
    assert post.sent_from(mails)[0] == f"hello@{post.domain}"
    row = post.choose("hello@other.example")
    assert row.token != token
    assert row.passes_since is None


def test_what_is_never_allowed_is_not_looked_at_for_ever(post):
    post.choose()
    assert post.look(NOW + timedelta(days=1)).next_at
    assert post.look(NOW + KEPT_UNPROVEN).next_at is None


def test_giving_it_up_counts_at_once(post, db, mails, registry):
    post.set_records(post.choose().token)
    post.look()
    sender.remove(db, post.office.id, KIM, NOW)
    db.commit()
    assert post.sent_from(mails)[0] == registry.portal.mail_from


def test_the_worker_looks_by_itself(post, registry, monkeypatch, db):
    monkeypatch.setattr(registry, "portal", registry.portal.model_copy(update={"mail_spf": RELAY.spf, "mail_dkim": RELAY.dkim}))
    tasks.celery.registry = registry
    row = post.choose(now=datetime.now(UTC))
    post.set_records(row.token)
    tasks.deliver(str(row.next_look))
    assert db.get(OutboxRow, row.next_look).done_at
    assert sender.sender(db, post.office.id).passes_since


def test_without_the_operators_records_nothing_is_offered(registry):
    assert sender.relay_of(registry.portal) is None
    assert sender.relay_of(registry.portal.model_copy(update={"mail_spf": "A.example", "mail_dkim": RELAY.dkim})) == Relay("a.example", RELAY.dkim)
