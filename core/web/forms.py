"""Reading a form: what was typed is checked against a schema, kept as it was typed, and what is wrong is said in plain words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from webob.multidict import MultiDict

Schema = TypeVar("Schema", bound=BaseModel)

Line = Annotated[str, AfterValidator(lambda text: " ".join(text.replace("\0", "").split()))]
"""One line of text, without what cannot be kept and with single spaces."""

WHOLE = ""
"""The name under which `errors` holds what is wrong with the form as a whole."""
TYPED = "typed"
MOST_KEPT = 2000
"""Where the form cookie holds what was typed, and how many bytes of it: more than any form holds that asks for a proof."""


@dataclass
class Form(Generic[Schema]):
    """A form as it was sent.

    `values` holds what was typed (never a secret), by field; `errors` a sentence for each field that is wrong; `data` the checked
    values, None as long as anything is wrong.
    """

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    data: Schema | None = None

    def refuse(self, message: str, name: str = WHOLE) -> None:
        """Add what a service found wrong, for one field or for the whole form."""
        self.errors.setdefault(name, message)
        self.data = None


def empty_form(**values: object) -> Form:
    """A form nobody has sent yet, with what its fields hold at first."""
    return Form(values={name: "" if value is None else str(value) for name, value in values.items()})


def begun_form(request, **values: object) -> Form:
    """A form as its page shows it first: with what was typed before somebody had to prove who they are, else like `empty_form`."""
    path, typed = request.session.get(TYPED, ("", {}))
    if path != request.path:
        return empty_form(**values)
    del request.session[TYPED]
    return empty_form(**values | typed)


def keep_typed(request, path: str, values: Mapping[str, str]) -> None:
    """Keep what was typed with the browser until it comes to the page with that path; a cookie does not hold much."""
    kept = {name: value for name, value in values.items() if value}
    request.session[TYPED] = (path, kept if len(json.dumps(kept)) <= MOST_KEPT else {})


def read_form(request, schema: type[Schema]) -> Form[Schema]:
    """Read the posted form. An empty field counts as not given, so that defaults apply; text is taken without spaces around it."""
    return _read(request.POST, schema)


def read_part(request, schema: type[Schema], prefix: str) -> Form[Schema]:
    """Read a part of the posted form in the same way: the fields whose names begin with `prefix`, such as those of one of several lines. What is known of them has the
    names of the page again."""
    part = MultiDict((name.removeprefix(prefix), answer) for name, answer in request.POST.items() if name.startswith(prefix))
    form = _read(part, schema)
    form.values, form.errors = ({prefix + name: words for name, words in found.items()} for found in (form.values, form.errors))
    return form


def read_query(request, schema: type[Schema]) -> Form[Schema]:
    """Read in the same way what the address says after its question mark: for what may stand in an address, such as a period."""
    return _read(request.GET, schema)


def _read(answers: Any, schema: type[Schema]) -> Form[Schema]:
    typed = {name: answers.getall(name) for name in schema.model_fields if name in answers}
    form: Form[Schema] = Form(values={name: _kept(schema.model_fields[name], found) for name, found in typed.items()})
    try:
        form.data = schema.model_validate(_given(schema, typed))
    except ValidationError as problem:
        form.errors = explain(problem, schema)
    return form


def page_number(request, last: int) -> int:
    """Which page of a list is asked for, from 1 to the last; whatever else was typed is the first."""
    typed = request.GET.get("page", "1")
    return min(int(typed), last) if typed.isascii() and typed.isdigit() and len(typed) < 6 and int(typed) else 1


def _kept(info: FieldInfo, answers: list) -> str:
    secret = _is(info, SecretStr)
    return "" if secret or not answers or not isinstance(answers[-1], str) else answers[-1]


def _given(schema: type[BaseModel], typed: Mapping[str, list]) -> dict[str, Any]:
    given = {}
    for name, answers in typed.items():
        info = schema.model_fields[name]
        present = [_trimmed(info, answer) for answer in answers if answer not in ("", b"")]
        present = [answer for answer in present if answer != ""]
        if present:
            given[info.alias or name] = present if _is(info, list) else present[-1]
    return given


def _trimmed(info: FieldInfo, answer: Any) -> Any:
    # Browsers send lines ended by two characters, which would count twice against a limit. A secret is taken as it was typed.
    return answer if not isinstance(answer, str) or _is(info, SecretStr) else answer.replace("\r\n", "\n").strip()


def _is(info: FieldInfo, kind: type) -> bool:
    annotation = info.annotation
    choices = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return any((get_origin(choice) or choice) is kind for choice in choices)


def explain(problem: ValidationError, schema: type[BaseModel]) -> dict[str, str]:
    """One sentence for each field: what to do, with the field's own name in it."""
    errors: dict[str, str] = {}
    for found in problem.errors():
        name = _field_of(found["loc"], schema)
        info = schema.model_fields.get(name)
        errors.setdefault(name, _sentence(dict(found), _label(name, info), info))
    return errors


