"""An office without a practice system sets up its book, looks at what patients would be offered, and gives a patient a time, seen in the book and by the patient."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

DENVER = ZoneInfo("America/Denver")


def _add(page: Page, path: str, fields: dict[str, str], ticks: tuple[str, ...] = (), choices: dict[str, str] | None = None) -> None:
    page.goto(path)
    for name, words in fields.items():
        page.locator(f"[name={name}]").first.fill(words)
    for name, words in (choices or {}).items():
        page.locator(f"[name={name}]").select_option(label=words)
    for words in ticks:
        page.get_by_label(words).check()
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator(".notice--flash")).to_be_visible()


def test_an_office_without_a_system_sets_its_book_up_sees_what_patients_are_offered_and_gives_a_time(own_office):
    page, set_up = own_office.admin_page(), own_office.at("/office/appointments/set-up")
    _add(page, own_office.at("/office/providers/new"), {"title": "Dr.", "first_name": "Ada", "last_name": "Osei"})
    _add(page, f"{set_up}/type/new", {"name": "Limited exam", "words": "Something hurts", "part_minutes": "30"})
    for name in ("Back room", "Front room"):
        _add(page, f"{set_up}/operatory/new", {"name": name}, ("Limited exam",), {"provider_id": "Dr. Ada Osei"})

    # The front room is to stand left of the other one: dragged by its handle, and kept.
    page.goto(set_up)
    grips = page.locator("[data-rows] [data-grip]")
    first, second = (grips.nth(place).bounding_box() for place in (0, 1))
    page.mouse.move(second["x"] + 8, second["y"] + 8)
    page.mouse.down()
    page.mouse.move(first["x"] + 8, first["y"] - 6, steps=4)
    page.mouse.up()
    expect(page.locator("[data-rows] .list-row__title").first).to_contain_text("Front room")
    page.reload()
    expect(page.locator("[data-rows] .list-row__title").first).to_contain_text("Front room")

    day = datetime.now(UTC).astimezone(DENVER).date() + timedelta(days=7)
    monday = day - timedelta(days=day.weekday()) + timedelta(days=7)
    _add(page, own_office.at("/office/appointments/schedules/add"), {"first_on": str(monday), "last_on": str(monday + timedelta(days=4))}, ("Front room",), {"keeper": "Dr. Ada Osei"})
    expect(page.locator("table")).to_contain_text("8:00 AM – 5:00 PM")
    page.goto(own_office.at(f"/office/appointments/openings?month={monday:%Y-%m}"))
    offered = page.locator(".list-row", has_text=f"Monday, {monday:%B} {monday.day},")
    offered.locator("summary").click()
    expect(offered).to_contain_text("Front room, Dr. Ada Osei")

    patient = own_office.patient_page()
    patient.goto(own_office.at("/appointments/ask"))
    patient.locator("[name=words]").fill("My crown came off")
    patient.locator("main form button[type=submit]").last.click()
    page.goto(own_office.at("/office/appointments/requests"))
    page.get_by_role("link", name="Ottilie Quillfeather").click()
    for name, words in (("day", str(monday)), ("clock", "09:00"), ("minutes", "30"), ("what", "Crown")):
        page.locator(f"[name={name}]").fill(words)
    page.locator("[name=operatory_id]").select_option(label="Front room")
    page.get_by_role("button", name="Give this time").click()
    page.goto(own_office.at(f"/office/appointments/book?day={monday}"))
    expect(page.locator(".appointments-book__visit")).to_contain_text("Ottilie Quillfeather")
    expect(page.locator(".appointments-book__visit")).to_contain_text("9:00 – 9:30 AM")
    patient.goto(own_office.at("/appointments"))
    expect(patient.locator("main")).to_contain_text("9:00 AM")
