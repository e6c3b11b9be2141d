"""Records from the practice's system at the office: what came in when, what was refused, and being told when nothing comes any more."""

from datetime import UTC, datetime, timedelta

import pytest

from core.plugins.waiting import number_waiting
from core.records import runs
from core.records.kinds import kinds_for
from tenants import settings
from tenants.console import sync

PATH = "/office/sync"


@pytest.fixture
def send(db, registry):
    """`send(records, ago)`: what a source called `nightly` sent so many hours ago."""
    def receive(batch: list[dict], ago: float = 0):
        kinds = kinds_for(registry, frozenset(registry.plugins.plugins))
        runs.receive(db, kinds, batch, "nightly", datetime.now(UTC) - timedelta(hours=ago))
        db.commit()

    return receive


@pytest.fixture
def watch(db, registry, practice):
    """`watch(hours)`: the office sets its limit."""
    def change(hours: int):
        settings.change(db, registry.plugins, practice.id, None, "portal.records_stale_hours", hours, "test", datetime.now(UTC))
        db.commit()

    return change


def ann(external_id: str = "P1", **fields) -> dict:
    return {"kind": "patient", "external_id": external_id, "first_name": "Ann", "last_name": "Zelenka"} | fields


def test_a_practice_that_no_system_feeds_reads_so(office):
    assert "No system sends records here" in office("read_only").get(PATH)


def test_the_page_says_what_came_in_and_what_was_refused_and_nothing_of_what_is_in_it(office, send):
    send([ann("P1"), ann("P2"), ann("P3", guarantor="P404", phone="555-0177")])
    page = office("read_only").get(PATH)
    assert "2 new, 1 refused" in page
    assert "guarantor: the patient that it names is not there yet." in page
    assert "P3" in page
    assert "Zelenka" not in page
    assert "555-0177" not in page
    assert "Dealt with" not in page
    assert "no limit is set" in page


def test_refused_records_wait_for_the_office_until_they_are_taken_in_or_dealt_with(office, send, audited):
    app = office("front_desk")
    send([ann("P3", sex="X"), ann("P4", sex="X"), ann("P5", sex="X")])
    assert app.get("/office").html.find("a", href=PATH, string=lambda words: words and "Refused records" in words)
    send([ann("P3")])
    page = app.get(PATH)
    assert "P3" not in page.html.find("section", attrs={"aria-labelledby": "refused"}).text
    one = next(form for name, form in page.forms.items() if str(name).startswith("dealt-") and "refusal" in form.fields and "which" not in form.fields)
    assert "It is off the list." in one.submit(status=303).follow()
    assert one.submit(status=404), "it is gone"
    assert len(audited("office.sync.dealt")) == 1
    send([ann("P6", sex="X")])
    assert "They are off the list." in app.get(PATH).forms["dealt-all"].submit(status=303).follow()
    assert "Nothing is refused" in app.get(PATH)


def test_a_refused_record_is_looked_at_and_tried_again_once_what_it_named_is_there(office, send, audited):
    app = office("front_desk")
    send([ann("P3", guarantor="P404", phone="555-0177")])
    page = app.get(PATH).click(href="/refused/")
    assert "555-0177" in page
    assert "guarantor: the patient that it names is not there yet." in page
    assert "1 is still refused; each says why." in page.forms["again"].submit(status=303).follow()
    send([ann("P404"), ann("P5", sex="X")])
    assert "1 is in the portal now. 1 is still refused; each says why." in app.get(PATH).forms["again-all"].submit(status=303).follow()
    assert "There was nothing to try" not in app.get(PATH)
    assert page.forms["again"].submit(status=404), "it is off the list"
    assert [len(audited(f"office.sync.{act}")) for act in ("look", "again")] == [1, 2]


def test_what_a_refused_record_says_is_for_those_who_work_for_all_clinics_and_may_settle(office, send, other_signed_in, other_make, practice):
    send([ann("P3", sex="X")])
    path = office("front_desk").get(PATH).html.select_one("a[href*='/refused/']")["href"]
    office("read_only").get(path, status=403)
    other_signed_in(account=other_make.staff("office_admin")).get(path, status=404)
    limited = office("front_desk", clinic_ids=(practice.clinic_id,))
    assert not limited.get(PATH).html.select("a[href*='/refused/']")
    limited.get(path, status=404)


def test_who_only_looks_takes_nothing_off_and_no_other_practice_sees_or_takes(office, send, other_signed_in, other_make):
    send([ann("P3", sex="X")])
    assert "P3" in office().get(PATH)
    form = office().get(PATH)
    refusal = form.html.find("input", attrs={"name": "refusal"})["value"]
    stranger = other_signed_in(account=other_make.staff("office_admin"))
    assert "No system sends records here" in stranger.get(PATH)
    token = stranger.get("/office/staff/invite").html.find("input", attrs={"name": "csrf_token"})["value"]
    stranger.post(f"{PATH}/dealt", {"refusal": refusal, "csrf_token": token}, status=404)
    for wrong in ("", "nonsense", "\0", "x" * 100_000):
        stranger.post(f"{PATH}/dealt", {"refusal": wrong, "csrf_token": token}, status=404 if wrong.strip("\0") else "*")
    assert "P3" in office().get(PATH)


