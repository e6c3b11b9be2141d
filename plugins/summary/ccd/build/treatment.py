"""Procedures done and procedures planned. Tooth and surface stand in the table: no code system carries the numbers that patients know."""

from functools import partial

from plugins.summary.ccd import codes
from plugins.summary.ccd.build.header import clinician_entity
from plugins.summary.ccd.build.parts import Node, at, code_or_text, day, identifier, node, pointer, templates
from plugins.summary.ccd.build.section import listed, words
from plugins.summary.ccd.content import Edition, Procedure


def procedures_section(edition: Edition) -> Node:
    """What has been done, here or elsewhere."""
    columns = ("Date", "Code", "Procedure", "Tooth", "Surface", "Provider")
    nothing = "No procedures are on file at this practice."
    return listed(codes.PROCEDURES, columns, edition.chart.done, _done_cells, partial(_done, edition), nothing)


def _done_cells(procedure: Procedure) -> tuple[str, ...]:
    provider = procedure.provider or ("Done elsewhere" if procedure.status == "done_elsewhere" else "")
    return words(procedure.done_on), procedure.cdt, procedure.description, procedure.tooth, procedure.surface, provider


def _done(edition: Edition, procedure: Procedure, anchor: str) -> Node:
    head = *templates("2.16.840.1.113883.10.20.22.4.14", "2014-06-09"), *_what(procedure, anchor)
    body = node("statusCode", code="completed"), _when(procedure), _site(procedure)
    here = node("performer", clinician_entity(edition)) if procedure.status == "completed" else None
    return node("entry", node("procedure", *head, *body, here, classCode="PROC", moodCode="EVN"), typeCode="DRIV")


def plan_section(edition: Edition) -> Node:
    """What is still to come."""
    columns = ("Planned for", "Code", "Procedure", "Tooth", "Surface")
    nothing = "No planned treatment is on file for this summary."
    return listed(codes.PLAN, columns, edition.chart.planned, _plan_cells, _planned, nothing)


def _plan_cells(procedure: Procedure) -> tuple[str, ...]:
    return words(procedure.done_on), procedure.cdt, procedure.description, procedure.tooth, procedure.surface


def _planned(procedure: Procedure, anchor: str) -> Node:
    head = *templates("2.16.840.1.113883.10.20.22.4.41", "2014-06-09"), *_what(procedure, anchor)
    body = node("statusCode", code="active"), _when(procedure), _site(procedure)
    return node("entry", node("procedure", *head, *body, classCode="PROC", moodCode="INT"), typeCode="DRIV")


def _what(procedure: Procedure, anchor: str) -> list[Node]:
    return [identifier(procedure.id), code_or_text(procedure.cdt, codes.CDT, procedure.description, anchor=anchor), pointer(anchor)]


def _when(procedure: Procedure) -> Node:
    return at(day(procedure.done_on) if procedure.done_on else None)


def _site(procedure: Procedure) -> Node | None:
    place = ", ".join(filter(None, (_named("Tooth", procedure.tooth), _named("surface", procedure.surface))))
    return node("targetSiteCode", node("originalText", place), nullFlavor="OTH") if place else None


def _named(name: str, value: str) -> str:
    return f"{name} {value}" if value else ""
