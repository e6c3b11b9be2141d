"""How patients get in: credentials that the office gives, an invitation by e-mail, and taking access away again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import allowance, audit
from core.auth import devices, offices, services, tickets
from core.auth.models import Account, Ticket
from core.auth.one_time import draw_password, end_of, has_ended, last_day_of
from core.auth.passwords import check_password
from core.auth.user_names import TAKEN, WrongUserName, free_user_name
from core.people.family import refresh_grants_to
from core.people.models import Patient
from core.tasks import Work, enqueue, portal_task

INVITATION = "invitation"
FIRST = "first sign-in to come"
NO_ROOM = "The office can’t let in anybody more at the moment. Please call us."


class CannotGiveAccess(Exception):
    """The patient cannot be given access like this; the text says why and what to do."""


class NoRoom(CannotGiveAccess):
    """The practice's plan includes no more patients with access; the text is for whoever is about to take it."""


class WrongBirthdate(Exception):
    """The birthdate is not that of the person who was invited."""


@dataclass(frozen=True)
class Credentials:
    """What the sheet carries: it opens the portal once, then the patient chooses a password. `last_day` is the last on which it does."""

    user_name: str
    password: str
    last_day: date | None = None


@dataclass(frozen=True)
class Entry:
    """One line of the list of who has access. `state` is `open`, `first sign-in to come`, `password ended`, `closed` or `invited`.

    `language` is the one that the person asks for in the portal, a tag; empty when they leave it to the chart.
    """

    patient: str
    user_name: str
    state: str
    signed_in_at: datetime | None
    language: str = ""


def give(session: Session, practice_id: UUID, whom: str | UUID, now: datetime, by: UUID | None = None) -> Credentials:
    """A user name and a one-time password; a second call makes a new password, and opens access again that was closed.

    `whom` is here and below the number of a chart, or the patient's id: who has no number gets in as well. What opened the account before ends: the password, sessions, links. `by` is whose account gives it. Raises CannotGiveAccess.
    """
    patient = _patient(session, practice_id, whom)
    _require_birthdate(patient)
    password = draw_password()
    account = account_of(session, practice_id, patient.id)
    if account is None or account.closed_at:
        _need_room(session, practice_id)
    if account is None:
        account = services.create_account(session, patient, free_user_name(session, practice_id, patient.first_name), password, now)
    else:
        account.closed_at = None
        services.set_password(session, account, password, now)
        refresh_grants_to(session, practice_id, patient.id, now)
    account.is_first, account.password_ends_at = True, end_of(session, practice_id, now)
    tickets.void(session, practice_id, now, INVITATION, patient_id=patient.id)
    _record(session, "access.given", patient, account, now, by)
    return Credentials(account.user_name, password, last_day_of(session, account))


def invite(session: Session, practice_id: UUID, whom: str | UUID, now: datetime, by: UUID | None = None) -> None:
    """Ask for an invitation to be sent; an earlier one is void as soon as it goes out. Raises CannotGiveAccess."""
    patient = _patient(session, practice_id, whom)
    _require_birthdate(patient)
    if not patient.email:
        raise CannotGiveAccess(f"{_called(patient)} has no e-mail address. Enter it in your practice system, or give access on paper.")
    if account := account_of(session, practice_id, patient.id):
        has = "has access already" if account.closed_at is None else "had access, which was closed"
        raise CannotGiveAccess(f"{_called(patient)} {has}. Give access on paper, which makes a new one-time password for the same account.")
    _need_room(session, practice_id)
    enqueue(session, "auth.send_invitation", patient_id=str(patient.id))
    _record(session, "access.invited", patient, None, now, by)


def close(session: Session, practice_id: UUID, whom: str | UUID, now: datetime, by: UUID | None = None) -> None:
    """Take access away: sessions end at once, open links and invitations are void. Raises CannotGiveAccess."""
    patient = _patient(session, practice_id, whom)
    invited = _open_invitation(session, patient, now)
    account = account_of(session, practice_id, patient.id)
    if (account is None or account.closed_at) and not invited:
        raise CannotGiveAccess(f"{_called(patient)} has no access that could be closed.")
    tickets.void(session, practice_id, now, INVITATION, patient_id=patient.id)
    if account and account.closed_at is None:
        account.closed_at = now
        refresh_grants_to(session, practice_id, patient.id, now)
        services.sign_out_others(session, practice_id, account.id)
        tickets.void(session, practice_id, now, account_id=account.id)
        offices.forget(session, offices.Holder(practice_id, account.id))
    _record(session, "access.closed", patient, account, now, by)


