"""The document that we write: valid under HL7's rules whatever the chart holds, and true to it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from core.safety.care_documents import CDA
from plugins.summary.ccd import content
from plugins.summary.ccd.build import build
from plugins.summary.ccd.codes import SMOKING
from plugins.summary.ccd.read import read, sections

NS = {"c": CDA}
ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize("name", ["full", "empty", "none known", "no provider", "provider without number", "nothing known of anyone"])
def test_documents_have_no_error_under_the_rules(validator, editions, name):
    assert validator(build(editions[name])) == []


def test_the_rules_are_really_asked(validator, editions):
    broken = build(editions["full"]).replace(b"<statusCode", b"<stateCode", 1)
    assert validator(broken)


def _tree(edition: content.Edition):
    return etree.fromstring(build(edition))


def _section(tree, loinc: str):
    return tree.xpath("//c:section[c:code/@code=$code]", namespaces=NS, code=loinc)[0]


def test_all_nine_sections_are_there_and_those_without_entries_say_no_information(editions):
    for name in ("full", "empty"):
        found = _tree(editions[name]).xpath("//c:section", namespaces=NS)
        assert len(found) == 9
        for section in found:
            assert bool(section.get("nullFlavor")) != bool(section.findall("c:entry", NS))
            assert "".join(section.find("c:text", NS).itertext()).strip()


def test_none_known_is_a_denial_and_not_missing_information(editions):
    tree = _tree(editions["none known"])
    for loinc, words in (("48765-2", "No known allergies"), ("10160-0", "Takes no medicines"), ("11450-4", "No known problems")):
        section = _section(tree, loinc)
        assert section.get("nullFlavor") is None
        assert section.xpath(".//*[@negationInd='true']")
        assert words in "".join(section.find("c:text", NS).itertext())


def test_tooth_and_surface_stand_in_the_table_that_people_read(editions):
    row = _section(_tree(editions["full"]), "47519-4").xpath(".//c:tbody/c:tr[1]/c:td/text()", namespaces=NS)
    assert row == ["March 10, 2025", "D2330", "White filling, one surface", "7", "F", "Dr. Okafor"]


def test_planned_procedures_are_in_the_plan_and_not_among_those_done(editions):
    tree = _tree(editions["full"])
    assert "Cleaning" not in "".join(_section(tree, "47519-4").itertext())
    assert _section(tree, "18776-5").xpath(".//c:procedure/@moodCode", namespaces=NS) == ["INT", "INT"]


def test_only_a_code_of_the_right_form_is_called_cdt(editions):
    codes = _tree(editions["full"]).xpath("//*[@codeSystem='2.16.840.1.113883.6.13']/@code")
    assert codes == ["D2330", "D1110"]


def test_every_entry_points_at_words_that_are_there(editions):
    tree = _tree(editions["full"])
    anchors = tree.xpath("//@ID")
    assert len(anchors) == len(set(anchors))
    references = tree.xpath("//c:reference/@value", namespaces=NS)
    assert references
    assert {reference.lstrip("#") for reference in references} <= set(anchors)


def test_editions_of_one_patient_share_a_series_and_count_up(editions):
    first = editions["full"]
    one, two = _tree(first), _tree(replace(first, id=uuid4(), created_at=first.created_at + timedelta(seconds=1)))
    assert one.find("c:setId", NS).get("root") == two.find("c:setId", NS).get("root")
    assert int(one.find("c:versionNumber", NS).get("value")) < int(two.find("c:versionNumber", NS).get("value"))
    assert one.find("c:id", NS).get("root") != two.find("c:id", NS).get("root")


def test_we_can_read_what_we_write(editions):
    data = build(editions["full"])
    reading = read(data)
    assert (reading.kind, reading.title, reading.custodian) == ("ccd", "Dental Health Summary", "Sunrise Family Dental")
    assert reading.author == "Dr. Dana Okafor DDS"
    assert reading.created == "November 23, 2026 at 9:30 AM"
    assert (reading.patient.given, reading.patient.family, reading.patient.birthdate) == (("Robin",), "Vale", date(1985, 4, 12))
    assert [section.title for section in sections(data)][:3] == ["Allergies and Intolerances", "Medications", "Problems"]


words = st.text(max_size=40) | st.sampled_from(["<script>alert(1)</script>", "]]>", "&amp;", "\x00\x0b", "\ud7ff\ufffe", "a\u202eb"])
short = st.text(max_size=12)
days = st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1))
moments = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, ZONE))
ids = st.builds(uuid4)
whole = st.none() | st.integers(1, 400)
exact = st.none() | st.floats(1, 400)


@st.composite
def any_chart(draw) -> content.Chart:
    def some(kind, *fields):
        return tuple(draw(st.lists(st.builds(kind, ids, *fields), max_size=2)))

    lines = tuple(draw(st.lists(words, max_size=2)))
    subject = content.Subject(
        uuid4(), draw(short), draw(words), draw(words), draw(words), draw(days), draw(st.sampled_from("FMU")),
        content.Address(lines, draw(words), draw(short), draw(short)), draw(words), draw(words), draw(short),
    )  # fmt: skip
    clinician = draw(st.none() | st.builds(content.Clinician, ids, words, words, words, words, short))
    flags = st.sampled_from(["", "normal", "high", "low", "abnormal"])
    return content.Chart(
        subject,
        clinician,
        some(
            content.Allergy,
            words,
            st.sampled_from(["drug", "food", "other"]),
            st.sampled_from(["active", "resolved", "none_known"]),
            words,
            short,
            days,
        ),
        some(content.Medication, words, st.sampled_from(["active", "stopped", "none_known"]), words, short, days, days),
        some(content.Problem, words, st.sampled_from(["active", "resolved", "none_known"]), words, short, short, days, days),
        some(content.Immunization, words, st.sampled_from(["given", "not_given"]), short, words, words, days),
        some(content.Result, words, short, words, short, words, flags, moments),
        some(content.VitalSigns, moments, whole, whole, whole, whole, whole, exact, exact, exact),
        some(content.Procedure, words, st.sampled_from(["completed", "done_elsewhere", "planned"]), short, short, short, words, days),
        some(content.SmokingStatus, st.sampled_from(list(SMOKING)), st.dates(date(1900, 1, 1), date(2100, 1, 1))),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(any_chart(), moments)
def test_whatever_a_chart_holds_the_document_keeps_the_rules(validator, chart, created_at):
    office = content.Office(uuid4(), chart.subject.last_name, chart.subject.address, chart.subject.phone, chart.subject.email)
    assert validator(build(content.Edition(uuid4(), created_at, office, chart))) == []
