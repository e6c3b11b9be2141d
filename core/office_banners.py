"""What stands above every page of the office until it is seen to: a tab says so once, and every page shows it without asking the database."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session

from core.db import Base, TenantScoped, belongs_to, unique_in_practice, uuid7
from core.tenant import OfficeBanner, touch


class OfficeBannerRow(TenantScoped, Base):
    """A banner as it is kept: about one clinic or the whole practice. `key` is what it is about, such as the id of a row."""

    __tablename__ = "office_banner"
    __table_args__ = (belongs_to("clinic"), unique_in_practice("key"))

    key: Mapped[str]
    clinic_id: Mapped[UUID | None]
    words: Mapped[str]
    link: Mapped[str]
    route: Mapped[str]
    permission: Mapped[str]
    is_urgent: Mapped[bool]


_COLUMNS = tuple(OfficeBanner.__dataclass_fields__)


def show(session: Session, practice_id: UUID, key: str, banner: OfficeBanner) -> None:
    """Show a banner from now on, in place of what was shown about the same."""
    values = {name: getattr(banner, name) for name in _COLUMNS}
    if _kept(session, practice_id, key) == banner:
        return
    row = insert(OfficeBannerRow).values(id=uuid7(), practice_id=practice_id, key=key, **values)
    session.execute(row.on_conflict_do_update(index_elements=["practice_id", "key"], set_=values))
    touch(session, practice_id)


def hide(session: Session, practice_id: UUID, key: str) -> None:
    """It is seen to."""
    gone = delete(OfficeBannerRow).where(OfficeBannerRow.practice_id == practice_id, OfficeBannerRow.key == key)
    if session.scalars(gone.returning(OfficeBannerRow.id)).all():
        touch(session, practice_id)


def shown(session: Session, practice_id: UUID) -> tuple[OfficeBanner, ...]:
    """All of a practice, the urgent ones first; for what is kept of the practice in memory."""
    rows = session.scalars(select(OfficeBannerRow).where(OfficeBannerRow.practice_id == practice_id))
    return tuple(sorted(map(_banner, rows), key=lambda one: (not one.is_urgent, one.words)))


def _kept(session: Session, practice_id: UUID, key: str) -> OfficeBanner | None:
    row = session.scalar(select(OfficeBannerRow).where(OfficeBannerRow.practice_id == practice_id, OfficeBannerRow.key == key))
    return _banner(row) if row else None


def _banner(row: OfficeBannerRow) -> OfficeBanner:
    return OfficeBanner(**{name: getattr(row, name) for name in _COLUMNS})


def request_office_banners(request) -> list[OfficeBanner]:
    """`request.office_banners`: those for this person, by permission and clinic, but for what the page itself is about."""
    who, at = request.identity, request.matched_route.name if request.matched_route else ""
    if who is None or request.whole_tenant.is_closing:
        return []
    open_routes = {page.route for page in request.office_pages}
    found = [one for one in request.whole_tenant.banners if one.permission in who.permissions and one.route in open_routes and one.route != at]
    return [one for one in found if not who.clinic_ids or one.clinic_id in who.clinic_ids]


def includeme(config) -> None:
    """Let pages of the office ask."""
    config.add_request_method(request_office_banners, "office_banners", reify=True)
