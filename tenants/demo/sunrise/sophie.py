"""Sophie Marlow: fifteen, with braces that are paid off month by month."""

from datetime import timedelta

from tenants.demo.chart import Chart, Letter, Office, Step, Visit, every
from tenants.demo.ledger import Line
from tenants.demo.sunrise.book import BITEWINGS, BRACES, CLEANING
from tenants.demo.sunrise.elena import NUMBER as ELENA
from tenants.demo.sunrise.staff import DOWNTOWN, MARLOW_HOME, NAIR, OSEI, PHOTOS, SUMMIT, XRAYS

NUMBER = "SUN-1003"
_FIRST_CENTS, _MONTHLY_CENTS, _LAST_CENTS = 60_000, 15_000, 12_144
_STARTED, _REPAIRED = -412, -17


def chart(office: Office) -> Chart:
    """Her whole chart."""
    chart = Chart(office, NUMBER, DOWNTOWN, SUMMIT)
    names = {
        "first_name": "Sophia",
        "last_name": "Marlow",
        "preferred_name": "Sophie",
        "sex": "F",
        "birthdate": chart.calendar.born(15, 3, 9),
    }
    chart.person(OSEI, **names, guarantor=ELENA, email="sophie.marlow@example.test", phone="303-555-0146", **MARLOW_HOME)
    _visits(chart)
    _payments(chart)
    chart.insured("SMD20044719", "Elena Marlow", "child")
    for offset in (-215, -124, -33):
        chart.statement(offset, covers=91, note="Your monthly payment is taken from the card on file on the 5th.")
    _plans(chart)
    _messages(chart)
    _health(chart)
    _images(chart)
    return chart


def _visits(chart: Chart) -> None:
    cleanings = (Visit(0, "15:40", 40, NAIR, "Check-up and cleaning", "D0120, D1120, D1206"),)
    adjusted = (Visit(0, "16:20", 20, OSEI, "Braces adjusted", "D8670"),)
    chart.visits(
        *every(186, -2100, -20, *cleanings),
        Visit(-1010, "15:00", 40, NAIR, "Grooves of the back teeth sealed", "D1351 3, D1351 14, D1351 19, D1351 30"),
        Visit(-440, "15:00", 40, OSEI, "Measured for braces", "D8660, D0330"),
        Visit(_STARTED, "14:00", 100, OSEI, "Braces fitted", "D8080", pays=""),
        *every(35, _STARTED + 35, -10, *adjusted),
        Visit(_REPAIRED, "16:40", 20, OSEI, "Loose bracket", "D8670"),
        Visit(1, "15:50", 20, OSEI, "Braces adjusted", "D8670", confirmation="unconfirmed", type=BRACES),
        Visit(36, "16:20", 20, OSEI, "Braces adjusted", "D8670", confirmation="unconfirmed", type=BRACES),
    )
    chart.recall(CLEANING, 12)
    chart.recall(BITEWINGS, 40)


def _payments(chart: Chart) -> None:
    """What the family pays for the braces: a first payment, then every month the same."""
    fitted = chart.day(_STARTED)
    months = [
        Line(fitted + timedelta(days=30 * month), "payment", "Monthly payment for braces, card on file", -_MONTHLY_CENTS)
        for month in range(1, 14)
    ]
    chart.book(Line(fitted, "payment", "First payment for braces, card", -_FIRST_CENTS), *months)
    chart.payment_plan("Braces", months[0].day, [_MONTHLY_CENTS] * 18 + [_LAST_CENTS])


def _plans(chart: Chart) -> None:
    chart.plan(
        -438,
        "Braces",
        "Dr. Amara",
        [Step("", "D8080")],
        note="Twenty months of treatment with a visit every five weeks. Retainers are part of the price.",
    )
    chart.plan(
        -90,
        "Wisdom teeth, later",
        "Dr. Amara",
        [Step("In two to three years", "D7240 17, D7240 32")],
        note="There is too little room for the lower wisdom teeth. Nothing needs to be done now.",
    )


def _messages(chart: Chart) -> None:
    repaired = (chart.calendar.visit(_REPAIRED, "16:40", 20).date() - chart.calendar.today).days
    chart.conversation(
        OSEI,
        "Bracket came off :(",
        Letter(repaired - 2, "17:31", False, "hi, one of the brackets on the top came off while i was eating an apple. it does not hurt but it moves around. what should i do?"),
        Letter(repaired - 1, "08:02", True, "Hi Sophie,\n\nno harm done, that happens. Put a bit of the orthodontic wax over it so that it does not rub, and come in "
               "after school: we have kept 4:40 free for you. Until then please cut apples into slices.\n\nDr. Amara"),
        Letter(repaired - 1, "15:58", False, "ok thanks!! see you then"),
    )  # fmt: skip


def _health(chart: Chart) -> None:
    chart.put("allergy", substance="Latex", category="other", reaction="Red, itching skin", noted_on=chart.day(-2100))
    chart.put(
        "medication", name="Albuterol inhaler", instructions="Two puffs when breathing is hard, before sports", started_on=chart.day(-900)
    )
    chart.put("problem", name="Asthma, mild", snomed="195967001", icd10="J45.20", started_on=chart.day(-900))
    chart.put("immunization", vaccine="HPV vaccine, second dose", cvx="165", given_on=chart.day(-700))
    chart.put(
        "vital_sign",
        taken_at=chart.calendar.visit(-52, "15:43"),
        systolic_mmhg=108,
        diastolic_mmhg=66,
        pulse_per_minute=74,
        height_inches=63.5,
        weight_pounds=117,
    )
    chart.put("smoking_status", snomed="266919005", asked_on=chart.day(-52))


def _images(chart: Chart) -> None:
    chart.image(-440, PHOTOS, "smile.jpg", "photo", "Before the braces")
    chart.image(_REPAIRED, PHOTOS, "smile-braces.jpg", "photo", "With the braces")
    chart.image(_REPAIRED, XRAYS, "both-jaws-braces.jpg", "radiograph", "Both jaws, with the braces")
