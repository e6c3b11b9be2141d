"""What offices write, as HTML."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from markupsafe import escape

from core.web.prose import prose


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One.\nTwo.\n\nThree.", "<p>One.<br>\nTwo.</p>\n<p>Three.</p>"),
        ("# What we do\nWe write.", "<h3>What we do</h3>\n<p>We write.</p>"),
        ("## A\n\n### B ##", "<h3>A</h3>\n<h3>B</h3>"),
        ("- one\n- two\n  goes on\n• three", "<ul><li>one</li><li>two goes on</li><li>three</li></ul>"),
        ("Before\n* one\n\n* two", "<p>Before</p>\n<ul><li>one</li></ul>\n<ul><li>two</li></ul>"),
        ("It is **our duty** to.", "<p>It is <strong>our duty</strong> to.</p>"),
        ("2 ** 3 ** 4, #1, -5 and a*b", "<p>2 ** 3 ** 4, #1, -5 and a*b</p>"),
        ("  \n\n ", ""),
        ("<b>&\u202e**<i>**", "<p>&lt;b&gt;&amp;\u202e<strong>&lt;i&gt;</strong></p>"),
    ],
)
def test_paragraphs_headings_lists_and_strong_words(text, shown):
    assert prose(text) == shown


@given(st.text(st.sampled_from("ab <>&\"'#-*•\n\t[](){}`_!\\") | st.characters(codec="utf-8"), max_size=80))
def test_whatever_is_written_there_are_no_other_tags_and_no_word_is_lost(text):
    shown = str(prose(text))
    assert set(re.findall(r"<(/?\w*)", shown)) <= {tag + name for tag in ("", "/") for name in ("p", "h3", "ul", "li", "strong", "br")}
    plain = re.sub(r"<[^>]*>", "", shown)
    letters = re.findall(r"[a-z]", str(escape(text)))
    assert re.findall(r"[a-z]", plain) == letters
    assert not shown or html.fragments_fromstring(shown.replace("\0", ""))
