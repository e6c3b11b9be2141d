"""Rafael Ibarra: Elena's father, at the Lakeside clinic; an implant, a partial denture, diabetes."""

from tenants.demo.chart import Chart, Letter, Office, Step, Visit, every
from tenants.demo.sunrise.book import CLEANING
from tenants.demo.sunrise.staff import FELD, FORMS, GOLDEN, LAKESIDE, XRAYS

NUMBER = "SUN-2001"


def chart(office: Office) -> Chart:
    """His whole chart."""
    chart = Chart(office, NUMBER, LAKESIDE, GOLDEN)
    names = {"first_name": "Rafael", "last_name": "Ibarra", "sex": "M", "birthdate": chart.calendar.born(72, 1, 30), "language": "en-US"}
    home = {"address_1": "5 Cottonwood Court", "address_2": "Unit B", "city": "Folsom", "state": "CA", "postal_code": "95630"}
    chart.person(FELD, **names, email="rafael.ibarra@example.test", phone="916-555-0171", **home)
    _visits(chart)
    chart.insured("GPS7741205", "Rafael Ibarra", "self")
    for offset in (-250, -95, -28):
        chart.statement(offset, covers=60, note="We are happy to agree on monthly payments: please call us.")
    _plans(chart)
    _messages(chart)
    _health(chart)
    _images(chart)
    return chart


def _visits(chart: Chart) -> None:
    cleanings = (Visit(0, "10:00", 60, FELD, "Check-up and cleaning", "D0120, D1110, D0274", pays="check"),)
    chart.visits(
        *every(181, -1800, -40, *cleanings),
        Visit(-1530, "11:20", 40, FELD, "Tooth taken out, upper left", "D7140 13", pays="check"),
        Visit(-1460, "13:00", 60, FELD, "Partial denture fitted", "D5213", pays="check"),
        Visit(-1441, "13:00", 20, FELD, "Pressure point of the denture", "D5410"),
        Visit(-330, "09:00", 50, FELD, "Toothache, lower left", "D0140, D0220 19, D7140 19, D7953 19", pays="check"),
        Visit(-205, "08:20", 90, FELD, "Implant set, lower left", "D6010 19, D0220 19", pays="check"),
        Visit(-44, "08:20", 60, FELD, "Implant crown, lower left", "D6057 19, D6058 19", pays=""),
        Visit(-30, "08:40", 20, FELD, "Look at the new crown", status="broken"),
        Visit(2, "08:40", 20, FELD, "Look at the new crown", confirmation="unconfirmed"),
        Visit(14, "10:00", 60, FELD, "Check-up and cleaning", "D0120, D1110", confirmation="unconfirmed", recall=CLEANING),
    )


def _plans(chart: Chart) -> None:
    chart.plan(-320, "Implant, lower left", "Dr. Jonah Feld", [Step("Stage 1", "D6010 19"), Step("Stage 2, after healing", "D6057 19, D6058 19")],
               note="Healing takes four to five months because of the diabetes. Please keep your blood sugar as steady as you can.")  # fmt: skip


def _messages(chart: Chart) -> None:
    chart.conversation(
        FELD,
        "Blood thinner before the implant",
        Letter(-215, "09:12", False, "Dear Dr. Feld, my heart doctor asks whether I should stop the apixaban before you set the implant. Respectfully, Rafael Ibarra"),
        Letter(-214, "12:40", True, "Dear Mr. Ibarra,\n\nplease do not stop it. For a single implant we can work safely with it. Take your evening dose as "
               "usual, skip only the dose on the morning of the visit, and bring your list of medicines. I have told your cardiologist the same.\n\nDr. Feld"),
        Letter(-214, "16:05", False, "Thank you doctor, that is clear."),
    )  # fmt: skip
    chart.conversation(
        FELD,
        "Your missed visit",
        Letter(-29, "09:30", True, "Dear Mr. Ibarra,\n\nwe missed you at your appointment and hope that all is well. It is important that we look at the new crown once, so "
               "please choose another time with the front desk: 916-555-0137.\n\nDr. Feld"),
    )  # fmt: skip


def _health(chart: Chart) -> None:
    chart.put("allergy", substance="Codeine", category="drug", reaction="Nausea", rxnorm="2670", noted_on=chart.day(-1800))
    chart.put(
        "medication", name="Metformin 500 mg tablet", instructions="One tablet with breakfast and with dinner", started_on=chart.day(-1800)
    )
    chart.put("medication", name="Apixaban 5 mg tablet", instructions="One tablet in the morning and at night", started_on=chart.day(-800))
    chart.put("medication", name="Atorvastatin 20 mg tablet", instructions="One tablet at night", started_on=chart.day(-1800))
    chart.put("problem", name="Type 2 diabetes", snomed="44054006", icd10="E11.9", started_on=chart.day(-1800))
    chart.put("problem", name="Atrial fibrillation", snomed="49436004", icd10="I48.91", started_on=chart.day(-800))
    chart.put("problem", name="Dry mouth", snomed="87715008", icd10="R68.2", started_on=chart.day(-600))
    chart.put("immunization", vaccine="Pneumococcal vaccine", cvx="133", given_on=chart.day(-1100))
    for offset, value, flag in ((-340, "8.1", "high"), (-220, "7.2", "high"), (-50, "6.8", "high")):
        chart.put(
            "result",
            name="Hemoglobin A1c",
            loinc="4548-4",
            value=value,
            unit="%",
            reference_range="below 5.7",
            flag=flag,
            taken_at=chart.calendar.visit(offset, "08:00"),
        )
    for offset, systolic, weight in ((-330, 146, 188), (-205, 138, 183), (-44, 134, 181)):
        chart.put(
            "vital_sign",
            taken_at=chart.calendar.visit(offset, "08:25"),
            systolic_mmhg=systolic,
            diastolic_mmhg=82,
            pulse_per_minute=76,
            oxygen_percent=96,
            height_inches=68,
            weight_pounds=weight,
        )
    chart.put("smoking_status", snomed="8517006", asked_on=chart.day(-44))
    chart.put(
        "procedure",
        description="Root canal of a small back tooth",
        cdt="D3320",
        tooth="4",
        status="done_elsewhere",
        done_on=chart.day(-5200),
    )


def _images(chart: Chart) -> None:
    chart.image(-205, FORMS, "consent-implant.pdf", "document", "Consent to an implant, signed")
    chart.image(-44, XRAYS, "both-jaws-implant.jpg", "radiograph", "Both jaws, with the implant", "19")
