"""What a new password must be."""

import pytest
from argon2 import Type, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from core.auth import passwords
from core.auth.passwords import check_password, hash_password
from core.auth.rules import LONGEST, SHORTEST, WeakPassword, check_new_password


@pytest.mark.parametrize("password", ["Quiet-meadow-41", "vier Pferde im Schnee 7 X", "Żółta gęś 12 leci", "A1" + "ø" * 30 + "kite river"])
def test_a_password_that_nobody_expects_is_taken(password):
    check_new_password(password, ["elena", "Elena", "Marsh"])


@pytest.mark.parametrize(
    ("password", "what_to_do"),
    [
        ("Short-1", "8 to 128 characters"), ("A1b" + "x" * 126, "8 to 128 characters"), ("", "8 to 128 characters"), ("quiet-meadow-41", "capital letter"),
        ("QUIET-MEADOW-41", "small letter"), ("Quiet-meadow", "digit"), ("Password1", "easy to guess"), ("Qwerty123", "easy to guess"),
        ("Elena-meadow-41", "Leave your name"), ("xMARSHx-meadow-41", "Leave your name"), ("Quiet\0meadow-41", "can be seen"), (" " * 12, "can be seen"),
    ],
)  # fmt: skip
def test_a_refused_password_says_what_to_do(password, what_to_do):
    with pytest.raises(WeakPassword, match=what_to_do):
        check_new_password(password, ["elena", "Elena", "Marsh", ""])


@given(st.text(max_size=300))
def test_any_text_is_taken_or_refused_with_a_sentence(password):
    sentence = _refusal(password)
    assert sentence.endswith(".") if sentence else SHORTEST <= len(password) <= LONGEST


def _refusal(password: str) -> str:
    try:
        check_new_password(password, ["Robin"])
    except WeakPassword as refusal:
        return str(refusal)
    return ""


def test_a_password_is_hashed_as_strongly_as_it_must_be_and_one_that_was_not_is_hashed_anew():
    """Tests hash with less; here is what the portal hashes with: Argon2id with at least OWASP's 19 MiB and two passes."""
    found = extract_parameters(passwords.STRONG.hash("Quiet-meadow-41"))
    assert found.type is Type.ID
    assert found.memory_cost >= 19 * 1024
    assert found.time_cost >= 2
    assert passwords.STRONG.check_needs_rehash(hash_password("Quiet-meadow-41"))
    assert not passwords.needs_rehash(hash_password("Quiet-meadow-41"))


def test_the_last_character_of_the_longest_password_counts():
    password = ("Quiet-meadow-41" * 9)[:LONGEST]
    kept = hash_password(password)
    assert check_password(kept, password)
    assert not check_password(kept, password[:-1] + "!")


@pytest.mark.parametrize("nothing", [None, ""], ids=["no account", "an account that waits for its password"])
def test_what_has_no_password_is_opened_by_none(nothing, monkeypatch):
    """Not even by the one that is checked in its place, so that the answer takes as long."""
    monkeypatch.setattr(passwords, "_NOBODY", hash_password("known to everybody who reads the source"))
    assert not check_password(nothing, "known to everybody who reads the source")
