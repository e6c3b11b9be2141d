"""Logos and photos: what is taken comes out harmless and small, everything else is refused with a sentence that says why."""

import gzip
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from core.safety import UnsafeFile
from core.safety.drawing import clean_drawing
from core.safety.emblems import prove_logo, prove_photo
from core.safety.refusal import Refusal
from core.safety.testing import MARKER, drawing, exif, pdf, png_that_claims, polyglot, saved

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">'
RECT = '<rect width="9" height="9" fill="#123456"/>'
HOSTILE = {
    "a script": f"{OPEN}{RECT}<script>alert(1)</script></svg>",
    "a script of another name space": f'{OPEN}{RECT}<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script></svg>',
    "a script of a prefix": f'{OPEN}{RECT}<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script></svg>',
    "a listener": OPEN.replace("<svg", '<svg onload="alert(1)"') + RECT + "</svg>",
    "a listener on a shape": f'{OPEN}<rect width="9" height="9" ONCLICK="alert(1)" onclick="alert(1)"/></svg>',
    "a page of HTML": f'{OPEN}{RECT}<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></body></foreignObject></svg>',
    "a link that runs": f'{OPEN}{RECT}<a xlink:href="javascript:alert(1)"><text>alert</text></a></svg>',
    "a link in disguise": f'{OPEN}{RECT}<use href=" java&#10;script:alert(1)"/></svg>',
    "an animation of a link": f'{OPEN}{RECT}<animate attributeName="href" values="javascript:alert(1)"/><set attributeName="onclick" to="alert(1)"/></svg>',
    "a picture from elsewhere": f'{OPEN}{RECT}<image href="https://evil.test/p.png"/><use xlink:href="https://evil.test/a.svg#alert"/></svg>',
    "a file of the server": f'{OPEN}{RECT}<image xlink:href="file:///etc/passwd"/></svg>',
    "a data address": f'{OPEN}{RECT}<use href="data:image/svg+xml;base64,PHN2Zz48c2NyaXB0PmFsZXJ0KDEpPC9zY3JpcHQ+PC9zdmc+#x"/></svg>',
    "a style that fetches": f"{OPEN}{RECT}<style>@import url(https://evil.test/a.css);</style></svg>",
    "a style that hides what it fetches": f"{OPEN}{RECT}<style>rect{{fill:u\\72l(https://evil.test/a)}}</style></svg>",
    "a fill from elsewhere": f'{OPEN}{RECT}<rect width="1" height="1" fill="url(https://evil.test/a#b)" style="fill:url(//evil.test)"/></svg>',
    "a style in pieces": f"{OPEN}{RECT}<style>rect{{fill:url(/**/https://evil.test)}}</style></svg>",
    "an instruction": f'<?xml version="1.0"?><?xml-stylesheet href="https://evil.test/a.xsl"?>{OPEN}{RECT}</svg>',
    "a comment that ends a page": f"{OPEN}<!-- --><script>alert(1)</script><!-- -->{RECT}</svg>",
    "CDATA": f"{OPEN}{RECT}<title><![CDATA[</title><script>alert(1)</script>]]></title></svg>",
    "a handler in the frame": f'{OPEN}{RECT}<handler xmlns="http://www.w3.org/2000/svg" type="application/ecmascript">alert(1)</handler></svg>',
}
REFUSED = {
    "entities": ('<!DOCTYPE svg [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>' + OPEN + "<text>&c;</text></svg>", "document type"),
    "a document type": ('<?xml version="1.0"?><!DOCTYPE svg PUBLIC "x" "http://evil.test/svg.dtd">' + OPEN + RECT + "</svg>", "document type"),
    "a web page in XML": ('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>', "no drawing"),
    "only a photo": (f'{OPEN}<image href="data:image/png;base64,iVBORw0KGgo="/></svg>', "no drawing"),
    "no size": ('<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg>', "how large"),
    "not SVG's name space": ("<svg><rect/></svg>", "no drawing"),
    "broken XML": (OPEN + "<rect>", "damaged"),
    "very deep": (OPEN + "<g>" * 3000 + "</g>" * 3000 + "</svg>", "damaged"),
    "very many parts": (OPEN + "<rect/>" * 5000 + "</svg>", "time or memory"),
    "very long": (OPEN + f'<path d="{"M0 0" * 100_000}"/></svg>', "256 KB"),
}  # fmt: skip
ALLOWED_WORDS = re.compile(rb"script|alert\(1\)\"|evil\.test|javascript|file:|data:|foreignObject|on[a-z]+=|@import|<\?|<!|<a |<image|handler", re.IGNORECASE)


