"""Whatever comes as a care document: records, faults with their place, and nothing else; the door takes the records in or refuses them."""

import copy
import json
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from core.records.importing.found import Fault, LeftOut, WithFile
from plugins.formats.ccda.document import read_document

SAMPLE = (Path(__file__).parents[1] / "samples" / "care.xml").read_bytes()
ROOT = etree.fromstring(SAMPLE)
ZONE = ZoneInfo("America/New_York")

odd = st.sampled_from(["", " ", "x" * 5000, "\u202e", "20240230", "99991231235959+9999", "0000", "2024030109-0", "#p2", "1e999999", "NaN", "-", "urn:hl7-org:v3", "\u00e9\U0001f9b7"])
changes = st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(["drop", "double", "say", "mark", "move"]), odd), min_size=1, max_size=8)


def changed(how) -> bytes:
    """The document after some changes to any of its elements."""
    root = copy.deepcopy(ROOT)
    for number, act, value in how:
        elements = [one for one in root.iter() if isinstance(one.tag, str)]
        element = elements[number % len(elements)]
        parent = element.getparent()
        if act == "say":
            element.text = value
        elif act == "mark" and element.attrib:
            element.set(sorted(element.attrib)[number % len(element.attrib)], value)
        elif parent is not None and act == "drop":
            parent.remove(element)
        elif parent is not None and act == "double":
            parent.append(copy.deepcopy(element))
        elif parent is not None and act == "move" and not any(one is element for one in elements[0].iterchildren()):
            root.append(element)
    return etree.tostring(root)


def check(found) -> list[dict]:
    """The records among what was found, which are all that is neither a fault with its place nor left out."""
    records = [one.record if isinstance(one, WithFile) else one for one in found if not isinstance(one, Fault | LeftOut)]
    assert all(one.place and one.reason for one in found if isinstance(one, Fault))
    assert all(isinstance(one, dict) and one["kind"] and one["external_id"] for one in records)
    json.dumps(records)
    return records


@settings(max_examples=120, deadline=None)
@given(how=changes)
def test_a_changed_document_gives_records_and_faults_and_no_error(how):
    check(list(read_document(changed(how), "ccda", ZONE)))


@settings(max_examples=80, deadline=None)
@given(at=st.integers(0, len(SAMPLE)), cut=st.integers(0, 300), put=st.binary(max_size=6) | st.sampled_from([b"\0", b"\xff", b"<", b"&x;", b"&#0;", b"]]>", b"<!--"]))
def test_damaged_bytes_give_records_and_faults_and_no_error(at, cut, put):
    check(list(read_document(SAMPLE[:at] + put + SAMPLE[at + cut :], "ccda", ZONE)))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(how=st.lists(changes, min_size=5, max_size=5))
def test_the_door_takes_in_or_refuses_whatever_is_read(how, db, taken_in):
    for one in how:
        taken_in(check(list(read_document(changed(one), "ccda", ZONE))))
        db.rollback()
