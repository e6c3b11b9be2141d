"""The mapping of a table: which column is which field. It is known for common names, or stands in a file of its own (TOML)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from plugins.formats.tables import known

LONGEST = 100_000


class WrongMapping(ValueError):
    """The mapping cannot be used; the text says where and why."""


class Rule(BaseModel):
    """Where a field comes from: a column, several joined by `between`, or always the same (`fixed`)."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    column: str = ""
    columns: list[str] = []
    between: str = " "
    fixed: str | int | bool | None = None
    sort: Literal["", "text", "day", "moment", "cents", "yes_no", "whole", "number"] = Field("", alias="as")
    formats: Annotated[list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)] = []
    values: dict[str, str] = {}

    @model_validator(mode="after")
    def _has_one_source(self) -> "Rule":
        if sum((bool(self.column), bool(self.columns), self.fixed is not None)) != 1:
            raise ValueError("name a column, several columns, or what is fixed")
        return self

    @property
    def named(self) -> list[str]:
        """The columns that it reads."""
        return [self.column] if self.column else self.columns


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    table: Literal["people", "appointments", "ledger"]
    delimiter: str = Field("", max_length=1)
    encoding: str = ""
    signs_by_type: bool = True
    only_named: bool = False
    fields: dict[str, Annotated[Rule, BeforeValidator(lambda value: {"column": value} if isinstance(value, str) else value)]]


@dataclass(frozen=True)
class TableMapping:
    """Which columns of a table become which fields of which kind. `signs_by_type`: what is paid comes off, however it is written.

    `only_named`: columns that it does not name are left out, whatever they are called.
    """

    table: str
    rules: Mapping[str, Rule] = field(default_factory=dict)
    delimiter: str = ""
    encoding: str = ""
    signs_by_type: bool = True
    only_named: bool = False

    @property
    def kind(self) -> str:
        """The kind of record that a row becomes."""
        return known.KINDS[self.table]


def read_mapping(words: bytes) -> TableMapping:
    """A mapping file. Raises WrongMapping."""
    if len(words) > LONGEST:
        raise WrongMapping("The mapping is longer than any mapping is.")
    try:
        found = _File.model_validate(tomllib.loads(words.decode("utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongMapping(f"The mapping is no TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise WrongMapping(f"{'.'.join(map(str, first['loc'])) or 'The mapping'}: {first['msg']}") from None
    return TableMapping(found.table, found.fields, found.delimiter, found.encoding, found.signs_by_type, found.only_named)


def completed(mapping: TableMapping, header: list[str]) -> TableMapping:
    """The mapping with what is known of the columns that it does not name. Raises WrongMapping when a column that it names is not there."""
    missing = sorted({column for rule in mapping.rules.values() for column in rule.named} - set(header))
    if missing:
        raise WrongMapping(f"There is no column {', '.join(repr(column) for column in missing)} in the table; it has {', '.join(map(repr, header))}.")
    if mapping.only_named:
        return mapping
    taken = {column for rule in mapping.rules.values() for column in rule.named}
    free = {name: column for name, column in known.columns_of(mapping.table, header).items() if name not in mapping.rules and column not in taken}
    rules: dict[str, Any] = {name: Rule.model_validate({"column": column}) for name, column in free.items()}
    return TableMapping(mapping.table, rules | dict(mapping.rules), mapping.delimiter, mapping.encoding, mapping.signs_by_type)
