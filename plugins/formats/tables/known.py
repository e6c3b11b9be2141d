"""Columns by the names that practice systems give them, so that most tables need no mapping."""

import re
from collections.abc import Mapping

PEOPLE, VISITS, LEDGER = "people", "appointments", "ledger"
KINDS = {PEOPLE: "patient", VISITS: "appointment", LEDGER: "ledger_entry"}
"""Which kind of record the rows of each sort of table become."""
SORTS = {
    "birthdate": "day", "entered_on": "day", "starts_at": "moment", "arrive_at": "moment", "minutes": "whole", "amount_cents": "cents", "text_ok": "yes_no", "is_confidential": "yes_no",
    "is_hygiene": "yes_no", "is_new_patient": "yes_no", "external_id": "number", "patient": "number", "guarantor": "number", "provider": "number", "clinic": "number", "operatory": "number",
    "hygienist": "number", "responsible_party": "number",
}  # fmt: skip
"""What stands in the column of a field, where it is not plain text."""
TITLES: Mapping[str, Mapping[str, str]] = {
    PEOPLE: {
        "external_id": "Patient’s number", "first_name": "First name", "last_name": "Last name", "preferred_name": "Preferred name", "birthdate": "Birthdate", "sex": "Sex", "email": "E-mail address", "phone": "Phone",
        "address_1": "Address", "address_2": "Address, second line", "city": "City", "state": "State", "postal_code": "ZIP code", "guarantor": "Number of who pays the bills", "language": "Language", "text_ok": "May be sent texts",
    },
    VISITS: {
        "external_id": "Appointment’s number", "patient": "Patient’s number", "starts_at": "Day and time", "minutes": "Minutes", "status": "Status", "reason": "Reason", "provider": "Provider’s number", "clinic": "Clinic’s number",
        "operatory": "Operatory’s number",
    },
    LEDGER: {
        "external_id": "Entry’s number", "patient": "Patient’s number", "entered_on": "Day", "description": "Description", "entry_type": "Charge, payment or adjustment", "amount_cents": "Amount", "code": "Procedure code",
        "tooth": "Tooth", "provider": "Provider’s number", "clinic": "Clinic’s number", "visit": "Appointment’s number",
    },
}  # fmt: skip
"""The fields of each sort of table, in the office's words."""
VALUES: Mapping[str, Mapping[str, str]] = {
    "sex": {"f": "F", "female": "F", "m": "M", "male": "M", "u": "U", "unknown": "U", "other": "U", "x": "U"},
    "status": {
        "scheduled": "scheduled", "confirmed": "scheduled", "booked": "scheduled", "complete": "complete", "completed": "complete", "checked out": "complete", "broken": "broken",
        "cancelled": "broken", "canceled": "broken", "no show": "broken", "missed": "broken", "planned": "planned", "unscheduled": "unscheduled", "unschedlist": "unscheduled",
    },
    "entry_type": {
        "charge": "charge", "procedure": "charge", "proc": "charge", "payment": "payment", "patient payment": "payment", "pay": "payment", "insurance payment": "insurance_payment",
        "insurance": "insurance_payment", "claim payment": "insurance_payment", "adjustment": "adjustment", "adj": "adjustment", "write-off": "adjustment", "writeoff": "adjustment", "discount": "adjustment",
    },
}  # fmt: skip
"""What words in a column mean, in small letters."""
_PATIENT = "patient patientid patientnumber patientno patnum patid chart chartnumber chartno chartid"
_NAMES: Mapping[str, Mapping[str, str]] = {
    PEOPLE: {
        "external_id": "id externalid number " + _PATIENT, "first_name": "firstname first fname givenname", "last_name": "lastname last lname surname familyname",
        "preferred_name": "preferredname preferred nickname", "birthdate": "birthdate birthday dob dateofbirth", "sex": "sex gender", "email": "email emailaddress mail",
        "phone": "phone mobile cell mobilephone cellphone wirelessphone wireless telephone phonenumber homephone hmphone", "address_1": "address address1 street addressline1", "address_2": "address2 addressline2 apt unit",
        "city": "city town", "state": "state province", "postal_code": "zip zipcode postalcode postcode", "guarantor": "guarantor guarantorid guarantornumber responsibleparty headofhousehold", "language": "language",
        "text_ok": "textok txtmsgok textmessages oktotext",
    },
    VISITS: {
        "external_id": "id externalid appointmentid aptnum apptid appointmentnumber visitid", "patient": _PATIENT, "starts_at": "startsat start starttime aptdatetime datetime appointmentdate date appointmentdatetime",
        "minutes": "minutes length duration lengthminutes", "status": "status aptstatus appointmentstatus", "reason": "reason procdescript description procedures type visittype", "provider": "providerid provnum",
        "clinic": "clinicid clinicnum", "operatory": "operatoryid op opnum",
    },
    LEDGER: {
        "external_id": "id externalid transactionid entryid number", "patient": _PATIENT, "entered_on": "date entrydate transactiondate procdate servicedate dateofservice postedon", "description": "description details procedure memo",
        "entry_type": "type entrytype transactiontype", "amount_cents": "amount amt total", "code": "code proccode procedurecode adacode cdtcode", "tooth": "tooth toothnum toothnumber",
        "provider": "providerid provnum", "clinic": "clinicid clinicnum", "visit": "visit visitid",
    },
}  # fmt: skip


def plain(column: str) -> str:
    """A column's name without what differs from system to system."""
    return re.sub("[^a-z0-9]", "", column.lower())


def columns_of(table: str, header: list[str]) -> dict[str, str]:
    """The fields of such a table that the columns of this header are, by field. Where two columns fit, the one that is named first counts."""
    by_name = {plain(column): column for column in reversed(header)}
    fitting = {field: [by_name[name] for name in names.split() if name in by_name] for field, names in _NAMES[table].items()}
    found: dict[str, str] = {}
    for field, columns in fitting.items():
        free = [column for column in columns if column not in found.values()]
        if free:
            found[field] = free[0]
    return found
