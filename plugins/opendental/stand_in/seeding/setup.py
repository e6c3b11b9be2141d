"""What an office has set up: clinics, providers, chairs, definitions, codes, hours."""

from datetime import timedelta

from plugins.opendental.stand_in.seeding.rows import Rows

CONFIRMATION, PAYMENT, ADJUSTMENT, STATUS, IMAGES, PRIORITY, BLOCKOUT, COMMLOG = 2, 10, 1, 13, 18, 20, 25, 27
DEFINITIONS = (
    (CONFIRMATION, ("Unconfirmed", "eConfirm sent", "Confirmed", "Call back", "Text failed", "Left message"), ("",) * 6),
    (PAYMENT, ("Check", "Credit Card", "Cash", "Portal"), ("",) * 4),
    (ADJUSTMENT, ("Professional discount", "Finance charge", "Cash discount"), ("-", "+", "-")),
    (STATUS, ("Mailed postcard", "Texted", "Not interested"), ("",) * 3),
    (IMAGES, ("BWs", "FMXs", "Photos", "Patient Info", "Statements", "Treatment plans"), ("XL", "X", "L", "", "SL", "R")),
    (PRIORITY, ("1", "2", "Next visit", "Wait"), ("",) * 4),
    (BLOCKOUT, ("Lunch", "Meeting", "Emergency"), ("NS", "NS", "")),
    (COMMLOG, ("Appointment", "Financial", "Portal"), ("APPT", "FIN", "")),
    (42, ("New patient exam",), ("",)), (51, ("Toothache", "Cleaning"), ("",) * 2),
)  # fmt: skip
CODES = (
    ("D0120", "PerEx", "Check-up", 6000, True), ("D0150", "CompEx", "First examination", 9500, False), ("D0274", "4BW", "X-rays between the teeth", 7200, True),
    ("D0210", "FMX", "X-rays of all teeth", 16000, True), ("D1110", "Pro", "Cleaning", 11000, True), ("D1120", "ChPro", "Cleaning for a child", 7500, True),
    ("D1206", "FlVarn", "Fluoride varnish", 4200, True), ("D1351", "Seal", "", 5500, True), ("D2391", "1SurfP", "White filling, one side", 18500, False),
    ("D2392", "2SurfP", "White filling, two sides", 23500, False), ("D2740", "PFM", "Crown", 128000, False), ("D3330", "RCT-M", "Root canal of a molar", 119000, False),
    ("D4341", "SRP", "Deep cleaning, a quarter of the mouth", 26500, True), ("D4910", "PerioM", "Gum maintenance", 14500, True), ("D7140", "Ext", "Taking out a tooth", 19500, False),
    ("D9986", "Missed", "", 0, False), ("D9987", "Cancel", "", 0, False),
)  # fmt: skip
FEES = {code: cents / 100 for code, _, _, cents, _ in CODES}
CLEANING, CLEANING_OF_CHILD, GUMS, BITEWINGS = 1, 2, 3, 4
RECALLS = (("Prophy", 6, "D0120,D1110", "//XXXXXXXX//"), ("Child Prophy", 6, "D0120,D1120", "//XXXX//"), ("Perio", 4, "D4910", "//XXXXXXXX//"), ("4BW", 12, "D0274", ""))
PROVIDERS = (("Abbott", "Nadia", "DMD", False), ("Okafor", "Samuel", "DDS", False), ("Reyes", "Lucía", "RDH", True), ("Stone", "Jamie", "RDH", True), ("Gone", "Old", "DDS", False))
WEEKS_OF_HOURS = 12


