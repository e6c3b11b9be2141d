"""Whom a notice goes to and how: the patient, or for a child the guarantor; by text message or mail, in the order of the rule."""

from collections.abc import Iterator, Mapping
from datetime import date
from uuid import UUID

from core.people.ages import years
from plugins.appointments.notices.values import ADULT, EMAIL, PREFERRED, TEXT, Person, Rule

NO_ADDRESS, UNWANTED = "no_address", "unwanted"
ANY_KIND = ""
"""In place of a kind: nothing at all in this channel."""


def address_of(person: Person, channel: str) -> str:
    """Where messages of a channel go; mail addresses are the same in capital letters."""
    return person.email.strip().lower() if channel == EMAIL else person.number


def recipients(person: Person, people: Mapping[UUID, Person], today: date, children_to_guarantor: bool) -> list[Person]:
    """Who may be told of somebody's visits, the first of them who can be reached is: nobody but the patient where the record is confidential."""
    guarantor = people.get(person.guarantor_id) if person.guarantor_id and person.guarantor_id != person.id else None
    is_child = person.birthdate is not None and years(person.birthdate, today) < ADULT
    if guarantor is None or not is_child or person.is_confidential:
        return [person]
    if children_to_guarantor:
        return [guarantor]
    return [person] if person.email or person.number else [guarantor]


def channels(rule: Rule, recipient: Person, person: Person) -> list[str]:
    """By which channels a notice can go out, in the order in which they are tried."""
    return [channel for channel in order(rule, recipient) if address_of(recipient, channel) and wants(rule.kind, channel, recipient, person)]


def order(rule: Rule, recipient: Person) -> list[str]:
    """The channels of a rule, with what the recipient prefers in its place; each once."""
    wanted: Iterator[str] = (recipient.prefers if channel == PREFERRED else channel for channel in rule.order)
    return list(dict.fromkeys(channel for channel in wanted if channel in (EMAIL, TEXT)))


def wants(kind: str, channel: str, *concerned: Person) -> bool:
    """Whether neither the recipient nor the patient has said no."""
    return all(not person.off & {(kind, channel), (ANY_KIND, channel)} and (channel != TEXT or person.may_text) for person in concerned)


def why_not(rule: Rule, recipient: Person) -> str:
    """Why somebody is not reached at all."""
    return UNWANTED if any(address_of(recipient, channel) for channel in order(rule, recipient)) else NO_ADDRESS


def language(persons: list[Person]) -> str:
    """The language of one message about these: the guarantor's who is among them, the one that all have, else that of the first."""
    ids = {person.id for person in persons}
    guarantor = next((person for person in persons if any(other.guarantor_id == person.id for other in persons if other.id != person.id)), None)
    return guarantor.language if guarantor and len(ids) > 1 else persons[0].language
