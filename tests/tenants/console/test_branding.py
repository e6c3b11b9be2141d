"""The page of the office's look: what is saved is seen by patients at once, what cannot be read or is no picture is told, nothing typed is lost."""

import io
import re
from base64 import b64decode

import pytest
from PIL import Image
from sqlalchemy import select
from webtest import Upload

from core.safety.testing import MARKER, drawing, png_that_claims, saved
from core.theme import Theme
from tenants.branding import scheme_css, theme_css
from tenants.looks import chosen
from tenants.models import Clinic

PNG = saved(drawing(300, 200), "PNG")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="alert(1)"><script>alert(1)</script><rect width="9" height="9"/></svg>'


@pytest.fixture
def two_clinics(make, db, practice):
    """Both clinics' ids, by name."""
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    return {clinic.name: clinic.id for clinic in db.scalars(select(Clinic).where(Clinic.practice_id == practice.id))}


def form_of(app, path="/office/branding", **typed):
    form = app.get(path).forms["look"]
    for name, value in typed.items():
        form[name] = value
    return form


def test_what_is_saved_is_on_the_patients_next_page(office, web, signed_in, make):
    patient, admin = signed_in(make.patient()), office()
    patient.get("/home")
    words = {"name": "Elm Dental", "short_name": "Elm", "welcome": "Hello **all**\n\n<script>alert(1)</script>", "links": "Our website https://elm.example/a?b=c"}
    form = form_of(admin, brand="6D2F73", radius="square", photo_text="Our team", **words)
    form["logo"], form["photo"] = Upload("logo.svg", SVG), Upload("team.png", PNG)
    assert "The new look is in force" in form.submit().follow()
    page = patient.get("/home")
    assert "· Elm</title>" in page
    assert "--brand:#6d2f73" in web.get(re.search(r'"(/theme\.css\?v=\w+)"', page.text)[1])
    logo = web.get(re.search(r'src="(/logo\?v=\w+)"', page.text)[1])
    assert b"<rect" in logo.body
    assert b"alert" not in logo.body
    assert logo.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    front = web.get("/sign-in")
    for part in ("Elm Dental", "Hello <strong>all</strong>", "&lt;script&gt;", '<a href="https://elm.example/a?b=c" rel="noopener noreferrer">Our website</a>', 'alt="Our team"'):
        assert part in front, part
    assert Image.open(io.BytesIO(web.get(re.search(r'src="(/photo\?v=\w+)"', front.text)[1]).body)).size == (300, 200)
    icon = web.get(re.search(r'href="(/icon/32\?v=\w+)"', front.text)[1])
    assert Image.open(io.BytesIO(icon.body)).size == (32, 32)


def test_a_color_that_cannot_be_read_is_refused_with_one_that_can_as_a_button(office, db, practice):
    admin = office()
    refused = form_of(admin, brand="#ffd400", welcome="Typed with care").submit(status=422)
    assert "contrast of 1.2:1" in refused
    assert "Use #826b04 and save" in refused
    form = refused.forms["look"]
    assert form["welcome"].value == "Typed with care"
    assert chosen(db, practice.id, None) == {}
    form.submit("offer", value="brand=#826b04").follow()
    assert {"brand": "#826b04", "welcome": "Typed with care"}.items() <= chosen(db, practice.id, None).items()


@pytest.mark.parametrize("offer", ["brand=#ffd400", "name=#000000", "brand=red", "=", "logo=x"])
def test_an_offer_that_was_never_made_passes_no_color(office, offer, db, practice):
    admin = office()
    admin.post("/office/branding", [*form_of(admin, brand="#ffd400").submit_fields(), ("offer", offer)], status=422)
    assert chosen(db, practice.id, None) == {}


