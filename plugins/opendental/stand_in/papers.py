"""Documents with their files, treatment plans that are signed, and queries."""

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from plugins.opendental.stand_in.faults import missing, wrong
from plugins.opendental.stand_in.office import StandInOffice
from plugins.opendental.stand_in.saying import Speaker, read
from plugins.opendental.stand_in.store import NO_DAY

Sent = dict[str, Any]
_PLACE = re.compile(r"(?:sftp://)?[^/]+(?::\d+)?/(?P<folders>(?:[A-Za-z0-9_-]+/)*)(?P<name>[A-Za-z0-9_.-]+)")
_EXTENSION = re.compile(r"\.?[A-Za-z0-9]{1,5}")


def upload(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """A file is put into a patient's folder."""
    for name in ("rawBase64", "extension", "PatNum"):
        if not sent.get(name):
            raise wrong(f"{name} is required.")
    extension = str(sent["extension"])
    if not _EXTENSION.fullmatch(extension):
        raise wrong("extension is invalid.")
    try:
        body = b64decode(str(sent["rawBase64"]), validate=True)
    except ValueError:
        raise wrong("rawBase64 is invalid.") from None
    values = read("document", {name: value for name, value in sent.items() if name not in ("rawBase64", "extension")})
    patient = office.store.get("patient", values["PatNum"])
    row = office.store.add("document", **({"DateCreated": office.store.stamp()} | values))
    name = f"{patient['LName']}{patient['FName']}{row['DocNum']}.{extension.lstrip('.')}"
    office.store.keep_file(row["DocNum"], body)
    return 201, Speaker(office.store).say("document", office.store.update("document", row["DocNum"], FileName=name))


def download(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """The office writes a file to where it is told: here, into a folder in place of a file transfer."""
    for name in ("DocNum", "SftpAddress", "SftpUsername", "SftpPassword"):
        if not sent.get(name):
            raise wrong(f"{name} is required.")
    place = _PLACE.fullmatch(str(sent["SftpAddress"]))
    if place is None or office.drop is None:
        raise wrong("Could not connect to the SFTP server.")
    body = office.store.file(office.store.get("document", int(sent["DocNum"]))["DocNum"])
    if not body:
        raise missing("File")
    folder = office.drop / place["folders"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / place["name"]).write_bytes(body)
    return 201, ""


def change_plan(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """A treatment plan is changed, or signed for the patient."""
    row = office.store.get("treatplan", numbers[0])
    signs, signs_practice = (str(sent.pop(name, "false")).casefold() == "true" for name in ("isSigned", "isSignedPractice"))
    if signs and row["TPStatus"] != 0:
        raise wrong("Only saved treatment plans can be signed.")
    if signs and row["DateTSigned"][:10] != NO_DAY:
        raise wrong("Treatment plan is already signed.")
    values = read("treatplan", sent)
    if signs:
        values |= {"DateTSigned": office.store.stamp(), "Signature": f"digitally signed by portal {office.store.stamp()}"}
    if signs_practice:
        values |= {"DateTPracticeSigned": office.store.stamp()}
    return 200, Speaker(office.store).say("treatplan", office.store.update("treatplan", numbers[0], **values))


def short_query(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """Rows by a SELECT."""
    if not sent.get("SqlCommand"):
        raise wrong("SqlCommand is required.")
    offset = str(asked.get("Offset", "0"))
    return 200, office.store.query(str(sent["SqlCommand"]), int(offset) if offset.isdecimal() else 0)


ACTS = [
    ("POST", "documents/Upload", upload), ("POST", "documents/DownloadSftp", download), ("PUT", r"treatplans/(\d{1,15})", change_plan), ("PUT", "queries/ShortQuery", short_query),
]  # fmt: skip
