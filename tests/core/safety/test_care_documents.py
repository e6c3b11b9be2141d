"""Hostile and broken files: each is refused with its own reason, quickly, and before anything of it could do harm."""

import codecs
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from core.safety.care_documents import CDA, MAX_BYTES, MAX_DEPTH, MAX_PARTS, REASONS, Refused, kind_of, parse

OPEN = f'<ClinicalDocument xmlns="{CDA}">'.encode()
CLOSE = b"</ClinicalDocument>"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
QUADRATIC = b'<!DOCTYPE d [<!ENTITY a "' + b"a" * 100_000 + b'">]>' + OPEN + b"&a;" * 100_000 + CLOSE
DISGUISED = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><ClinicalDocument>&x;</ClinicalDocument>'


def declared(encoding: str, text: str = DISGUISED) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)


HOSTILE = {
    "a file of the server": (
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + OPEN + b"<title>&x;</title>" + CLOSE,
        "document_type",
    ),
    "a file by parameter entity": (b'<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>' + OPEN + CLOSE, "document_type"),
    "an external document type": (b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/evil.dtd">' + OPEN + CLOSE, "document_type"),
    "a public document type": (b'<!DOCTYPE d PUBLIC "x" "http://127.0.0.1:9/evil.dtd">' + OPEN + CLOSE, "document_type"),
    "a billion laughs": (f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]>'.encode() + OPEN + b"&l11;" + CLOSE, "document_type"),
    "quadratic blow-up": (QUADRATIC, "document_type"),
    "a document type after much room": (b"<!--" + b" " * 1_000_000 + b"--><!DOCTYPE d []>" + OPEN + CLOSE, "document_type"),
    "UTF-16 in disguise": (declared("utf-16"), "document_type"),
    "UTF-16 without a word about it": (codecs.BOM_UTF16_BE + DISGUISED.encode("utf-16-be"), "document_type"),
    "UTF-7 in disguise": (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE d []>' + OPEN + CLOSE, "not_xml"),
    "UTF-32 in disguise": (declared("utf-32"), "not_xml"),
    "EBCDIC in disguise": (declared("cp037"), "not_xml"),
    "200,000 deep": (b"<a>" * 200_000 + b"</a>" * 200_000, "damaged"),
    "a little too deep": (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "shape"),
    "too many parts": (OPEN + b"<a/>" * MAX_PARTS + CLOSE, "shape"),
    "too many attributes": (b"<a " + b" ".join(b'a%d=""' % number for number in range(MAX_PARTS)) + b"/>", "shape"),
    "more than 20 MB": (OPEN + b" " * MAX_BYTES + CLOSE, "too_big"),
    "nothing": (b"", "empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "not_xml"),
    "a PDF": (b"%PDF-1.7\n", "not_xml"),
    "a page": (b"<!doctype html><p>Hello</p>", "not_xml"),
    "no end": (OPEN + b"<title>x", "damaged"),
    "an entity that nobody declared": (OPEN + b"&x;" + CLOSE, "damaged"),
    "two roots": (OPEN + CLOSE + OPEN + CLOSE, "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_broken_files_are_refused_quickly_with_their_reason(name):
    data, word = HOSTILE[name]
    started = time.process_time()
    with pytest.raises(Refused) as refusal:
        parse(data)
    assert refusal.value.word == word
    assert time.process_time() - started < 3
    assert str(refusal.value) == REASONS[word]


def test_inclusions_are_not_followed():
    included = b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    root = parse(OPEN + included + CLOSE)
    assert b"root:" not in etree.tostring(root)


def test_style_sheets_and_comments_are_left_out():
    root = parse(b'<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:9/x.xsl"?>' + OPEN + b"<!-- x --><?php x ?>" + CLOSE)
    assert etree.tostring(root.getroottree()) == OPEN.replace(b">", b"/>")


def test_a_schema_location_that_is_written_as_a_namespace_is_forgiven():
    root = parse(OPEN.replace(b">", b' xmlns:schemaLocation="urn:hl7-org:v3 CDA.xsd">') + b"<title>Kept</title>" + CLOSE)
    assert root.findtext(f"{{{CDA}}}title") == "Kept"


def test_such_a_slip_does_not_excuse_broken_xml():
    with pytest.raises(Refused):
        parse(OPEN.replace(b">", b' xmlns:schemaLocation="urn:hl7-org:v3 CDA.xsd">') + b"<title>Kept" + CLOSE)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_honest_encodings_are_read(encoding):
    data = f'<?xml version="1.0" encoding="{encoding}"?>{OPEN.decode()}<title>José</title>{CLOSE.decode()}'.encode(encoding)
    assert parse(data).findtext(f"{{{CDA}}}title") == "José"


@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.binary().map(lambda end: OPEN + end)
)
def test_no_bytes_make_it_stumble(data):
    with suppress(Refused):
        assert kind_of(parse(data))


def test_xml_that_is_no_care_document_is_told_so():
    with pytest.raises(Refused) as refusal:
        kind_of(parse(b"<section xmlns='urn:hl7-org:v3'/>"))
    assert refusal.value.word == "not_care"


@pytest.mark.parametrize(
    "data, kind",
    [
        (OPEN + b"<templateId root='2.16.840.1.113883.10.20.22.1.2'/><component><structuredBody/></component>" + CLOSE, "ccd"),
        (OPEN + b"<code code='34133-9'/><component><structuredBody/></component>" + CLOSE, "ccd"),
        (OPEN + b"<code code='11506-3'/><component><structuredBody/></component>" + CLOSE, "document"),
        (OPEN + b"<component><nonXMLBody/></component>" + CLOSE, "attachment"),
        (b"<ContinuityOfCareRecord xmlns='urn:astm-org:CCR'/>", "ccr"),
    ],
)
def test_kinds_are_recognized(data, kind):
    assert kind_of(parse(data)) == kind


def test_a_refusal_says_on_which_line_it_was_seen():
    for data, line in ((OPEN + b"\n<a>\n<b>\n</a>" + CLOSE, 4), (b"<?xml version='1.0'?>\n\n<!DOCTYPE d []>" + OPEN + CLOSE, 3), (b"\n" * 9 + OPEN * 101, 10)):
        with pytest.raises(Refused) as refusal:
            parse(data)
        assert refusal.value.line == line
