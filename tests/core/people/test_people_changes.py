"""What the practice's system is told of people, and of what they ask."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from core.people import by_hand, merging, records_requests
from core.records import changes

NOW = datetime.now(UTC)


def told(db, practice, prefix: str) -> list[changes.Change]:
    db.flush()
    return [one for one in changes.waiting(db, practice.id, "test") if one.kind.startswith(prefix)]


def test_charts_that_are_written_down_changed_and_merged_here_are_told(make, db, practice, registry):
    staff = make.staff()
    who = by_hand.Written("Zoe", "Ryder", "", date(1990, 5, 4), "+15550100999", "zoe@example.test", practice.clinic_id)
    new = by_hand.add_from_web(db, practice.id, who, NOW)
    by_hand.change(db, practice.id, new.id, by_hand.Written(**vars(who) | {"first_name": "Zoë"}), by_hand.Writer(staff.id, (), NOW))
    kept = make.patient()
    merging.merge(db, registry.plugins, practice.id, kept.id, new.id, "The same person twice", NOW, staff.id)
    added, changed, merged = told(db, practice, "patient.")
    assert (added.kind, added.data["first_name"], added.data["source"], added.data["clinic"]["external_id"]) == ("patient.added", "Zoe", "web", "C1")
    assert (changed.kind, changed.data["first_name"]) == ("patient.changed", "Zoë")
    assert (merged.kind, merged.patient["external_id"], merged.data["absorbed_id"]) == ("patient.merged", kept.external_id, str(new.id))
    # What was told of the chart that is gone is told of the one that is kept.
    assert {one.patient["portal_id"] for one in (added, changed, merged)} == {str(kept.id)}


def test_a_request_for_the_record_and_its_answer_are_told(make, db, practice):
    patient, staff = make.patient(), make.staff()
    asker = records_requests.Asker(make.account(patient).id, patient.id, ZoneInfo("America/New_York"))
    asked = records_requests.ask(db, practice.id, asker, records_requests.Wish(("images",), "file", words="The last five years"), NOW)
    records_requests.answer(db, asked, "denied", "There are none.", staff.id, NOW)
    made, answered = told(db, practice, "records_request.")
    assert (made.data["act"], made.data["wanted"], made.data["words"]) == ("asked", ["images"], "The last five years")
    assert (answered.data["state"], answered.data["answer"], answered.target["portal_id"]) == ("denied", "There are none.", str(asked.id))
    assert [one.kind for one in told(db, practice, "patient.")] == ["patient.access_opened"]