@pytest.mark.parametrize(
    "field, value, words",
    [
        ("brand", "red", "Type the color as #"),
        ("accent", "#12", "Type the color as #"),
        ("links", "Our website http://elm.example", "Line 1 of the links"),
        ("links", "Good https://elm.example\nBad javascript:alert(1)", "Line 2 of the links"),
        ("links", "Sly https://user@elm.example", "Line 1 of the links"),
        ("links", "https://elm.example", "Line 1 of the links"),
        ("links", "\n".join(["A https://elm.example"] * 7), "Keep to 6 links"),
        ("short_name", "x" * 25, "at most 24 characters"),
        ("welcome", "x" * 1501, "at most 1,500 characters"),
        ("logo", Upload("logo.gif", b"GIF89a" + MARKER), "a GIF picture"),
        ("logo", Upload("logo.png", png_that_claims(20_000, 20_000)), "20,000 by 20,000"),
        ("logo", Upload("logo.png", b"\x89PNG\r\n\x1a\n" + b"x" * 10 * 2**20), "larger than 5 MB"),
        ("photo", Upload("team.svg", SVG), "JPEG, PNG and WebP files can be taken"),
        ("icon", Upload("icon.png", b""), "It is empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_and_nothing_typed_is_lost(office, field, value, words, db, practice):
    refused = form_of(office(), **{"name": "Elm", field: value}).submit(status=422)
    assert words in refused
    form = refused.forms["look"]
    assert form["name"].value == "Elm"
    if isinstance(value, str):
        assert form[field].value.replace("\r\n", "\n") == value
    assert chosen(db, practice.id, None) == {}


def test_a_picture_need_not_be_sent_twice(office, db, practice):
    refused = form_of(office(), brand="#ffd400", logo=Upload("logo.png", PNG)).submit(status=422)
    form = refused.forms["look"]
    assert form["logo_mark"].value
    form["brand"] = "#1d6f7a"
    form.submit().follow()
    assert chosen(db, practice.id, None)["logo"] == form["logo_mark"].value


def test_the_preview_shows_what_was_typed_and_changes_nothing(office, db, practice, web):
    admin = office()
    form = form_of(admin, brand="#ffd400", name="Elm Dental", scheme="dark", logo=Upload("logo.png", PNG))
    shown = admin.post("/office/branding/preview", form.submit_fields())
    assert "Elm Dental" in shown
    assert "cannot be saved yet" in shown
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    style = admin.get(re.search(r'href="([^"]*preview\.css[^"]*)"', shown.text)[1].replace("&amp;", "&"))
    assert style.text.startswith(":root{color-scheme:dark;")
    assert web.get(re.search(r'src="(/logo\?v=\w+)"', shown.text)[1]).content_type == "image/png"
    assert chosen(db, practice.id, None) == {}
    for page in (admin.get("/office/branding"), web.get("/sign-in")):
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("asked", ["brand=red", "brand=%23123456%3B%7D", "radius=oval", "font=x", "bar=%00"])
def test_the_style_of_a_preview_takes_looks_only(office, asked):
    office().get(f"/office/branding/preview.css?{asked}", status=404)


def test_a_clinic_takes_over_what_it_does_not_choose(office, two_clinics, signed_in, make, web, registry, practice):
    admin = office()
    form_of(admin, brand="#6d2f73", welcome="From the practice").submit()
    path = f"/office/branding/clinics/{two_clinics['Lakeside']}"
    form = admin.get(path).forms["look"]
    assert {box.value for box in form.fields["same"] if box.checked} >= {"brand", "accent", "logo", "welcome"}
    for box in form.fields["same"]:
        box.checked = box.value not in {"accent", "welcome"}
    form["accent"], form["welcome"], form["brand"] = "#c33660", "", "#000000"
    form.submit().follow()
    lakeside = registry.tenants.current(practice.id, two_clinics["Lakeside"])
    assert (lakeside.theme.brand, lakeside.theme.accent, lakeside.greeting.welcome, lakeside.name) == ("#6d2f73", "#c33660", "", "Lakeside")
    form_of(admin, brand="#0f3557").submit()
    lakeside = registry.tenants.current(practice.id, two_clinics["Lakeside"])
    assert (lakeside.theme.brand, lakeside.theme.accent) == ("#0f3557", "#c33660")


def test_the_practices_short_name_does_not_stand_for_a_clinic(office, two_clinics, registry, practice):
    admin = office()
    form_of(admin, short_name="Elm").submit()
    assert registry.tenants.current(practice.id).short_name == "Elm"
    assert registry.tenants.current(practice.id, two_clinics["Lakeside"]).short_name == "Lakeside"
    form_of(admin, f"/office/branding/clinics/{two_clinics['Lakeside']}", short_name="Lake").submit()
    assert registry.tenants.current(practice.id, two_clinics["Lakeside"]).short_name == "Lake"


def test_what_holds_anyway_is_no_choice(office, db, practice):
    admin = office()
    assert "The look is as it was" in form_of(admin).submit().follow()
    form_of(admin, radius="square").submit()
    assert chosen(db, practice.id, None) == {"radius": "square"}
    form_of(admin, radius="soft").submit()
    assert chosen(db, practice.id, None) == {"radius": "soft"}


def test_whoever_is_limited_to_clinics_changes_theirs_only(office, two_clinics, db, practice):
    mine, other = two_clinics["Lakeside"], next(id_ for name, id_ in two_clinics.items() if name != "Lakeside")
    admin = office(clinic_ids=[mine])
    page = admin.get("/office/branding").follow()
    assert page.request.path == f"/office/branding/clinics/{mine}"
    token = page.forms["look"]["csrf_token"].value
    for path in ("/office/branding", f"/office/branding/clinics/{other}"):
        admin.post(path, {"csrf_token": token, "brand": "#000000"}, status=404)
    admin.get(f"/office/branding/clinics/{other}", status=404)
    admin.get(f"/office/branding/preview?clinic={other}", status=404)
    assert chosen(db, practice.id, None) == chosen(db, practice.id, other) == {}


def test_a_change_is_undone_by_its_button_and_stands_in_the_audit_log(office, db, practice, audited):
    admin = office()
    form_of(admin, brand="#6d2f73").submit()
    page = admin.get("/office/branding")
    assert "Brand color" in page.text.partition("What was changed")[2]
    undo = next(form for form in page.forms.values() if form.action.endswith("/undo"))
    assert "The look of before is in force again" in undo.submit().follow()
    assert chosen(db, practice.id, None) == {}
    assert len(audited("office.branding.change")) == 2


def test_the_printed_sheet_wears_the_look(office, make):
    admin, patient = office(), make.patient()
    form_of(admin, name="Elm Dental", brand="#6d2f73", logo=Upload("logo.svg", SVG)).submit()
    sheet = admin.get(f"/office/patients/{patient.id}").click("Give access on paper").forms["give"].submit().forms["sheet"].submit()
    for part in ("<p>Elm Dental</p>", "3px solid #6d2f73", 'src="data:image/svg+xml;base64,'):
        assert part in sheet, part
    drawing_in_it = b64decode(re.search(r"svg\+xml;base64,([^\"]+)", sheet.text)[1])
    assert b"<rect" in drawing_in_it
    assert b"alert" not in drawing_in_it


def test_light_and_dark_of_a_preview_are_those_of_the_pages():
    declared = [re.search(r"--page:(#\w+)", scheme_css(Theme(), dark))[1] for dark in (False, True)]
    assert declared == re.findall(r"--page:(#\w+)", theme_css(Theme()))
