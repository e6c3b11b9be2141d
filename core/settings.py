"""What an office decides about the portal as a whole; each tab has a schema of its own."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints
from pydantic.config import JsonDict
from sqlalchemy import text
from sqlalchemy.orm import Session

TabName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*$", max_length=60)]


TabTitle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=24, pattern=r"^[^\x00-\x1f\x7f]*$")]

WHOLE: JsonDict = {"whole_practice": True}
"""Marks what is asked before anybody knows which clinic somebody belongs to, or of all clinics at once: no clinic has its own."""
WITH_PROOF: JsonDict = WHOLE | {"needs_proof": True}
"""Marks what opens or closes the portal itself, besides: whoever changes it shows first who it is."""
TABS: JsonDict = {"on_page": "office.tabs"}
"""Marks what has a place of its own on a page of the office."""


class PortalSettings(BaseModel):
    """The settings `portal.*` of a practice."""

    idle_minutes: int = Field(
        15, ge=5, le=60, title="Minutes until sign-out",
        description="Whoever clicks nothing for so long is signed out. Two minutes before, the page asks.", json_schema_extra=WITH_PROOF | {"unit": "minutes"},
    )  # fmt: skip
    second_factor: Literal["optional", "required"] = Field(
        "optional", title="Second step at sign-in",
        description="Whether patients must show a code or a passkey besides the password. Staff always do.",
        json_schema_extra=WITH_PROOF | {"words": {"optional": "Patients choose", "required": "Everybody needs one"}},
    )  # fmt: skip
    sign_in_links: bool = Field(
        True, title="Sign-in links by e-mail", description="Patients may ask for a link that signs them in once, in place of the password.",
        json_schema_extra=WITH_PROOF,
    )  # fmt: skip
    self_registration: bool = Field(
        False, title="Access without an invitation",
        description="Patients may open an account by themselves: names, birthdate and a code to the address in the chart.", json_schema_extra=WITH_PROOF,
    )  # fmt: skip
    guarantor_access: bool = Field(
        True, title="Guarantors see their family", description="The head of a family account sees the records of the whole family.",
        json_schema_extra=WITH_PROOF,
    )  # fmt: skip
    adult_age: int = Field(
        18, ge=12, le=21, title="Age at which a guardian’s access ends", description="It ends at midnight of this birthday.",
        json_schema_extra=WITH_PROOF | {"unit": "years"},
    )  # fmt: skip
    narrow_age: int = Field(
        0, ge=0, le=21, title="Age at which a guardian’s access narrows",
        description="From this birthday on a guardian keeps the tabs below only; 0 when it does not narrow.",
        json_schema_extra=WITH_PROOF | {"unit": "years"},
    )  # fmt: skip
    narrowed_tabs: list[TabName] = Field(
        ["appointments", "account"], max_length=50, title="Tabs that guardians keep",
        description="What a guardian still sees after the birthday on which access narrows.", json_schema_extra=WITH_PROOF,
    )  # fmt: skip
    one_time_password_days: int = Field(
        30, ge=0, le=365, title="Days of a one-time password", description="How long the password on a sheet can be used; 0 when it has no end.",
        json_schema_extra=WITH_PROOF | {"unit": "days"},
    )  # fmt: skip
    invitation_days: int = Field(
        14,
        ge=1,
        le=60,
        title="Days of an invitation",
        description="How long the link in an invitation can be used.",
        json_schema_extra=WITH_PROOF | {"unit": "days"},
    )
    tab_order: list[TabName] = Field(
        [], max_length=50, title="Order of the tabs", description="Tabs that are not named stand behind, where they put themselves.",
        json_schema_extra=TABS,
    )  # fmt: skip
    tab_titles: dict[TabName, TabTitle] = Field(
        {}, max_length=50, title="Names of the tabs", description="What tabs are called here, where not as they call themselves.",
        json_schema_extra=TABS,
    )  # fmt: skip
    records_stale_hours: int = Field(
        0, ge=0, le=720, title="Records are out of date after",
        description="When visits or balances from your practice system are older, notices of visits pause and the office is told; 0 when nobody watches.",
        json_schema_extra=WHOLE | {"unit": "hours"},
    )  # fmt: skip
    operator_access: Literal["none", "see", "act"] = Field(
        "see", title="What the operator may do",
        description="Whoever runs this portal can enter your office’s pages, with a reason that stands in your audit log.",
        json_schema_extra=WITH_PROOF | {"words": {"none": "Not come in", "see": "Look only", "act": "Look and help"}},
    )  # fmt: skip


_CHOSEN = text("select name, value from office_setting where practice_id = :practice and clinic_id is null and name like 'portal.%'")


def chosen(session: Session, practice_id: UUID) -> PortalSettings:
    """What a practice has decided as of now, in this transaction; a request has it in `request.tenant.settings` already."""
    rows = session.execute(_CHOSEN, {"practice": practice_id})
    kept: dict[str, Any] = {name.partition(".")[2]: value["value"] for name, value in rows}
    return PortalSettings(**kept)
