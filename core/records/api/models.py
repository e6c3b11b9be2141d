"""The keys by which systems of a practice speak with the portal; never a key itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, unique_in_practice


class ApiKey(TenantScoped, Base):
    """A key of one practice for one purpose, which is its `name`. It is found by `lookup`, and right when its secret has this hash.

    It may send records where `sends` says so, of the `kinds` that are named, or of all when none is; and read changes where `reads` says so. When
    it is made anew, the former one is right for a while, too. `is_second`: it is of another system than the practice's own, which has numbers of its own
    for people who may be here already.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        belongs_to("account", "made_by_id"),
        belongs_to("account", "revoked_by_id"),
        unique_in_practice("lookup"),
        unique_in_practice("former_lookup"),
    )

    name: Mapped[str]
    lookup: Mapped[str]
    secret_hash: Mapped[str]
    former_lookup: Mapped[str | None]
    former_hash: Mapped[str] = mapped_column(default="")
    former_until: Mapped[datetime | None]
    sends: Mapped[bool]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    reads: Mapped[bool]
    is_second: Mapped[bool] = mapped_column(server_default="false", default=False)
    made_at: Mapped[datetime]
    made_by_id: Mapped[UUID | None]
    ends_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[UUID | None]

    @property
    def reader(self) -> str:
        """How the key is called as a reader of changes."""
        return f"key.{self.id}"

    def may_send(self, kind: str) -> bool:
        """Whether it may send records of this kind."""
        return self.sends and (not self.kinds or kind in self.kinds)