def test_records_that_stop_coming_in_are_told_on_the_page_the_first_page_and_by_an_alert(office, send, watch, db, practice):
    send([ann()], ago=25)
    watch(24)
    page = office("front_desk").get(PATH)
    assert "the limit of 24 hours was reached" in page
    first = office("front_desk").get("/office")
    assert "Records are out of date" in first
    watch(26)
    assert "hours was reached" not in office("front_desk").get(PATH)
    assert "Records are out of date" not in office("front_desk").get("/office")


def test_an_alert_is_for_the_hours_in_which_it_became_so(send, watch, db, practice):
    send([ann()], ago=25)
    watch(24)
    now, about = datetime.now(UTC), {"practice_id": practice.id, "clinic_ids": ()}
    number = lambda since: number_waiting(db, [sync.STALE], now=now, since=now - timedelta(hours=since), **about)  # noqa: E731
    assert number(2) == {"office.sync.stale": 1}
    assert number(0.5) == {"office.sync.stale": 0}, "it was told before"


def test_a_run_says_how_it_ended(db, practice, office, registry):
    now, kinds = datetime.now(UTC), kinds_for(registry, frozenset())
    for name, ago in (("early", 60), ("late", 1)):
        run = runs.begin(name, now - timedelta(minutes=ago))
        runs.take_in(db, run, kinds, [ann(name)], now - timedelta(minutes=ago))
    runs.fail(db, runs.begin("bad", now), "The sender hung up.", now)
    db.commit()
    rows = office().get(PATH).html.find("section", attrs={"aria-labelledby": "runs"}).find("tbody").find_all("tr")
    said = {row.find("td", attrs={"data-label": "Source"}).text: row.text for row in rows}
    assert "Broke off" in said["early"]
    assert "Under way" in said["late"]
    assert "Failed" in said["bad"]
    assert "The sender hung up." in said["bad"]


def test_the_page_costs_the_same_however_much_there_is(office, send, statements):
    app, counts = office(), []
    for batch in ([ann("P1")], [ann(f"P{number}", sex="X") for number in range(2, 40)]):
        send(batch)
        app.get(PATH)
        with statements() as seen:
            app.get(PATH)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6


def test_where_a_record_has_come_from_and_when_can_be_looked_up(office, send, practice):
    send([ann("P1"), ann("P2")])
    send([{"kind": "patient", "external_id": "P2", "deleted": True}])
    app = office("read_only")

    def look(number: str, kind: str = "patient", status: int = 200):
        form = app.get(PATH).forms["origin"]
        form["kind"], form["number"] = kind, number
        return form.submit(status=status)

    assert "It came from" in look("P1")
    assert "was deleted there" not in look("P1")
    assert "was deleted there" in look("P2")
    assert "ever came" in look("P9")
    assert "Enter the number" in look("", status=422)
    assert "Choose a kind" in look("P1", "", 422)


def test_those_that_are_chosen_or_were_refused_for_one_reason_are_tried_or_taken_off_together(office, send, audited):
    app = office("front_desk")
    send([ann(f"P{number}", guarantor="P1") for number in range(2, 6)] + [ann("X1", sex="X"), ann("X2", sex="Y")])
    page = app.get(PATH)
    assert "4 × Patient" in page
    alike = next(form for name, form in page.forms.items() if str(name).startswith("again-alike") and "guarantor" in page.html.find("form", id=name).text)
    assert "4 are still refused" in alike.submit(status=303).follow()
    send([ann("P1")])
    page = app.get(PATH)
    assert "Is tried again soon" in page.html.find("input", form="chosen", value=lambda _: True).find_parent("table").text
    token = page.forms["chosen"]["csrf_token"].value
    numbers = {one["value"]: one.parent.text.split()[-1] for one in page.html.find_all("input", form="chosen")}

    def act(how: str, *names: str):
        ids = [value for value, number in numbers.items() if number in names]
        return app.post(f"{PATH}/{how}", {"refusal": ids, "which": "chosen", "csrf_token": token}, status=303).follow()

    assert "1 is in the portal now. 1 is still refused" in act("again", "P2", "X1")
    assert "Choose some of them first." in act("again")
    assert "Choose some of them first." in act("dealt")
    assert "They are off the list." in act("dealt", "X1", "X2")
    assert {one["value"] for one in app.get(PATH).html.find_all("input", form="chosen")} == {value for value, number in numbers.items() if number in ("P3", "P4", "P5")}
    assert "3 are in the portal now." in app.get(PATH).forms["again-all"].submit(status=303).follow()
    assert len(audited("office.sync.again")) == 3
