from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr, field_validator
from pyramid.testing import DummyRequest
from webob.multidict import MultiDict

from core.web.forms import Form, empty_form, read_form


class Message(BaseModel):
    subject: str = Field(min_length=3, max_length=20)
    body: str = Field(title="Message", max_length=100)
    to: UUID | None = Field(None, title="Recipient")
    copies: int = Field(0, ge=0, le=3)
    on: date | None = Field(None, title="Day")
    kind: Literal["question", "thanks"] = "question"
    tags: list[str] = []
    password: SecretStr | None = None
    agreed: Annotated[bool, Field(json_schema_extra={"missing": "Tick the box to go on."})]

    @field_validator("body")
    @classmethod
    def _no_shouting(cls, body: str) -> str:
        if body.isupper():
            raise ValueError("Please don’t write in capitals only.")
        return body


GOOD = {"subject": "A question", "body": "When?", "agreed": "yes"}


def read(**typed) -> Form[Message]:
    pairs = [(name, value) for name, values in typed.items() for value in (values if isinstance(values, list) else [values])]
    request = DummyRequest()
    request.POST = MultiDict(pairs)
    return read_form(request, Message)


def test_a_good_form_gives_its_data():
    form = read(**GOOD, copies="2", on="2026-12-07", tags=["a", "b"])
    assert form.errors == {}
    assert form.data.copies == 2
    assert form.data.on == date(2026, 12, 7)
    assert form.data.tags == ["a", "b"]


def test_what_was_typed_stays_when_something_is_wrong():
    form = read(subject="Hi", body="  keep\r\nthis ", agreed="yes")
    assert form.data is None
    assert form.values["body"] == "  keep\r\nthis "
    assert form.values["subject"] == "Hi"


@pytest.mark.parametrize(
    ("typed", "name", "words"),
    [
        ({"subject": ""}, "subject", "Fill in the subject."),
        ({"subject": "   "}, "subject", "Fill in the subject."),
        ({"subject": "Hi"}, "subject", "Make the subject at least 3 characters long."),
        ({"subject": "x" * 21}, "subject", "Shorten the subject to at most 20 characters."),
        ({"body": ""}, "body", "Fill in the message."),
        ({"body": "HELP"}, "body", "Please don’t write in capitals only."),
        ({"copies": "two"}, "copies", "Type the copies as a number, such as 25."),
        ({"copies": "9"}, "copies", "The copies must be at most 3."),
        ({"copies": "-1"}, "copies", "The copies must be at least 0."),
        ({"on": "soon"}, "on", "Type the day as a date, such as 2026-12-07."),
        ({"kind": "other"}, "kind", "Choose the kind from the list."),
        ({"to": "nobody"}, "to", "Choose the recipient from the list."),
        ({"agreed": ""}, "agreed", "Tick the box to go on."),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(typed, name, words):
    assert read(**GOOD | typed).errors == {name: words}


def test_an_empty_field_takes_the_default():
    form = read(**GOOD, copies="", to="", on="")
    assert (form.data.copies, form.data.to, form.data.on) == (0, None, None)


def test_spaces_around_do_not_count_and_line_ends_count_once():
    form = read(**GOOD | {"subject": " " * 30 + "Hello", "body": "\r\n".join(["x"] * 50)})
    assert form.data.subject == "Hello"
    assert form.data.body == "\n".join(["x"] * 50)


def test_a_secret_is_taken_as_typed_and_never_given_back():
    form = read(**GOOD, password="  pass word ")
    assert form.data.password.get_secret_value() == "  pass word "
    assert form.values["password"] == ""
    assert "pass word" not in repr(form)


def test_fields_that_nobody_asked_for_are_left_out():
    form = read(**GOOD, csrf_token="abc", is_staff="yes")
    assert set(form.values) == set(GOOD)
    assert not hasattr(form.data, "is_staff")


def test_a_service_can_refuse_a_form_that_looked_right():
    form = read(**GOOD)
    form.refuse("That time has just been taken.")
    form.refuse("Choose another day.", "on")
    assert form.data is None
    assert form.errors == {"": "That time has just been taken.", "on": "Choose another day."}


def test_an_empty_form_shows_what_it_starts_with():
    assert empty_form(amount=12, note=None).values == {"amount": "12", "note": ""}
    assert empty_form().errors == {}


@given(st.dictionaries(st.sampled_from(list(Message.model_fields)), st.text(max_size=200)))
def test_no_input_breaks_the_form(typed):
    form = read(**typed)
    assert (form.data is None) == bool(form.errors)
    assert all(message.strip() for message in form.errors.values())
    assert all(form.values[name] == value for name, value in typed.items() if name != "password")
