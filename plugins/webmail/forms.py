"""What is typed into the forms of messages."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from plugins.webmail.texts import checked_body, checked_subject

NO_SUBJECT = "Please write in a few words what it is about."


def _subject(text: str) -> str:
    subject = checked_subject(text)
    if not subject:
        raise ValueError(NO_SUBJECT)
    return subject


Subject = Annotated[str, AfterValidator(_subject), Field(json_schema_extra={"missing": NO_SUBJECT})]
Body = Annotated[str, AfterValidator(checked_body), Field(json_schema_extra={"missing": "Please write your message."})]


class AnswerForm(BaseModel):
    """An answer of the office; `nonce` tells the form from others."""

    body: Body
    nonce: str = Field("", max_length=64)


class Mark(BaseModel):
    """What a patient's form says of itself: `nonce` tells it from others, `regarding` is the person who was in view when it was opened."""

    nonce: str = Field("", max_length=64)
    regarding: str = ""


class MessageForm(Mark):
    """A new message."""

    subject: Subject
    body: Body


class ReplyForm(Mark):
    """An answer."""

    body: Body
