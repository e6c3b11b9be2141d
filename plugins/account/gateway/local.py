"""The local stand-in for a card service: it takes test cards only, and otherwise keeps every promise of the real one."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from core.db import SessionFactory, bind_tenant, uuid7
from plugins.account.gateway.interface import Answer, Charged, Declined, DifferentCharge, Unknown
from plugins.account.gateway.stand_in_cards import BY_METHOD
from plugins.account.models import LocalCharge

TABLE = LocalCharge.__table__


class LocalGateway:
    """Charges test cards of one practice.

    It stands for something outside: it has its own transactions, which hold whatever becomes of the caller's.
    """

    name = "local"
    card_form = True

    def __init__(self, engine: Engine, practice_id: UUID):
        self._engine, self._practice_id = engine, practice_id

    def charge(self, amount_cents: int, currency: str, method: str, idempotency_key: str, description: str) -> Answer:
        """Charge a test card once. See PaymentGateway."""
        wanted = {"method": method, "amount_cents": amount_cents, "currency": currency}
        if amount_cents <= 0 or method not in BY_METHOD:
            return Declined("not_possible")
        row = self._keep(idempotency_key, wanted)
        if any(getattr(row, name) != value for name, value in wanted.items()):
            raise DifferentCharge(idempotency_key)
        return _told(row) if BY_METHOD[method].answers else Unknown()

    def fetch(self, reference: str) -> Answer:
        """See PaymentGateway."""
        return self._look_up(TABLE.c.reference == reference) or Unknown(reference)

    def find(self, idempotency_key: str, since: datetime) -> Answer | None:
        """See PaymentGateway."""
        return self._look_up(TABLE.c.idempotency_key == idempotency_key)

    def _keep(self, key: str, wanted: dict):
        values = {
            "practice_id": self._practice_id,
            "id": uuid7(),
            "idempotency_key": key,
            "reference": "local_" + sha256(f"{self._practice_id} {key}".encode()).hexdigest()[:24],
            "refusal": BY_METHOD[wanted["method"]].refusal,
            "charged_at": datetime.now(UTC),
            **wanted,
        }
        with self._session() as session:
            session.execute(insert(LocalCharge).values(**values).on_conflict_do_nothing())
            session.commit()
            return session.execute(select(TABLE).where(self._own, TABLE.c.idempotency_key == key)).one()

    def _look_up(self, condition) -> Answer | None:
        with self._session() as session:
            row = session.execute(select(TABLE).where(self._own, condition)).one_or_none()
        return _told(row) if row else None

    @property
    def _own(self):
        return TABLE.c.practice_id == self._practice_id

    def _session(self):
        session = SessionFactory(bind=self._engine)
        bind_tenant(session, self._practice_id)
        return session


def _told(row) -> Answer:
    if row.refusal:
        return Declined(row.refusal, row.reference)
    return Charged(row.reference, BY_METHOD[row.method].label)
