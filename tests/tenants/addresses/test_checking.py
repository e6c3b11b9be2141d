"""What stands in the DNS against what should: a real resolver and a small real name server."""

import pytest

from core.config import WrongSetting
from tenants.addresses import checking, lookup
from tenants.addresses.checking import MISSING, OK, UNANSWERED, WRONG, Here
from tenants.addresses.lookup import MOST, Names, NotAnswered

HOST = "portal.smiles.example"
HERE = Here("cuspid.example")
TOKEN = "5f" * 16


@pytest.fixture
def names(name_server, monkeypatch):
    """The resolver, which waits for a short time only."""
    monkeypatch.setattr(lookup, "LIFETIME", 0.5)
    name_server.put("cuspid.example", ("A", "198.51.100.7"), ("AAAA", "2001:db8::7"))
    return Names(name_server.address)


def test_a_domain_is_proven_by_its_own_token_only(names, name_server):
    challenge = f"_cuspid-challenge.{HOST}"
    assert checking.challenge(names, HOST, TOKEN).state == MISSING
    name_server.put(challenge, ("TXT", '"cuspid-verification=somebody-elses"'), ("TXT", '"v=spf1 -all"'))
    found = checking.challenge(names, HOST, TOKEN)
    assert (found.state, set(found.found)) == (WRONG, {"cuspid-verification=somebody-elses", "v=spf1 -all"})
    name_server.put(challenge, ("TXT", '"other"'), ("TXT", f'"cuspid-verific" "ation={TOKEN}"'))
    assert checking.challenge(names, HOST, TOKEN).state == OK


@pytest.mark.parametrize(("records", "state", "found"), [
    ((), MISSING, ()),
    ((("CNAME", "cuspid.example."),), OK, ()),
    ((("CNAME", "Cuspid.EXAMPLE."),), OK, ()),
    ((("CNAME", "other.example."),), WRONG, ("other.example",)),
    ((("CNAME", "gone.example."),), WRONG, ("gone.example",)),
    ((("CNAME", "between.example."),), OK, ()),
    ((("A", "198.51.100.7"),), OK, ()),
    ((("A", "198.51.100.7"), ("AAAA", "2001:db8::7")), OK, ()),
    ((("A", "203.0.113.9"),), WRONG, ("203.0.113.9",)),
    ((("A", "198.51.100.7"), ("AAAA", "2001:db8::bad")), WRONG, ("198.51.100.7", "2001:db8::bad")),
    ((("TXT", '"x"'),), MISSING, ()),
])  # fmt: skip
def test_a_domain_leads_here_by_a_cname_or_by_our_addresses_alone(names, name_server, records, state, found):
    name_server.put("other.example", ("A", "203.0.113.9"))
    name_server.put("between.example", ("CNAME", "cuspid.example."))
    name_server.put(HOST, *records)
    record, _ = checking.target(names, HOST, HERE)
    assert (record.state, record.found) == (state, found)


def test_the_addresses_of_the_setting_count_where_there_are_some(names, name_server):
    name_server.put(HOST, ("A", "192.0.2.44"))
    assert checking.target(names, HOST, Here("cuspid.example", ("192.0.2.44",)))[0].state == OK
    name_server.put(HOST, ("A", "198.51.100.7"))
    assert checking.target(names, HOST, Here("cuspid.example", ("192.0.2.44",)))[0].state == WRONG


@pytest.mark.parametrize("fault", ["silent", "broken"])
def test_a_name_server_that_does_not_answer_says_nothing(names, name_server, fault):
    getattr(name_server, fault).update({HOST, f"_cuspid-challenge.{HOST}"})
    assert checking.challenge(names, HOST, TOKEN).state == UNANSWERED
    assert checking.target(names, HOST, HERE)[0].state == UNANSWERED


def test_a_loop_of_names_and_a_flood_of_records_come_to_an_end(names, name_server):
    name_server.put(HOST, ("CNAME", "b.example."))
    name_server.put("b.example", ("CNAME", f"{HOST}."))
    assert checking.target(names, HOST, HERE)[0].state in {WRONG, UNANSWERED}
    name_server.put("c.example", *(("TXT", f'"{number}"') for number in range(MOST + 1)))
    with pytest.raises(NotAnswered):
        names.texts("c.example")


def test_what_strangers_put_into_the_dns_is_shown_short_and_on_one_line(names, name_server):
    name_server.put(f"_cuspid-challenge.{HOST}", ("TXT", '"<b>\\226\\128\\174\\010' + "x" * 200 + '"'))
    [text] = checking.challenge(names, HOST, TOKEN).found
    assert text.startswith("<b>??xxx")
    assert len(text) == 120


@pytest.mark.parametrize("text", ["dns.example", "9.9.9.9:0", "9.9.9.9:x", "9.9.9.9,", "[::1", "1.2.3.4:99999"])
def test_a_wrong_setting_stops_the_start(text):
    with pytest.raises(WrongSetting, match="CUSPID_DNS_RESOLVERS"):
        Names(text)


def test_name_servers_are_named_with_and_without_a_port():
    assert [server.port for server in Names("9.9.9.9, [2620:fe::fe]:5353, 2620:fe::9, 127.0.0.1:53")._servers] == [53, 5353, 53, 53]
