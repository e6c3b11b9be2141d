"""Daniel Marlow: the father; gums that need care, and an insurance of his own beside his wife's."""

from tenants.demo.chart import Chart, Letter, Office, Step, Visit, every
from tenants.demo.sunrise.book import GUM_CARE
from tenants.demo.sunrise.elena import NUMBER as ELENA
from tenants.demo.sunrise.staff import DOWNTOWN, FRONTIER, MARLOW_HOME, NAIR, OSEI, SUMMIT

NUMBER = "SUN-1002"
# Of the second plan the office knows no more than that it is there.
SECOND = {"carrier": SUMMIT.name, "plan_name": SUMMIT.plan, "group_number": SUMMIT.group}


def chart(office: Office) -> Chart:
    """His whole chart."""
    chart = Chart(office, NUMBER, DOWNTOWN, FRONTIER)
    names = {"first_name": "Daniel", "last_name": "Marlow", "sex": "M", "birthdate": chart.calendar.born(43, 11, 2), "guarantor": ELENA}
    chart.person(OSEI, **names, email="daniel.marlow@example.test", phone="303-555-0145", **MARLOW_HOME)
    _visits(chart)
    chart.insured("FT0093318", "Daniel Marlow", "self")
    chart.put("insurance_coverage", **SECOND, order=2, subscriber="Elena Marlow", relationship="spouse", member_number="SMD20044719")
    chart.statement(-724)
    chart.statement(-52)
    _plans(chart)
    _messages(chart)
    _health(chart)
    return chart


def _visits(chart: Chart) -> None:
    gums = (
        Visit(0, "07:40", 60, NAIR, "Gum care", "D4910, D0120"),
        Visit(0, "07:40", 60, NAIR, "Gum care", "D4910"),
        Visit(0, "07:40", 60, NAIR, "Gum care", "D4910, D0120, D0274"),
    )
    chart.visits(
        Visit(-1440, "16:00", 70, OSEI, "First visit", "D0150, D0210", pays="check"),
        Visit(-1411, "08:00", 90, NAIR, "Deep cleaning, right side", "D4341 UR, D4341 LR", pays="check"),
        Visit(-1397, "08:00", 90, NAIR, "Deep cleaning, left side", "D4341 UL, D4341 LL", pays="check"),
        *every(112, -1180, -50, *gums),
        Visit(-733, "12:20", 60, NAIR, "Gum care", status="broken"),
        Visit(-318, "15:00", 60, OSEI, "Filling, upper right", "D2392 3 DO"),
        Visit(14, "07:40", 60, NAIR, "Gum care", "D4910", confirmation="confirmed", recall=GUM_CARE),
        Visit(126, "07:40", 60, NAIR, "Gum care", confirmation="unconfirmed"),
    )


def _plans(chart: Chart) -> None:
    steps = [Step("Visit 1", "D7210 1"), Step("Visit 2", "D2392 2 MO", second_cents=3200), Step("Visit 2", "D2330 8 M", second_cents=2100)]
    chart.plan(
        -118,
        "Upper right side",
        "Dr. Amara",
        steps,
        note="The wisdom tooth is hard to keep clean and the tooth beside it has begun to suffer.",
        signature="wanted",
    )


def _messages(chart: Chart) -> None:
    chart.conversation(
        NAIR,
        "New insurance card",
        Letter(-204, "21:03", False, "Hello, our school district has sent new insurance cards. Do you need a copy before my visit? Daniel"),
        Letter(
            -203,
            "08:40",
            True,
            "Hi Daniel,\n\nyes please: bring the card along and we will copy it at the desk. Your cover for gum care stays the same.\n\nPriya",
        ),
    )
    chart.conversation(
        OSEI,
        "Blood pressure",
        Letter(-20, "10:15", True, "Hello Daniel,\n\nat your last visit your blood pressure was a little high, 142 over 91. It may have been the rush to get "
               "here in time. Please have it measured once more by your family doctor or at a pharmacy in the next weeks, and tell us what it was.\n\nDr. Amara"),
        Letter(-12, "18:47", False, "Thanks for asking. My doctor has seen me: 136/86, and I now take 10 mg of lisinopril. I will bring the list next time.\n\nDaniel"),
        Letter(-11, "09:00", True, "Good to hear, and thank you for telling us. I have added it to your chart.\n\nDr. Amara", unread=True),
    )  # fmt: skip


def _health(chart: Chart) -> None:
    chart.put("allergy", status="none_known")
    chart.put("medication", name="Lisinopril 10 mg tablet", instructions="One tablet in the morning", started_on=chart.day(-14))
    chart.put("problem", name="High blood pressure", snomed="38341003", icd10="I10", started_on=chart.day(-14))
    chart.put("problem", name="Gum disease, kept in check", snomed="41565005", icd10="K05.3", started_on=chart.day(-1440))
    chart.put(
        "immunization",
        vaccine="Influenza vaccine, this season",
        cvx="150",
        status="not_given",
        note="Would rather not have it this year.",
        given_on=chart.day(-20),
    )
    chart.put(
        "vital_sign",
        taken_at=chart.calendar.visit(-60, "07:44"),
        systolic_mmhg=142,
        diastolic_mmhg=91,
        pulse_per_minute=82,
        height_inches=71,
        weight_pounds=196,
    )
    chart.put("smoking_status", snomed="8517006", asked_on=chart.day(-60))
