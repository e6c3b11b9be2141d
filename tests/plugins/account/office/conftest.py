"""The office's pages of billing."""

from datetime import UTC, datetime

import pytest

from tenants import settings as office_settings

ROOT = "/office/account"


@pytest.fixture
def office(signed_in, make):
    """`office(role)`: a browser in which somebody with this role is signed in at the office."""
    return lambda role="billing", **about: signed_in(account=make.staff(role, **about))


@pytest.fixture
def set_to(db, registry, practice):
    """`set_to(name, value)`: change a setting of the practice."""

    def change(name: str, value) -> None:
        office_settings.change(db, registry.plugins, practice.id, None, name, value, "Alex", datetime.now(UTC))
        db.commit()

    return change


@pytest.fixture
def keeps_books(set_to):
    """The portal keeps the practice's books."""
    set_to("account.books", "portal")
