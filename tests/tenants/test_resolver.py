"""From a host name to the tenant; and that a change is noticed on the next request of every process."""

import re
import secrets
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update

from core.tenant import touch
from tenants import settings
from tenants.addresses import slugs
from tenants.addresses.models import Domain
from tenants.kept import Kept
from tenants.models import Clinic, Practice
from tenants.resolver import NEWEST_FOR, Directory, UnknownPractice
from tenants.settings import Author


@pytest.fixture
def directory(registry):
    """A second process's view of the same installation."""
    return Directory(registry.engine, registry.plugins, registry.portal)


def test_a_practice_is_found_by_its_subdomain_in_any_case(directory, practice):
    assert directory.practice_at(practice.host) == practice.id
    assert directory.practice_at(practice.host.upper()) == practice.id
    assert directory.practice_at("x." + practice.host) is None
    assert directory.practice_at("nobody.localhost") is None


@pytest.mark.parametrize("suffix", ["example.test", "localhost"])
def test_an_own_domain_counts_once_it_is_verified(directory, practice, db, suffix):
    host = f"portal.{practice.slug}.{suffix}"
    db.add(Domain(host=host, practice_id=practice.id, verified_at=None))
    db.commit()
    assert directory.practice_at(host) is None
    db.execute(update(Domain).where(Domain.host == host).values(verified_at=datetime.now(UTC)))
    touch(db, practice.id)
    db.commit()
    assert directory.practice_at(host) == practice.id
    assert directory.home_of(practice.id, host) is None
    assert directory.current(practice.id).host == practice.host, "mails and links use what the office has chosen"


def test_every_address_leads_to_the_main_one_once_it_is_chosen(directory, practice, db):
    main, other = f"portal.{practice.slug}.test", f"other.{practice.slug}.test"
    db.add_all(Domain(host=host, practice_id=practice.id, verified_at=datetime.now(UTC), is_primary=host == main) for host in (main, other))
    former = practice.host
    new = moved(practice, db)
    assert directory.current(practice.id).host == main
    for host in (other, former, new):
        assert (directory.practice_at(host), directory.home_of(practice.id, host)) == (practice.id, main)
    assert directory.home_of(practice.id, main) is None


def test_a_domain_that_was_given_up_is_forgotten(directory, practice, db):
    host = f"old.{practice.slug}.example.test"
    db.add(Domain(host=host, practice_id=practice.id, verified_at=datetime.now(UTC)))
    db.commit()
    assert directory.practice_at(host) == practice.id
    db.execute(delete(Domain).where(Domain.host == host))
    touch(db, practice.id)
    db.commit()
    directory.current(practice.id)
    assert directory.practice_at(host) is None


def test_a_new_version_is_read_and_an_old_one_is_not_asked_for_again(directory, practice, db, statements):
    before = directory.current(practice.id)
    db.execute(update(Practice).where(Practice.id == practice.id).values(name="Renamed", version=Practice.version + 1))
    db.commit()
    assert directory.tenant(practice.id, None, before.version + 1).practice_name == "Renamed"
    with statements() as seen:
        directory.tenant(practice.id, None, before.version + 1)
    assert seen == []


def test_a_clinic_has_its_own_look_tabs_and_clock(directory, practice, db, registry):
    other = Clinic(name="Lakeside", time_zone="America/Denver", position=1)
    db.add(other)
    db.flush()
    settings.change(db, registry.plugins, practice.id, other.id, "images", False, "test", datetime.now(UTC))
    db.commit()
    whole, there = directory.current(practice.id), directory.current(practice.id, other.id)
    assert "images" in whole.plugins
    assert "images" not in there.plugins
    assert str(there.time_zone) == "America/Denver"
    assert there.name == "Lakeside"


def test_a_practice_that_is_not_there_is_said_so(directory, other_practice, registry):
    from uuid import uuid4

    with pytest.raises(UnknownPractice):
        directory.current(uuid4())
    assert other_practice.id in directory.practice_ids()


def moved(practice, db, slug=""):
    slug = slug or "n" + secrets.token_hex(6)
    slugs.move(db, practice.id, slug, Author("test", None), datetime.now(UTC))
    db.commit()
    return f"{slug}.localhost"


def test_an_address_that_was_left_leads_on_and_costs_a_warm_process_nothing(directory, practice, db, statements):
    assert directory.home_of(practice.id, practice.host) is None
    new = moved(practice, db)
    newest = moved(practice, db)
    for host in (practice.host, new):
        assert directory.practice_at(host) == practice.id
    directory.home_of(practice.id, new)
    with statements() as seen:
        for host in (practice.host, new, newest):
            assert directory.practice_at(host) == practice.id or host == newest
            assert directory.home_of(practice.id, host) == (None if host == newest else newest)
    assert len(seen) <= 1, "that of the address which nobody has asked for yet"


def test_a_practice_that_goes_back_is_told_of_by_every_process_within_a_second(directory, practice, db):
    moved(practice, db)
    assert directory.home_of(practice.id, practice.host) != practice.host
    moved(practice, db, practice.slug)
    directory._kept.put_checked(practice.id, directory._kept.checked(practice.id) - NEWEST_FOR - 0.1)
    assert directory.home_of(practice.id, practice.host) is None


KEPT = re.compile(r"\b(from|join) (branding\w*|office_setting|clinic|domain|former_slug|mail_sender|privacy_notice|closed_days)\b", re.IGNORECASE)


def test_a_warm_process_reads_no_look_no_tab_and_no_setting(web, signed_in, make, practice, db, statements):
    app, pages = signed_in(make.patient()), ("/appointments", "/plan", "/contact")
    touch(db, practice.id)
    db.commit()
    with statements() as cold:
        web.get("/sign-in")
    assert any(KEPT.search(said) for said in cold)
    for page in pages:
        app.get(page)
    with statements() as warm:
        web.get("/sign-in")
        for page in pages:
            app.get(page)
    assert warm
    assert [said for said in warm if KEPT.search(said)] == []


def test_a_practice_that_is_no_longer_kept_is_read_again(directory, practice, other_practice):
    directory._kept = Kept(1)
    before = directory.current(practice.id)
    directory.current(other_practice.id)
    assert directory.last_known(practice.id) is None
    assert directory.practice_at(practice.host) == practice.id
    assert directory.current(practice.id) == before
