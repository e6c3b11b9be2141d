"""While visits from the practice's system are out of date, nothing goes out about them, and the office reads so."""

from datetime import UTC, datetime, timedelta

from core.records.models import RecordsArrival
from tenants import settings

PATH = "/office/appointments/notices"


def test_notices_pause_while_visits_are_out_of_date_and_go_on_when_they_come_in(make, rule, visit, look, db, practice, registry, signed_in):
    now = datetime.now(UTC)
    rule("reminder")
    visit(make.patient(), days=1)
    arrival = RecordsArrival(source="nightly", kind="appointment", came_at=now - timedelta(hours=25), ages=True)
    db.add(arrival)
    settings.change(db, registry.plugins, practice.id, None, "portal.records_stale_hours", 24, "test", now)
    db.commit()
    app = signed_in(account=make.staff("office_admin"))
    assert look(now) == 0
    assert "Notices are paused" in app.get(PATH)
    arrival.came_at = now
    db.commit()
    assert "Notices are paused" not in app.get(PATH)
    assert look(now) == 1