def logo(data: bytes | str, name: str = "logo.svg"):
    return prove_logo(io.BytesIO(data.encode() if isinstance(data, str) else data), name)


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_drawing_is_made_harmless(kind):
    cleaned = clean_drawing(HOSTILE[kind].encode())
    parsed = etree.fromstring(cleaned)
    assert {etree.QName(element).localname for element in parsed.iter()} <= {"svg", "rect", "title", "style"}
    shown = re.sub(rb"<title>.*?</title>", b"", cleaned)
    assert not ALLOWED_WORDS.search(shown), cleaned
    assert b"<script" not in cleaned
    assert b'fill="#123456"' in cleaned or b"<rect" in cleaned


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_drawing_that_can_be_shown_is_refused(kind):
    data, words = REFUSED[kind]
    with pytest.raises(UnsafeFile, match=words):
        logo(data)


def test_what_designers_make_is_kept():
    source = (
        OPEN.replace('viewBox="0 0 10 10"', 'width="40px" height="20"')
        + '<defs><style>.a{fill:#f00}.b{fill:url(#sky);stroke-width:2}</style><linearGradient id="sky"><stop offset="0" stop-color="#fff"/></linearGradient>'
        + '<clipPath id="cut"><rect width="5" height="5"/></clipPath><path id="leaf" d="M0 0h4"/></defs>'
        + '<g clip-path="url(#cut)" style="opacity:.5"><circle class="a" r="3"/><path class="b" d="M1 1h9z"/><use xlink:href="#leaf" x="2"/></g><text x="1">Elm</text></svg>'
    )
    found = logo(source)
    for part in (b"viewBox=\"0 0 40 20\"", b".a{fill:#f00}", b"url(#sky)", b"url(#cut)", b'xlink:href="#leaf"', b"opacity:.5", b">Elm</text>"):
        assert part in found.body, part
    assert found.content_type == "image/svg+xml"
    assert b"width=\"40px\"" not in found.body
    for body, side in ((found.small, 32), (found.large, 180)):
        assert Image.open(io.BytesIO(body)).size == (side, side)


def test_parts_that_are_drawn_again_and_again_do_not_grow():
    """Ten levels, each drawing the one below ten times, would be ten thousand million shapes."""
    levels = "".join(f'<g id="l{n}">' + f'<use href="#l{n - 1}"/>' * 9 + "</g>" for n in range(1, 11))
    cleaned = clean_drawing(f'{OPEN}<g id="l0">{RECT}</g>{levels}</svg>'.encode())
    drawn = etree.fromstring(cleaned)
    uses = list(drawn.iter("{http://www.w3.org/2000/svg}use"))
    assert {use.get("{http://www.w3.org/1999/xlink}href") for use in uses} == {"#l0"}
    with pytest.raises(Refusal):
        clean_drawing((OPEN + f'<g id="l0">{RECT}</g>' + '<use href="#l0"/>' * 101 + "</svg>").encode())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([
    "<script>", "</script>", "<g onload='x'>", "</g>", "<style>", "</style>", "@import 'x';", "rect{fill:red}", "url(", ")", "javascript:", "<a href='javascript:x'>", "</a>",
    "<rect/>", "<foreignObject>", "</foreignObject>", "<use href='#a'/>", "<use href='//x'/>", "\\", "/*", "*/", "&#106;avascript:", "<image href='x'/>", "<set/>",
]), max_size=12))  # fmt: skip
def test_whatever_a_drawing_is_put_together_from_only_what_is_listed_is_left(parts):
    try:
        cleaned = clean_drawing(f"{OPEN}{RECT}{''.join(parts)}</svg>".encode())
    except (Refusal, etree.XMLSyntaxError):
        return
    for element in etree.fromstring(cleaned).iter():
        assert etree.QName(element).localname in {"svg", "g", "rect", "style", "use"}
        assert not [name for name in element.attrib if str(name).lower().startswith("on")]
        if etree.QName(element).localname == "style":
            assert not re.search(r"[@\\]|url\(|javascript|/\*", element.text or "")
        assert (element.get("{http://www.w3.org/1999/xlink}href") or "#").startswith("#")


