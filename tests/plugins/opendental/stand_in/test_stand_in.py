"""The stand-in for Open Dental does what their pages say, oddities included."""

import json
from base64 import b64encode
from io import BytesIO
from time import monotonic

import pytest
import requests

from plugins.opendental.resources import RESOURCES
from plugins.opendental.stand_in.book import delete_visit
from plugins.opendental.stand_in.drop import drop_at
from plugins.opendental.stand_in.office import new_office
from plugins.opendental.stand_in.seeding import seed
from plugins.opendental.wire.faults import NotAllowed, NotThere, Refused


@pytest.fixture
def life(wire):
    """An office with 40 people and their life; its client."""
    seed(wire.office, 40)
    return wire.client()


@pytest.fixture
def visit(life, wire):
    """A scheduled visit: its row."""
    return next(row for row in wire.office.store.all("appointment", "AptStatus = 1"))


def refused(act, *about) -> str:
    with pytest.raises(Refused) as found:
        act(*about)
    return found.value.said


def test_the_same_number_gives_the_same_people_and_hundreds_come_in_a_moment(wire):
    now = wire.stand_in.now()
    first, second = (new_office("x", None, lambda: 0.0, lambda: now) for _ in range(2))
    begun = monotonic()
    seed(first, 400)
    assert monotonic() - begun < 30
    seed(second, 400)
    assert first.store.all("patient") == second.store.all("patient")
    assert first.store.all("appointment") == second.store.all("appointment")
    for office in (first, second):
        office.store.close()


def test_a_seeded_practice_has_all_that_is_odd_in_real_ones(wire):
    seed(wire.office, 800)
    store = wire.office.store
    for table, what in {
        "patient": ("Birthdate = '0001-01-01'", "PatStatus = 3", "PatStatus = 5", "PatStatus = 1", "ClinicNum = 0", "Guarantor <> PatNum", "Email like '%;%'", "FamFinUrgNote like '%' || char(10) || '%'"),
        "appointment": ("AptStatus = 3", "AptStatus = 5", "AptStatus = 6", "AptStatus = 7", "Pattern = ''", "ClinicNum = 0", "AptDateTime = '0001-01-01 00:00:00'"),
        "operatory": ("IsHidden = 1", "ClinicNum = 0"), "provider": ("IsHidden = 1",), "recall": ("DateDue = '0001-01-01'", "IsDisabled = 1"),
        "treatplan": ("TPStatus = 0",), "payplan": ("1",), "claim": ("ClaimStatus = 'S'", "ClaimStatus = 'R'"), "statement": ("IsSent = 0",), "guardian": ("1",),
    }.items():  # fmt: skip
        for where in what:
            assert store.all(table, where, limit=1), f"{table}: {where}"
    again = "select count(*) from patient group by LName, FName, Birthdate having count(*) > 1 limit 1"
    assert store.rows.execute(again).fetchone()


def test_everything_that_is_pulled_can_be_asked_for(life):
    for resource in RESOURCES:
        if resource.way == "query":
            rows = life.query(f"SELECT * FROM {resource.table} WHERE {resource.key} > 0 ORDER BY {resource.key} LIMIT 100")
        else:
            rows = life.page(resource.path, {resource.since: "2020-01-01"} if resource.since else {}, 0)
        assert all(resource.key in row for row in rows)


def test_lists_of_one_patient_are_refused_without_one_and_unknown_filters_always(life):
    assert refused(life.rows, "recalls") == "PatNum is required."
    assert life.rows("recalls", PatNum=1)
    with pytest.raises(Refused):
        life.rows("clinics", PatNum=1)
    with pytest.raises(Refused):
        life.rows("appointments", AptStatus="Whatever")


def test_visits_are_found_by_day_status_and_clinic(life, visit):
    day = visit["AptDateTime"][:10]
    assert visit["AptNum"] in [row["AptNum"] for row in life.rows("appointments", date=day)]
    assert visit["AptNum"] in [row["AptNum"] for row in life.rows("appointments", dateStart=day, dateEnd=day, AptStatus="Scheduled", ClinicNum=visit["ClinicNum"])]
    assert life.rows("appointments", PatNum=visit["PatNum"], AptStatus="Complete", date=day) == []


@pytest.mark.parametrize(("word", "name"), [("Confirmed", "Confirmed"), ("Not Accepted", "Call back"), ("Sent", "eConfirm sent"), ("None", "Unconfirmed")])
def test_a_visit_is_confirmed_by_a_word_that_the_offices_settings_explain(life, visit, word, name):
    life.change(f"appointments/{visit['AptNum']}/Confirm", {"confirmVal": word})
    assert life.one(f"appointments/{visit['AptNum']}")["confirmed"] == name


