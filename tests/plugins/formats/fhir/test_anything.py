"""Whatever comes as FHIR: records, faults with their place, and nothing else; the door takes the records in or refuses them."""

import copy
import io
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.records.importing.found import Fault, LeftOut, WithFile
from plugins.formats.fhir.reading import read

SAMPLE = (Path(__file__).parents[1] / "samples" / "bundle.json").read_bytes()
BUNDLE = json.loads(SAMPLE)

odd = st.sampled_from(
    [None, True, 0, -1, 10**50, 1.5, 1e308, "", " ", "x" * 5000, "\0", "\ud800", "\u202e", "2024-02-30", "9999-12-31T23:59:59Z", "0000", "#", "Patient/",
     "Patient/p1", "urn:uuid:", [], {}, [[]], [None], [{}], {"coding": [[]]}, {"reference": 5}, {"value": 1e300, "currency": "USD"}]
)  # fmt: skip
changes = st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(["drop", "double", "replace"]), odd), min_size=1, max_size=6)


def _places(found, way=()):
    yield way
    for key, value in found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ():
        yield from _places(value, (*way, key))


PLACES = [place for place in _places(BUNDLE) if len(place) > 1]


def changed(how) -> dict:
    """The bundle after some changes at any of its places."""
    bundle = copy.deepcopy(BUNDLE)
    for number, act, value in how:
        *way, last = PLACES[number % len(PLACES)]
        holder = bundle
        try:
            for key in way:
                holder = holder[key]
            if act == "drop":
                del holder[last]
            else:
                holder[last] = value if act == "replace" else [holder[last], holder[last]]
        except (KeyError, IndexError, TypeError):
            continue
    return bundle


def check(found) -> list[dict]:
    """The records among what was found, which are all that is neither a fault with its place nor left out."""
    records = [one.record if isinstance(one, WithFile) else one for one in found if not isinstance(one, Fault | LeftOut)]
    assert all(one.place and one.reason for one in found if isinstance(one, Fault))
    assert all(isinstance(one, dict) and one["kind"] and one["external_id"] for one in records)
    json.dumps(records)
    return records


@settings(max_examples=150, deadline=None)
@given(how=changes, is_lines=st.booleans())
def test_a_changed_bundle_gives_records_and_faults_and_no_error(how, is_lines):
    bundle = changed(how)
    entries = bundle["entry"] if isinstance(bundle.get("entry"), list) else []
    lines = "\n".join(json.dumps(entry.get("resource") if isinstance(entry, dict) else entry) for entry in entries)
    check(list(read(io.BytesIO((lines if is_lines else json.dumps(bundle)).encode()))))


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, len(SAMPLE)), cut=st.integers(0, 400), put=st.binary(max_size=6) | st.sampled_from([b"\0", b"\xff", b"{", b'"', b"]", b"NaN", b"\\ud800", b"9" * 5000]))
def test_damaged_bytes_give_records_and_faults_and_no_error(at, cut, put):
    check(list(read(io.BytesIO(SAMPLE[:at] + put + SAMPLE[at + cut :]))))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(how=st.lists(changes, min_size=5, max_size=5))
def test_the_door_takes_in_or_refuses_whatever_is_read(how, db, taken_in):
    for one in how:
        taken_in(check(list(read(io.BytesIO(json.dumps(changed(one)).encode())))))
        db.rollback()
