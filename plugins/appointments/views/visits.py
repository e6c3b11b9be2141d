"""The Appointments tab: the visits of the person in view, or of everybody whose visits the account may see."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.identity import Person
from core.records import freshness
from plugins.appointments.pages import book_path
from plugins.appointments.services import confirming, needs, visits
from plugins.appointments.shown import NO_TIME, ShownVisit, show
from plugins.appointments.shown_requests import show_offers, show_requests

SEE, CONFIRM, WAIT = "appointments.see", "appointments.confirm", "appointments.wait"
EVERYONE = "everyone"
MOVED = "This visit has passed or was changed by the office, so it can’t be confirmed here. Please call us if you have a question."


@view_config(route_name="appointments.home", permission=SEE, request_method="GET", renderer="appointments/home.jinja2")
def home(request):
    """Visits, newest first, and what waits for an answer; of one person, or of several in one list."""
    page, who = _page(request), request.GET.get("who", "")
    people = _people(request) if len(request.identity.people) > 1 else []
    chosen = _chosen(request, who, people)
    return _of_several(request, page, who, people, chosen) if chosen else _of_one(request, page, people)


@view_config(route_name="appointments.confirm", permission=CONFIRM, request_method="POST")
def confirm(request):
    """Confirm one visit in place."""
    try:
        visit_id = UUID(request.matchdict["visit_id"])
        confirming.confirm(request.db, request.practice_id, request.person.id, visit_id, request.identity.account_id, request.now)
    except (ValueError, confirming.NoSuchVisit):
        raise HTTPNotFound() from None
    except confirming.CannotConfirm:
        request.session.flash(MOVED)
        return HTTPSeeOther(request.route_path("appointments.home"))
    request.audit("appointments.visit.confirm", request.person.id, visit_id)
    request.session.flash("Thank you, your visit is confirmed.")
    return HTTPSeeOther(request.route_path("appointments.home"))


def _of_one(request, page: int, people: list[Person]) -> dict:
    found = visits.visits(request.db, request.tenant, request.person.id, request.now, page)
    request.audit("appointments.list.view", request.person.id)
    today = request.now.astimezone(request.tenant.time_zone).date()
    looks = found.has_needs and page == 1
    waits = needs.of_patient(request.db, request.practice_id, request.person.id, request.now, today) if looks else needs.NOTHING
    shown = show(found.visits, request.now)
    answers = request.has_permission(CONFIRM)
    about = {
        "asked": show_requests(waits.requests, request.tenant, request.now), "due": waits.recalls, "book": book_path(request, {}) if waits.recalls else "",
        "offers": show_offers(waits.offers, request.tenant, request.now) if request.has_permission(WAIT) else [],
    }  # fmt: skip
    return _parts(shown, [visit for visit in reversed(shown) if visit.needs_answer and answers]) | about | _list(request, page, found, people, "")


def _of_several(request, page: int, who: str, people: list[Person], chosen: list[Person]) -> dict:
    homes = {person.id: request.tenant_of(person) for person in chosen}
    found = visits.of_family(request.db, request.tenant, homes, request.now, page)
    for person in chosen:
        request.audit("appointments.list.view", person.id)
    names = {str(person.id): person.short_name for person in chosen}
    answers = {str(person.id) for person in chosen if request.may(person, CONFIRM)}
    own = str(request.person.id)
    shown = [
        row._replace(whose=names[visit.patient_id], other="" if visit.patient_id == own else visit.patient_id, needs_answer=row.needs_answer and visit.patient_id in answers)
        for visit, row in zip(found.visits, show(found.visits, request.now), strict=True)
    ]
    about: dict = {"asked": [], "due": [], "book": "", "offers": [], "of": chosen[0] if len(chosen) == 1 else None}
    return _parts(shown, [visit for visit in reversed(shown) if visit.needs_answer]) | about | _list(request, page, found, people, who)


def _parts(shown: list[ShownVisit], waiting: list[ShownVisit]) -> dict:
    return {
        "waiting": waiting,
        # What comes next stands first; what has been, the newest first.
        "coming": [visit for visit in reversed(shown) if not visit.is_past and visit.when != NO_TIME],
        "past": [visit for visit in shown if visit.is_past and visit.when != NO_TIME],
        "planned": [visit for visit in shown if visit.when == NO_TIME],
    }


def _list(request, page: int, found: visits.Listed, people: list[Person], who: str) -> dict:
    path = request.path_of("appointments.home")
    current = who or str(request.person.id)
    named = [(str(person.id), person.short_name) for person in people]
    filters = [(words, f"{path}?who={value}", value == current, 0) for value, words in [*named, (EVERYONE, "Everyone")]] if people else []
    stale = freshness.is_stale(found.came_at, request.tenant.settings[freshness.HOURS], request.now)
    return {"page": page, "more": found.more, "filters": filters, "who": who, "stale_since": found.came_at if stale else None}


def _people(request) -> list[Person]:
    """Whose visits may be shown together: nobody's, where there is only one."""
    people = [person for person in request.identity.people if request.may(person, SEE)]
    return people if len(people) > 1 else []


def _chosen(request, who: str, people: list[Person]) -> list[Person]:
    """Who is asked for beside the person in view; nobody for the usual page."""
    if who in ("", str(request.person.id)):
        return []
    chosen = people if who == EVERYONE else [person for person in people if str(person.id) == who]
    if not chosen:
        raise HTTPNotFound()
    return chosen


def _page(request) -> int:
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and int(text[:4]) >= 1 and len(text) <= 4):
        raise HTTPNotFound()
    return int(text)
