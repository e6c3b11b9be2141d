"""Mateo Marlow: eight, no account of his own; his mother looks after his chart."""

from tenants.demo.chart import Chart, Letter, Office, Step, Visit, every
from tenants.demo.ledger import Line
from tenants.demo.sunrise.book import CHILD_CLEANING
from tenants.demo.sunrise.elena import NUMBER as ELENA
from tenants.demo.sunrise.staff import DOWNTOWN, MARLOW_HOME, NAIR, OSEI, SUMMIT

NUMBER = "SUN-1004"


def chart(office: Office) -> Chart:
    """His whole chart."""
    chart = Chart(office, NUMBER, DOWNTOWN, SUMMIT)
    names = {"first_name": "Mateo", "last_name": "Marlow", "sex": "M", "birthdate": chart.calendar.born(8, 8, 21)}
    chart.person(OSEI, **names, guarantor=ELENA, **MARLOW_HOME)
    _visits(chart)
    # Booked twice by mistake, and paid: a credit until the next visit.
    chart.book(Line(chart.day(-40), "adjustment", "Laughing gas was charged twice, we are sorry", -7_400))
    chart.insured("SMD20044719", "Elena Marlow", "child")
    chart.statement(-60)
    chart.plan(
        -75,
        "Milk tooth, lower left",
        "Dr. Amara",
        [Step("1", "D3220 K, D2930 K, D9230")],
        note="We keep the tooth until the grown-up tooth is ready to come.",
        signature="wanted",
    )
    _messages(chart)
    _health(chart)
    return chart


def _visits(chart: Chart) -> None:
    cleanings = (
        Visit(0, "15:00", 30, NAIR, "Check-up and cleaning", "D0120, D1120, D1206"),
        Visit(0, "15:00", 30, NAIR, "Check-up and cleaning", "D0120, D1120, D1206, D0272"),
    )
    chart.visits(
        *every(184, -1480, -70, *cleanings),
        Visit(-742, "14:20", 40, NAIR, "Grooves of the first big teeth sealed", "D1351 3, D1351 14"),
        Visit(-71, "15:40", 30, OSEI, "Hole in a milk tooth", "D2391 L O, D9230", pays="check"),
        Visit(15, "15:30", 50, OSEI, "Milk tooth treated", confirmation="unconfirmed"),
        Visit(110, "15:00", 30, NAIR, "Check-up and cleaning", "D0120, D1120", confirmation="unconfirmed", recall=CHILD_CLEANING),
    )


def _messages(chart: Chart) -> None:
    chart.conversation(
        OSEI,
        "Mateo is nervous",
        Letter(-6, "20:20", False, "Hi Dr. Amara, Mateo is a little afraid of the next visit. Is there anything we can do at home? Elena"),
        Letter(-5, "08:30", True, "Hi Elena,\n\nthat is very normal at eight. Keep it short and cheerful: we count the teeth, put one to sleep, and then it is "
               "done. He may bring his headphones and a stuffed animal. With the laughing gas he will hardly notice.\n\nPlease give him only a light meal two "
               "hours before.\n\nDr. Amara", unread=True),
    )  # fmt: skip


def _health(chart: Chart) -> None:
    chart.put(
        "allergy", substance="Peanuts", category="food", reaction="Swollen lips; carries an epinephrine pen", noted_on=chart.day(-1200)
    )
    chart.put("medication", status="none_known")
    chart.put("problem", status="none_known")
    chart.put("immunization", vaccine="Measles, mumps and rubella, second dose", cvx="03", given_on=chart.day(-1300))
    chart.put("vital_sign", taken_at=chart.calendar.visit(-71, "15:42"), pulse_per_minute=88, height_inches=50, weight_pounds=57)