def test_only_a_scheduled_visit_is_broken_and_where_it_goes_must_be_said(life, visit):
    path = f"appointments/{visit['AptNum']}/Break"
    assert refused(life.change, path, {}) == "sendToUnscheduledList is required."
    life.change(path, {"sendToUnscheduledList": "true", "breakType": "Cancelled"})
    assert life.one(f"appointments/{visit['AptNum']}")["AptStatus"] == "UnschedList"
    assert "Scheduled" in refused(life.change, path, {"sendToUnscheduledList": "false"})


def test_a_visit_is_booked_moved_noted_and_nobody_sits_in_two_chairs(life, wire):
    wanted = {"PatNum": 1, "Op": 2, "AptDateTime": "2031-01-06 09:00:00", "Pattern": "//XXXX//"}
    made = life.add("appointments", wanted)
    assert (made["AptStatus"], made["ClinicNum"], made["IsHygiene"]) == ("Scheduled", 1, "false")
    assert "overlaps" in refused(life.add, "appointments", wanted | {"PatNum": 2, "AptDateTime": "2031-01-06 09:30:00"})
    life.change(f"appointments/{made['AptNum']}", {"AptDateTime": "2031-01-07 10:00:00"})
    life.change(f"appointments/{made['AptNum']}/Note", {"Note": "by the portal"})
    row = life.one(f"appointments/{made['AptNum']}")
    assert (row["AptDateTime"], row["Note"]) == ("2031-01-07 10:00:00", "by the portal")
    assert "Op" in refused(life.add, "appointments", wanted | {"Op": 5})  # it is hidden
    web = life.add("appointments/WebSched", {"PatNum": 2, "DateTimeStart": "2031-01-08 09:00:00", "DateTimeEnd": "2031-01-08 09:40:00", "ProvNum": 3, "OpNum": 4})
    assert len(web["Pattern"]) == 8
    assert [row["AptNum"] for row in life.rows("appointments/WebSched")] == [web["AptNum"]]


def test_a_payment_sent_twice_is_there_twice_and_is_given_back_by_its_number(life):
    before = life.rows("accountmodules/1/PatientBalances")[0]["Balance"]
    first, second = (life.add("payments", {"PatNum": 1, "PayAmt": 12.5, "CheckNum": "portal-1"}) for _ in range(2))
    assert first["PayNum"] != second["PayNum"]
    assert first["payType"] == "Portal"
    life.add("payments/Refund", {"PayNum": second["PayNum"]})
    assert float(before) - float(life.rows("accountmodules/1/PatientBalances")[0]["Balance"]) == pytest.approx(12.5)
    life.change(f"payments/{first['PayNum']}", {"ProcessStatus": "OnlineProcessed"})
    assert life.one(f"payments/{first['PayNum']}")["ProcessStatus"] == "OnlineProcessed"
    assert "CheckNum" in refused(life.add, "payments", {"PatNum": 1, "PayAmt": 1, "CheckNum": "x" * 26})


def test_the_books_of_a_family_come_to_the_same_everywhere(life, wire):
    for head in {row["Guarantor"] for row in wire.office.store.all("patient")}:
        ledger = life.rows(f"accountmodules/{head}/ServiceDateView", isFamily="true")
        total = life.rows(f"accountmodules/{head}/PatientBalances")[-1]["Balance"]
        assert float(life.one(f"accountmodules/{head}/Aging")["Total"]) == pytest.approx(float(total), abs=0.01)
        assert not ledger or float(ledger[-1]["AcctBal"]) == pytest.approx(float(total), abs=0.01)


def test_a_saved_treatment_plan_is_signed_once(life, wire):
    plan = wire.office.store.add("treatplan", PatNum=1, TPStatus=0, Heading="Plan")["TreatPlanNum"]
    life.change(f"treatplans/{plan}", {"isSigned": "true"})
    assert life.one(f"treatplans/{plan}")["isSigned"] == "true"
    assert "already" in refused(life.change, f"treatplans/{plan}", {"isSigned": "true"})
    active = wire.office.store.add("treatplan", PatNum=1, TPStatus=1)["TreatPlanNum"]
    assert "saved" in refused(life.change, f"treatplans/{active}", {"isSigned": "true"})


