"""What staff may do: permissions of the office, gathered into roles. What no role names is denied."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.auth.realms import OPERATOR, OWN, STAFF, STILL_HERE

VIEW_AS, CHANGE_TABS = "office.view_as", "office.tabs.change"
OFFICE: dict[str, str] = {
    "office.home": "Open the office’s pages",
    "office.patients.see": "Find patients, see who has access",
    "office.patients.merge": "Make one chart of two",
    "office.patients.add": "Add patients by hand, change what was written by hand",
    "office.access.change": "Give patients access, invite them, take it away",
    "office.access.invite_many": "Invite many patients at once",
    "office.unmatched.see": "See who could not be matched with a patient",
    "office.unmatched.settle": "Settle who could not be matched",
    "office.records_requests.see": "See who asked for a record",
    "office.records_requests.settle": "Answer who asked for a record",
    "office.deliveries.see": "See mails and texts that did not get through",
    "office.deliveries.settle": "Try failed mails and texts again, take them off the list",
    "office.sync.see": "See what came in from the practice system, and what was refused",
    "office.sync.settle": "Look at refused records, try them again, take them off the list",
    "office.opendental.change": "Connect the practice’s Open Dental, start and pause it, set what means what, disconnect it",
    VIEW_AS: "View the portal as a patient",
    "office.tabs.see": "See which tabs are on, and what was changed",
    CHANGE_TABS: "Switch tabs and acts, name and order them, undo",
    "office.settings.change": "Change settings of the portal and of its tabs",
    "office.messages.see": "Read messages from patients",
    "office.messages.answer": "Answer messages from patients",
    "office.payments.see": "See payments that belong to nobody’s account yet",
    "office.payments.settle": "Assign payments to patients",
    "office.billing.see": "See patients’ accounts, statements, requests to pay, payment plans and what is owed",
    "office.billing.change": "Write into ledgers, make statements, ask for payments, offer payment plans",
    "office.card_service.see": "See how the account for card payments stands, payouts, and payments that do not agree",
    "office.card_service.change": "Connect the practice’s account for card payments, disconnect it",
    "office.plans.see": "See treatment plans that patients have signed or declined",
    "office.appointments.see": "See the book of appointments, what patients ask about visits, and recalls",
    "office.appointments.answer": "Answer what patients ask about visits, set how visits are confirmed",
    "office.appointments.change": "Change operatories, types, hours and recalls",
    "office.clinics.see": "See the clinics’ details, hours and providers",
    "office.clinics.change": "Change the clinics’ details, hours and providers",
    "office.addresses.change": "Change the portal’s addresses",
    "office.keys.change": "Make and revoke keys for practice systems, set the webhook that tells them",
    "office.reports.see": "See how the portal is used, in numbers",
    "office.audit.see": "Read and search the audit log",
    "office.audit.export": "Export the audit log",
    "office.imports.make": "Take in files of records, of this practice’s system or of another one",
    "office.exports.make": "Export everything the practice holds, or one patient",
    "office.branding.change": "Change the look: name, logo, colors, welcome",
    "office.staff.see": "See who works here with which role",
    "office.staff.change": "Invite staff, change roles, take access away",
}
"""Every permission of the office, in words."""
OPERATORS: dict[str, str] = {
    "operator.home": "Open the operator’s pages",
    "operator.enter": "Enter a practice, with a reason",
    "operator.practices.change": "Make practices, suspend and resume them, withhold tabs",
    "operator.health": "See how the installation is, and its plugins",
}
"""Every permission at the operator's own place."""


@dataclass(frozen=True)
class Role:
    """A kind of work in the office, and what it needs."""

    title: str
    summary: str
    permissions: frozenset[str]


def _role(title: str, summary: str, *names: str) -> Role:
    return Role(title, summary, frozenset({"office.home", *(f"office.{name}" for name in names)}))


_RECORDS = ("records_requests.see", "records_requests.settle")
_MESSAGES = ("messages.see", "messages.answer")
_APPOINTMENTS = ("appointments.see", "appointments.answer", "appointments.change")
_LOOKING = ("patients.see", "appointments.see", "unmatched.see", "clinics.see", "audit.see", "staff.see", "tabs.see", "reports.see", "deliveries.see", "sync.see")
ROLES: dict[str, Role] = {
    "office_admin": Role("Office admin", "Everything, staff and audit log included", frozenset(OFFICE)),
    "front_desk": _role(
        "Front desk", "Lets patients in and helps them", "patients.see", "patients.add", "access.change", "unmatched.see", "unmatched.settle", *_RECORDS, *_MESSAGES, *_APPOINTMENTS, "plans.see", "deliveries.see", "deliveries.settle", "sync.see", "sync.settle", "view_as"
    ),
    "billing": _role("Billing", "Looks after accounts and payments", "patients.see", "payments.see", "payments.settle", "billing.see", "billing.change", "plans.see", "card_service.see", "view_as"),
    "clinical": _role("Clinical", "Treats patients and answers their messages", "patients.see", *_RECORDS, *_MESSAGES, "appointments.see", "plans.see", "view_as"),
    "read_only": _role("Read only", "Sees the office’s pages and changes nothing", *_LOOKING),
}
NONE, SEE, ACT = "none", "see", "act"
LEVELS = (NONE, SEE, ACT)
"""How far a practice lets an operator go (the setting `portal.operator_access`), each further than the one before."""
SETTING = "portal.operator_access"
SUPPORT = {
    SEE: ROLES["read_only"].permissions,
    # An operator helps with the office's work, and never decides who works there. To look at a portal as its patient would open a session
    # that goes on after the visit. What can never be undone is the office's own to do, such as writing to patients in its name, and nobody
    # carries its records away.
    ACT: frozenset(OFFICE)
    - {
        "office.staff.change", "office.view_as", "office.patients.merge", "office.payments.settle", "office.billing.change", "office.card_service.change", "office.messages.answer", "office.appointments.answer",
        "office.exports.make", "office.imports.make", "office.keys.change",
    },
}
"""What an operator may do who has entered a practice, by the level of the visit."""


def may_enter(allowed: str, level: str | None = SEE) -> bool:
    """Whether a practice that allows this has an operator in who looks, or acts."""
    return level in SUPPORT and LEVELS.index(level) <= LEVELS.index(allowed)


def permissions_of(kind: str, role: str, level: str | None = None) -> frozenset[str]:
    """The permissions of a signed-in account of the office; `level` is that of an operator who has entered a practice."""
    if kind == STAFF and role in ROLES:
        return ROLES[role].permissions | {OWN, STILL_HERE}
    if kind == OPERATOR and level is None:
        return frozenset(OPERATORS) | {OWN, STILL_HERE}
    return SUPPORT[level] | {STILL_HERE} if kind == OPERATOR and level in SUPPORT else frozenset()


def titles_of(permissions: Iterable[str]) -> list[str]:
    """Permissions in words, in the order of the list above."""
    return [title for name, title in (OFFICE | OPERATORS).items() if name in set(permissions)]
