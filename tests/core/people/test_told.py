"""Who is told of what is new in a chart, and who is not."""

from datetime import UTC, datetime

import pytest

from core.people.told import accounts_told


@pytest.mark.parametrize(("status", "is_told"), [("active", True), ("inactive", True), ("archived", False), ("deceased", False)])
def test_nobody_is_told_of_the_charts_of_the_archived_and_the_deceased_and_nobody_loses_access(db, practice, make, signed_in, status, is_told):
    patient = make.patient(status=status)
    app = signed_in(patient)
    assert bool(accounts_told(db, practice.id, [patient.id], "account", datetime.now(UTC))) == is_told
    assert app.get("/account").status_int == 200
