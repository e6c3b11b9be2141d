"""The look of a practice and of its clinics: chosen, kept with its history, undone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import audit
from core.allowance import need_room
from core.db import uuid7
from core.files.storage import count_bytes
from core.people.models import Provider
from core.plans import STORAGE
from core.safety.emblems import Emblem
from core.tenant import touch
from tenants.models import Branding, BrandingChange, BrandingPicture, Clinic

MARKS = ("logo", "icon", "photo")
"""The fields that hold the mark of a picture."""
UNUSED_FOR = timedelta(days=1)
"""How long a picture is kept that somebody sent and never saved."""
LATEST = 20


class CannotChangeLook(Exception):
    """There is nothing to be changed here; it is said what to do."""


@dataclass(frozen=True)
class By:
    """Who changes a look: the account, and the name that history shows."""

    account_id: UUID | None
    name: str


def keep_picture(session: Session, practice_id: UUID, emblem: Emblem, now: datetime) -> str:
    """Keep a picture under the mark of what it shows; the same one is kept once. Raises Full."""
    size = len(emblem.body) + len(emblem.small) + len(emblem.large)
    mark = sha256(emblem.content_type.encode() + b"\0" + emblem.body).hexdigest()[:32]
    values = {"practice_id": practice_id, "id": uuid7(), "mark": mark, "content_type": emblem.content_type, "body": emblem.body}
    row = insert(BrandingPicture).values(**values, small=emblem.small, large=emblem.large, made_at=now)
    if not has_picture(session, practice_id, mark):
        need_room(session, practice_id, STORAGE, size)
    is_new = row.on_conflict_do_update(index_elements=["practice_id", "mark"], set_={"made_at": now}).returning(literal_column("xmax = 0", Boolean))
    if session.scalar(is_new):
        count_bytes(session, size)
    return mark


def has_picture(session: Session, practice_id: UUID, mark: str) -> bool:
    """Whether the practice has the picture with this mark."""
    where = (BrandingPicture.practice_id == practice_id, BrandingPicture.mark == mark)
    return session.scalar(select(BrandingPicture.id).where(*where)) is not None


def chosen(session: Session, practice_id: UUID, clinic_id: UUID | None) -> dict[str, Any]:
    """What the practice (no clinic) or the clinic has chosen itself."""
    row = _row(session, practice_id, clinic_id)
    return dict(row.theme) if row else {}


def change(session: Session, practice_id: UUID, clinic_id: UUID | None, look: Mapping[str, Any], by: By, now: datetime) -> bool:
    """Put a look in force for the practice or a clinic; what it leaves out is inherited. False when it is so already. Raises CannotChangeLook."""
    # First of all: two who change at the same moment come one after the other. And every web process notices.
    touch(session, practice_id)
    _check_clinic(session, practice_id, clinic_id)
    row, after = _row(session, practice_id, clinic_id), dict(look)
    before = dict(row.theme) if row else {}
    if before == after:
        return False
    if row:
        row.theme = after
    else:
        session.add(Branding(clinic_id=clinic_id, theme=after))
    made = BrandingChange(id=uuid7(), clinic_id=clinic_id, before=before, after=after, changed_by=by.name, changed_at=now)
    session.add(made)
    session.flush()
    audit.record(session, practice_id, "office.branding.change", now, account_id=by.account_id, target_id=made.id)
    forget_unused(session, practice_id, now)
    return True


def undo(session: Session, practice_id: UUID, change_id: UUID, limits: tuple[UUID, ...], by: By, now: datetime) -> UUID | None:
    """Take a change back, and leave what was changed besides; whose look it is.

    `limits` are the clinics that one may change, empty for all. Raises CannotChangeLook.
    """
    made = session.scalars(select(BrandingChange).where(BrandingChange.practice_id == practice_id, BrandingChange.id == change_id)).one_or_none()
    if made is None or (limits and made.clinic_id not in limits):
        raise CannotChangeLook("There is no such change.")
    names = changed_fields(made)
    kept = {name: value for name, value in chosen(session, practice_id, made.clinic_id).items() if name not in names}
    change(session, practice_id, made.clinic_id, kept | {name: made.before[name] for name in names if name in made.before}, by, now)
    return made.clinic_id


def history(session: Session, practice_id: UUID, clinic_id: UUID | None) -> list[BrandingChange]:
    """The latest changes of a look, the newest first."""
    where = (BrandingChange.practice_id == practice_id, BrandingChange.clinic_id.is_not_distinct_from(clinic_id))
    newest = BrandingChange.changed_at.desc(), BrandingChange.id.desc()
    return list(session.scalars(select(BrandingChange).where(*where).order_by(*newest).limit(LATEST)))


def changed_fields(made: BrandingChange) -> list[str]:
    """The fields that are not as they were before."""
    names = {**made.before, **made.after}
    return [name for name in names if made.before.get(name) != made.after.get(name)]


def _row(session: Session, practice_id: UUID, clinic_id: UUID | None) -> Branding | None:
    where = (Branding.practice_id == practice_id, Branding.clinic_id.is_not_distinct_from(clinic_id))
    return session.scalars(select(Branding).where(*where)).one_or_none()


def _check_clinic(session: Session, practice_id: UUID, clinic_id: UUID | None) -> None:
    where = (Clinic.practice_id == practice_id, Clinic.id == clinic_id)
    if clinic_id is not None and session.scalar(select(Clinic.id).where(*where)) is None:
        raise CannotChangeLook("There is no such clinic.")


def forget_unused(session: Session, practice_id: UUID, now: datetime) -> None:
    """Pictures that were only tried on, or show a provider no more; what history may go back to stays."""
    looks = session.scalars(select(Branding.theme).where(Branding.practice_id == practice_id))
    changes = session.execute(select(BrandingChange.before, BrandingChange.after).where(BrandingChange.practice_id == practice_id))
    kept = {look.get(name) for look in [*looks, *(look for pair in changes for look in pair)] for name in MARKS}
    mine = (BrandingPicture.practice_id == practice_id, BrandingPicture.made_at < now - UNUSED_FOR)
    kept |= set(session.scalars(select(Provider.photo).where(Provider.practice_id == practice_id)))
    unused = delete(BrandingPicture).where(*mine, BrandingPicture.mark.not_in({mark for mark in kept if mark}))
    bodies = (func.octet_length(body) for body in (BrandingPicture.body, BrandingPicture.small, BrandingPicture.large))
    count_bytes(session, -sum(sum(row) for row in session.execute(unused.returning(*bodies))))