def end_sessions(session: Session, practice_id: UUID, whom: str | UUID, now: datetime, by: UUID | None = None) -> int:
    """Sign a patient out everywhere, such as when a phone was lost; returns how many devices it were. Raises CannotGiveAccess."""
    patient = _patient(session, practice_id, whom)
    account = account_of(session, practice_id, patient.id)
    if account is None:
        raise CannotGiveAccess(f"{_called(patient)} has no access.")
    _record(session, "access.signed_out", patient, account, now, by)
    # A phone that was lost may be signed in at another office, too, and would come back from there.
    offices.forget(session, offices.Holder(practice_id, account.id))
    return services.sign_out_others(session, practice_id, account.id)


def end_session(session: Session, practice_id: UUID, whom: str | UUID, session_id: UUID, now: datetime, by: UUID | None = None) -> None:
    """Sign a patient out in one browser. Raises CannotGiveAccess."""
    patient = _patient(session, practice_id, whom)
    account = account_of(session, practice_id, patient.id)
    if account is None or not devices.sign_out_device(session, practice_id, account.id, session_id):
        raise CannotGiveAccess("That device is signed out already.")
    _record(session, "access.signed_out_one", patient, account, now, by)
    # As above: it would come back from there.
    offices.forget(session, offices.Holder(practice_id, account.id))


def unused(session: Session, practice_id: UUID, patient_id: UUID, user_name: str, password: str, now: datetime) -> Credentials | None:
    """These credentials, if they were given and can still be used for the first time: only then may a sheet be made of them."""
    account = account_of(session, practice_id, patient_id)
    if account is None or state_of(account, now) != FIRST or account.user_name != user_name:
        return None
    return Credentials(user_name, password, last_day_of(session, account)) if check_password(account.password_hash, password) else None


def entries(session: Session, practice_id: UUID, now: datetime) -> list[Entry]:
    """Everybody who has, had or was offered access, by the number of the chart."""
    mine = (Patient.practice_id == practice_id, Account.practice_id == practice_id, Account.patient_id == Patient.id)
    found = [
        Entry(number or "", account.user_name, state_of(account, now), account.signed_in_at, account.language)
        for number, account in session.execute(select(Patient.external_id, Account).where(*mine))
    ]
    asked = (Ticket.practice_id == practice_id, Ticket.patient_id == Patient.id, *usable_invitations(now))
    invited = session.scalars(select(Patient.external_id).where(Patient.practice_id == practice_id, *asked).distinct())
    found += [Entry(number or "", "", "invited", None) for number in invited]
    return sorted(found, key=lambda entry: (entry.patient, entry.user_name))


def state_of(account: Account, now: datetime) -> str:
    """How an account stands: `open`, `first sign-in to come`, `password ended` (the one-time one, unused) or `closed`."""
    if account.closed_at:
        return "closed"
    if account.is_first:
        return "password ended" if has_ended(account, now) else FIRST
    return "open"


def account_of(session: Session, practice_id: UUID, patient_id: UUID) -> Account | None:
    """The patient's own account, open or closed."""
    where = (Account.practice_id == practice_id, Account.patient_id == patient_id)
    return session.scalars(select(Account).where(*where).order_by(Account.closed_at.is_not(None), Account.created_at).limit(1)).first()


def open_invitation(session: Session, practice_id: UUID, token: str, now: datetime) -> Ticket:
    """The invitation that a link opens; looking at it does not use it up. Raises BadTicket."""
    ticket = tickets.open_link(session, practice_id, INVITATION, token, now)
    patient = session.get_one(Patient, (practice_id, ticket.patient_id))
    # The office may have corrected the address since: whoever got the mail at the old one is somebody else.
    if ticket.tries >= tickets.MOST_TRIES or patient.email != ticket.email:
        raise tickets.BadTicket
    return ticket


def prove_birthdate(session: Session, ticket: Ticket, born: date, now: datetime) -> Patient:
    """The patient whom a link is about, if this is the birthdate. The fifth wrong one ends the link. Raises BadTicket, WrongBirthdate; the caller must commit."""
    patient = session.get_one(Patient, (ticket.practice_id, ticket.patient_id))
    right = patient.birthdate is not None and patient.birthdate == born
    # Counted and locked in one statement: many who guess at the same time have five tries together.
    counted = session.scalar(
        update(Ticket)
        .where(Ticket.practice_id == ticket.practice_id, Ticket.id == ticket.id, *usable_links(ticket.kind, now))
        .values(tries=Ticket.tries + (0 if right else 1))
        .returning(Ticket.tries)
    )
    if counted is None or counted >= tickets.MOST_TRIES:
        raise tickets.BadTicket
    if not right:
        raise WrongBirthdate
    return patient


