"""A seventh plugin, from a distribution of its own, installed beside a running portal: working, switched off, on again, and gone."""

import re
from importlib.util import find_spec

from core.plugins import find_plugins
from core.testing import make_office

# Working


def test_it_is_installed_for_the_processes_of_these_tests_only(portal_with_seven, office):
    assert "recallclub" not in {plugin.name for plugin in find_plugins()}
    assert find_spec("recall_club") is None
    assert portal_with_seven.office(office.slug, "change", "recallclub.months", 7) == 7


def test_its_table_came_with_its_own_branch_and_stands_behind_the_wall(portal_with_seven, query):
    [(forced, policy)] = query(
        "select relrowsecurity and relforcerowsecurity, (select pg_get_expr(polqual, polrelid) from pg_policy where polrelid = pg_class.oid) "
        "from pg_class where relname = 'recallclub_member'"
    )
    assert (forced, policy) == (True, "(practice_id = current_practice())")
    assert portal_with_seven.cuspid("migrate") == "The database is up to date.\n"


def test_the_tab_works_from_the_page_to_the_row_to_the_task(portal_with_seven, office, query, eventually):
    patient = office.make.patient(email=f"{office.slug}@example.test")
    visitor = portal_with_seven.visitor(office.host).sign_in(office.make.account(patient))
    assert visitor.tabs()[-1] == "/recallclub"
    home = visitor.get("/home").text
    assert "Join the Recall Club" in home
    page = visitor.get("/recallclub")
    assert page.status == 200
    assert "after 6 months" in page.text
    for picture in re.findall(r'(?:href)="(/static/recallclub/[^"#]+)', page.text):
        assert visitor.get(picture).status == 200
    assert visitor.submit("/recallclub", "/recallclub/join").location.endswith("/recallclub")
    assert "You are a member" in visitor.get("/recallclub").text
    assert "Join the Recall Club" not in visitor.get("/home").text
    assert "/recallclub" in visitor.get("/home").text
    # The worker, another process, has greeted the new member.
    eventually(
        lambda: query(
            "select 1 from recallclub_member where practice_id = %s and patient_id = %s and welcomed_at is not null", office.id, patient.id
        )
    )
    mails = [path.read_text() for path in (portal_with_seven.folder / "mail").rglob("*") if path.is_file()]
    assert sum(f"To: {office.slug}@example.test" in mail and "Welcome to the Recall Club" in mail for mail in mails) == 1


def test_its_office_setting_is_read_and_changed(portal_with_seven, office):
    visitor = portal_with_seven.visitor(office.host).sign_in(office.make.account(office.make.patient()))
    assert "after 6 months" in visitor.get("/recallclub").text
    assert portal_with_seven.office(office.slug, "change", "recallclub.months", 9) == 9
    # Each of the two processes knows of it, whichever answers.
    assert all("after 9 months" in visitor.get("/recallclub").text for _ in range(6))


def test_its_records_come_in_through_the_one_door(portal_with_seven, office, query):
    patient = office.make.patient()
    member = {"kind": "recall_club_member", "external_id": "M1", "patient": patient.external_id, "joined_at": "2026-01-05T09:00:00-07:00"}
    assert portal_with_seven.office(office.slug, "take_in", [member]) == [["created", ""]]
    assert portal_with_seven.office(office.slug, "take_in", [member]) == [["unchanged", ""]]
    assert query("select patient_id from recallclub_member where practice_id = %s", office.id) == [(patient.id,)]


def test_its_schedule_reaches_the_practices_that_have_it_on(portal_with_seven, office, core, query, eventually):
    other = make_office(core)
    portal_with_seven.office(other.slug, "switch", "recallclub", False)
    portal_with_seven.office(office.slug, "fan_out", "recallclub.count_due")
    wanted = "select done_at is not null and not dropped from outbox where practice_id = %s and task = 'recallclub.count_due'"
    assert eventually(lambda: query(wanted, office.id) == [(True,)])
    assert query(wanted, other.id) == []