def make(rows: Rows) -> None:
    """All of it."""
    for number, (name, city) in enumerate((("Sunrise Dental North", "Salem"), ("Sunrise Dental South", "Keizer")), 1):
        rows.put("clinic", Description=name, Abbr=name.rpartition(" ")[2], Phone=f"(503)555-01{number}0", Address=f"{number}00 Cedar St", City=city, State="OR", Zip="97301", ItemOrder=number)
    for number, (last, first, suffix, second) in enumerate(PROVIDERS, 1):
        about = {"IsSecondary": second, "IsHidden": last == "Gone", "NationalProvID": f"12345678{number:02}"}
        rows.put("provider", Abbr=last[:4], LName=last, FName=first, Suffix=suffix, Specialty="Hygienist" if second else "General", ItemOrder=number, **about)
    for number in range(1, 7):
        whose = {"ProvDentist": 1 + number % 2, "ProvHygienist": 3 + number % 2, "IsHygiene": number in (2, 4), "ClinicNum": 0 if number == 6 else 1 + number // 4}
        rows.put("operatory", OpName=f"Operatory {number}", Abbrev=f"Op{number}", ItemOrder=number, IsHidden=number == 5, IsWebSched=number in (2, 4), **whose)
    _definitions(rows)
    _codes(rows)
    _hours(rows)


def definition(rows: Rows, category: int, name: str) -> int:
    """The number of a definition."""
    return next(row["DefNum"] for row in rows.tables["definition"] if row["Category"] == category and row["ItemName"] == name)


def _definitions(rows: Rows) -> None:
    for category, names, values in DEFINITIONS:
        for place, (name, value) in enumerate(zip(names, values, strict=True)):
            rows.put("definition", ItemName=name, ItemValue=value, Category=category, ItemOrder=place, isHidden=name == "Left message")
    answers = {"Sent": "eConfirm sent", "Accepted": "Confirmed", "Declined": "Call back", "SendFailed": "Text failed"}
    for word, name in answers.items():
        rows.put("preference", PrefName=f"ApptEConfirmStatus{word}", ValueString=str(definition(rows, CONFIRMATION, name)))
    more = {"ApiPaymentType": str(definition(rows, PAYMENT, "Portal")), "RecallDaysPast": "365", "DateLastAging": f"{rows.now:%Y-%m-%d}", "PracticeTitle": "Sunrise Dental"}
    for name, value in more.items():
        rows.put("preference", PrefName=name, ValueString=value)


def _codes(rows: Rows) -> None:
    for code, short, layman, _, hygiene in CODES:
        rows.put("procedurecode", ProcCode=code, Descript=f"{short} (their words)", AbbrDesc=short, LaymanTerm=layman, IsHygiene=hygiene)
    for name, months, codes, pattern in RECALLS:
        rows.put("recalltype", Description=name, DefaultInterval=(months << 16) + 1, TimePattern=pattern, Procedures=codes, AppendToSpecial=name == "4BW")
    for name, pattern, codes in (("New patient", "//XXXXXXXXXX//", "D0150,D0210"), ("Cleaning", "/XXXXXXXX/", "D1110,D0120"), ("Emergency", "XXXX", "")):
        rows.put("appointmenttype", AppointmentTypeName=name, Pattern=pattern, CodeStr=codes)
    _kinds(rows)


def _kinds(rows: Rows) -> None:
    for name, snomed in (("Penicillin", 2), ("Latex", 1), ("Peanuts", 4), ("Codeine", 3), ("None known", 0)):
        rows.put("allergydef", Description=name, SnomedType=snomed)
    for name, number, icd10 in (("Hypertension", "38341003", "I10"), ("Type 2 diabetes", "44054006", "E11.9"), ("Asthma", "195967001", "J45.909"), ("None", "", "")):
        rows.put("diseasedef", DiseaseName=name, SnomedCode=number, Icd10Code=icd10)
    for medicine, code in (("Lisinopril 10 MG", 314076), ("Metformin 500 MG", 861007), ("Albuterol inhaler", 0)):
        rows.put("medication", MedName=medicine, RxCui=code)
    _others(rows)


def _others(rows: Rows) -> None:
    for name, first in (("Grant", "Helen"), ("Ortho Northwest", "")):
        rows.put("referral", LName=name, FName=first, EMail=f"{name.split()[0].lower()}@direct.example", IsDoctor=1, Telephone="(503)555-0188")
    for name in ("Delta Dental of Oregon", "MetLife", "Moda Health"):
        carrier = rows.put("carrier", CarrierName=name)
        rows.put("insplan", GroupName=f"{name} Group", GroupNum=f"G{carrier['CarrierNum']}00", CarrierNum=carrier["CarrierNum"])


def _hours(rows: Rows) -> None:
    lunch = definition(rows, BLOCKOUT, "Lunch")
    monday = rows.now.date() - timedelta(days=rows.now.weekday() + 7)
    for day in (monday + timedelta(days=number) for number in range(7 * WEEKS_OF_HOURS)):
        if day.weekday() > 4:
            continue
        for provider in (1, 2, 3, 4):
            entry = rows.put("schedule", SchedDate=f"{day}", StartTime="08:00:00", StopTime="17:00:00", SchedType=1, ProvNum=provider)
            if provider > 2:
                rows.put("scheduleop", ScheduleNum=entry["ScheduleNum"], OperatoryNum=2 * (provider - 2))
        entry = rows.put("schedule", SchedDate=f"{day}", StartTime="12:00:00", StopTime="13:00:00", SchedType=2, BlockoutType=lunch)
        for chair in (1, 2, 3, 4):
            rows.put("scheduleop", ScheduleNum=entry["ScheduleNum"], OperatoryNum=chair)
