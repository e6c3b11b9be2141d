"""Pieces of statements that several rooms use."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether a column has one of these values, however many there are.

    They are sent as one value: a thousand of them as in `in_` would be a statement that costs more to put together and to take apart than to carry out.
    """
    return column == any_(literal(list(values), ARRAY(column.type)))
