"""What is entered in a book and will surprise: rooms that open by mistake, hours and types that nobody can book."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from plugins.appointments.models import AppointmentType, Operatory, RecallType, ScheduleBlock


def takes_patients(operatory: Operatory) -> bool:
    """Whether patients may book something there."""
    return not operatory.is_hidden and (operatory.takes_recalls or bool(operatory.appointment_type_ids))


def is_theirs(operatory: Operatory, provider_id: UUID | None) -> bool:
    """Whether hours of a provider that name no operatory open this one."""
    return provider_id in (operatory.provider_id, operatory.hygienist_id)


def about_hours(blocks: Iterable[ScheduleBlock], operatories: Sequence[Operatory], names: dict[UUID, str]) -> list[str]:
    """Sentences about hours: those that open every room of a provider, and those that patients can book in none."""
    of_provider: dict[UUID, list[ScheduleBlock]] = {}
    for block in blocks:
        if block.provider_id:
            of_provider.setdefault(block.provider_id, []).append(block)
    found = [_open_everywhere(provider, held, operatories, names) for provider, held in of_provider.items()]
    found += [_nowhere(provider, held, operatories, names) for provider, held in of_provider.items()]
    return [sentence for sentence in found if sentence]


def _open_everywhere(provider: UUID, held: list[ScheduleBlock], operatories: Sequence[Operatory], names: dict[UUID, str]) -> str:
    rooms = [one.name for one in operatories if is_theirs(one, provider) and takes_patients(one)]
    if len(rooms) < 2 or all(block.operatory_ids for block in held):
        return ""
    return (
        f"Hours of {names.get(provider, 'a provider')} name no operatory, so patients can book in each of {', '.join(rooms)}, also in one that looks closed."
        " Name the operatories to be sure."
    )


def _nowhere(provider: UUID, held: list[ScheduleBlock], operatories: Sequence[Operatory], names: dict[UUID, str]) -> str:
    open_ids = {one.id for one in operatories if takes_patients(one)}
    opened = {id_ for block in held for id_ in block.operatory_ids} & open_ids
    if opened or any(is_theirs(one, provider) and one.id in open_ids for block in held if not block.operatory_ids for one in operatories):
        return ""
    return f"{names.get(provider, 'A provider')} has hours, but no operatory in which patients may book: none of these times is offered online."


def about_types(types: Iterable[AppointmentType], recalls: Iterable[RecallType], operatories: Sequence[Operatory]) -> list[str]:
    """Sentences about types that patients could choose and nobody can book."""
    open_types = {id_ for one in operatories if not one.is_hidden for id_ in one.appointment_type_ids}
    found = [_type_words(one, open_types) for one in types if one.words and not one.is_hidden and (one.for_existing or one.for_new)]
    if not any(one.takes_recalls and not one.is_hidden for one in operatories) and any(one.words and not one.is_hidden for one in recalls):
        found.append("No operatory takes recall visits, so patients cannot book any. Say at an operatory that it does.")
    found += [f"“{one.name}” has no length yet, so patients cannot book it." for one in recalls if one.words and not one.is_hidden and not one.pattern]
    return [sentence for sentence in found if sentence]


def _type_words(one: AppointmentType, open_types: set[UUID]) -> str:
    if not one.pattern:
        return f"“{one.name}” has no length yet, so patients cannot book it."
    if one.id not in open_types:
        return f"“{one.name}” is offered to patients, but no operatory takes it: nobody can book it."
    return f"“{one.name}” is for certain blockouts only, and names none: nobody can book it." if one.only_in_blockouts and not one.blockout_type_ids else ""
