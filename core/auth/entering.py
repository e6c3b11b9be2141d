"""The one way in. Password, link, passkey, invitation: each ends here, so that none goes around the second factor."""

from datetime import datetime, timedelta

from pydantic import BaseModel
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from sqlalchemy import exists, select

from core.auth import known_devices, services
from core.auth.models import Account, Passkey, SignInSession
from core.auth.realms import PERSON, Realm
from core.db import write_again
from core.web import cookies
from core.web.forms import keep_typed, read_form

PROOF_LASTS = timedelta(minutes=10)
SECOND, WELCOME = "second", "welcome"
"""What a session waits for that is not whole yet; the page of each has the same name."""
NOTHING_LEFT = "The access that you were given has ended: there is no record here any more that you may see. If this is not right, please call us."


class ProvenElsewhere(Exception):
    """An operator in a practice has no password here: who it is was proven before entering, and is proven again by entering again."""


def enter(
    request, account: Account, next_path: str | None = None, second_done: bool = False, since: datetime | None = None
) -> HTTPSeeOther:
    """Open a session for an account that has proven itself, set the cookie, and lead to what is still to be done, else onward.

    `second_done` says that the proof was two factors already: a passkey, or the second step itself. `since` is when somebody signed in
    at another office who comes over from there: it proves nothing here, so a change that matters asks for the password. Raises
    HTTPNotFound for an account of the other realm, whatever it has proven.
    """
    if account.kind not in request.realm.kinds:
        raise HTTPNotFound()
    if account.kind == PERSON and account.patient_id is None and not services.sees_somebody(request.db, account, request.now):
        request.session.flash(NOTHING_LEFT)
        return HTTPSeeOther(request.own_path("sign_in"))
    write_again(request.db)  # whoever was here before may only have looked
    if request.visitor.row:  # rotated: the token from before this proof is worth nothing any more
        services.sign_out(request.db, request.practice_id, request.visitor.row.id)
    stage = stage_of(request, account, second_done)
    place = services.Place(request.remote_addr or "", request.user_agent or "", request.realm.name, since)
    token = services.open_session(request.db, account, request.now, place, stage)
    account.signed_in_at = request.now
    request.audit_of(account.id, "auth.sign_in" if not stage else f"auth.sign_in.{stage}")
    # A fresh form token, so that one planted before sign-in opens nothing.
    request.session.invalidate()
    response = send_token(request, HTTPSeeOther(lead_on(request, stage, next_path or request.realm.home)), token)
    # Not before the second factor: who knows no more than the password is a stranger still.
    return response if stage == SECOND else known_devices.remember(request, response, account)


def stage_of(request, account: Account, second_done: bool) -> str:
    """What is still to be done before the session is whole: the second factor, the first sign-in, or nothing."""
    if not second_done and needs_second(request, account):
        return SECOND
    if request.realm.is_office:
        return ""
    if account.is_first or account.notice_version < request.tenant.notice_version:
        return WELCOME
    return ""


def needs_second(request, account: Account) -> bool:
    """Whether this account has a second factor, or must have one: staff always, everybody where the office wants it."""
    if request.realm.is_office or account.totp_secret or account.email_codes or request.tenant.settings["portal.second_factor"] == "required":
        return True
    keys = select(exists().where(Passkey.practice_id == request.practice_id, Passkey.account_id == account.id))
    return bool(request.db.scalar(keys))


def lead_on(request, stage: str, next_path: str) -> str:
    """The page that comes next."""
    if not stage:
        return next_path
    return request.own_path(stage, {} if next_path == request.realm.home else {"next": next_path})


def send_token(request, response, token: str, realm: Realm | None = None):
    """Give the browser its session, of this realm or of another."""
    return cookies.put(request, response, (realm or request.realm).cookie, token)


def is_proven(request) -> bool:
    """Whether the person has proven within the last ten minutes who they are."""
    proven_at = request.visitor.row.proven_at
    return proven_at is not None and request.now - proven_at <= PROOF_LASTS


def need_proof(request, back: str | None = None, keep: type[BaseModel] | None = None) -> None:
    """Before what matters: the person has proven within the last ten minutes who they are, else is asked to.

    The proof leads `back`, else to the page that was asked for. What was typed into the form that `keep` describes is there again then,
    if that page begins its form with `core.web.forms.begun_form`; secrets are not kept. Raises HTTPSeeOther, ProvenElsewhere.
    """
    if is_proven(request):
        return
    if request.identity and request.identity.support:
        raise ProvenElsewhere
    back = back or request.path
    if keep and request.method == "POST":
        keep_typed(request, back, read_form(request, keep).values)
    raise HTTPSeeOther(request.own_path("prove", {"next": back}))


def came_over_at(request) -> datetime | None:
    """When the person signed in at another office, if this session came over from there and has proven nothing here."""
    row = request.visitor.row
    return row.created_at if row.proven_at is None else None


def pending(request, stage: str) -> SignInSession | None:
    """The session of this browser if it waits for this stage."""
    row = request.visitor.row
    if row is None or row.stage != stage:
        return None
    return request.db.get(SignInSession, (request.practice_id, row.id))
