"""Beatrice Okonkwo: every three months for fourteen years, so that lists have pages and the ledger is long."""

from tenants.demo.chart import Chart, Office, Step, Visit, every
from tenants.demo.harbor.book import GUM_CARE
from tenants.demo.harbor.staff import BELL, LIGHTHOUSE, LINDQVIST, STUDIO

NUMBER = "HAR-3001"
_SINCE = -5180


def chart(office: Office) -> Chart:
    """Her whole chart."""
    chart = Chart(office, NUMBER, STUDIO, LIGHTHOUSE)
    names = {"first_name": "Beatrice", "last_name": "Okonkwo", "sex": "F", "birthdate": chart.calendar.born(62, 10, 12)}
    home = {"address_1": "17 Gull Street", "city": "South Portland", "state": "ME", "postal_code": "04106"}
    chart.person(LINDQVIST, **names, email="beatrice.okonkwo@example.test", phone="207-555-0183", **home)
    _visits(chart)
    chart.insured("LDT3300871", "Beatrice Okonkwo", "self")
    for offset in range(_SINCE + 130, -60, 364):
        chart.statement(offset, covers=120)
    chart.statement(-12, covers=120)
    _plans(chart)
    _health(chart)
    return chart


def _visits(chart: Chart) -> None:
    gums = (
        Visit(0, "09:00", 60, BELL, "Gum care", "D4910", pays="check"),
        Visit(0, "09:00", 60, BELL, "Gum care and check-up", "D4910, D0120", pays="check"),
        Visit(0, "09:00", 60, BELL, "Gum care", "D4910", pays="check"),
        Visit(0, "09:00", 70, BELL, "Gum care, check-up and X-rays", "D4910, D0120, D0274", pays="check"),
    )
    chart.visits(
        Visit(_SINCE, "10:00", 80, LINDQVIST, "First visit", "D0150, D0210", pays="check"),
        Visit(_SINCE + 14, "13:00", 110, BELL, "Deep cleaning, upper jaw", "D4341 UR, D4341 UL", pays="check"),
        Visit(_SINCE + 28, "13:00", 110, BELL, "Deep cleaning, lower jaw", "D4341 LR, D4341 LL", pays="check"),
        *every(91, _SINCE + 120, -30, *gums),
        Visit(-4411, "14:30", 60, LINDQVIST, "Filling, upper left", "D2392 15 MO", pays="check"),
        Visit(-3777, "11:00", 90, LINDQVIST, "Root canal, lower left", "D3330 18", pays="check"),
        Visit(-3760, "11:00", 80, LINDQVIST, "Crown, lower left", "D2950 18, D2740 18", pays="check"),
        Visit(-2904, "09:00", 60, BELL, "Gum care", status="broken"),
        Visit(-2210, "15:10", 50, LINDQVIST, "Filling, front tooth", "D2330 9 D", pays="check"),
        Visit(-1333, "08:30", 40, LINDQVIST, "Toothache at the weekend", "D0140, D9110, D0220 3", pays="check"),
        Visit(-1320, "08:30", 60, LINDQVIST, "Tooth taken out, upper right", "D7140 3", pays="check"),
        Visit(-35, "10:20", 80, LINDQVIST, "Crown, upper left", "D2950 15, D2740 15", pays=""),
        Visit(1, "09:00", 30, LINDQVIST, "Look at the new crown", confirmation="confirmed"),
        Visit(14, "09:00", 60, BELL, "Gum care", "D4910", confirmation="unconfirmed", recall=GUM_CARE),
        Visit(105, "09:00", 60, BELL, "Gum care and check-up", confirmation="unconfirmed"),
    )


def _plans(chart: Chart) -> None:
    chart.plan(-3790, "Lower left molar", "Dr. Nora Lindqvist, DMD", [Step("1", "D3330 18"), Step("2", "D2950 18, D2740 18")])
    chart.plan(
        -1318,
        "Gap in the upper right",
        "Dr. Nora Lindqvist, DMD",
        [Step("", "D6010 3, D6057 3, D6058 3")],
        note="One way to close the gap. We can talk about a bridge as well.",
    )
    chart.plan(
        -70, "Crown, upper left", "Dr. Nora Lindqvist, DMD", [Step("Soon", "D2950 15, D2740 15"), Step("At the same visit", "D2391 14 O")]
    )


def _health(chart: Chart) -> None:
    chart.put("allergy", substance="Sulfa medicines", category="drug", reaction="Rash", noted_on=chart.day(_SINCE))
    chart.put("medication", name="Alendronate 70 mg tablet", instructions="One tablet once a week, on Sundays", started_on=chart.day(-1900))
    chart.put(
        "medication",
        name="Chlorhexidine mouth rinse",
        status="stopped",
        instructions="Rinse for half a minute in the morning and at night",
        started_on=chart.day(_SINCE + 14),
        ended_on=chart.day(_SINCE + 28),
    )
    chart.put("problem", name="Gum disease, kept in check", snomed="41565005", icd10="K05.3", started_on=chart.day(_SINCE))
    chart.put(
        "problem",
        name="Thin bones",
        snomed="64859006",
        icd10="M81.0",
        started_on=chart.day(-1900),
        note="Tell the dentist before teeth are taken out.",
    )
    chart.put("immunization", vaccine="Shingles vaccine, second dose", cvx="187", given_on=chart.day(-500))
    chart.put(
        "result",
        name="Vitamin D in serum",
        loinc="1989-3",
        value="24",
        unit="ng/mL",
        reference_range="30 to 100",
        flag="low",
        taken_at=chart.calendar.visit(-400, "09:00"),
    )
    for offset in range(-1800, -30, 364):
        chart.put(
            "vital_sign",
            taken_at=chart.calendar.visit(offset, "09:03"),
            systolic_mmhg=126 + offset % 7,
            diastolic_mmhg=78,
            pulse_per_minute=70,
            height_inches=64,
            weight_pounds=151,
        )
    chart.put("smoking_status", snomed="266919005", asked_on=chart.day(-35))
