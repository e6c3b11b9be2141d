"""Secrets that are kept encrypted: readable with the installation's key and for their practice only."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.auth.secrets import UnreadableSecret, decrypt, encrypt

KEY, OTHER_KEY = "k" * 40, "l" * 40


@given(st.text(max_size=200, alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_was_encrypted_is_read_again_and_does_not_show(text):
    practice = uuid4()
    kept = encrypt(KEY, practice, text)
    assert decrypt(KEY, practice, kept) == text
    assert len(text) < 4 or text not in kept
    assert kept != encrypt(KEY, practice, text)


def test_another_practice_another_key_or_a_changed_text_reads_nothing():
    practice = uuid4()
    kept = encrypt(KEY, practice, "seed")
    for key, owner, text in ((KEY, uuid4(), kept), (OTHER_KEY, practice, kept), (KEY, practice, kept[:-4] + "AAA="), (KEY, practice, "")):
        with pytest.raises(UnreadableSecret):
            decrypt(key, owner, text)
