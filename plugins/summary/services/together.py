"""Rows of several tables in one statement: each table's rows as one JSON list."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import ScalarSelect, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by


def rows_as_json(columns: Sequence[Any], order: Sequence[Any], where: Iterable[Any]) -> ScalarSelect:
    """A part of a statement that gives all rows of these columns as a list of objects; an empty list when there are none."""
    entry = func.jsonb_build_object(*chain.from_iterable((literal_column(f"'{column.name}'"), column) for column in columns))
    found = func.jsonb_agg(aggregate_order_by(entry, *order), type_=JSONB)
    return select(func.coalesce(found, literal_column("'[]'::jsonb"), type_=JSONB)).where(*where).scalar_subquery()
