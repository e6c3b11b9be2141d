"""The numbers on the tabs, asked of the database in one statement whatever the number of tabs."""

from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.db import mend_transaction
from core.plugins.parts import Count
from core.prepared import Prepared

log = structlog.get_logger("plugins")


def count_all(session: Session, asked: dict[str, Count]) -> dict[str, int]:
    """The number of each plugin. When the common statement fails, each is asked by itself: a fault costs its own number only."""
    if not asked:
        return {}
    parameters: dict[str, Any] = {name: value for count in asked.values() for name, value in count.parameters.items()}
    try:
        together = _together(tuple(count.statement for count in asked.values()))
        return dict(zip(asked, map(int, together.one(session, parameters)), strict=True))
    except Exception:
        # Whatever a plugin took for a number: the next step finds out whose fault it is, and logs it.
        mend_transaction(session)
        return {plugin: _alone(session, plugin, count) for plugin, count in asked.items()}


@lru_cache(maxsize=256)
def _together(statements: tuple[Select, ...]) -> Prepared:
    return Prepared(select(*(statement.scalar_subquery() for statement in statements)))


def _alone(session: Session, plugin: str, count: Count) -> int:
    try:
        return int(session.execute(count.statement, count.parameters).scalar_one())
    except Exception:
        log.exception("badge_failed", plugin=plugin)
        mend_transaction(session)
        return 0
