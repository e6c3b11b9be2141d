"""The access log of one record, in plain words: who opened, changed or downloaded what, when, and in which relation."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.auth.realms import OPERATOR

PAGE = 50
LAST_PAGE = 200

WHOLE = {
    "portal.home.view": "Opened the home page",
    "portal.family.view": "Opened the family page",
    "portal.switch_person": "Switched to this record",
    "portal.access_log.view": "Opened this access log",
}
VERBS = {
    "view": "Opened", "open": "Opened", "download": "Downloaded", "print": "Printed", "send": "Sent", "receive": "Received",
    "share": "Shared", "mail": "Sent by e-mail", "make": "Made", "add": "Added", "create": "Added", "change": "Changed", "update": "Changed",
    "remove": "Removed", "delete": "Removed", "confirm": "Confirmed", "cancel": "Cancelled", "book": "Booked", "request": "Asked for",
    "sign": "Signed", "pay": "Paid", "import": "Took in", "export": "Exported",
}  # fmt: skip
THINGS = {
    "list": "the list", "visit": "a visit", "statement": "a statement", "ledger": "the account history", "payment": "a payment",
    "receipt": "a receipt", "plan": "a treatment plan", "document": "a health document", "image": "an image", "message": "a message",
    "form": "a form", "grant": "who may see this record", "invitation": "an invitation", "record": "the record",
}  # fmt: skip

# Who, from the account's own patient; the relation is the one that held when it happened.
_ENTRIES = text("""
select event.happened_at, event.action, event.account_id, account.kind, actor.id as actor_id,
    coalesce(nullif(actor.preferred_name, ''), actor.first_name) || ' ' || actor.last_name as actor_name,
    (select access_grant.relation from access_grant
        where access_grant.practice_id = :practice and access_grant.account_id = event.account_id
        and access_grant.patient_id = event.patient_id and access_grant.since <= event.happened_at
        and (access_grant.until is null or access_grant.until > event.happened_at)
        order by access_grant.since desc, access_grant.id desc limit 1) as relation
from audit_event event
left join account on account.practice_id = :practice and account.id = event.account_id
left join patient actor on actor.practice_id = :practice and actor.id = account.patient_id
where event.practice_id = :practice and event.patient_id = :patient
and (cast(:tabs as text[]) is null or split_part(event.action, '.', 1) = any(cast(:tabs as text[])))
order by event.happened_at desc, event.id desc
limit :most offset :skipped
""")


class Entry(NamedTuple):
    """One line of the log, ready to be read. `relation` is empty for the person's own acts."""

    at: datetime
    what: str
    owner: str
    who: str
    relation: str


def entries(
    session: Session, practice_id: UUID, patient_id: UUID, reader: UUID, page: int = 1, tabs: Iterable[str] | None = None
) -> tuple[list[Entry], bool]:
    """Fifty entries about one patient, newest first, and whether there are more. `reader` is the account that reads; `tabs` limits
    the log to what the reader may see of the record, None is all of it."""
    limits = {"most": PAGE + 1, "skipped": (min(max(page, 1), LAST_PAGE) - 1) * PAGE, "tabs": None if tabs is None else sorted(tabs)}
    rows = session.execute(_ENTRIES, {"practice": practice_id, "patient": patient_id, **limits}).mappings().all()
    return [_entry(row, patient_id, reader) for row in rows[:PAGE]], len(rows) > PAGE


def _entry(row: Mapping, patient_id: UUID, reader: UUID) -> Entry:
    is_own = row["actor_id"] == patient_id
    relation = "" if is_own or not row["actor_id"] else (row["relation"] or "no longer allowed").replace("_", " ")
    return Entry(row["happened_at"], sentence(row["action"]), row["action"].partition(".")[0], _who(row, reader), relation)


def _who(row: Mapping, reader: UUID) -> str:
    if row["account_id"] == reader:
        return "You"
    if row["kind"] == OPERATOR:
        return "The portal’s operator"
    return row["actor_name"] or "The office"


def sentence(action: str) -> str:
    """What was done, in words: "account.statement.download" is "Downloaded a statement"; an action that is new is still readable."""
    if action in WHOLE:
        return WHOLE[action]
    words = [_plain(part) for part in action.split(".")[1:] if part]
    if not words:
        return "Used the portal"
    verb = VERBS.get(words[-1])
    if verb is None:
        return f"Used: {' '.join(words)}"
    thing = " ".join(words[:-1])
    return f"{verb} {THINGS.get(thing, thing)}".strip()


def _plain(part: str) -> str:
    return part.replace("_", " ").strip()
