"""Folders and the images in them."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class Folder(TenantScoped, Base):
    """A folder of the office, such as X-rays. Patients see what is in it only while it is shared; `position` sorts folders."""

    __tablename__ = "images_folder"
    __table_args__ = (unique_in_practice("external_id"),)

    external_id: Mapped[str | None]
    name: Mapped[str]
    shared: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)


class Image(TenantScoped, Base):
    """A radiograph, photo or document of a patient.

    The office's system can announce it before its file is here; then everything from `content_type` on is empty. `byte_size`
    and `sha256` are those of the file that is kept, `source_sha256` is that of the file as it came: the same file twice is one.
    """

    __tablename__ = "images_image"
    __table_args__ = (
        belongs_to("patient"),
        ForeignKeyConstraint(["practice_id", "folder_id"], ["images_folder.practice_id", "images_folder.id"]),
        unique_in_practice("external_id"),
        unique_in_practice("patient_id", "source_sha256"),
        index_in_practice("patient_id", "taken_on"),
        CheckConstraint("type in ('radiograph', 'photo', 'document')", name="type"),
        CheckConstraint(
            "num_nonnulls(content_type, byte_size, sha256, source_sha256, file_key, display_key, thumbnail_key) in (0, 7)", name="whole"
        ),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    folder_id: Mapped[UUID]
    taken_on: Mapped[date]
    description: Mapped[str] = mapped_column(default="")
    file_name: Mapped[str] = mapped_column(default="")
    type: Mapped[str]
    tooth_numbers: Mapped[str] = mapped_column(default="")
    content_type: Mapped[str | None]
    byte_size: Mapped[int | None]
    sha256: Mapped[str | None]
    source_sha256: Mapped[str | None]
    file_key: Mapped[str | None]
    display_key: Mapped[str | None]
    thumbnail_key: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    pages: Mapped[int | None]
