"""Trying the connection out, letting it run and pausing it, and what the office chooses of how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.records import changes
from core.tasks import enqueue
from plugins.opendental import connecting, wanting
from plugins.opendental.mapping.practice import LISTED
from plugins.opendental.mapping.reading import Row, flag, number, words
from plugins.opendental.mapping.setup import CONFIRMATION, IMAGE_CATEGORY, PAYMENT_TYPE, category_of, e_confirmations
from plugins.opendental.models import Chart, Connection, Cursor, Push, WantedFile
from plugins.opendental.pulling import SOURCE
from plugins.opendental.subscribing import SUBSCRIBE
from plugins.opendental.tasks import GO_ON, LOOK

LONGEST_LIST = 100


@dataclass(frozen=True)
class Choice:
    """A definition of theirs, and what it means here: what follows from their settings, and what the office has chosen instead."""

    number: str
    name: str
    theirs: str
    chosen: str


@dataclass(frozen=True)
class Choices:
    """All that the office may choose."""

    confirmations: list[Choice]
    categories: list[Choice]
    payment_types: list[Choice]
    payment_type: str


def try_out(session: Session, row: Connection) -> None:
    """Ask a worker to look whether Open Dental answers, and how much there is."""
    row.problem, row.problem_at, row.looked_at = "", None, None
    session.flush()
    enqueue(session, LOOK)


def run(session: Session, row: Connection, now: datetime) -> None:
    """Let it pull and push from now on. What patients did before nobody pushes: the office knows it."""
    row.is_running, row.problem, row.problem_at = True, "", None
    row.signed_in_since = row.signed_in_since or now
    changes.begin(session, row.practice_id, SOURCE, now)
    session.flush()
    enqueue(session, GO_ON)
    enqueue(session, SUBSCRIBE)


def pause(session: Session, row: Connection) -> None:
    """Pull and push nothing; where the pull was is kept, and what patients do waits."""
    row.is_running = False
    session.flush()


def disconnect(session: Session, row: Connection) -> None:
    """Forget the key and where the pull was. What came in stays."""
    practice_id = row.practice_id
    changes.forget(session, practice_id, SOURCE)
    connecting.disconnect(session, practice_id)
    for model in (Cursor, Chart, WantedFile):
        session.execute(delete(model).where(model.practice_id == practice_id))
    waiting = (Push.practice_id == practice_id, Push.state.in_(("waiting", "stuck")))
    session.execute(update(Push).where(*waiting).values(state="passed", problem="", next_at=None).execution_options(synchronize_session=False))
    session.flush()


def choices(session: Session, row: Connection) -> Choices:
    """What the office may choose, as far as it is known what there is."""
    kept = select(Cursor.resource, Cursor.kept).where(Cursor.practice_id == row.practice_id, Cursor.resource.in_(("definitions", "preferences")))
    found: dict[str, list[Row]] = dict(session.execute(kept).all())
    definitions, answers = found.get("definitions", []), e_confirmations(found.get("preferences", []))
    by_category = {category: [one for one in definitions if category_of(one) == category and not flag(one, "isHidden")][:LONGEST_LIST]
                   for category in (CONFIRMATION, IMAGE_CATEGORY, PAYMENT_TYPE)}  # fmt: skip
    mine = row.choices.get("confirmations", {})
    shared = row.choices.get("categories", {})
    return Choices(
        [Choice(number(one, "DefNum"), words(one, "ItemName"), answers.get(number(one, "DefNum"), ""), mine.get(number(one, "DefNum"), "")) for one in by_category[CONFIRMATION]],
        [Choice(number(one, "DefNum"), words(one, "ItemName"), "yes" if LISTED in words(one, "ItemValue") else "no", _yes_or_no(shared.get(number(one, "DefNum"))))
         for one in by_category[IMAGE_CATEGORY]],
        [Choice(number(one, "DefNum"), words(one, "ItemName"), "", "") for one in by_category[PAYMENT_TYPE]],
        row.choices.get("payment_type", ""),
    )  # fmt: skip


def choose(session: Session, row: Connection, confirmations: Mapping[str, str], categories: Mapping[str, bool], payment_type: str, task_list: str = "") -> bool:
    """Keep what the office has chosen; what it concerns is read anew in the next round. False when it is as before."""
    chosen = {"confirmations": dict(confirmations), "categories": dict(categories), "payment_type": payment_type, "task_list": task_list}
    if chosen == row.choices:
        return False
    again = {"definitions"} | ({"appointments"} if row.choices.get("confirmations", {}) != chosen["confirmations"] else set())
    row.choices = chosen
    anew = update(Cursor).where(Cursor.practice_id == row.practice_id, Cursor.resource.in_(again)).values(pulled_at=None, next_since="")
    session.execute(anew.execution_options(synchronize_session=False))
    session.flush()
    return True


def pushes(session: Session, practice_id: UUID, state: str, most: int = 50) -> list[Push]:
    """What is on its way, or waits for a person, the oldest first."""
    query = select(Push).where(Push.practice_id == practice_id, Push.state == state).order_by(Push.number).limit(most)
    return list(session.scalars(query))


def how_many(session: Session, practice_id: UUID) -> dict[str, int]:
    """How many pushes are in which state."""
    return dict(session.execute(select(Push.state, func.count()).where(Push.practice_id == practice_id).group_by(Push.state)).all())


def settle(session: Session, practice_id: UUID, push_id: UUID, again: bool) -> Push | None:
    """Try a push again that waits for a person, or let it be; None where it does not wait."""
    row = session.scalar(select(Push).where(Push.practice_id == practice_id, Push.id == push_id, Push.state == "stuck").with_for_update())
    if row:
        row.state, row.next_at, row.attempts = "waiting" if again else "passed", None, 0
        session.flush()
        enqueue(session, GO_ON)
    return row


def try_files_again(session: Session, row: Connection) -> None:
    """Fetch what was not taken once more, and at once."""
    wanting.try_again(session, row.practice_id)
    session.flush()
    enqueue(session, GO_ON)


def _yes_or_no(shared: bool | None) -> str:
    return "" if shared is None else "yes" if shared else "no"
