"""Names of domains, as people and others type them."""

import re
from ipaddress import ip_address

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tenants.addresses.names import LONGEST, NotADomain, is_within, parse, readable

KEPT = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
# What names are made of, and what is put between them to deceive.
PIECES = ["smiles", "example", "EXAMPLE", "xn--", "xn--mnchen-3ya", "münchen", "例え", "127.0.0.1", "0x7f", "2130706433", "::1", "localhost", "com", "a" * 63, "-", "_"]
SIGNS = [".", "..", "。", "．", ":", "@", "/", "//", "\\", "*", "%00", "\0", "\u202e", "\u200d", "ﬀ", "１", "℀", "?", "#", " ", "\n", "https://", "🦷"]


@settings(max_examples=300)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.sampled_from(SIGNS), st.text(max_size=4)), max_size=8).map("".join))
@example("１２７.０.０.１")
@example("http://user:pass@portal.smiles.example:443/")
def test_whatever_is_typed_is_a_plain_domain_or_refused_in_words(typed):
    try:
        host = parse(typed)
    except NotADomain:
        return
    assert KEPT.fullmatch(host)
    assert len(host) <= LONGEST
    assert parse(host) == host
    assert parse(readable(host)) == host, "what is shown is what is kept"
    with pytest.raises(ValueError, match="not appear to be"):
        ip_address(host)


@pytest.mark.parametrize(("typed", "host"), [
    ("portal.smiles.example", "portal.smiles.example"), (" Portal.Smiles.EXAMPLE. ", "portal.smiles.example"), ("https://portal.smiles.example/", "portal.smiles.example"),
    ("zahnärzte-münchen.example", "xn--zahnrzte-mnchen-3kb82b.example"), ("portal。smiles．example", "portal.smiles.example"),
])  # fmt: skip
def test_a_domain_is_kept_in_one_form(typed, host):
    assert parse(typed) == host


@pytest.mark.parametrize(("typed", "words"), [
    ("portal.smiles.example:8443", "port"), ("me@smiles.example", "@"), ("*.smiles.example", "star"), ("smiles.example/portal", "follows"), ("127.0.0.1", "number of a computer"),
    ("[::1]", "number of a computer"), ("::1", "number of a computer"), ("１２７.０.０.１", "number of a computer"), ("2130706433", "no domain"), ("0x7f.1", "no domain"),
    ("smiles", "no domain"), ("smiles.local", "can’t be reached"), ("a.localhost", "can’t be reached"), ("smiles..example", "no domain"), ("-smiles.example", "no domain"),
    ("smi_les.example", "no domain"), ("xn--a.example", "no domain"), (f"{'a' * 64}.example", "no domain"), (f"{'a.' * 118}example", "no domain"), ("", "no domain"),
])  # fmt: skip
def test_what_is_no_domain_is_told_what_to_type(typed, words):
    with pytest.raises(NotADomain, match=words):
        parse(typed)


def test_what_lies_beneath_a_domain_is_told_from_what_only_ends_like_it():
    assert is_within("a.portal.example", "portal.example")
    assert is_within("portal.example", "portal.example")
    assert not is_within("evilportal.example", "portal.example")


def test_a_domain_of_other_letters_is_shown_readable():
    assert readable("xn--mnchen-3ya.example") == "münchen.example"
    assert readable("xn--\x00") == "xn--\x00"
