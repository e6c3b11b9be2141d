"""Clinics, providers, chairs, and the definitions that stand for confirmation statuses, blockouts and folders of images."""

from collections.abc import Iterable, Mapping

from plugins.opendental.mapping.reading import Record, Row, day, flag, number, position, reference, words
from plugins.opendental.mapping.setup import BLOCKOUT, CONFIRMATION, IMAGE_CATEGORY, Setup, category_of

LISTED, STATEMENTS = "L", "S"
"""Letters in the value of a category of images: it is shown in the portal; statements are kept there."""


def clinic(row: Row, setup: Setup) -> Record:
    """A clinic. They know no time zones: it keeps the one that it has here, or gets the practice's."""
    number_ = number(row, "ClinicNum")
    return {
        "kind": "clinic",
        "external_id": number_,
        "name": words(row, "Description", 200) or words(row, "Abbr", 200) or f"Clinic {number_}",
        "phone": words(row, "Phone", 40),
        "address_1": words(row, "Address", 200),
        "address_2": words(row, "Address2", 200),
        "city": words(row, "City", 100),
        "state": words(row, "State", 40),
        "postal_code": words(row, "Zip", 20),
        "time_zone": setup.zone(number_),
        "position": position(row, "ItemOrder"),
    }


def provider(row: Row, setup: Setup) -> Record:
    """A dentist or hygienist. One who is hidden stays, for the visits that there were."""
    return {
        "kind": "provider",
        "external_id": number(row, "ProvNum"),
        "first_name": words(row, "FName", 100),
        "last_name": words(row, "LName", 100) or words(row, "Abbr", 100),
        "preferred_name": words(row, "PreferredName", 100),
        "suffix": words(row, "Suffix", 100),
        "specialty": "" if words(row, "Specialty").isdigit() else words(row, "Specialty", 100),
        "npi": words(row, "NationalProvID", 40),
    }


def operatory(row: Row, setup: Setup) -> Record:
    """A chair; patients may book there when it is one of those for Web Sched."""
    name = words(row, "OpName", 100) or words(row, "Abbrev", 100) or f"Operatory {number(row, 'OperatoryNum')}"
    return {
        "kind": "operatory",
        "external_id": number(row, "OperatoryNum"),
        "name": name,
        "abbreviation": words(row, "Abbrev", 5),
        "clinic": reference(row, "ClinicNum"),
        "provider": reference(row, "ProvDentist"),
        "hygienist": reference(row, "ProvHygienist"),
        "is_hygiene": flag(row, "IsHygiene"),
        "position": position(row, "ItemOrder"),
        "is_hidden": flag(row, "IsHidden"),
        "takes_recalls": flag(row, "IsWebSched"),
    }


def definition(row: Row, setup: Setup) -> Record | None:
    """A confirmation status, a sort of blockout or a folder of images; None for the other categories."""
    makers = {CONFIRMATION: _confirmation_status, BLOCKOUT: _blockout_type, IMAGE_CATEGORY: _image_folder}
    maker = makers.get(category_of(row))
    return maker(row, setup) if maker else None


def keeps_statements(row: Row) -> bool:
    """Whether a category of images is the one for statements, which patients find in their account."""
    return category_of(row) == IMAGE_CATEGORY and STATEMENTS in words(row, "ItemValue", 100)


def folders(rows: Iterable[Row]) -> dict[str, str]:
    """The first folder of images for each letter that says what it is for, such as A for payment plans."""
    found: dict[str, str] = {}
    for row in rows:
        for letter in words(row, "ItemValue", 100) if category_of(row) == IMAGE_CATEGORY and not flag(row, "isHidden") else "":
            found.setdefault(letter, number(row, "DefNum"))
    return found


def is_shown(row: Row, own: Mapping[str, bool]) -> bool:
    """Whether patients see the images of a category: as the office has chosen here, else as it is set there."""
    return own.get(number(row, "DefNum"), LISTED in words(row, "ItemValue", 100)) and not flag(row, "isHidden")


def _confirmation_status(row: Row, setup: Setup) -> Record:
    return {"kind": "confirmation_status"} | _named(row) | {"position": position(row, "ItemOrder"), "is_hidden": flag(row, "isHidden")}


def _blockout_type(row: Row, setup: Setup) -> Record:
    return {"kind": "blockout_type"} | _named(row) | {"is_hidden": flag(row, "isHidden")}


def _image_folder(row: Row, setup: Setup) -> Record:
    return {"kind": "image_folder"} | _named(row) | {"shared": is_shown(row, setup.own_categories), "position": position(row, "ItemOrder")}


def _named(row: Row) -> Record:
    number_ = number(row, "DefNum")
    return {"external_id": number_, "name": words(row, "ItemName", 100) or f"No. {number_}"}


def is_holiday(row: Row) -> bool:
    """Whether a schedule entry closes the practice on a day."""
    return day(row, "SchedDate") is not None and words(row, "SchedType") in {"Practice", "0"} and words(row, "Status") in {"Holiday", "2"}
