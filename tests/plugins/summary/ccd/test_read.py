"""What received documents say, those of other systems included."""

from datetime import date

import pytest

from core.safety.care_documents import CDA, Refused
from plugins.summary.ccd.read import StatedPatient, read, sections


def document(inside: str, body: str = "<structuredBody/>") -> bytes:
    return f'<ClinicalDocument xmlns="{CDA}">{inside}<component>{body}</component></ClinicalDocument>'.encode()


def person(name: str = "<name><given>Ann</given><family>Lee</family></name>", more: str = "") -> str:
    return f"<recordTarget><patientRole>{more}<patient>{name}<birthTime value='19800801'/></patient></patientRole></recordTarget>"


def test_the_head_is_read():
    data = document(
        "<id root='1.2' extension='7'/><title>Visit  <b>note</b></title><effectiveTime value='20200102'/><versionNumber value='3'/>"
        "<author><assignedAuthor><assignedPerson><name><given>Sam</given><family>Roe</family></name></assignedPerson></assignedAuthor></author>"
        "<custodian><assignedCustodian><representedCustodianOrganization><name>City Clinic</name></representedCustodianOrganization>"
        "</assignedCustodian></custodian>"
    )
    reading = read(data)
    assert (reading.kind, reading.title, reading.root, reading.extension, reading.version) == ("document", "Visit note", "1.2", "7", "3")
    assert (reading.created, reading.created_on, reading.author, reading.custodian) == (
        "January 2, 2020",
        date(2020, 1, 2),
        "Sam Roe",
        "City Clinic",
    )


def test_the_patient_is_read():
    assert read(document(person())).patient == StatedPatient(("Ann",), "Lee", date(1980, 8, 1))


def test_the_legal_name_comes_before_others():
    names = "<name use='A'><given>Nan</given><family>Dee</family></name><name use='L'><given>Ann</given><given>B</given><family>Lee</family></name>"
    assert read(document(person(names))).patient.name == "Ann B Lee"


def test_a_document_about_two_people_is_about_nobody():
    assert read(document(person() + person())).patient is None


def test_a_head_without_anything_is_read_all_the_same():
    reading = read(document(""))
    assert (reading.title, reading.author, reading.created, reading.patient) == ("Care document", "", "", None)


def test_sections_without_a_title_are_called_by_their_code_and_inner_ones_come_after_theirs():
    inner = "<component><section><title>Inner</title><text>b</text></section></component>"
    body = (
        f"<structuredBody><component><section><code code='48765-2'/><text>a</text>{inner}</section></component>"
        "<component><section><code code='1-1' displayName='Something'/></section></component>"
        "<component><section><title>LAB RESULTS</title></section></component><component><section/></component></structuredBody>"
    )
    found = sections(document("", body))
    assert [(one.title, one.depth, str(one.html)) for one in found] == [
        ("Allergies and Intolerances", 0, "a"),
        ("Inner", 1, "b"),
        ("Something", 0, ""),
        ("Lab results", 0, ""),
        ("Section without a title", 0, ""),
    ]


@pytest.mark.parametrize(
    "text, words",
    [
        ("<text mediaType='text/plain'>One &lt;b&gt;\nTwo</text>", "<p>One &lt;b&gt;<br>Two</p>"),
        ("<text mediaType='text/plain' representation='B64'>T25l\nIDxi\nPg==</text>", "<p>One &lt;b&gt;</p>"),
        ("<text mediaType='text/plain' representation='B64'>###</text>", "<p></p>"),
    ],
)
def test_a_body_that_is_plain_text_is_shown(text, words):
    assert [str(one.html) for one in sections(document("", f"<nonXMLBody>{text}</nonXMLBody>"))] == [words]


def test_any_other_attachment_has_no_words_to_show():
    assert sections(document("", "<nonXMLBody><text mediaType='text/html'>&lt;script></text></nonXMLBody>")) == []


def _files(samples):
    return sorted(path for path in samples.rglob("*") if path.is_file())


def test_every_sample_document_is_read_and_shown_or_refused_with_a_reason(samples, inspected):
    taken, refused = [], []
    for path in _files(samples):
        data = path.read_bytes()
        try:
            reading = read(data)
        except Refused:
            refused.append(path)
            continue
        taken.append(path)
        assert reading.title
        for section in sections(data):
            assert section.title
            inspected(str(section.html))
    # Fragments are sections cut out of documents: no care documents, and some not even XML by themselves.
    assert {path.parent.name for path in refused} == {"fragments"}
    assert len(taken) >= 34


def test_sample_documents_say_whose_they_are(samples):
    for path in _files(samples / "vendors"):
        patient = read(path.read_bytes()).patient
        assert patient.given, path.name
        assert patient.family, path.name
        assert patient.birthdate, path.name


def test_no_word_of_a_sample_is_lost(samples, inspected):
    from lxml import etree

    for path in _files(samples / "vendors"):
        data = path.read_bytes()
        told = "".join("".join(inspected(str(section.html)).words) for section in sections(data))
        letters = "".join(told.split())
        root = etree.fromstring(data, etree.XMLParser(recover=True, remove_comments=True, remove_pis=True))
        for text in root.iterfind(f".//{{{CDA}}}section/{{{CDA}}}text"):
            for words in text.itertext():
                assert "".join(words.split()) in letters, path.name
