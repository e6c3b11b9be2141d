"""One rule of notices at the office: when, how and in which words, with a preview of what patients get, and a test message."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, create_model
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core import texting
from core.auth import registering
from core.auth.limits import TooManyAttempts
from core.people.languages import COMMON, english_name
from core.tasks import enqueue
from core.texting import stops, whole_number
from core.web.forms import Form, empty_form, read_form
from plugins.appointments.models import NoticeRule
from plugins.appointments.notices import examples, ruling, words
from plugins.appointments.notices.kinds import MODES, SAMPLES, TITLES
from plugins.appointments.notices.ruling import ORDERS
from plugins.appointments.notices.values import BEFORE, INVITATION, INVITATION_AFTER, KINDS, RECALL, REMINDER
from plugins.appointments.office.kinds import Lines
from plugins.appointments.office.notices import ADD, NOTICES, ONE, SET, rule_of
from plugins.appointments.office.place import refused

PAGE = "appointments/office/notices_rule.jinja2"
INVITATIONS = (INVITATION, INVITATION_AFTER)
PART_WORDS = {
    "subject": "Subject of the mail", "body": "Mail", "text": "Text message", "many_subject": "Subject for several visits", "many_body": "Mail for several visits",
    "many_text": "Text message for several visits", "line": "Line for each visit", "reply": "Answer to a confirmation by text",
} | {
    f"{part}_{number}": f"{title} of the {which} notice" for number, which in ((2, "second"), (3, "third and later"))
    for part, title in (("subject", "Subject"), ("body", "Mail"), ("text", "Text message"))
}  # fmt: skip
LIMITS = {"subject": 150, "many_subject": 150, "text": 640, "many_text": 640, "line": 300, "reply": 320}
LONGEST = 4000
SHOW, SAVE, TEST, TEXT_TEST = "show", "save", "test", "text"
NO_NUMBER = "Type your own mobile number with its area code, such as 303-555-0142: the test goes there."
ENOUGH = "So many tests went out that no more can be sent now. Try again in a quarter of an hour."


def _known(order: str) -> str:
    if order not in ORDERS:
        raise ValueError("Choose how it is sent from the list.")
    return order


class RuleBase(BaseModel):
    """When a rule is due, and how it goes out."""

    clinic_id: UUID | None = Field(None, title="Clinic")
    is_on: bool = Field(False, title="On")
    lead_days: int = Field(0, title="Days", ge=0, le=366)
    lead_hours: int = Field(0, title="Hours", ge=0, le=72)
    not_within_hours: int = Field(0, title="Hours without a message", ge=0, le=720)
    send_order: Annotated[str, AfterValidator(_known)] = Field("email", title="Order", max_length=40)
    send_all: bool = Field(False, title="Send by every way")
    mode: int = Field(1, title="Who is invited", ge=1, le=3)
    mode_days: int = Field(30, title="Days without a visit to the portal", ge=1, le=3650)
    test_number: str = Field("", title="Your mobile number", max_length=40)


_FORMS: dict[str, type[BaseModel]] = {}
for _kind in KINDS:
    _parts: dict[str, Any] = {
        part: (Lines, Field("", title=PART_WORDS[part], max_length=LIMITS.get(part.partition("_")[0] if part[-1].isdigit() else part, LONGEST))) for part in words.PARTS[_kind]
    }
    _FORMS[_kind] = create_model("RuleForm", __base__=RuleBase, __doc__="A rule with its words in one language.", **_parts)


@view_config(route_name=ADD, permission=SET, request_method="GET", renderer=PAGE)
@view_config(route_name=ONE, permission=SET, request_method="GET", renderer=PAGE)
def rule_page(request):
    """A rule as it is, or as a new one begins."""
    row, kind, language = _asked(request)
    return _values(request, row, kind, language, _shown(row, kind, language))


@view_config(route_name=ADD, permission=SET, request_method="POST", renderer=PAGE)
@view_config(route_name=ONE, permission=SET, request_method="POST", renderer=PAGE)
def save(request):
    """Keep a rule; or only show what patients would get, or send that to oneself."""
    row, kind, language = _asked(request, lock=True)
    form = read_form(request, _FORMS[kind])
    _check(request, form, row, kind)
    act = request.POST.get("act", SAVE)
    number = _number(request, form) if act == TEXT_TEST else ""
    if form.data is None:
        return refused(request, _values(request, row, kind, language, form))
    if act == SHOW:
        return _values(request, row, kind, language, form)
    row = _keep(request, row, kind, language, form.data.model_dump())
    if row is None:
        form.refuse(f"There are {ruling.MOST} rules already. Remove one that you do not need.")
        return refused(request, _values(request, None, kind, language, form))
    if act == TEST:
        enqueue(request.db, "appointments.test_notice", rule_id=str(row.id), account_id=str(request.identity.account_id), language=language)
        request.audit("appointments.notice.test", target_id=row.id)
        request.session.flash("The rule is saved, and a test is on its way to your own address.")
        return HTTPSeeOther(request.route_path(ONE, id=row.id, _query={"language": language}))
    if act == TEXT_TEST:
        request.audit("appointments.notice.test", target_id=row.id)
        request.session.flash("The rule is saved. " + _text(request, row, language, number))
        return HTTPSeeOther(request.route_path(ONE, id=row.id, _query={"language": language}))
    request.session.flash("The rule is saved." if row.is_on else "The rule is saved. It is off: nothing goes out before you switch it on.")
    return HTTPSeeOther(request.route_path(NOTICES) + f"#{kind}")


def _number(request, form: Form) -> str:
    """The number for a test by text message, which counts like any other that somebody asks for."""
    number = whole_number(form.data.test_number) if form.data else ""
    if form.data and (not number or request.registry.texts is None):
        form.refuse(NO_NUMBER, "test_number")
    elif number:
        try:
            registering.count_text(request.registry.limiter, request.practice_id, request.registry.portal.secret_key, number, request.now)
        except TooManyAttempts:
            form.refuse(ENOUGH, "test_number")
    return number


def _text(request, row: NoticeRule, language: str, number: str) -> str:
    """Send an example by text message, here and now: the number is kept nowhere. Returns what became of it."""
    tenant = request.registry.tenants.current(request.practice_id, row.clinic_id)
    address = request.registry.portal.address(tenant.host)
    one, _ = examples.written(row.kind, row.words, language, tenant, address, request.now, leads=True)
    refused = "The test was not sent: this number takes no text messages, or has said STOP."
    if stops.is_stopped(request.db, request.registry.portal.secret_key, number):
        return refused
    try:
        texting.send(request.registry, number, f"Test: {one.text}")
    except texting.TextRefused:
        return refused
    except texting.TextNotSent:
        return "The test was not sent: the service that sends text messages could not be reached, or did not take it."
    return "A text message with the test is on its way."


def _asked(request, lock: bool = False) -> tuple[NoticeRule | None, str, str]:
    """The rule of the address, its kind, and the language in which its words are shown. Raises HTTPNotFound."""
    row = rule_of(request, lock) if "id" in request.matchdict else None
    kind = row.kind if row else str(request.GET.get("kind", REMINDER))
    language = str(request.GET.get("language", "en"))
    if kind not in KINDS or language not in COMMON:
        raise HTTPNotFound()
    return row, kind, language


def _shown(row: NoticeRule | None, kind: str, language: str) -> Form:
    about: Any = row or NoticeRule(kind=kind, words={}, **{"lead_days": 0, "lead_hours": 0, "not_within_hours": 0, "mode": 1, "mode_days": 30} | SAMPLES[kind])
    numbers = {name: getattr(about, name) for name in ("lead_days", "lead_hours", "not_within_hours", "mode", "mode_days")}
    flags = {name: "yes" if getattr(about, name) else "" for name in ("is_on", "send_all")}
    texts = {part: words.template(kind, about.words, language, part) for part in words.PARTS[kind]}
    return empty_form(clinic_id=about.clinic_id, send_order=",".join(about.send_order), **numbers, **flags, **texts)


def _check(request, form: Form, row: NoticeRule | None, kind: str) -> None:
    """What cannot be kept is refused at its field."""
    for part in words.PARTS[kind]:
        if form.data and (wrong := words.wrong_tags(kind, part, getattr(form.data, part))):
            known = ", ".join(f"[{tag}]" for tag in words.tags(kind, part))
            form.refuse(f"{', '.join(wrong)} is not known here. These are: {known}.", part)
    if form.data and row is None:
        clinic_id, reach = form.data.clinic_id, request.identity.clinic_ids
        if (clinic_id is None and reach) or (clinic_id and clinic_id not in _clinics(request)):
            form.refuse("Choose the clinic from the list.", "clinic_id")
    if form.data and kind in BEFORE and not (form.data.lead_days or form.data.lead_hours):
        form.refuse("Type how many days or hours before the visit it goes out.", "lead_days")


def _keep(request, row: NoticeRule | None, kind: str, language: str, values: dict[str, Any]) -> NoticeRule | None:
    """Keep a rule; None when there are too many."""
    texts = {part: values.pop(part) for part in words.PARTS[kind]}
    values["send_order"] = ["email"] if kind in INVITATIONS else values["send_order"].split(",")
    clinic_id, on = values.pop("clinic_id"), values.pop("is_on")
    del values["test_number"]
    action = "change" if row else "add"
    if row is None:
        try:
            row = ruling.add(request.db, request.practice_id, kind, clinic_id, values, request.now)
        except ruling.TooMany:
            return None
    for name, value in values.items():
        setattr(row, name, value)
    ruling.switch(row, on, request.now)
    ruling.write_words(row, language, texts)
    request.audit(f"appointments.notice_rule.{action}", target_id=row.id)
    return row


def _clinics(request) -> dict[UUID, str]:
    reach = request.identity.clinic_ids
    return {one.id: one.name for one in request.whole_tenant.clinics if not reach or one.id in reach}


def _values(request, row: NoticeRule | None, kind: str, language: str, form: Form) -> dict:
    typed = {part: form.values.get(part, "") for part in words.PARTS[kind]}
    own = (dict(row.words) if row else {}) | {language: typed}
    address = request.registry.portal.address(request.whole_tenant.host)
    one, two = examples.written(kind, own, language, request.whole_tenant, address, request.now)
    tongues = list(dict.fromkeys(["en", "es", *(row.words if row else ()), language]))
    return {
        "rule": row, "kind": kind, "heading": TITLES[kind], "form": form, "language": language, "clinics": _clinics(request), "orders": ORDERS, "modes": MODES,
        "tongues": [(tongue, english_name(tongue)) for tongue in tongues], "others": [(tongue, english_name(tongue)) for tongue in COMMON if tongue not in tongues],
        "parts": words.PARTS[kind], "part_words": PART_WORDS, "tags": {part: words.tags(kind, part) for part in ("body", words.LINE, words.MANY_BODY)}, "limits": LIMITS, "longest": LONGEST,
        "is_before": kind in BEFORE, "is_invitation": kind in INVITATIONS, "is_recall": kind == RECALL, "one": one, "two": two, "segments": words.segments(one.text),
        "many_segments": words.segments(two.text) if two else 0, "reach": request.identity.clinic_ids, "can_text": request.registry.texts is not None,
    }  # fmt: skip