def _field_of(place: tuple, schema: type[BaseModel]) -> str:
    first = str(place[0]) if place else WHOLE
    by_alias = {info.alias: name for name, info in schema.model_fields.items() if info.alias}
    return by_alias.get(first, first)


def _label(name: str, info: FieldInfo | None) -> str:
    title = info.title if info and info.title else name.replace("_", " ")
    return title[:1].lower() + title[1:]


def _sentence(found: dict[str, Any], label: str, info: FieldInfo | None) -> str:
    extra = info.json_schema_extra if info and isinstance(info.json_schema_extra, dict) else {}
    if found["type"] == "missing" and "missing" in extra:
        return str(extra["missing"])
    if found["type"] in ("value_error", "assertion_error"):
        return str(found["ctx"]["error"])  # a validator's own words
    say = SENTENCES.get(found["type"], _check)
    return say(label, found.get("ctx") or {})


def _check(label: str, _: Mapping[str, Any]) -> str:
    return f"Check the {label}: it can’t be used as it is."


def _number(label: str, _: Mapping[str, Any]) -> str:
    return f"Type the {label} as a number, such as 25."


def _date(label: str, _: Mapping[str, Any]) -> str:
    return f"Type the {label} as a date, such as 2026-12-07."


def _choose(label: str, _: Mapping[str, Any]) -> str:
    return f"Choose the {label} from the list."


def _characters(number: int) -> str:
    return "1 character" if number == 1 else f"{number:,} characters"


SENTENCES: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "missing": lambda label, _: f"Fill in the {label}.",
    "string_too_short": lambda label, limit: f"Make the {label} at least {_characters(limit['min_length'])} long.",
    "string_too_long": lambda label, limit: f"Shorten the {label} to at most {_characters(limit['max_length'])}.",
    "string_pattern_mismatch": _check,
    "int_parsing": _number,
    "int_from_float": lambda label, _: f"Type the {label} as a whole number.",
    "float_parsing": _number,
    "decimal_parsing": _number,
    "decimal_max_places": lambda label, limit: f"Type the {label} with at most {limit['decimal_places']} digits after the point.",
    "greater_than": lambda label, limit: f"The {label} must be more than {limit['gt']}.",
    "greater_than_equal": lambda label, limit: f"The {label} must be at least {limit['ge']}.",
    "less_than": lambda label, limit: f"The {label} must be less than {limit['lt']}.",
    "less_than_equal": lambda label, limit: f"The {label} must be at most {limit['le']}.",
    "date_parsing": _date,
    "date_from_datetime_parsing": _date,
    "datetime_parsing": _date,
    "date_past": lambda label, _: f"The {label} must be in the past.",
    "date_future": lambda label, _: f"The {label} must be in the future.",
    "bool_parsing": _choose,
    "enum": _choose,
    "literal_error": _choose,
    "uuid_parsing": _choose,
    "too_short": lambda label, _: f"Choose at least one {label}.",
    "too_long": lambda label, limit: f"Choose at most {limit['max_length']} for the {label}.",
}
"""pydantic's name for a mistake, and what we say."""
