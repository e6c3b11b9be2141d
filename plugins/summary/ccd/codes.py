"""Code systems, templates and codes of HL7 C-CDA R2.1 (Continuity of Care Document); only numbers, the words are ours."""

import re
from dataclasses import dataclass

XSI = "http://www.w3.org/2001/XMLSchema-instance"
SDTC = "urn:hl7-org:sdtc"

LOINC = "2.16.840.1.113883.6.1"
SNOMED = "2.16.840.1.113883.6.96"
RXNORM = "2.16.840.1.113883.6.88"
ICD10 = "2.16.840.1.113883.6.90"
CDT = "2.16.840.1.113883.6.13"
CVX = "2.16.840.1.113883.12.292"
NPI = "2.16.840.1.113883.4.6"
TAXONOMY = "2.16.840.1.113883.6.101"
GENDER = "2.16.840.1.113883.5.1"
CONFIDENTIALITY = "2.16.840.1.113883.5.25"
ACT_CLASS = "2.16.840.1.113883.5.6"
ACT_CODE = "2.16.840.1.113883.5.4"
INTERPRETATION = "2.16.840.1.113883.5.83"

CCD_CODE = "34133-9"
CCD_TEMPLATE = "2.16.840.1.113883.10.20.22.1.2"
HEADER_TEMPLATE = "2.16.840.1.113883.10.20.22.1.1"

_SHAPES = {
    LOINC: re.compile(r"[0-9]{1,7}-[0-9]"),
    SNOMED: re.compile(r"[0-9]{6,18}"),
    RXNORM: re.compile(r"[0-9]{1,8}"),
    ICD10: re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?"),
    CDT: re.compile(r"D[0-9]{4}"),
    CVX: re.compile(r"[0-9]{1,3}"),
    NPI: re.compile(r"[0-9]{10}"),
}


def fits(code: str, system: str) -> bool:
    """Whether the code has the form of this code system; one that does not is written as plain text instead."""
    return bool(_SHAPES[system].fullmatch(code))


@dataclass(frozen=True)
class SectionKind:
    """One section of the document: its LOINC code, its template (root and extension) and its title."""

    loinc: str
    template: str
    extension: str
    name: str
    title: str


ALLERGIES = SectionKind("48765-2", "2.16.840.1.113883.10.20.22.2.6.1", "2015-08-01", "Allergies", "Allergies and Intolerances")
MEDICATIONS = SectionKind("10160-0", "2.16.840.1.113883.10.20.22.2.1.1", "2014-06-09", "History of medication use", "Medications")
PROBLEMS = SectionKind("11450-4", "2.16.840.1.113883.10.20.22.2.5.1", "2015-08-01", "Problem list", "Problems")
RESULTS = SectionKind("30954-2", "2.16.840.1.113883.10.20.22.2.3.1", "2015-08-01", "Diagnostic tests", "Results")
SOCIAL_HISTORY = SectionKind("29762-2", "2.16.840.1.113883.10.20.22.2.17", "2015-08-01", "Social history", "Social History")
VITAL_SIGNS = SectionKind("8716-3", "2.16.840.1.113883.10.20.22.2.4.1", "2015-08-01", "Vital signs", "Vital Signs")
PROCEDURES = SectionKind("47519-4", "2.16.840.1.113883.10.20.22.2.7.1", "2014-06-09", "History of procedures", "Procedures")
IMMUNIZATIONS = SectionKind("11369-6", "2.16.840.1.113883.10.20.22.2.2.1", "2015-08-01", "Immunizations", "Immunizations")
PLAN = SectionKind("18776-5", "2.16.840.1.113883.10.20.22.2.10", "2014-06-09", "Plan of treatment", "Plan of Treatment")

SECTION_TITLES = {
    kind.loinc: kind.title
    for kind in (ALLERGIES, MEDICATIONS, PROBLEMS, RESULTS, SOCIAL_HISTORY, VITAL_SIGNS, PROCEDURES, IMMUNIZATIONS, PLAN)
} | {
    "51848-0": "Assessment",
    "75310-3": "Health Concerns",
    "61146-7": "Goals",
    "46240-8": "Encounters",
    "46264-8": "Medical Equipment",
    "47420-5": "Functional Status",
    "10190-7": "Mental Status",
    "48768-6": "Insurance",
    "10157-6": "Family History",
    "42348-3": "Advance Directives",
    "42349-1": "Reason for Referral",
    "69730-0": "Instructions",
}
"""What to call a received section that brings no title of its own."""

SMOKING = {
    "449868002": "Smokes every day",
    "428041000124106": "Smokes some days",
    "8517006": "Used to smoke",
    "266919005": "Never smoked",
    "77176002": "Smokes, how much is not known",
    "266927001": "Not known whether the person smokes",
    "428071000124103": "Smokes heavily",
    "428061000124105": "Smokes lightly",
}
"""Smoking status by SNOMED CT code, in words for patients."""
