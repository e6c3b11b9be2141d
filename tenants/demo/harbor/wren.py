"""Wren Castellanos: no insurance, in the middle of an implant, and has paid ahead for what comes next."""

from tenants.demo.chart import Chart, Office, Step, Visit, every
from tenants.demo.harbor.book import CLEANING, IMPLANT
from tenants.demo.harbor.staff import BELL, LINDQVIST, STUDIO
from tenants.demo.ledger import Line

NUMBER = "HAR-3002"


def chart(office: Office) -> Chart:
    """Their whole chart."""
    chart = Chart(office, NUMBER, STUDIO)
    names = {"first_name": "Wren", "last_name": "Castellanos", "sex": "U", "birthdate": chart.calendar.born(34, 6, 4)}
    home = {"address_1": "208 Tern Hill Road", "address_2": "Apartment 5", "city": "Portland", "state": "ME", "postal_code": "04102"}
    chart.person(LINDQVIST, **names, email="wren.castellanos@example.test", phone="207-555-0191", **home)
    _visits(chart)
    chart.book(
        Line(chart.day(-120), "adjustment", "Yearly discount for those without insurance", -12_500),
        Line(chart.day(-20), "payment", "Paid ahead for the crown on the implant, card", -80_000),
    )
    chart.statement(-110)
    chart.statement(-18, covers=60, note="You have paid ahead; nothing is due.")
    _plans(chart)
    _health(chart)
    return chart


def _visits(chart: Chart) -> None:
    cleanings = (Visit(0, "17:00", 50, BELL, "Check-up and cleaning", "D0120, D1110"),)
    chart.visits(
        *every(200, -760, -90, *cleanings),
        Visit(-300, "12:00", 40, LINDQVIST, "Tooth broken in a fall", "D0140, D0220 9, D7140 9, D7953 9"),
        Visit(-122, "08:00", 90, LINDQVIST, "Implant set, front tooth", "D6010 9, D0220 9"),
        Visit(3, "08:00", 60, LINDQVIST, "Crown on the implant", "D6057 9, D6058 9", confirmation="unconfirmed", type=IMPLANT),
        Visit(21, "17:00", 50, BELL, "Check-up and cleaning", "D0120, D1110", confirmation="callback", recall=CLEANING),
    )


def _plans(chart: Chart) -> None:
    chart.plan(-290, "Front tooth: implant and crown", "Dr. Nora Lindqvist, DMD", [Step("Stage 1", "D6010 9"), Step("Stage 2", "D6057 9, D6058 9")],
               note="The discount is the yearly one for those without insurance.", discount=5)  # fmt: skip
    chart.plan(
        -290,
        "Front tooth: partial denture instead",
        "Dr. Nora Lindqvist, DMD",
        [Step("", "D5213")],
        note="The other way to close the gap, for comparison.",
        discount=5,
    )


def _health(chart: Chart) -> None:
    chart.put("allergy", status="none_known")
    chart.put("medication", status="none_known")
    chart.put("problem", name="Fear of dental treatment", icd10="F40.232", started_on=chart.day(-760), note="Short breaks help.")
    chart.put("vital_sign", taken_at=chart.calendar.visit(-122, "08:02"), systolic_mmhg=112, diastolic_mmhg=70, pulse_per_minute=64)
    chart.put("smoking_status", snomed="428041000124106", asked_on=chart.day(-122))
