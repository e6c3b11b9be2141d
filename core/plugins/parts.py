"""What plugins answer with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, TextualSelect


@dataclass(frozen=True)
class Count:
    """A number that the database knows: the portal asks for those of all tabs in one statement.

    `statement` selects one number and is a constant of the plugin's module. Its parameters may be called `practice_id`,
    `patient_id` and `now`, with their plain meaning, or by a name that begins with the plugin's.
    """

    statement: Select | TextualSelect
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Tab:
    """One tab of the bar.

    `route` is one of the plugin's own, `icon` a Bootstrap Icons name, `badge` a number that waits for the patient or a question for it.
    `writes` is the route of the plugin on which this person may write to the office, if there is one: other tabs lead there with questions.
    """

    title: str
    route: str
    icon: str
    order: int
    badge: int | Count = 0
    writes: str = ""


@dataclass(frozen=True)
class EntryLink:
    """What anyone may do here without signing in, such as paying a bill: a link on the sign-in page.

    `route` is one of the plugin's own without parameters, on a page that is open to everyone; `icon` a Bootstrap Icons name. `at` is the
    short address of the portal that leads there, if it is meant for one: `pay` for `/pay`, `book` for `/book`.
    """

    title: str
    route: str
    icon: str
    order: int = 50
    at: str = ""


@dataclass(frozen=True)
class ActionItem:
    """One thing that a person should do, or somebody for that person. `path` is where it is done, `order` sorts: smaller is more urgent."""

    person_id: UUID
    title: str
    text: str
    path: str
    icon: str
    order: int = 50


@dataclass(frozen=True)
class Question:
    """What the database knows about several people: the portal asks the questions of all tabs in one statement.

    `statement` selects rows with a column `patient_id`, and is a constant of the plugin's module. Its parameters may be called
    `practice_id` and `now`, with their plain meaning; every other one, such as that with the ids of the people, by a name that begins
    with the plugin's, since each tab is asked about other people. `answer(person, rows)` makes what needs doing of the rows of one person, which may be none: dictionaries by the names of the columns, with values as JSON
    has them (an id or a date is text).
    """

    statement: Select | TextualSelect
    parameters: dict[str, Any]
    answer: Callable[[Any, list[dict[str, Any]]], Iterable[ActionItem]]


@dataclass(frozen=True)
class Card:
    """A part of the home page: a template and what it needs."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


@dataclass(frozen=True)
class Permission:
    """An action that can be granted. A grant to see gives those that do not act; a grant to act gives all of the tab.

    `<plugin>.see` goes with the tab itself; each other one is an act that an office can switch off while the tab stays on.
    """

    name: str
    title: str
    acts: bool = False

    @property
    def is_act(self) -> bool:
        """Whether an office can switch it by itself."""
        return not self.name.endswith(".see")


@dataclass(frozen=True)
class OfficeItem:
    """Something that may wait for the office, such as messages to answer: it stands on the office's first page, and is a kind of alert.

    `name` begins with the plugin's; `title` and `text` (a sentence) are what staff read, `route` the page of the office where it is dealt
    with, `permission` the one of a role that it takes, `order` its place: smaller is more urgent. `statement` selects how many wait that
    came after `since` and not after `now`; it is a constant, with the parameters `practice_id`, `clinic_ids` (see
    `core.plugins.waiting.at_clinics`), `since` and `now`.
    """

    name: str
    title: str
    text: str
    icon: str
    route: str
    permission: str
    statement: Select | TextualSelect
    order: int = 50


@dataclass(frozen=True)
class ExportFile:
    """A file of a full export, such as a list of visits, or a picture as it was stored.

    `name` is its name in the folder of the tab, of any signs whatever: the portal makes it safe, and different from the others there. `about` says
    what it is, for the README. What it holds is `content`, or the file that lies in the store under `key`. With `office_only` it is left out where the export is of one
    patient: what the office keeps to itself, or what names others.
    """

    name: str
    about: str
    content: bytes = b""
    key: str = ""
    office_only: bool = False


@dataclass(frozen=True)
class PlannedLine:
    """One procedure that is planned, in plain words; `code` is a CDT number, `cents` its fee after discounts, None where it is not known."""

    words: str
    code: str = ""
    tooth: str = ""
    cents: int | None = None


@dataclass(frozen=True)
class Planned:
    """Treatment that is planned for a patient: a treatment plan, or a visit.

    `key` begins with the plugin's name and stays the same; `title` is what the office reads. A plan was saved on `saved_on`; of a visit `starts_at` is when it is, and
    `scheduled_at` when it was scheduled.
    """

    key: str
    patient_id: UUID
    title: str
    lines: tuple[PlannedLine, ...]
    provider_id: UUID | None = None
    saved_on: date | None = None
    starts_at: datetime | None = None
    scheduled_at: datetime | None = None


@dataclass(frozen=True)
class NoticeSwitch:
    """A kind of notice that a patient gets, whether or not they have an account. `title` and `text` are what the patient reads.

    `name` begins with the plugin's; `ways` are the channels in which it comes, `email` or `text`, each with whether it is on.
    """

    name: str
    title: str
    text: str
    icon: str
    ways: tuple[tuple[str, bool], ...]


CHANNELS = ("email",)
"""The ways in which a notice can come."""


@dataclass(frozen=True)
class NoticeKind:
    """A kind of notice that an account gets. `title` and `text` (a sentence: when it comes) are what the patient reads.

    `channels` are the ways in which it comes; one that guards the account itself cannot be turned off.
    """

    name: str
    title: str
    text: str
    icon: str = "bell"
    channels: tuple[str, ...] = CHANNELS
    can_be_off: bool = True
