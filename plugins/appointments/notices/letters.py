"""Putting a notice into words: what each tag stands for at a clinic, and the mail or text message that comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from markupsafe import Markup

from core.tenant import ClinicDetails, Tenant
from plugins.appointments.notices import words

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Told:
    """What is told of one visit or recall."""

    name: str
    starts_at: datetime | None = None
    arrive_at: datetime | None = None
    due_on: date | None = None
    clinic_id: UUID | None = None
    provider_id: UUID | None = None
    confirm_url: str = ""
    code: str = ""
    url: str = ""
    calendar_url: str = ""
    arrive_url: str = ""


@dataclass(frozen=True)
class Letter:
    """A notice before it is put into words: its kind, the office's own words by language, the language, whom it greets, and what it tells."""

    kind: str
    words: Words
    language: str
    greets: str
    told: Sequence[Told]
    number: int = 1


@dataclass(frozen=True)
class Written:
    """A notice in words, as a mail and as a text message."""

    subject: str
    body: str
    html: Markup
    text: str


def write(letter: Letter, tenant: Tenant, address: str, leads: bool = True) -> Written:
    """Put a notice into words. `address` is where the practice's portal is. Without `leads` the mail is only a picture: its links lead nowhere."""
    values, brand = values_of(letter.told[0], tenant, address, letter.language), tenant.theme.brand if leads else ""
    if len(letter.told) == 1:
        values |= {"NameF": letter.told[0].name, "NamePreferredOrFirst": letter.told[0].name}
        return _written(letter, values, values, brand, ("subject", "body", "text"))
    line = words.template(letter.kind, letter.words, letter.language, words.LINE)
    each = [values_of(one, tenant, address, letter.language) for one in letter.told]
    values |= {"NameF": letter.greets, "NamePreferredOrFirst": letter.greets, "Appts": "\n".join(words.fill(line, one).strip() for one in each)}
    as_html = values | {"Appts": Markup("<br>").join(words.fill_line(line, one, words.links(letter.language), bool(brand)) for one in each)}
    return _written(letter, values, as_html, brand, (words.MANY_SUBJECT, words.MANY_BODY, words.MANY_TEXT))


def reply(letter: Letter, tenant: Tenant, address: str) -> str:
    """What is sent back to somebody who has confirmed by text message."""
    values = values_of(letter.told[0], tenant, address, letter.language)
    return words.fill_subject(words.template(letter.kind, letter.words, letter.language, words.REPLY), values)


def _written(letter: Letter, values: Mapping[str, str], as_html: Mapping[str, str], brand: str, parts: tuple[str, str, str]) -> Written:
    ending = f"_{min(letter.number, 3)}" if letter.number > 1 and parts[0] == words.SUBJECT and letter.kind == "recall" else ""
    subject, body, text = (words.template(letter.kind, letter.words, letter.language, part + ending) for part in parts)
    return Written(
        words.fill_subject(subject, values), words.fill(body, values), words.fill_html(body, as_html, brand, words.links(letter.language)), words.fill_subject(text, values)
    )


def values_of(told: Told, tenant: Tenant, address: str, language: str) -> dict[str, str]:
    """What each tag stands for."""
    clinic = next((one for one in tenant.clinics if one.id == told.clinic_id), tenant.contact)
    zone = clinic.time_zone if clinic and told.clinic_id else tenant.time_zone
    values = _office(tenant, clinic, address) | {"NameF": told.name, "NamePreferredOrFirst": told.name}
    values |= {"ConfirmURL": told.confirm_url, "ConfirmCode": told.code, "URL": told.url, "AddToCalendar": told.calendar_url}
    values |= {"ArriveURL": told.arrive_url, "ArriveCode": told.code}
    values["ProvName"] = tenant.providers.get(str(told.provider_id), "")
    if told.due_on:
        values["DueDate"] = day_in(told.due_on, language)
    if told.starts_at:
        values |= {"ApptDate": day_in(told.starts_at.astimezone(zone).date(), language), "ApptTime": time_in(told.starts_at, zone, language)}
        values["ApptTimeAskedArrive"] = time_in(told.arrive_at or told.starts_at, zone, language)
    return values


def _office(tenant: Tenant, clinic: ClinicDetails | None, address: str) -> dict[str, str]:
    name, phone = (clinic.name, clinic.phone) if clinic else (tenant.name, "")
    practice_phone = tenant.contact.phone if tenant.contact else ""
    return {
        "ClinicName": name, "OfficeName": name, "ClinicPhone": phone or practice_phone, "OfficePhone": phone or practice_phone,
        "PracticeName": tenant.practice_name, "PracticePhone": practice_phone, "PatientPortalURL": address,
    }  # fmt: skip


def day_in(day: date, language: str) -> str:
    """A day with its weekday, as a language has it."""
    locale = _locale(language)
    return format_date(day, "EEEE, MMMM d", locale) if locale.language == "en" else format_skeleton("MMMMEEEEd", day, locale=locale)


def time_in(moment: datetime, zone: ZoneInfo, language: str) -> str:
    """A time of day on the clinic's clock, as a language has it."""
    return format_time(moment.astimezone(zone).time(), "short", locale=_locale(language)).replace("\u202f", " ").replace("\u00a0", " ")


def _locale(language: str) -> Locale:
    for tongue in words.tongues(language):
        try:
            # American Spanish has another clock than that of Spain.
            return Locale.parse("es_US" if tongue == "es" else tongue, sep="_" if tongue == "es" else "-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")

