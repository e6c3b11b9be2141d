from datetime import date
from types import SimpleNamespace

from plugins.plan import plugin


def test_no_card_is_made_for_an_account_that_may_not_see_plans(make, db, practice):
    patient = make.patient()
    make.take_in(
        [{"kind": "treatment_plan", "external_id": "T1", "patient": patient.external_id, "heading": "Crown", "saved_on": date(2026, 1, 2)}]
    )
    request = SimpleNamespace(db=db, practice_id=practice.id, may_see=lambda name: False)
    assert plugin.portal_home_card(request, patient) is None
    request.may_see = lambda name: name == "plan"
    assert plugin.portal_home_card(request, patient).context["plan"].heading == "Crown"
