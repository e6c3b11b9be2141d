"""Whether a document is about the patient who is named."""

from dataclasses import replace
from datetime import date

import pytest

from core.people.models import Patient
from plugins.summary.ccd.read import StatedPatient
from plugins.summary.services.matching import contradictions

ANN = Patient(first_name="Ann", last_name="O’Brien-López", preferred_name="Annie", birthdate=date(1980, 8, 1))
STATED = StatedPatient(("Ann",), "O’Brien-López", date(1980, 8, 1))


@pytest.mark.parametrize(
    "stated, differs",
    [
        (STATED, []),
        (StatedPatient(), []),
        (None, []),
        (replace(STATED, given=("Annie",)), []),
        (replace(STATED, family="OBRIEN LOPEZ", given=("ANN", "Marie")), []),
        (replace(STATED, family="Brien", given=("Anna",)), ["family name", "given name"]),
        (replace(STATED, birthdate=date(1980, 1, 8)), ["birthdate"]),
        (replace(STATED, family="Smith", given=("Bob",)), ["family name", "given name"]),
    ],
)
def test_only_what_a_document_says_can_contradict(stated, differs):
    assert contradictions(ANN, stated) == differs
