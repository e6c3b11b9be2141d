import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import jinja2
import pytest
from lxml import html

import core.web
from core.tenant import ClinicDetails, OpeningHours
from core.web.formats import FILTERS
from core.web.forms import Form

TEMPLATES = Path(core.web.__file__).parent / "templates"
COMPONENTS = sorted((TEMPLATES / "components").glob("*.jinja2"))


@pytest.fixture
def draw():
    """`draw("pill", "{{ pill('New') }}")`: what a component becomes, as an element."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters.update(FILTERS)
    environment.globals["static_path"] = lambda name: f"/static/{name}"

    def drawn(component, call, macro=None, **values):
        page = f'{{% from "components/{component}.jinja2" import {macro or component} %}}{call}'
        known = {"request": SimpleNamespace(now=datetime(2026, 11, 23, tzinfo=UTC)), "tenant": SimpleNamespace(time_zone=UTC)}
        return html.fragment_fromstring(environment.from_string(page).render(**known, **values), create_parent="main")

    return drawn


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_a_component_documents_itself_and_each_parameter(path):
    text = path.read_text()
    words = re.match(r"\{#(.*?)#\}", text, re.DOTALL)
    assert words, "it begins with a comment that says what it is for"
    for signature in re.findall(r"\{% macro \w+\((.*)\) -?%\}", text):
        for parameter in re.sub(r"=[^,]*", "", signature).split(","):
            assert re.search(rf"\b{parameter.strip()}\b", words[1]), parameter


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.jinja2")), ids=lambda path: path.stem)
def test_pages_keep_to_the_content_security_policy(path):
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=|<style|javascript:", text)
    assert not re.search(r"<script(?! src=)", text)


def test_a_switch_says_how_it_stands_and_sends_the_other(draw):
    for is_on, checked, value in ((True, "true", ""), (False, "false", "yes")):
        switch = draw("switch", '{{ switch("on", is_on, "New messages") }}', is_on=is_on).find("button").attrib
        assert (switch["role"], switch["aria-checked"], switch["aria-label"], switch["value"]) == ("switch", checked, "New messages", value)


def test_a_button_is_a_link_or_sends_a_form(draw):
    link = draw("button", '{{ button("Pay", "/pay", icon="credit-card", about="the statement of May 1") }}')
    assert link.xpath("string(a[@href='/pay'])") == "Pay the statement of May 1"
    sends = draw("button", '{{ button("Confirm", name="visit", value="7", kind="quiet", small=true) }}')
    assert sends.find("button").attrib == {"class": "button button--quiet button--small", "type": "submit", "name": "visit", "value": "7"}


def test_what_people_typed_is_never_markup(draw):
    evil = '"><script>alert(1)</script>'
    form = Form(values={"note": evil}, errors={"note": evil})
    calls = {
        "button": "{{ button(evil, evil, about=evil) }}", "pill": "{{ pill(evil) }}", "notice": "{{ notice(evil, title=evil) }}",
        "page_header": "{{ page_header(evil, text=evil, href=evil, back=evil) }}", "empty_state": '{{ empty_state("inbox", evil, evil, evil, evil) }}',
        "field": "{{ field(form, 'note', evil, help=evil, type='textarea') }}{{ field(form, 'note', evil) }}", "form_errors": "{{ form_errors(form) }}",
        "data_table": "{{ data_table([(evil, '')], [[evil]], foot=[evil], caption=evil) }}", "person_chip": "{{ person_chip(evil, evil) }}",
        "money_summary": "{{ money_summary([(evil, 1)], note=evil) }}", "sub_tabs": "{{ sub_tabs(evil, [(evil, evil, true, 1)]) }}",
        "list_row": "{{ list_row(evil, evil, evil) }}", "pagination": "{{ pagination(evil, evil, evil) }}",
    }  # fmt: skip
    for component, call in calls.items():
        drawn = draw(component, call, evil=evil, form=form)
        assert not drawn.xpath("//script"), component
        assert "alert(1)" in html.tostring(drawn).decode(), component


def test_a_field_is_tied_to_its_label_its_help_and_its_error(draw):
    form = Form(values={"amount": "12x"}, errors={"amount": "Type the amount as a number."})
    drawn = draw("field", '{{ field(form, "amount", "Amount", type="money", help="You owe $5.00.", more={"maxlength": 9}) }}', form=form)
    box = drawn.xpath("//input")[0]
    assert drawn.xpath("//label")[0].get("for") == box.get("id") == "field-amount"
    assert box.get("value") == "12x"
    assert box.get("aria-invalid") == "true"
    assert box.get("maxlength") == "9"
    said = " ".join(drawn.get_element_by_id(name).text_content().strip() for name in box.get("aria-describedby").split())
    assert said == "You owe $5.00. Type the amount as a number."


@pytest.mark.parametrize("kind", ["text", "email", "tel", "date", "number", "password", "file", "money", "textarea", "select", "checkbox"])
def test_every_kind_of_field_has_a_name_and_a_label(draw, kind):
    drawn = draw("field", '{{ field(form, "what", "What is it", type=kind, options=[(1, "One")], optional=true) }}', form=Form(), kind=kind)
    (control,) = drawn.xpath("//input|//select|//textarea")
    assert control.get("name") == "what"
    assert not control.get("required")
    assert "What is it" in drawn.xpath("//label")[0].text_content()


def test_a_choice_keeps_what_was_chosen(draw):
    form = Form(values={"who": "2"})
    options = [(1, "Elena"), (2, "Mia", "Your daughter")]
    radio = draw("field", '{{ field(form, "who", "Regarding", type="radio", options=options) }}', form=form, options=options)
    assert radio.xpath("//input[@checked]/@value") == ["2"]
    assert radio.xpath("string(//fieldset/legend)") == "Regarding"
    select = draw("field", '{{ field(form, "who", "Regarding", type="select", options=options) }}', form=form, options=options)
    assert select.xpath("//option[@selected]/@value") == ["2"]


def test_lines_typed_into_a_text_box_come_back_unchanged(draw):
    drawn = draw("field", '{{ field(form, "body", "Message", type="textarea") }}', form=Form(values={"body": "\nfirst\nsecond"}))
    # A browser drops one line end right after the opening tag.
    assert drawn.xpath("string(//textarea)") == "\n\nfirst\nsecond"


def test_a_password_is_not_written_into_the_page(draw):
    drawn = draw("field", '{{ field(form, "password", "Password", type="password") }}', form=Form(values={"password": "secret"}))
    assert "secret" not in html.tostring(drawn).decode()


def test_the_summary_of_errors_leads_to_the_fields(draw):
    form = Form(errors={"": "Nothing was paid.", "amount": "Fill in the amount."})
    drawn = draw("form_errors", "{{ form_errors(form) }}", form=form)
    assert drawn.xpath("//a/@href") == ["#field-amount"]
    assert [line.text_content() for line in drawn.xpath("//li")] == ["Nothing was paid.", "Fill in the amount."]
    assert drawn.xpath("//*[@role='alert']")
    assert len(draw("form_errors", "{{ form_errors(form) }}", form=Form())) == 0


def test_a_page_says_whose_record_it_shows_when_it_is_not_ones_own(draw):
    mia = SimpleNamespace(name="Mia Rivera", is_self=False)
    assert "For Mia Rivera" in draw("page_header", '{{ page_header("Plan", person) }}', person=mia).text_content()
    elena = SimpleNamespace(name="Elena Rivera", is_self=True)
    assert "Elena" not in draw("page_header", '{{ page_header("Plan", person) }}', person=elena).text_content()


def test_a_table_names_each_value_for_phones(draw):
    columns = [("Procedure", ""), ("Fee", "number")]
    drawn = draw("data_table", "{{ data_table(columns, [['Crown', '$9.00']], foot=['Total', '$9.00'], caption='Fees') }}", columns=columns)
    assert drawn.xpath("//tbody/tr/th[@scope='row']")[0].text == "Crown"
    assert drawn.xpath("//td/@data-label") == ["Fee", "Fee"]
    assert drawn.xpath("//td/@class") == ["number", "number"]


def test_a_table_takes_rows_that_are_ready(draw):
    drawn = draw("data_table", "{% call data_table([('Day', '')]) %}<tr><th scope='row'>Monday</th></tr>{% endcall %}")
    assert drawn.xpath("string(//tbody//th)") == "Monday"


def test_the_first_amount_is_the_one_that_matters(draw):
    drawn = draw("money_summary", "{{ money_summary([('You owe', 18400), ('Paid', 5000)]) }}")
    assert drawn.xpath("string(//div[@class='money-summary__main'])") == "You owe$184.00"


def test_nothing_waiting_shows_no_count(draw):
    assert draw("count", "{{ count(0) }}").text_content().strip() == ""
    assert draw("count", "{{ count(3, 'new messages') }}").text_content() == "3 new messages"
    assert draw("count", "{{ count(100) }}").text_content() == "99+ waiting"


def test_one_page_has_no_pagination(draw):
    assert len(draw("pagination", "{{ pagination() }}")) == 0
    assert draw("pagination", "{{ pagination(older='?page=2', where='1 to 50') }}").xpath("//a/@href") == ["?page=2"]


def test_an_icon_comes_from_the_portal_or_from_a_plugin(draw):
    assert draw("icon", "{{ icon('house') }}").xpath("//use/@href") == ["/static/icons.svg#house"]
    assert draw("icon", "{{ icon('hello/wave.svg#hand') }}").xpath("//use/@href") == ["/static/hello/wave.svg#hand"]


def clinic(**fields) -> ClinicDetails:
    hours = tuple(OpeningHours(day, time(8) if day < 5 else None, time(17, 30) if day < 5 else None) for day in range(7))
    values = {
        "id": None, "name": "Downtown", "phone": "(503) 555-0142", "email": "hello@office.test", "address_1": "12 Alder St & Co", "address_2": "",
        "city": "Portland", "state": "OR", "postal_code": "97205", "time_zone": ZoneInfo("America/Los_Angeles"), "hours": hours,
    }  # fmt: skip
    return ClinicDetails(**values | fields)


def test_a_clinic_can_be_called_written_to_and_found(draw):
    drawn = draw("clinic", "{{ clinic_contact(clinic, today=6) }}", macro="clinic_contact", clinic=clinic())
    links = drawn.xpath("//a/@href")
    assert links[:2] == ["tel:+15035550142", "mailto:hello@office.test"]
    assert links[2].endswith("?query=12%20Alder%20St%20%26%20Co%2C%20Portland%2C%20OR%2097205")
    rows = [row.text_content() for row in drawn.xpath("//table//tr")]
    assert rows[0] == "Monday8:00 AM – 5:30 PM"
    assert rows[6] == "Sunday (today)Closed"


def test_a_clinic_that_told_little_shows_no_empty_lines(draw):
    empty = dict.fromkeys(("phone", "email", "address_1", "city", "state", "postal_code"), "")
    closed = tuple(OpeningHours(day, None, None) for day in range(7))
    drawn = draw("clinic", "{{ clinic_contact(clinic) }}", macro="clinic_contact", clinic=clinic(**empty, hours=closed))
    assert drawn.text_content().split() == ["Downtown"]


def test_a_card_of_a_plugin_that_fails_costs_only_itself(draw):
    from core.plugins import Card

    environment = jinja2.Environment(
        loader=jinja2.DictLoader({"bad/card": "{{ 1 / 0 }}", "good/card": "{{ words }} {{ person }}"}), autoescape=True
    )
    environment.filters.update(FILTERS)
    page = environment.from_string("before {% for card in cards %}{{ card|show_card }}{% endfor %} after")
    cards = [Card("bad/card"), Card("missing/card"), Card("good/card", {"words": "<Next visit>"})]
    assert page.render(cards=cards, person="Mia") == "before &lt;Next visit&gt; Mia after"


def test_dates_of_birth_fit_a_person_chip(draw):
    drawn = draw("person_chip", "{{ person_chip('Mia Rivera', 'Born ' ~ (born|long_date), 2) }}", born=date(2015, 3, 4))
    assert drawn.text_content() == "MRMia RiveraBorn March 4, 2015"


def test_six_people_of_a_family_are_told_apart_by_their_tint(draw):
    tints = {draw("avatar", "{{ avatar('Robin Vale', place) }}", place=place)[0].get("class").strip() for place in range(6)}
    assert len(tints) == 6
