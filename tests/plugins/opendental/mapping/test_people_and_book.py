import pytest

from plugins.opendental.mapping import book, people, practice, recalls, visits
from plugins.opendental.mapping import setup as set_up
from plugins.opendental.mapping.setup import Code, Setup

SETUP = Setup(
    "America/Denver",
    zones={"2": "America/New_York"},
    confirmations={"21": "confirmed", "22": "callback"},
    own_confirmations={"22": "unconfirmed"},
    chairs={"4": "2"},
    codes={"D1110": Code("D1110", "Cleaning", "Pro"), "D0120": Code("D0120", "Check-up", "PerEx")},
    gone=frozenset({"66"}),
)
PATIENT = {"PatNum": 15, "LName": "Ode", "FName": "Mia", "Guarantor": 12, "PatStatus": "Patient", "Gender": "Female", "Birthdate": "2015-03-01", "TxtMsgOk": "Yes"}
VISIT = {
    "AptNum": 7, "PatNum": 15, "AptStatus": "Scheduled", "Pattern": "//XXXX//", "Confirmed": 21, "Op": 4, "ProvNum": 1, "ProvHyg": 0, "AptDateTime": "2026-12-01 08:00:00",
    "ProcDescript": "PerEx, #3-Pro, Mystery", "ClinicNum": 0, "Priority": "Normal", "DateTimeAskedToArrive": "0001-01-01 00:00:00", "SecDateTEntry": "2026-11-01 09:00:00",
}  # fmt: skip


@pytest.mark.parametrize("status, gone", [("Patient", False), ("NonPatient", False), ("Inactive", False), ("Prospective", False), ("Archived", True), ("Deceased", False), (4, True)])
def test_charts_that_are_archived_or_deleted_leave_the_portal(status, gone):
    found = people.patient(PATIENT | {"PatStatus": status}, SETUP)
    assert (found == {"kind": "patient", "external_id": "15", "deleted": True}) is gone


@pytest.mark.parametrize("guarantor, head", [(12, "12"), (15, "15"), (0, "15"), (66, "15")])
def test_who_has_no_head_of_family_in_the_portal_is_their_own(guarantor, head):
    assert people.patient(PATIENT | {"Guarantor": guarantor}, SETUP)["guarantor"] == head


@pytest.mark.parametrize(
    "row, field, value",
    [({"WirelessPhone": "", "HmPhone": "(303)555-0100"}, "phone", "(303)555-0100"), ({"TxtMsgOk": "No"}, "text_ok", False), ({"TxtMsgOk": "Unknown"}, "text_ok", None),
     ({"Email": "a@example.com; b@example.com"}, "email", "a@example.com"), ({"Language": "spa"}, "language", "es-US"), ({"Language": "Klingon"}, "language", "en-US"),
     ({"Birthdate": "0001-01-01"}, "birthdate", None), ({"PatStatus": "Deceased"}, "status", "deceased"), ({"PatStatus": "Inactive"}, "status", "inactive"), ({}, "status", "active"), ({"Gender": "Other"}, "sex", "U"), ({"Gender": 0}, "sex", "M")],
)  # fmt: skip
def test_what_a_patient_is_reached_by(row, field, value):
    assert people.patient(PATIENT | row, SETUP)[field] == value


@pytest.mark.parametrize("said, relation", [(1, "mother"), ("Mother", "mother"), (9, "foster child"), (20, "life partner"), (22, "grandchild"), (99, "other")])
def test_guardians_come_by_the_number_of_their_relation(said, relation):
    found = people.relationship({"GuardianNum": 3, "PatNumChild": 15, "PatNumGuardian": 12, "Relationship": said, "IsGuardian": 1}, SETUP)
    assert found == {
        "kind": "relationship", "external_id": "3", "patient": "15", "related": "12", "relation": relation, "is_guardian": True,
    }  # fmt: skip


def test_a_guardian_whose_chart_is_not_in_the_portal_is_left_out():
    assert people.relationship({"GuardianNum": 3, "PatNumChild": 15, "PatNumGuardian": 66, "Relationship": 1, "IsGuardian": 1}, SETUP) is None


def test_a_visit_is_by_the_clock_of_its_chairs_clinic_and_in_plain_words():
    found = visits.appointment(VISIT, SETUP)
    assert found | {
        "starts_at": "2026-12-01T08:00:00-05:00", "minutes": 40, "clinic": "2", "hygienist": None, "confirmation": "confirmed", "confirmation_status": "21",
        "reason": "Check-up, Cleaning", "arrive_at": None, "status": "scheduled", "entered_at": "2026-11-01T09:00:00-07:00",
    } == found  # fmt: skip


