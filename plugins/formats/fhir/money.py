"""Insurance, claims and invoices."""

from collections.abc import Iterator
from typing import Any

from core.records.importing.found import NotTaken, Record, Unusable
from plugins.formats.fhir.about import About, cents, needs_day
from plugins.formats.fhir.dates import as_text, when
from plugins.formats.fhir.plain import Resource, concept, identifiers, number, part, parts, text

_DENTAL = ("DENTAL", "DENTPRG", "oral")
NOT_DENTAL = "{} of another insurance than dental"


def coverage(about: About) -> Iterator[Record]:
    """A patient's dental insurance."""
    resource, period = about.resource, part(about.resource, "period")
    _must_be_dental("Coverage", resource, "type")
    if about.status in ("draft", "cancelled"):
        raise NotTaken("Coverage that is not in force")
    order = number(resource, "order")
    yield about.record(
        "insurance_coverage",
        patient=about.patient("beneficiary"),
        carrier=_carrier(about, part(resource, "payor"), "/payor"),
        order=int(order) if order is not None else None,
        member_number=text(resource, "subscriberId") or next((value for _, value in identifiers(resource)), ""),
        subscriber=about.name(part(resource, "subscriber")),
        relationship=concept(resource, "relationship").words,
        plan_name=_class(resource, "plan", "name") or _class(resource, "plan", "value"),
        group_number=_class(resource, "group", "value"),
        starts_on=as_text(when(text(period, "start")).day),
        ends_on=as_text(when(text(period, "end")).day),
    )


def _class(resource: Resource, kind: str, field: str) -> str:
    return next((text(one, field) for one in parts(resource, "class") if concept(one, "type").has(kind)), "")


def claim(about: About) -> Iterator[Record]:
    """What was asked of a dental insurance. Raises NotTaken for one to which there is an answer: that says more."""
    if about.id in about.references.answered:
        raise NotTaken("Claim with an answer")
    billed = cents(part(about.resource, "total"), "/total")
    if billed is None:
        billed = _sum(about.resource)
    state = "waiting" if about.status == "draft" else "sent"
    yield about.record("claim", **_asked(about), state=state, billed_cents=billed)


def explanation(about: About) -> Iterator[Record]:
    """What a dental insurance answered; it is kept as the claim that it answers."""
    resource = about.resource
    claim_id = about.references.id(resource, part(resource, "claim"), "Claim")
    totals = {_category(one): cents(part(one, "amount"), "/total/amount") for one in parts(resource, "total")}
    billed = totals.get("submitted")
    paid = cents(part(resource, "payment", "amount"), "/payment/amount")
    received = as_text(when(text(part(resource, "payment"), "date")).day or when(text(resource, "created")).day)
    is_over = text(resource, "outcome") in ("complete", "partial")
    record = about.record(
        "claim",
        **_asked(about),
        state="received" if is_over else "sent",
        received_on=received if is_over else None,
        billed_cents=_sum(resource) if billed is None else billed,
        paid_cents=paid if paid is not None else totals.get("benefit"),
    )
    yield record | ({"external_id": about.references.external(claim_id)} if claim_id else {})


def _asked(about: About) -> dict[str, Any]:
    kind = str(about.resource["resourceType"])
    _must_be_dental(kind, about.resource, "type")
    if text(about.resource, "use") in ("preauthorization", "predetermination"):
        raise NotTaken(f"{kind} that asks before the work is done")
    if about.status == "cancelled":
        raise NotTaken(f"{kind} that was called off")
    sent = when(text(about.resource, "created")).day
    return {"patient": about.patient("patient"), "carrier": _carrier(about, part(about.resource, "insurer"), "/insurer"), "sent_on": as_text(sent)}


def _must_be_dental(kind: str, resource: Resource, name: str) -> None:
    of = concept(resource, name)
    if of.codings and not of.has(*_DENTAL) and "dental" not in of.words.casefold():
        raise NotTaken(NOT_DENTAL.format(kind))


def _carrier(about: About, reference: Resource, pointer: str) -> str:
    found = about.name(reference)
    if not found:
        covered = part(about.resource, "insurance", "coverage")
        found = about.name(part(about.references.find(about.resource, covered), "payor")) or text(covered, "display")
    if not found:
        raise Unusable(pointer, "It does not say which insurance it is.")
    return found


def _category(total: Resource) -> str:
    return next((code for _, code, _ in concept(total, "category").codings), "")


def _sum(resource: Resource) -> int:
    nets = [cents(part(one, "net"), "/item/net") for one in parts(resource, "item")]
    if not nets or None in nets:
        raise Unusable("/total", "It does not say how much was asked for.")
    return sum(filter(None, nets))


def invoice(about: About) -> Iterator[Record]:
    """An invoice; one that is balanced was paid."""
    resource = about.resource
    if about.status not in ("issued", "balanced"):
        raise NotTaken("Invoice that was not issued")
    total = cents(part(resource, "totalGross"), "/totalGross")
    total = cents(part(resource, "totalNet"), "/totalNet") if total is None else total
    if total is None:
        raise Unusable("/totalGross", "It has no total.")
    day = as_text(needs_day(when(text(resource, "date")), "/date").day)
    left = 0 if about.status == "balanced" else total
    yield about.record(
        "statement",
        patient=about.patient("subject"),
        number=next((value for _, value in identifiers(resource)), about.id[:40]),
        statement_type="invoice",
        sent_on=day,
        balance_cents=left,
        note="\n".join(filter(None, (text(one, "text") for one in parts(resource, "note")))),
        lines=[line for one in parts(resource, "lineItem") if (line := _line(one, day))],
    )


def _line(item: Resource, day: str | None) -> dict[str, Any] | None:
    amounts = [cents(part(one, "amount"), "/lineItem/priceComponent/amount") for one in parts(item, "priceComponent")]
    known = [amount for amount in amounts if amount is not None]
    words = concept(item, "chargeItemCodeableConcept").words or text(part(item, "chargeItemReference"), "display") or "Item"
    return {"entered_on": day, "description": words, "amount_cents": sum(known)} if known else None
