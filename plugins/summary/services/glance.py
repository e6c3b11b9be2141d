"""The summary in numbers, for the home page."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugins.summary.models import Allergy, Document, Medication, Problem


@dataclass(frozen=True)
class Glance:
    """How many entries there are that hold today, and documents from outside."""

    allergies: int
    medications: int
    problems: int
    documents: int

    @property
    def counted(self) -> list[tuple[int, str]]:
        """Each number that is not zero with its words."""
        pairs = [
            (self.allergies, "allergy" if self.allergies == 1 else "allergies"),
            (self.medications, "medicine" if self.medications == 1 else "medicines"),
            (self.problems, "condition" if self.problems == 1 else "conditions"),
            (self.documents, "document from outside" if self.documents == 1 else "documents from outside"),
        ]
        return [(number, words) for number, words in pairs if number]


def count(session: Session, practice_id: UUID, patient_id: UUID) -> Glance:
    """The numbers; one statement."""
    wanted = (Allergy, "active"), (Medication, "active"), (Problem, "active"), (Document, "shown")
    counts = [
        select(func.count())
        .where(model.practice_id == practice_id, model.patient_id == patient_id, model.status == status)
        .scalar_subquery()
        for model, status in wanted
    ]
    return Glance(*session.execute(select(*counts)).one())
