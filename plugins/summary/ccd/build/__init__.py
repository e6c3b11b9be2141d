"""Writing the care document: one Continuity of Care Document (C-CDA R2.1) from plain values."""

from lxml import etree

from plugins.summary.ccd.build.findings import results_section, vital_signs_section
from plugins.summary.ccd.build.header import header
from plugins.summary.ccd.build.history import (
    allergies_section,
    immunizations_section,
    medications_section,
    problems_section,
    social_history_section,
)
from plugins.summary.ccd.build.parts import node, root
from plugins.summary.ccd.build.treatment import plan_section, procedures_section
from plugins.summary.ccd.content import Edition

SECTIONS = (
    allergies_section,
    medications_section,
    problems_section,
    results_section,
    social_history_section,
    vital_signs_section,
    procedures_section,
    immunizations_section,
    plan_section,
)


def build(edition: Edition) -> bytes:
    """The document as UTF-8 XML. Every section is there; one without entries says so."""
    document = root("ClinicalDocument", *header(edition))
    sections = (node("component", section(edition)) for section in SECTIONS)
    document.append(node("component", node("structuredBody", *sections)))
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)