def test_its_author_tests_it_with_the_portals_fixtures(authors_tests):
    assert "3 passed" in authors_tests


# Switched off, and on again


def test_off_for_the_practice_it_is_gone_from_every_place_and_on_again_its_data_is_there(portal_with_seven, office, query, eventually):
    patient = office.make.patient()
    visitor = portal_with_seven.visitor(office.host).sign_in(office.make.account(patient))
    visitor.submit("/recallclub", "/recallclub/join")
    static = re.search(r'/static/recallclub/[^"#?]+', visitor.get("/recallclub").text)[0]
    portal_with_seven.office(office.slug, "switch", "recallclub", False)
    unknown = visitor.get("/no/such/page")
    assert unknown.status == 404
    for path in ["/recallclub", "/recallclub/", "/recallclub/join", static] * 3:
        assert visitor.get(path) == unknown
    assert "recallclub" not in visitor.get("/home").text.lower()
    row = portal_with_seven.office(office.slug, "enqueue", "recallclub.count_due", {})
    assert eventually(lambda: query("select dropped from outbox where id = %s and done_at is not null", row)) == [(True,)]
    audited = query(
        "select count(*) from audit_event where practice_id = %s and action = 'recallclub.task.dropped' and target_id = %s", office.id, row
    )
    assert audited == [(1,)]
    portal_with_seven.office(office.slug, "fan_out", "recallclub.count_due")
    assert query("select count(*) from outbox where practice_id = %s and task = 'recallclub.count_due'", office.id) == [(1,)]
    member = {"kind": "recall_club_member", "external_id": "M1", "patient": patient.external_id, "joined_at": "2026-01-05T09:00:00Z"}
    refused = [["refused", "There is no kind of record called 'recall_club_member'."]]
    assert portal_with_seven.office(office.slug, "take_in", [member]) == refused
    portal_with_seven.office(office.slug, "switch", "recallclub", True)
    assert "You are a member" in visitor.get("/recallclub").text
    assert "/recallclub" in visitor.tabs()


def test_off_for_one_clinic_the_patients_of_the_other_keep_it(portal_with_seven, office):
    theirs, ours = (
        portal_with_seven.visitor(office.host).sign_in(office.make.account(office.make.patient(clinic=clinic))) for clinic in ("C2", "C1")
    )
    assert theirs.get("/recallclub").status == 200
    portal_with_seven.cuspid("practice", "switch", office.slug, "recallclub", "off", "--clinic", "Second Street")
    for _ in range(4):
        assert theirs.get("/recallclub") == theirs.get("/no/such/page")
        assert "/recallclub" not in theirs.tabs()
        assert ours.get("/recallclub").status == 200
        assert "/recallclub" in ours.tabs()
    portal_with_seven.office(office.slug, "switch", "recallclub", None, "Second Street")
    assert theirs.get("/recallclub").status == 200


# Gone


def test_gone_the_portal_goes_on_without_it_and_its_own_tables_are_as_they_were(removable):
    before, office = removable.tables(), removable.office
    removable.with_it.cuspid("migrate")
    removable.with_it.office(office.slug, "change", "recallclub.months", 9)
    removable.with_it.office(office.slug, "enqueue", "recallclub.count_due", {})
    assert set(removable.tables()) - set(before) == {"recallclub_member"}
    assert "not installed" in removable.without_it.refused("migrate")
    assert "No installed plugin called 'recallclub' has tables" in removable.without_it.refused("migrate", "--remove", "recallclub")
    removable.with_it.cuspid("migrate", "--remove", "recallclub", "--yes")
    assert removable.tables() == before
    assert removable.without_it.cuspid("migrate") == "The database is up to date.\n"
    removable.without_it.serve()
    visitor = removable.without_it.visitor(office.host).sign_in(office.make.account(office.make.patient()))
    assert visitor.get("/recallclub") == visitor.get("/no/such/page")
    assert "recall" not in visitor.get("/home").text.lower()
    assert {f"/{plugin.name}" for plugin in find_plugins() if hasattr(plugin, "portal_tab")} <= set(visitor.tabs())
