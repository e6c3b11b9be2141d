"""Documents with their files, treatment plans that are signed, and queries."""

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import asyncssh

from plugins.opendental.stand_in import drop
from plugins.opendental.stand_in.faults import missing, wrong
from plugins.opendental.stand_in.office import StandInOffice
from plugins.opendental.stand_in.saying import Speaker, read
from plugins.opendental.stand_in.store import NO_DAY

Sent = dict[str, Any]
_PLACE = re.compile(r"127\.0\.0\.1:\d{1,5}/(?:[A-Za-z0-9_-]+/)*(?:[A-Za-z0-9_-]+\.[A-Za-z0-9]{1,5})?")
"""Files go nowhere but to this machine."""
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
    """The office writes a file to the SFTP server that it is told. An address that names no file gets the file's own name."""
    for name in ("DocNum", "SftpAddress", "SftpUsername", "SftpPassword"):
        if not sent.get(name):
            raise wrong(f"{name} is required.")
    row = office.store.get("document", int(sent["DocNum"]))
    body, place = office.store.file(row["DocNum"]), str(sent["SftpAddress"]).removeprefix("sftp://")
    if not _PLACE.fullmatch(place):
        raise wrong("SftpAddress is invalid.")
    if not body:
        raise missing("File")
    try:
        drop.write(place + (row["FileName"] if place.endswith("/") else ""), str(sent["SftpUsername"]), str(sent["SftpPassword"]), body)
    except (OSError, asyncssh.Error):
        raise wrong("Could not connect to the SFTP server.") from None
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
