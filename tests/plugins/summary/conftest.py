"""The sample documents and the validator that lie beside the repository, and a chart with something of everything."""

import importlib.util
import re
import sys
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from plugins.summary.ccd.content import (
    Address,
    Allergy,
    Chart,
    Clinician,
    Edition,
    Immunization,
    Medication,
    Office,
    Problem,
    Procedure,
    Result,
    SmokingStatus,
    Subject,
    VitalSigns,
)

KIT = Path(__file__).parents[4] / "shared" / "ccda"
SAMPLES = KIT / "samples" / "ccda"
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=ZONE)
SPRINGFIELD = Address(("1 Main Street",), "Springfield", "MA", "01103")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of care documents that nobody here wrote."""
    if not SAMPLES.is_dir():
        pytest.skip("the sample documents are not beside the repository")
    return SAMPLES


@pytest.fixture(scope="session")
def validator():
    """HL7's schema and rules with what the portal promises beyond them: `validator(data)` gives the errors."""
    script = KIT / "validate_ccda.py"
    if not script.is_file():
        pytest.skip("the validator of care documents is not beside the repository")
    spec = importlib.util.spec_from_file_location("validate_ccda", script)
    module = sys.modules["validate_ccda"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    both = [module.Validator(ruleset=rules, portal=True, want=("error",)) for rules in ("r21", "r21cg")]
    return lambda data: [(found.rule, found.message, found.path) for one in both for found in one.validate(data).errors]


def number(count: int) -> UUID:
    """An id that is the same in every run."""
    return UUID(int=(0x7 << 76) | (0x2 << 62) | count)


SUBJECT = Subject(
    number(1), "P-1", "Robin", "Vale", "Rob", date(1985, 4, 12), "F", Address(("9 Elm Road",), "Springfield", "MA", "01104"), "(413) 555-0142",
    "robin@example.test", "en-US",
)  # fmt: skip
OFFICE = Office(number(2), "Sunrise Family Dental", SPRINGFIELD, "413-555-0100", "desk@sunrise.test")
CLINICIAN = Clinician(number(3), "Dr.", "Dana", "Okafor", "DDS", "1234567893")

FULL = Chart(
    SUBJECT,
    CLINICIAN,
    allergies=(
        Allergy(number(10), "Penicillin", "drug", "active", "Hives", "7980", date(2010, 1, 5)),
        Allergy(number(11), "Latex", "other", "resolved", "", "", None),
    ),
    medications=(
        Medication(number(20), "Lisinopril 10 mg", "active", "One tablet in the morning", "314076", date(2021, 3, 1), None),
        Medication(number(21), "Ibuprofen 400 mg", "stopped", "", "", None, None),
    ),
    problems=(
        Problem(number(30), "Dental caries", "resolved", "Tooth 7", "80967001", "K02.9", date(2025, 2, 10), date(2025, 3, 10)),
        Problem(number(31), "Dry mouth", "active", "", "", "", None, None),
    ),
    immunizations=(
        Immunization(number(40), "Influenza vaccine", "given", "141", "L-77", "", date(2024, 10, 1)),
        Immunization(number(41), "Tetanus vaccine", "not_given", "", "", "Declined", None),
    ),
    results=(
        Result(number(50), "Hemoglobin A1c", "4548-4", "5.6", "%", "4.0 to 5.6", "normal", NOW),
        Result(number(51), "Biopsy", "", "No finding", "", "", "", NOW),
    ),
    vital_signs=(
        VitalSigns(number(60), NOW, 128, 82, 70, 14, 98, 98.6, 65, 150.5),
        VitalSigns(number(61), NOW, None, None, None, None, None, None, None, None),
    ),
    procedures=(
        Procedure(number(70), "White filling, one surface", "completed", "D2330", "7", "F", "Dr. Okafor", date(2025, 3, 10)),
        Procedure(number(71), "Crown", "done_elsewhere", "", "14", "", "", None),
        Procedure(number(72), "Cleaning", "planned", "D1110", "", "", "", date(2027, 3, 1)),
        Procedure(number(73), "Something of our own", "planned", "N4100", "12", "MOD", "", None),
    ),
    smoking=(SmokingStatus(number(80), "266919005", date(2025, 3, 10)),),
)
EMPTY = Chart(SUBJECT, CLINICIAN)
NONE_KNOWN = Chart(
    SUBJECT,
    CLINICIAN,
    allergies=(Allergy(number(12), "", "other", "none_known", "", "", date(2025, 3, 10)),),
    medications=(Medication(number(22), "", "none_known", "", "", None, None),),
    problems=(Problem(number(32), "", "none_known", "", "", "", None, None),),
)


def edition(chart: Chart, office: Office = OFFICE) -> Edition:
    """A document about this chart."""
    return Edition(number(90), NOW, office, chart)


UNKNOWN = replace(SUBJECT, birthdate=None, address=Address(), phone="", email="", sex="U", language="")
NOWHERE = Office(number(4), "Somewhere", Address(), "", "")


@pytest.fixture
def editions() -> dict[str, Edition]:
    """Documents about charts of every kind."""
    return {
        "full": edition(FULL),
        "empty": edition(EMPTY),
        "none known": edition(NONE_KNOWN),
        "no provider": edition(replace(FULL, clinician=None)),
        "provider without number": edition(replace(FULL, clinician=replace(CLINICIAN, npi="", title="", suffix=""))),
        "nothing known of anyone": edition(Chart(UNKNOWN, None), NOWHERE),
    }


TAGS = {"a", "br", "caption", "div", "em", "li", "ol", "p", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"}  # fmt: skip
ATTRIBUTES = {"aria-label", "class", "colspan", "data-label", "href", "id", "rel", "role", "rowspan", "scope", "tabindex", "target"}  # fmt: skip
CLASSES = {"summary-absent", "summary-caption", "summary-cards", "summary-outward", "summary-plain", "summary-table"}  # fmt: skip
LINK = re.compile(r"#ccd-[A-Za-z0-9_.:-]+|https?://\S+|mailto:\S+", re.IGNORECASE)


class Inspector(HTMLParser):
    """Reads HTML as a browser does and raises for whatever is not on the list."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.words, self.identities = [], [], []

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, tag
        for name, value in attrs:
            self._look_at(name, value)
        if tag != "br":
            self.open.append(tag)

    def _look_at(self, name, value):
        assert name in ATTRIBUTES, name
        if name == "href":
            assert LINK.fullmatch(value), value
        if name == "class":
            assert value in CLASSES, value
        if name == "id":
            assert value.startswith("ccd-")
            self.identities.append(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def handle_comment(self, data):
        raise AssertionError("a comment")

    handle_decl = handle_pi = unknown_decl = handle_comment


def _inspect(html: str) -> Inspector:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    assert not inspector.open
    assert len(inspector.identities) == len(set(inspector.identities))
    return inspector


@pytest.fixture(scope="session")
def inspected():
    """`inspected(html)`: raises for whatever may not stand in a page, and gives the words and ids that were found."""
    return _inspect


def _letter(
    title: str = "Visit note",
    given: str = "Ann",
    family: str = "Lee",
    birthdate: str = "19800801",
    version: str = "1",
    text: str = "All well.",
) -> bytes:
    name = f"<name>{f'<given>{given}</given>' if given else ''}<family>{family}</family></name>"
    birth = f"<birthTime value='{birthdate}'/>" if birthdate else ""
    person = f"<recordTarget><patientRole><patient>{name}{birth}</patient></patientRole></recordTarget>"
    keeper = "<representedCustodianOrganization><name>City Clinic</name></representedCustodianOrganization>"
    section = f"<section><title>Assessment</title><text>{text}</text></section>"
    return (
        f"<ClinicalDocument xmlns='urn:hl7-org:v3'><id root='1.2.3' extension='42'/><title>{title}</title><effectiveTime value='20200102'/>"
        f"<versionNumber value='{version}'/>{person}<custodian><assignedCustodian>{keeper}</assignedCustodian></custodian>"
        f"<component><structuredBody><component>{section}</component></structuredBody></component></ClinicalDocument>"
    ).encode()


@pytest.fixture
def letter():
    """`letter(title=…, given=…, birthdate=…, text=…)`: a care document from outside about Ann Lee."""
    return _letter


@pytest.fixture
def chart_of(make):
    """`chart_of(patient)`: put something of everything into a patient's chart."""

    def fill(patient) -> None:
        about = {"patient": patient.external_id}
        entries = [
            {"kind": "allergy", "substance": "Latex", "status": "resolved"},
            {
                "kind": "allergy",
                "substance": "Penicillin",
                "reaction": "Hives",
                "category": "drug",
                "rxnorm": "7980",
                "noted_on": "2010-01-05",
            },
            {"kind": "medication", "name": "Lisinopril 10 mg", "instructions": "One in the morning", "started_on": "2021-03-01"},
            {"kind": "problem", "name": "Dry mouth", "started_on": "2024-02-01"},
            {"kind": "immunization", "vaccine": "Influenza vaccine", "cvx": "141", "given_on": "2024-10-01"},
            {"kind": "result", "name": "Hemoglobin A1c", "value": "5.6", "unit": "%", "flag": "normal", "taken_at": "2025-03-10T14:00:00Z"},
            {"kind": "vital_sign", "systolic_mmhg": 128, "diastolic_mmhg": 82, "taken_at": "2025-03-10T14:00:00Z"},
            {"kind": "procedure", "description": "White filling", "cdt": "D2330", "tooth": "7", "surface": "F", "done_on": "2025-03-10"},
            {"kind": "procedure", "description": "Crown", "status": "done_elsewhere", "tooth": "14"},
            {"kind": "procedure", "description": "Cleaning", "status": "planned", "cdt": "D1110", "done_on": "2027-03-01"},
            {"kind": "smoking_status", "snomed": "266919005", "asked_on": "2025-03-10"},
        ]
        make.take_in([{"external_id": f"S{number}", **about, **entry} for number, entry in enumerate(entries)])

    return fill
