"""The rows that a merged chart has brought along."""

from uuid import UUID

from sqlalchemy.orm import Mapped

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class MergedRow(TenantScoped, Base):
    """A row that stood under a merged chart, or came for its number since (core/people/moved.py): which column of which row named the chart.

    `was` is the account that the column named where it named one, and none where it named the chart.
    """

    __tablename__ = "patient_merged_row"
    __table_args__ = (belongs_to("patient_merged", "merged_id"), unique_in_practice("row_id", "column_name", "merged_id"), index_in_practice("merged_id"))

    merged_id: Mapped[UUID]
    table_name: Mapped[str]
    row_id: Mapped[UUID]
    column_name: Mapped[str]
    was: Mapped[UUID | None]
