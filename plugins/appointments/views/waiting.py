"""The patient's wait list: for what they wait, what suits them, and the times that are offered to them."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.policy import tenant_at
from core.web.forms import Form, read_form
from plugins.appointments.models import WaitListEntry
from plugins.appointments.waiting import answering, joining, listing
from plugins.appointments.waiting.forms import WishForm, checked, choices, form_of, typed_lists
from plugins.appointments.waiting.joining import Asker, What
from plugins.appointments.waiting.words import shown_entry, shown_time

WAIT = "appointments.wait"
PAGE, FORM = "appointments/wait.jinja2", "appointments/wait_form.jinja2"
KINDS = ("visit", "recall", "type")
TAKEN = "Somebody else was quicker: this time is taken. You stay on the list, and we tell you of the next one."


@view_config(route_name="appointments.wait", permission=WAIT, request_method="GET", renderer=PAGE)
def wait_page(request):
    """Offers that can be accepted, for what somebody waits, and for what else they could."""
    practice_id, patient_id, now, tenant = request.practice_id, request.person.id, request.now, request.tenant
    rows = listing.of_patient(request.db, practice_id, patient_id, now)
    by_entry = {row.entry.id: row for row in rows}
    offers = [
        (offer.id, shown_time(tenant, opening, by_entry[offer.entry_id].minutes, now))
        for offer, opening in answering.open_offers(request.db, practice_id, patient_id, now)
        if answering.is_wanted(by_entry.get(offer.entry_id), opening)
    ]
    request.audit("appointments.wait.view", patient_id)
    more = listing.could_wait(request.db, practice_id, patient_id, now, rows)
    return {"offers": offers, "entries": [shown_entry(tenant, row, now) for row in rows], "more": listing.in_words(tenant, more, now)}


@view_config(route_name="appointments.wait_join", permission=WAIT, request_method="GET", renderer=FORM)
def join_page(request):
    """What suits, for something new."""
    what = _what(request)
    return _form(request, form_of(None), None, _title(request, what))


@view_config(route_name="appointments.wait_join", permission=WAIT, request_method="POST", renderer=FORM)
def join(request):
    """Put the person in view on the list."""
    what, form = _what(request), read_form(request, WishForm)
    wish = checked(form, request.tenant)
    if wish is None:
        return _refused(request, form, None, _title(request, what))
    try:
        entry_id = joining.join(request.db, request.practice_id, request.person.id, what, Asker(request.identity.account_id), request.now, wish)
    except joining.CannotWait as wrong:
        request.session.flash(str(wrong))
        return HTTPSeeOther(request.route_path("appointments.wait"))
    return _done(request, "appointments.wait.join", entry_id, "You are on the list. We tell you as soon as a time comes open that suits you.")


@view_config(route_name="appointments.wait_change", permission=WAIT, request_method="GET", renderer=FORM)
def change_page(request):
    """What suits, as it stands."""
    entry = _entry(request)
    return _form(request, form_of(entry), entry, _title_of(request, entry))


@view_config(route_name="appointments.wait_change", permission=WAIT, request_method="POST", renderer=FORM)
def change(request):
    """Change what suits."""
    entry, form = _entry(request), read_form(request, WishForm)
    wish = checked(form, request.tenant)
    if wish is None:
        return _refused(request, form, entry, _title_of(request, entry))
    joining.change(request.db, entry, wish, request.now)
    return _done(request, "appointments.wait.change", entry.id, "What suits you is changed.")


@view_config(route_name="appointments.wait_end", permission=WAIT, request_method="POST")
def end(request):
    """Take the person in view off the list."""
    entry = _entry(request)
    joining.end(request.db, entry, "patient", request.identity.account_id, request.now)
    return _done(request, "appointments.wait.end", entry.id, "You are off the list, and we ask no more.")


@view_config(route_name="appointments.wait_answer", permission=WAIT, request_method="POST")
def answer(request):
    """Accept or decline what is offered."""
    try:
        offer_id = UUID(request.matchdict["offer_id"])
        opened = answering.open_own(request.db, request.practice_id, request.person.id, offer_id, request.now)
    except (ValueError, answering.BadLink):
        raise HTTPNotFound() from None
    account_id, said = request.identity.account_id, request.matchdict["answer"]
    if said not in ("accept", "decline"):
        raise HTTPNotFound()
    if said == "accept":
        try:
            answering.accept(request.db, tenant_at(request, opened.opening.clinic_id), opened, account_id, request.now)
        except answering.TooLate:
            answering.miss(opened, request.now)
            request.session.flash(TAKEN)
            return HTTPSeeOther(request.route_path("appointments.wait"))
        return _done(request, "appointments.offer.accept", offer_id, "The time is yours. We look forward to seeing you.", "appointments.home")
    answering.decline(request.db, opened, account_id, request.now, for_good=False)
    return _done(request, "appointments.offer.decline", offer_id, "Thank you for telling us. You stay on the list.")


def _done(request, action: str, target_id: UUID, words: str, route: str = "appointments.wait") -> HTTPSeeOther:
    request.audit(action, request.person.id, target_id)
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(route))


def _what(request) -> What:
    try:
        return What({kind: kind for kind in KINDS}[request.matchdict["kind"]], UUID(request.matchdict["id"]))
    except (KeyError, ValueError):
        raise HTTPNotFound() from None


def _entry(request) -> WaitListEntry:
    try:
        return joining.find(request.db, request.practice_id, request.person.id, UUID(request.matchdict["id"]))
    except (ValueError, joining.NoSuchEntry):
        raise HTTPNotFound() from None


def _title(request, what: What) -> str:
    """For what it is, in words; HTTPNotFound for what is not theirs, or cannot be waited for."""
    found = listing.could_wait(request.db, request.practice_id, request.person.id, request.now, ())
    title = next((one.title for one in listing.in_words(request.tenant, found, request.now) if (one.kind, one.id) == (what.kind, what.id)), None)
    if title is None:
        raise HTTPNotFound()
    return title


def _title_of(request, entry: WaitListEntry) -> str:
    rows = listing.of_patient(request.db, request.practice_id, request.person.id, request.now)
    return next((shown_entry(request.tenant, row, request.now).title for row in rows if row.entry.id == entry.id), "")


def _form(request, form: Form, entry: WaitListEntry | None, title: str, typed: dict[str, list[str]] | None = None) -> dict:
    return choices(request.tenant, form, entry, typed) | {"title": title, "entry": entry}


def _refused(request, form: Form, entry: WaitListEntry | None, title: str) -> dict:
    request.response.status = "422 Unprocessable Content"
    return _form(request, form, entry, title, typed_lists(request))
