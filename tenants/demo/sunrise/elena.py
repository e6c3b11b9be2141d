"""Elena Marlow: the mother who keeps the family's account; a crown is being made for her."""

from tenants.demo.chart import Chart, Letter, Office, Step, Visit, every
from tenants.demo.sunrise.book import CLEANING, CROWN
from tenants.demo.sunrise.staff import DOWNTOWN, FORMS, LAB, MARLOW_HOME, NAIR, OSEI, SUMMIT, XRAYS

NUMBER = "SUN-1001"
_CHECK_UP = "Check-up and cleaning"


def chart(office: Office) -> Chart:
    """Her whole chart."""
    chart = Chart(office, NUMBER, DOWNTOWN, SUMMIT)
    _person(chart)
    _visits(chart)
    chart.insured("SMD20044719", "Elena Marlow", "self")
    for offset in (-1180, -632, -20):
        chart.statement(offset)
    _plans(chart)
    _messages(chart)
    _health(chart)
    _images(chart)
    return chart


def _person(chart: Chart) -> None:
    names = {"first_name": "Elena", "last_name": "Marlow", "sex": "F", "birthdate": chart.calendar.born(41, 5, 17)}
    chart.person(OSEI, **names, email="elena.marlow@example.test", phone="303-555-0144", **MARLOW_HOME)


def _visits(chart: Chart) -> None:
    cleanings = (
        Visit(0, "08:30", 60, NAIR, _CHECK_UP, "D0120, D1110, D0274"),
        Visit(0, "08:30", 50, NAIR, _CHECK_UP, "D0120, D1110"),
    )
    chart.visits(
        Visit(-2390, "09:00", 80, OSEI, "First visit", "D0150, D0210, D1110"),
        *every(183, -2205, -150, *cleanings),
        Visit(-1871, "14:10", 30, OSEI, "Toothache, upper left", "D0140, D0220 14"),
        Visit(-1862, "10:00", 60, OSEI, "Filling, upper left", "D2392 14 MO", pays="check"),
        Visit(-1206, "15:20", 60, OSEI, "Filling, lower right", "D2393 30 MOD", pays="check"),
        Visit(-655, "13:00", 50, OSEI, "Filling", status="broken"),
        Visit(-641, "13:00", 50, OSEI, "Filling, lower left", "D2391 19 O"),
        Visit(-62, "16:00", 30, OSEI, "Broken corner of a tooth, lower right", "D0140, D0220 30"),
        Visit(-34, "09:20", 90, OSEI, "Crown prepared, lower right", "D2950 30", pays=""),
        Visit(-9, "11:00", 40, NAIR, _CHECK_UP, "D0120, D1110, D0274, D0330", pays=""),
        Visit(1, "09:20", 50, OSEI, "Crown fitted, lower right", "D2740 30", confirmation="unconfirmed", type=CROWN, early=10),
        Visit(14, "10:40", 20, OSEI, "Look at the new crown", confirmation="confirmed", type=CROWN),
        Visit(172, "08:30", 50, NAIR, _CHECK_UP, "D0120, D1110", confirmation="unconfirmed", recall=CLEANING),
    )


def _plans(chart: Chart) -> None:
    chart.plan(-640, "Fillings, lower jaw", "Dr. Amara", [Step("1", "D2391 19 O, D2391 18 O")], status="inactive")
    chart.plan(
        -55,
        "Crown for the lower right",
        "Dr. Amara",
        [Step("1", "D2950 30, D2740 30"), Step("2", "D2391 18 O"), Step("Whenever you like", "D9944")],
        note="The corner of the tooth broke under an old filling. A crown holds it together; until then please chew on the left.\n\n"
        "The small filling can wait until after the crown. The night guard is our advice, because you grind your teeth at night.",
    )
    chart.plan(-640, "Night guard", "Dr. Amara", [Step("", "D9944")], note="To protect your teeth while you sleep.")