@pytest.mark.parametrize(
    "data, name, words",
    [
        (b"", "logo.png", "It is empty"),
        (b"GIF89a" + MARKER, "logo.gif", "a GIF picture"),
        (b"GIF89a" + MARKER, "logo.png", "a GIF picture"),
        (b"<!doctype html>" + MARKER, "logo.svg", "a web page"),
        (pdf(), "logo.pdf", "a PDF"),
        (gzip.compress(OPEN.encode() * 1000), "logo.svgz", "none of the files"),
        (saved(drawing(40, 40), "PNG"), "logo.jpg", "named .jpg, but it is a PNG picture"),
        (OPEN.encode(), "logo.png", "named .png, but it is a SVG drawing"),
        (saved(drawing(40, 40), "PNG"), "logo", "without an ending"),
        (png_that_claims(20_000, 20_000), "logo.png", "20,000 by 20,000 pixels"),
        (saved(drawing(200, 200), "PNG")[:300], "logo.png", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 10 * 2**20, "logo.png", "larger than 5 MB"),
        (saved(drawing(9, 9), "GIF"), "logo.gif", "a GIF picture"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(data, name, words):
    with pytest.raises(UnsafeFile) as refused:
        logo(data, name)
    assert words in refused.value.reason
    assert "script" not in refused.value.reason


def test_a_picture_that_is_a_web_page_and_an_archive_too_is_only_a_picture_afterwards():
    for data, name in ((polyglot(), "logo.jpg"), (saved(drawing(64, 64), "PNG") + MARKER, "logo.png"), (saved(drawing(64, 64), "WEBP", exif=exif()), "logo.webp")):
        found = logo(data, name)
        for body in (found.body, found.small, found.large):
            assert b"script" not in body
            assert b"Robin" not in body
    photo = prove_photo(io.BytesIO(polyglot()), "team.jpg")
    assert photo.content_type == "image/webp"
    assert b"script" not in photo.body
    assert b"Exif" not in photo.body


def test_a_logo_is_made_small_and_stays_see_through():
    layer = drawing(3000, 1000).convert("RGBA")
    layer.putalpha(Image.linear_gradient("L").resize(layer.size))
    found = logo(saved(layer, "PNG"), "logo.png")
    kept = Image.open(io.BytesIO(found.body))
    assert max(kept.size) <= 512
    assert kept.width == pytest.approx(3 * kept.height, abs=3)
    assert kept.getchannel("A").getextrema()[0] < 40
    assert Image.open(io.BytesIO(found.large)).getchannel("A").getextrema() == (255, 255)
    assert len(found.body) <= 200_000


def test_a_photo_is_upright_and_of_a_size_that_telephones_can_fetch():
    photo = prove_photo(io.BytesIO(saved(drawing(2400, 1200), "JPEG", exif=exif(turn=6))), "team.jpg")
    assert Image.open(io.BytesIO(photo.body)).size == (700, 1400)
    assert len(photo.body) < 400_000
    with pytest.raises(UnsafeFile, match="SVG"):
        prove_photo(io.BytesIO(OPEN.encode()), "team.svg")
