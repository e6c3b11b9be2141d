import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from core.safety.emblems import Emblem
from core.theme import Theme
from tenants.branding import theme_css
from tenants.looks import keep_picture
from tenants.models import Branding, Clinic, Practice

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NOW = datetime.now(UTC)


@pytest.fixture
def dress(db, practice):
    """`dress(clinic_id=None, brand="#123456")`: give the practice or one of its clinics a look."""

    def give(clinic_id=None, logo=None, **theme):
        mark = keep_picture(db, practice.id, Emblem("image/svg+xml", logo, b"small", b"large"), NOW) if logo else ""
        db.add(Branding(clinic_id=clinic_id, theme=theme | {"logo": mark}))
        db.execute(update(Practice).where(Practice.id == practice.id).values(version=Practice.version + 1))
        db.commit()

    return give


def look_of(page) -> str:
    return re.search(r'href="(/theme\.css\?v=[0-9a-f]+)"', page.text)[1]


def test_a_page_links_to_the_look_of_its_practice(web, dress):
    dress(brand="#0f3557", radius="square")
    response = web.get(look_of(web.get("/sign-in")))
    assert response.content_type == "text/css"
    assert response.text == theme_css(Theme(brand="#0f3557", radius="square"))


def test_a_look_is_kept_for_as_long_as_it_does_not_change(web, dress):
    response = web.get(look_of(web.get("/sign-in")))
    assert "max-age=31536000" in response.headers["Cache-Control"]
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Vary"] == "Host"
    before = look_of(web.get("/sign-in"))
    dress(brand="#663399")
    assert look_of(web.get("/sign-in")) != before


@pytest.mark.parametrize(
    "address", ["/theme.css", "/theme.css?v=", "/theme.css?v=0123456789ab", "/theme.css?v=%00", "/theme.css?v=" + "x" * 5000]
)
def test_an_outdated_address_gives_the_look_of_today_for_a_short_time(web, dress, address):
    dress(brand="#663399")
    response = web.get(address)
    assert response.text == theme_css(Theme(brand="#663399"))
    assert response.headers["Cache-Control"] == "public, max-age=60"


def test_a_clinics_own_look_is_served_to_its_pages(web, signed_in, make, dress, practice):
    dress(brand="#663399")
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    with practice.session() as session:
        lakeside = session.query(Clinic).filter_by(practice_id=practice.id, external_id="C2").one().id
    dress(lakeside, accent="#aa3366")
    app = signed_in(make.patient(clinic="C2"))
    address = look_of(app.get("/home"))
    assert address != look_of(web.get("/sign-in"))
    # The version alone says which look is meant, so that a browser that is not signed in gets the same file.
    assert web.get(address).text == app.get(address).text == theme_css(Theme(brand="#663399", accent="#aa3366"))


def test_a_logo_is_a_picture_that_can_do_nothing(web, dress):
    dress(logo=LOGO)
    address = re.search(r'src="(/logo\?v=[0-9a-f]+)"', web.get("/sign-in").text)[1]
    response = web.get(address)
    assert response.body == LOGO
    assert response.content_type == "image/svg+xml"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response.headers["Cache-Control"]


def test_an_office_without_a_logo_has_none(web):
    page = web.get("/sign-in")
    assert "/logo" not in page
    assert "portal.svg" not in page or "/icon/" not in page
    for address in ("/logo", "/icon/32", "/icon/180", "/photo", "/logo?v=" + "0" * 32):
        web.get(address, status=404)


def test_a_logo_stands_in_browser_tabs_and_on_telephones(web, dress):
    dress(logo=LOGO)
    page = web.get("/sign-in").text
    for size, body in (("32", b"small"), ("180", b"large")):
        response = web.get(re.search(rf'href="(/icon/{size}\?v=[0-9a-f]+)"', page)[1])
        assert (response.body, response.content_type) == (body, "image/png")
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin", "mails are read on pages of others"
        assert "immutable" in response.headers["Cache-Control"]


def test_a_picture_of_another_practice_is_not_there(web, dress, other_practice, other_db):
    mark = keep_picture(other_db, other_practice.id, Emblem("image/png", b"theirs"), NOW)
    other_db.commit()
    web.get(f"/logo?v={mark}", status=404)
    dress(logo=LOGO)
    assert web.get(f"/logo?v={mark}").body == LOGO


def test_a_picture_costs_no_statement_once_it_is_known(web, dress, statements):
    dress(logo=LOGO)
    address = re.search(r'src="(/logo\?v=[0-9a-f]+)"', web.get("/sign-in").text)[1]
    web.get(address)
    with statements() as seen:
        web.get(address)
    assert not [statement for statement in seen if "select" in statement.lower()]


def test_a_look_costs_no_statement_once_it_is_known(web, statements):
    address = look_of(web.get("/sign-in"))
    web.get(address)
    with statements() as seen:
        web.get(address)
    assert not [statement for statement in seen if "select" in statement.lower()]