def test_a_document_goes_up_and_its_bytes_come_by_a_file_transfer_only(life, wire):
    made = life.add("documents/Upload", {"PatNum": 1, "rawBase64": b64encode(b"paper").decode(), "extension": ".pdf", "Description": "Receipt", "DocCategory": 1})
    assert "paper" not in json.dumps(life.one(f"documents/{made['DocNum']}"), default=str)
    drop = drop_at(wire.stand_in.address)
    to = {"DocNum": made["DocNum"], "SftpUsername": drop.told.user, "SftpPassword": drop.told.password}
    name, found = f"{'0' * 32}.pdf", BytesIO()
    life.add("documents/DownloadSftp", to | {"SftpAddress": drop.address_of(name)})
    assert drop.fetch(name, found, 100) == 5
    assert found.getvalue() == b"paper"
    drop.remove(name)
    assert "SFTP" in refused(life.add, "documents/DownloadSftp", to | {"SftpAddress": drop.address_of(name), "SftpPassword": "wrong"})
    for place in ("files.example/one.pdf", f"127.0.0.1:{drop.told.port}/../one.pdf"):
        assert "invalid" in refused(life.add, "documents/DownloadSftp", to | {"SftpAddress": place})
    life.remove(f"documents/{made['DocNum']}")
    with pytest.raises(NotThere):
        life.one(f"documents/{made['DocNum']}")


def test_notes_tasks_popups_and_custom_fields_are_written(life):
    life.add("commlogs", {"PatNum": 1, "Note": "Sent by the portal", "Mode_": "Text", "SentOrReceived": "Sent"})
    life.add("tasks", {"TaskListNum": 1, "Descript": "Call back", "ObjectType": "Patient", "KeyNum": 1})
    life.add("popups", {"PatNum": 1, "Description": "Has access", "PopupLevel": "Patient"})
    field = life.add("patfields", {"PatNum": 1, "FieldName": "Portal", "FieldValue": "yes"})
    assert life.rows("patfields", PatNum=1, FieldName="Portal")[0]["FieldValue"] == "yes"
    life.remove(f"patfields/{field['PatFieldNum']}")
    assert refused(life.add, "commlogs", {"Note": "x"}) == "PatNum is required."
    assert "valid" in refused(life.add, "commlogs", {"PatNum": 1, "Whatever": "x"})


def test_events_bring_whole_rows_a_thousand_at_once_and_what_an_address_missed_for_three_days(wire, people):
    people(1500)
    client, sent = wire.client(), []
    client.add("subscriptions", {"EndPointUrl": "http://127.0.0.1/x", "WatchTable": "Patient", "PollingSeconds": 5, "Workstation": "SERVER"})
    client.add("subscriptions", {"EndPointUrl": "http://127.0.0.1/x", "WatchTable": "AppointmentDeleted", "PollingSeconds": 5})
    status = 503

    def send(address, headers, body):
        sent.append((headers, json.loads(body)))
        return status

    wire.stand_in.deliver(send)  # from now on
    store = wire.office.store
    store.rows.execute("update patient set DateTStamp = ?", [store.stamp()])
    made = store.add("appointment", PatNum=1, AptStatus=1)
    delete_visit(wire.office, made["AptNum"])
    wire.stand_in.pass_time(2)
    wire.stand_in.deliver(send)
    status = 200
    sent.clear()
    wire.stand_in.deliver(send)
    assert [len(rows) for _, rows in sent] == [1000, 500, 1]
    assert sent[0][0]["Authorization"] == wire.office.key
    assert sent[0][0]["Event-Type"] == "WatchTable: Patient"
    assert sent[0][1][0]["LName"] == "Patient 1"
    assert sent[2][1][0]["AptNum"] == made["AptNum"]
    sent.clear()
    wire.stand_in.deliver(send)
    assert sent == []
    status = 503
    store.update("patient", 1, City="Salem")
    wire.stand_in.pass_time(4 * 86400)
    wire.stand_in.deliver(send)
    assert sent == []  # too long ago


def test_a_key_does_what_it_may_and_opens_its_own_office_only(wire, people):
    people(1)
    wire.office.permissions = frozenset({"ReadAll", "Comm"})
    client = wire.client()
    client.add("commlogs", {"PatNum": 1, "Note": "x"})
    with pytest.raises(NotAllowed):
        client.add("payments", {"PatNum": 1, "PayAmt": 1})
    other = wire.stand_in.office(f"{wire.office.key}b")
    assert wire.client(customer_key=other.key).rows("patients/Simple") == []


@pytest.mark.parametrize("body", ["{", "[]", "3", '{"PatNum": "x", "PayAmt": "y"}', '{"PayAmt": 1, "PatNum": 99}'])
def test_what_cannot_be_read_is_refused_with_a_sentence(wire, body):
    headers = {"Authorization": f"ODFHIR stand-in-developer/{wire.office.key}"}
    answer = requests.post(f"{wire.stand_in.address}/payments", data=body, headers=headers, timeout=10)
    assert answer.status_code in (400, 404)
    assert answer.json()
