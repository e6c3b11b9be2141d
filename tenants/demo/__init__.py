"""Two practices with a believable life, for `cuspid demo`, for pictures and for tests. All of it is made up.

Charts come in through `core.records.door.take_in`, as a practice's system would send them. A tab whose data are not all records (files,
what was done in the portal itself) adds its part by the entry point group `cuspid.demo_parts`: a function
`make(db, registry, practice_id, patients, now)`, `patients` being those of the practice by external id.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import entry_points

from sqlalchemy import select

from core.app import configure
from core.auth.realms import OFFICE
from core.config import Settings, WrongSetting
from core.db import SessionFactory
from tenants.demo import harbor, sunrise
from tenants.demo.office import Access, Opening, Story, Worker
from tenants.demo.operator import ANN, employ
from tenants.models import Practice
from tenants.operator import place

STORIES = (sunrise.STORY, harbor.STORY)
PASSWORD = "Toothbrush1"  # noqa: S105  (everybody knows it, which is why a production installation is refused)


@dataclass(frozen=True)
class SignIn:
    """Someone who can sign in, and where; without a slug it is at the base domain."""

    practice: str
    slug: str
    address: str
    user_name: str
    password: str
    note: str
    at_office: bool = False


def make(settings: Settings) -> list[SignIn]:
    """Make the practices that are not there yet, and say who can sign in. Raises WrongSetting in production."""
    if settings.environment == "production":
        raise WrongSetting("The demo's password is known to everyone: make it only where CUSPID_ENVIRONMENT is local.")
    registry = configure(settings).make_wsgi_app().registry
    try:
        fill(registry, datetime.now(UTC))
    finally:
        registry.engine.dispose()
    patients = [sign_in(settings, story, one) for story in STORIES for one in story.people]
    staff = [sign_in(settings, story, one) for story in STORIES for one in story.staff]
    console = settings.address(settings.base_domain) + OFFICE.root
    return [*patients, *staff, SignIn(place.NAME, "", console, ANN.user_name, PASSWORD, ANN.note, at_office=True)]


def fill(registry, now: datetime) -> None:
    """Make the practices that are not there yet, each in one transaction, and the place of who runs them."""
    for story in STORIES:
        with SessionFactory(bind=registry.engine) as session:
            if session.scalar(select(Practice.id).where(Practice.slug == story.slug)) is None:
                _open(session, registry, story, now)
                session.commit()
    with SessionFactory(bind=registry.engine) as session:
        employ(session, PASSWORD, now)
        session.commit()


def _open(session, registry, story: Story, now: datetime) -> None:
    opening = Opening(session, registry, story, now)
    practice_id = opening.open(PASSWORD)
    for part in entry_points(group="cuspid.demo_parts"):
        if part.name in registry.plugins.plugins and part.name not in story.tabs_off:
            part.load()(session, registry, practice_id, opening.patients, now)


def sign_in(settings: Settings, story: Story, one: Access | Worker) -> SignIn:
    """How somebody of a story signs in."""
    at_office = isinstance(one, Worker)
    address = settings.address(f"{story.slug}.{settings.base_domain}") + (OFFICE.root if at_office else "")
    return SignIn(story.name, story.slug, address, one.user_name, PASSWORD, one.note, at_office)
