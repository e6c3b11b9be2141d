"""Short addresses: which can be had, that the one before is kept for its practice for good, and what browsers are told there."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.testing import browser
from tenants import practices
from tenants.addresses import slugs
from tenants.addresses.models import FormerSlug
from tenants.addresses.slugs import CannotTake, claim, former
from tenants.settings import Author

NOW = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
KIM = Author("Kim", None)


def new_slug() -> str:
    return "n" + secrets.token_hex(6)


def move(office, slug: str) -> None:
    with office.session() as session:
        slugs.move(session, office.id, slug, KIM, NOW)
        session.commit()


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=70), st.from_regex(r"[a-z0-9-]{1,65}", fullmatch=True)))
def test_a_short_address_is_one_label_of_a_host_name(text):
    if slugs.SLUG.fullmatch(text):
        assert 2 <= len(text) <= 63
        assert text.isascii()
        assert text.encode("idna").decode() == text
        assert text == text.lower()
        assert text[0].isalpha()
        assert text[-1] != "-"


@pytest.mark.parametrize("slug", ["", "a", "-ab", "ab-", "a_b", "a.b", "Maple", "1maple", "xn--mple-loa", "a" * 64, "maple\n", "www", "mail", "wpad", "operator", "ägypten"])
def test_what_cannot_be_an_address_or_means_something_else_is_refused(db, slug):
    with pytest.raises(CannotTake):
        claim(db, slug)


def test_the_address_before_is_nobody_elses_for_good(db, practice, other_practice):
    new = new_slug()
    move(practice, new)
    with other_practice.session() as session, pytest.raises(CannotTake, match="taken"):
        slugs.move(session, other_practice.id, practice.slug, KIM, NOW)
    with other_practice.session() as session, pytest.raises(practices.CannotMakePractice, match="taken"):
        practices.create(session, practice.slug, "Oak Dental", "UTC", NOW)
    with other_practice.session() as session, pytest.raises(CannotTake, match="taken"):
        slugs.move(session, other_practice.id, new, KIM, NOW)
    move(practice, practice.slug)
    assert former(db, practice.id) == [new]


def test_of_two_who_want_one_address_at_the_same_moment_one_gets_it(practice, other_practice):
    slug = new_slug()

    def take(office) -> str:
        try:
            move(office, slug)
        except CannotTake:
            return "taken"
        return "moved"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(take, [practice, other_practice])) == ["moved", "taken"]


def test_a_practice_leaves_ten_addresses_behind_at_most_and_may_go_back_to_each(db, practice):
    db.add_all(FormerSlug(slug=new_slug(), practice_id=practice.id, left_at=NOW) for _ in range(slugs.MOST_FORMER))
    db.commit()
    with pytest.raises(CannotTake, match="operator"):
        slugs.move(db, practice.id, new_slug(), KIM, NOW)
    db.rollback()
    assert slugs.move(db, practice.id, former(db, practice.id)[0], KIM, NOW)


@pytest.fixture
def left(portal, practice):
    """A browser at the address that the practice has left, and the new one's host."""
    new = new_slug()
    move(practice, new)
    app = browser(portal, practice)
    assert app.get("/sign-in", headers={"Host": f"{new}.localhost"}).status_int == 200
    return app, f"{new}.localhost"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/invitation/abc?x=1&y=%2F", "/office/audit", "/nowhere/%C3%A4%20b", "//evil.example/%0d%0aSet-Cookie:a=b"])
def test_a_left_address_leads_to_the_same_path_of_the_new_one(left, path):
    app, host = left
    answer = app.get(path, status=308)
    assert answer.location == f"http://{host}{path}".replace("%0d%0a", "%0D%0A")
    assert answer.headers["Cache-Control"] == "no-store", "a browser that kept it would never find a practice that went back"
    assert "Set-Cookie" not in answer.headers
    assert app.head("/sign-in", status=308).location == f"http://{host}/sign-in"


def test_what_is_sent_to_a_left_address_is_taken_there_and_shown_with_its_look(left):
    app, _ = left
    assert app.post("/sign-in", {"user_name": "robin"}, status="*").status_int == 419
    for path in ("/theme.css", "/logo"):
        assert app.get(path, status="*").status_int in {200, 404}
