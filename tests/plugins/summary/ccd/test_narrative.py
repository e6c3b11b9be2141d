"""What strangers wrote, shown: their words are kept, nothing of their markup can act."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from core.safety.care_documents import CDA
from plugins.summary.ccd.narrative import MAX_DEPTH, Narrative
from plugins.summary.ccd.words import honest


@pytest.fixture(scope="module")
def shown(inspected):
    """`shown(markup)`: the HTML of a narrative, looked through."""

    def show(markup: str) -> str:
        html = str(Narrative().html(etree.fromstring(f'<text xmlns="{CDA}">{markup}</text>')))
        inspected(html)
        return html

    return show


KNOWN = [
    "br",
    "content",
    "paragraph",
    "list",
    "item",
    "caption",
    "table",
    "colgroup",
    "col",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "sub",
    "sup",
]
KNOWN += ["linkHtml", "renderMultiMedia", "footnote", "footnoteRef"]
FOREIGN = [
    "script",
    "style",
    "iframe",
    "svg",
    "math",
    "img",
    "form",
    "input",
    "a",
    "object",
    "base",
    "meta",
    "template",
    "noscript",
    "textarea",
    "xmp",
]
addresses = st.sampled_from(
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>",
        "vbscript:x", "https://example.test/a?b=c#d", "http://example.test", "mailto:someone@example.test", "//example.test", "/sign-out", "#here",
        "#\"onclick=alert(1)", "https://a\"onmouseover=alert(1)", "https://office@evil.test/", "https://a b", "file:///etc/passwd", "", "https:///x", "tel:1",
    ]
)  # fmt: skip
values = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=12
) | st.sampled_from(
    [
        '"><script>alert(1)</script>',
        "' onclick='x",
        "Bold",
        "Bold Italics Underline",
        "ordered",
        "99999999",
        "3",
        "here",
        "-1",
        "\u202egpj.exe",
    ]
)
attributes = st.dictionaries(
    st.sampled_from(["ID", "styleCode", "listType", "colspan", "rowspan", "scope", "onclick", "style", "src", "href", "IDREF", "class"]),
    values | addresses,
)
names = st.sampled_from(KNOWN) | st.sampled_from(FOREIGN)


def _element(name: str, found: dict, text: str, children: list, tail: str) -> etree._Element:
    element = etree.Element(f"{{{CDA}}}{name}", found)
    element.text, element.tail = text, tail
    element.extend(children)
    return element


trees = st.recursive(
    st.builds(_element, names, attributes, values, st.just([]), values),
    lambda inner: st.builds(_element, names, attributes, values, st.lists(inner, max_size=4), values),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(trees, max_size=3))
def test_whatever_was_written_no_script_handler_or_unknown_scheme_survives_and_no_word_is_lost(inspected, children):
    block = _element("text", {}, "", children, "")
    inspector = inspected(str(Narrative().html(block)))
    told = "".join(inspector.words)
    for words in block.itertext():
        assert honest(words).replace("\r\n", "\n").replace("\r", "\n") in told


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "vbscript:x", "//example.test", "/account", "https://bank@evil.test/", "x"],
)
def test_a_link_that_leads_elsewhere_than_it_may_is_only_its_words(shown, address):
    assert shown(f'<linkHtml href="{address}">Open</linkHtml>') == "<span>Open</span>"


def test_a_link_outward_is_marked_and_tells_nothing_about_where_it_stood(shown):
    html = shown('<linkHtml href="https://example.test/a?b=1&amp;c=2">Open</linkHtml>')
    assert 'href="https://example.test/a?b=1&amp;c=2"' in html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'class="summary-outward"' in html


def test_a_link_within_the_document_keeps_leading_to_its_place(shown):
    html = shown('<content ID="x1">here</content><linkHtml href="#x1">there</linkHtml>')
    assert '<span id="ccd-x1">here</span><a href="#ccd-x1">there</a>' in html


def test_the_same_id_twice_is_one(shown):
    assert shown('<content ID="a">1</content><content ID="a">2</content>').count("id=") == 1


def test_styles_are_words_on_a_list(shown):
    assert shown('<content styleCode="Bold Italics xFancy">x</content>') == "<strong><em><span>x</span></em></strong>"


def test_unknown_elements_lose_their_tag_and_keep_their_text(shown):
    assert shown("<script>alert(1)</script><blink>still <b>here</b></blink>") == "alert(1)still here"


def test_a_table_whose_cells_have_headings_becomes_cards_on_a_phone(shown):
    table = "<table><thead><tr><th>Name</th><th>Dose</th></tr></thead><tbody><tr><td>Aspirin</td><td>1</td></tr></tbody></table>"
    html = shown(table)
    assert 'class="summary-cards"' in html
    assert '<th scope="col">Name</th>' in html
    assert '<td data-label="Dose"><div>1</div></td>' in html


@pytest.mark.parametrize(
    "rows",
    ['<tr><td colspan="2">x</td></tr>', "<tr><td>only one</td></tr>", ""],
    ids=["cells that span", "rows of another length", "no rows"],
)
def test_any_other_table_scrolls_sideways(shown, rows):
    html = shown(f"<table><thead><tr><th>Name</th><th>Dose</th></tr></thead><tbody>{rows}</tbody></table>")
    assert 'class="summary-plain"' in html
    assert "data-label" not in html


def test_what_stands_in_a_table_without_being_a_cell_is_kept_before_it(shown):
    html = shown("<table>Note <content>well</content><tbody>and<tr><td>x</td>here</tr></tbody></table>")
    assert html.index("Note") < html.index("well") < html.index("and") < html.index("here") < html.index("<table")


def test_lists_keep_their_kind_and_their_caption(shown):
    html = shown('<list listType="ordered"><caption>Steps</caption><item>One</item><item>Two</item></list>')
    assert html == '<p class="summary-caption">Steps</p><ol><li>One</li><li>Two</li></ol>'


def test_marks_that_turn_a_line_around_are_left_out(shown):
    assert shown("invoice\u202efdp.exe") == "invoicefdp.exe"


def test_what_lies_too_deep_is_plain_text(shown):
    deep = "<content>" * (MAX_DEPTH + 5) + "bottom" + "</content>" * (MAX_DEPTH + 5)
    html = shown(deep)
    assert html.count("<span>") == MAX_DEPTH
    assert "bottom" in html