@pytest.mark.parametrize(
    "row, field, value",
    [({"AptStatus": "Complete"}, "status", "complete"), ({"AptStatus": "Broken"}, "status", "broken"), ({"AptStatus": "UnschedList"}, "status", "unscheduled"),
     ({"AptStatus": 5}, "status", "broken"), ({"Priority": "ASAP"}, "wants_earlier", True), ({"Confirmed": 22}, "confirmation", "unconfirmed"),
     ({"Confirmed": 99}, "confirmation", "unconfirmed"), ({"Pattern": ""}, "minutes", 30), ({"Pattern": "X" * 500}, "minutes", 720),
     ({"DateTimeAskedToArrive": "2026-12-01 07:45:00"}, "arrive_at", "2026-12-01T07:45:00-05:00"), ({"ClinicNum": 3}, "starts_at", "2026-12-01T08:00:00-07:00")],
)  # fmt: skip
def test_what_a_visit_says(row, field, value):
    assert visits.appointment(VISIT | row, SETUP)[field] == value


@pytest.mark.parametrize("row", [{"AptStatus": "PtNote"}, {"AptStatus": "Lost"}, {"AptDateTime": "0001-01-01 00:00:00", "AptStatus": "Planned"}])
def test_notes_and_visits_without_a_date_are_in_nobodys_book(row):
    assert visits.appointment(VISIT | row, SETUP) == {"kind": "appointment", "external_id": "7", "deleted": True}


@pytest.mark.parametrize("action, found", [("Deleted", True), ("Changed", False), ("Cancelled", False)])
def test_deleted_visits_are_told_by_the_history(action, found):
    assert (visits.past_change({"AptNum": 7, "HistApptAction": action}, SETUP) is not None) is found


@pytest.mark.parametrize(
    "row, found",
    [({}, (480, 1020, ["1", "4"], "2")), ({"StopTime": "00:00:00"}, (480, 1440, ["1", "4"], "2")), ({"operatories": ""}, (480, 1020, [], None))],
)
def test_hours_of_a_provider(row, found):
    whole = {"ScheduleNum": 9, "SchedDate": "2026-12-01", "StartTime": "08:00:00", "StopTime": "17:00:00", "SchedType": "Provider", "ProvNum": 1, "operatories": "1,4,4"}
    made = book.schedule(whole | row, SETUP)
    assert (made["starts"], made["ends"], made["operatories"], made["clinic"]) == found


@pytest.mark.parametrize("row", [{"SchedType": "Employee"}, {"SchedType": "Practice"}, {"SchedDate": "0001-01-01"}, {"StopTime": "07:00:00"}, {"ProvNum": 0}])
def test_hours_that_concern_no_patient_are_left_out(row):
    whole = {"ScheduleNum": 9, "SchedDate": "2026-12-01", "StartTime": "08:00:00", "StopTime": "17:00:00", "SchedType": "Provider", "ProvNum": 1}
    assert book.schedule(whole | row, SETUP) is None


@pytest.mark.parametrize("said, found", [("6m1d", (6, 1)), ("1y", (12, 0)), ("2w", (0, 14)), (str(6 << 16 | 1), (6, 1)), ("", (0, 0)), ("99999m", (120, 0)), ("⁶", (0, 0))])
def test_intervals_of_recalls(said, found):
    assert recalls.interval(said) == found


def test_a_reason_for_a_visit_keeps_what_fits_of_its_codes_and_numbers():
    row = {"AppointmentTypeNum": 3, "AppointmentTypeName": "New", "CodeStr": "D0120," + 300 * "x", "BlockoutTypes": "7,²,x", "Pattern": "//XX"}
    made = book.appointment_type(row, SETUP)
    assert [one["code"] for one in made["procedures"]] == ["D0120", 40 * "x"]
    assert made["blockout_types"] == ["7"]


def test_a_category_that_is_no_number_has_none():
    assert [set_up.category_of({"Category": said}) for said in ("18", "¹⁸", "nothing")] == [18, -1, -1]


def test_folders_are_shared_by_the_letter_of_the_portal_unless_the_office_says_otherwise():
    row = {"DefNum": 31, "Category": "18", "ItemName": "X-rays", "ItemValue": "XL", "isHidden": "false", "ItemOrder": 2}
    assert practice.definition(row, SETUP)["shared"]
    assert not practice.definition(row | {"ItemValue": "X"}, SETUP)["shared"]
    assert not practice.definition(row | {"isHidden": "true"}, SETUP)["shared"]
    assert not practice.definition(row, Setup("UTC", own_categories={"31": False}))["shared"]
    assert practice.keeps_statements(row | {"ItemValue": "SL"})


def test_answers_to_confirmations_are_mapped_by_the_offices_own_settings():
    rows = [{"PrefName": "ApptEConfirmStatusAccepted", "ValueString": "21"}, {"PrefName": "ApptEConfirmStatusDeclined", "ValueString": "0"}, {"PrefName": "Other", "ValueString": "5"}]
    assert set_up.e_confirmations(rows) == {"21": "confirmed"}