def accept(session: Session, ticket: Ticket, token: str, user_name: str, password: str, now: datetime) -> Account:
    """Use the invitation up: the account that was asked for. Without a user name it gets one. Raises BadTicket, WrongUserName."""
    patient = session.get_one(Patient, (ticket.practice_id, ticket.patient_id))
    with session.begin_nested():  # the link stays good when the name was taken
        tickets.use_link(session, ticket.practice_id, INVITATION, token, now)
        return open_account(session, patient, user_name, password, now)


def open_account(session: Session, patient: Patient, user_name: str, password: str, now: datetime) -> Account:
    """An account for a patient who has none. Without a user name it gets one. Raises WrongUserName, also when somebody was quicker, NoRoom."""
    try:
        allowance.need_room(session, patient.practice_id, "patients")
    except allowance.Full:
        raise NoRoom(NO_ROOM) from None
    name = user_name or free_user_name(session, patient.practice_id, patient.first_name)
    return _unless_taken(session, lambda: services.create_account(session, patient, name, password, now))


def _need_room(session: Session, practice_id: UUID) -> None:
    try:
        allowance.need_room(session, practice_id, "patients")
    except allowance.Full as full:
        raise CannotGiveAccess(str(full)) from None


def open_for_representative(
    session: Session, practice_id: UUID, name: str, email: str, user_name: str, password: str, now: datetime
) -> Account:
    """An account for somebody without a chart. Without a user name it gets one. Raises WrongUserName, also when somebody was quicker."""
    user_name = user_name or free_user_name(session, practice_id, name.partition(" ")[0])
    return _unless_taken(session, lambda: services.create_representative(session, name, email, user_name, password, now))


def _unless_taken(session: Session, create: Callable[[], Account]) -> Account:
    try:
        with session.begin_nested():
            return create()
    except IntegrityError:
        raise WrongUserName(TAKEN) from None


@portal_task("auth.send_invitation", mail="Invitation")
def send_invitation(work: Work, patient_id: str) -> None:
    """Make the link here and put it into the mail, nowhere else; whoever got access in the meantime gets none."""
    patient = work.db.get(Patient, (work.tenant.practice_id, UUID(patient_id)))
    if patient is None or not patient.email or account_of(work.db, work.tenant.practice_id, patient.id):
        return
    lives = timedelta(days=work.tenant.settings["portal.invitation_days"])
    token = tickets.issue_link(work.db, INVITATION, work.now, lives, patient.email, patient_id=patient.id)
    until = (work.now + lives).astimezone(work.tenant.time_zone).date()
    work.send_mail(patient.email, "mail/invitation", {"path": f"/invitation/{token}", "until": until})


def usable_invitations(now: datetime) -> tuple:
    """Which tickets are invitations that still open something."""
    return usable_links(INVITATION, now)


def usable_links(kind: str, now: datetime) -> tuple:
    """Which tickets of a kind still open something to whoever knows the birthdate."""
    return Ticket.kind == kind, Ticket.used_at.is_(None), Ticket.expires_at > now, Ticket.tries < tickets.MOST_TRIES


def _open_invitation(session: Session, patient: Patient, now: datetime) -> bool:
    where = (Ticket.practice_id == patient.practice_id, Ticket.patient_id == patient.id)
    return session.scalar(select(Ticket.id).where(*where, *usable_invitations(now)).limit(1)) is not None


def _patient(session: Session, practice_id: UUID, whom: str | UUID) -> Patient:
    # Locked: two who give access to a patient at the same moment come one after the other.
    meant = Patient.id == whom if isinstance(whom, UUID) else Patient.external_id == whom
    patient = session.scalars(select(Patient).where(Patient.practice_id == practice_id, meant).with_for_update()).one_or_none()
    if patient is None:
        raise CannotGiveAccess(f"There is no patient {whom} here. Use the number that your practice system sends.")
    return patient


def _called(patient: Patient) -> str:
    return f"Patient {patient.external_id}" if patient.external_id else "This patient"


def _require_birthdate(patient: Patient) -> None:
    if patient.birthdate is None:
        raise CannotGiveAccess(f"{_called(patient)} has no birthdate. Enter it in your practice system first.")


def _record(session: Session, action: str, patient: Patient, account: Account | None, now: datetime, by: UUID | None) -> None:
    target_id = account.id if account else None
    audit.record(session, patient.practice_id, action, now, account_id=by, patient_id=patient.id, target_id=target_id)
