"""What tabs ask the database for one page, put into one statement whatever their number."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import structlog
from sqlalchemy import Select, TextualSelect, func, literal_column, select
from sqlalchemy.orm import Session

from core.db import mend_transaction
from core.plugins.parts import Count, Question
from core.prepared import Prepared

log = structlog.get_logger("plugins")

Value = TypeVar("Value")


def count_all(session: Session, asked: dict[str, Count]) -> dict[str, int]:
    """The number of each plugin; 0 where it cannot be found."""
    return dict.fromkeys(asked, 0) | _ask(session, asked, int)


def rows_of_all(session: Session, asked: dict[str, Question]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each plugin, by the names of their columns; a plugin whose question fails is left out."""
    return _ask(session, asked, list)


def _ask(session: Session, asked: Mapping[str, Count | Question], read: Callable[[Any], Value]) -> dict[str, Value]:
    """When the common statement fails, each question is asked by itself: a fault costs its own answer only."""
    if not asked:
        return {}
    try:
        together = _together(tuple((type(question), question.statement) for question in asked.values()))
        return dict(zip(asked, map(read, together.one(session, _parameters(asked))), strict=True))
    except Exception:
        # Whatever a plugin took for a question: the next step finds out whose fault it is, and logs it.
        mend_transaction(session)
        return {plugin: value for plugin, question in asked.items() for value in _alone(session, plugin, question, read)}


def _parameters(asked: Mapping[str, Count | Question]) -> dict[str, Any]:
    together: dict[str, Any] = {}
    for question in asked.values():
        for name, value in question.parameters.items():
            if together.setdefault(name, value) != value:
                raise ValueError(name)  # two mean different things by the same name
    return together


@lru_cache(maxsize=256)
def _together(asked: tuple[tuple[type, Any], ...]) -> Prepared:
    return Prepared(select(*(_one_value(kind, statement).scalar_subquery() for kind, statement in asked)))


def _one_value(kind: type, statement: Any) -> Select | TextualSelect:
    """A question as a statement with one value: the number itself, or all rows as JSON."""
    if kind is Count:
        return statement
    rows = statement.subquery("rows")
    return select(func.coalesce(func.json_agg(func.row_to_json(literal_column("rows"))), literal_column("'[]'::json"))).select_from(rows)


def _alone(session: Session, plugin: str, question: Count | Question, read: Callable[[Any], Value]) -> list[Value]:
    try:
        return [read(session.execute(_one_value(type(question), question.statement), question.parameters).scalar_one())]
    except Exception:
        log.exception("question_failed", plugin=plugin)
        mend_transaction(session)
        return []
