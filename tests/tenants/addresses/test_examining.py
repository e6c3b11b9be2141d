"""`cuspid doctor` on domains and senders: what stands in the DNS of the installation itself."""

import pytest

from core.doctor import State
from tenants.addresses import examining, lookup

REAL = {"environment": "production", "base_domain": "portal.example"}
SENDING = {"mail_spf": "_spf.mail.example", "mail_dkim": "cuspid._domainkey.mail.example"}


@pytest.fixture
def look(portal_settings, name_server, monkeypatch):
    monkeypatch.setattr(lookup, "LIFETIME", 0.5)
    return lambda check, **changes: check(portal_settings.model_copy(update={"dns_resolvers": name_server.address, **changes}))


def test_domains_need_a_host_that_is_in_the_dns(look, name_server):
    assert look(examining.domains).state == State.RIGHT
    assert "set it, or CUSPID_DOMAINS_HOST" in look(examining.domains, **REAL).text
    name_server.put("edge.example", ("A", "198.51.100.7"))
    right = look(examining.domains, **REAL, domains_host="edge.example", domains_addresses="198.51.100.7")
    assert (right.state, "198.51.100.7" in right.text) == (State.RIGHT, True)
    for changes in ({"domains_addresses": "203.0.113.9"}, {"check_inside": True}):
        assert look(examining.domains, **REAL, domains_host="edge.example", **changes).state == State.CARE
    assert "CUSPID_DNS_RESOLVERS" in look(examining.domains, **REAL, dns_resolvers="nine").text


def test_senders_need_both_settings_and_both_records(look, name_server):
    assert look(examining.senders).state == State.RIGHT
    assert "CUSPID_MAIL_DKIM is missing" in look(examining.senders, mail_spf="_spf.mail.example").text
    assert "no SPF record" in look(examining.senders, **SENDING).text
    name_server.put("_spf.mail.example", ("TXT", '"v=spf1 ip4:198.51.100.7 -all"'))
    assert "holds no key" in look(examining.senders, **SENDING).text
    name_server.put("cuspid._domainkey.mail.example", ("TXT", '"v=DKIM1; p=MIGf"'))
    assert look(examining.senders, **SENDING).state == State.RIGHT