def _messages(chart: Chart) -> None:
    chart.conversation(
        OSEI,
        "Tender since my visit",
        Letter(-31, "19:42", False, "Hi Dr. Amara,\n\nthe tooth you prepared for the crown is still tender when I drink something cold. "
               "It is not bad enough for a painkiller, but it has not gone away either. Should I wait a little longer or come in?\n\nThank you,\nElena"),
        Letter(-30, "08:05", True, "Good morning Elena,\n\nthat is common in the first two weeks: the tooth has just been worked on, and the temporary "
               "crown does not keep the cold out as well as the real one will. Please avoid ice water and chew on the left side.\n\n"
               "If it starts to hurt by itself, wakes you at night, or hurts when you bite, call us the same day: 303-555-0112.\n\nDr. Amara"),
        Letter(-24, "20:15", False, "Just to let you know: it is much better now. Thanks for the quick answer!\n\nElena"),
    )  # fmt: skip
    chart.conversation(
        NAIR,
        "Electric toothbrush",
        Letter(-8, "12:30", False, "Hi Priya, you told me which brush head is best for my gums and of course I have forgotten. Which one was it? Elena"),
        Letter(-7, "09:10", True, "Hi Elena,\n\nthe small round one with extra soft bristles. Two minutes in the morning and at night, and let the brush "
               "do the work: no pressing. Your gums looked better than last time, keep going!\n\nPriya"),
    )  # fmt: skip
    chart.conversation(
        OSEI,
        "Before your next visit",
        Letter(-1, "11:20", True, "Hello Elena,\n\nyour crown has come back from the lab and it looks lovely. Please plan for about 50 minutes. "
               "You can eat before you come, and you will be able to drive home afterwards.\n\nIf the temporary crown comes off before then, keep it and "
               "call us.\n\nSee you soon,\nDr. Amara", unread=True),
    )  # fmt: skip


def _health(chart: Chart) -> None:
    chart.put("allergy", substance="Penicillin V", category="drug", reaction="Hives", rxnorm="7984", noted_on=chart.day(-2390))
    chart.put("allergy", substance="Grass pollen", category="other", reaction="Sneezing, itching eyes", noted_on=chart.day(-2390))
    chart.put(
        "medication",
        name="Levothyroxine 50 mcg tablet",
        instructions="One tablet in the morning, half an hour before breakfast",
        started_on=chart.day(-1500),
    )
    chart.put(
        "medication",
        name="Ibuprofen 400 mg tablet",
        status="stopped",
        instructions="One tablet up to three times a day for pain",
        started_on=chart.day(-1871),
        ended_on=chart.day(-1866),
    )
    chart.put(
        "problem",
        name="Underactive thyroid",
        snomed="40930008",
        icd10="E03.9",
        started_on=chart.day(-1500),
        note="Looked after by her family doctor.",
    )
    chart.put("problem", name="Grinding of the teeth", icd10="F45.8", started_on=chart.day(-640))
    _measurements(chart)


def _measurements(chart: Chart) -> None:
    chart.put("immunization", vaccine="Influenza vaccine, this season", cvx="150", given_on=chart.day(-60), lot_number="DEMO-41")
    chart.put("immunization", vaccine="Tetanus, diphtheria and whooping cough booster", cvx="115", given_on=chart.day(-1330))
    chart.put(
        "result",
        name="TSH in serum",
        loinc="3016-3",
        value="2.1",
        unit="m[IU]/L",
        reference_range="0.4 to 4.0",
        flag="normal",
        taken_at=chart.calendar.visit(-75, "08:10"),
    )
    chart.put(
        "vital_sign",
        taken_at=chart.calendar.visit(-34, "09:22"),
        systolic_mmhg=118,
        diastolic_mmhg=74,
        pulse_per_minute=68,
        height_inches=65,
        weight_pounds=142,
    )
    chart.put(
        "vital_sign",
        taken_at=chart.calendar.visit(-192, "08:33"),
        systolic_mmhg=121,
        diastolic_mmhg=76,
        pulse_per_minute=71,
        height_inches=65,
        weight_pounds=144,
    )
    chart.put("smoking_status", snomed="266919005", asked_on=chart.day(-9))
    chart.put(
        "procedure", description="Ceramic crown", cdt="D2740", tooth="30", status="planned", provider="Dr. Amara", done_on=chart.day(1)
    )


def _images(chart: Chart) -> None:
    chart.image(-9, XRAYS, "both-jaws.jpg", "radiograph", "Both jaws")
    chart.image(-9, XRAYS, "back-teeth-right.jpg", "radiograph", "Back teeth, right side", "2, 3, 4, 5, 28, 29, 30, 31")
    chart.image(-34, FORMS, "consent-crown.pdf", "document", "Consent to a crown, signed")
    chart.image(-34, LAB, "letter-lab.pdf", "document", "Slip for the laboratory")
