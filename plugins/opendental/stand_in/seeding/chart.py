"""What stands in the chart: allergies, problems, medicines, measures, pictures, notes."""

from plugins.opendental.stand_in.seeding.files import WITH_FILES, gray
from plugins.opendental.stand_in.seeding.rows import Rows
from plugins.opendental.stand_in.seeding.setup import IMAGES, definition
from plugins.opendental.stand_in.store import NO_DAY, Row

NONE_KNOWN = 5


def make(rows: Rows, person: Row) -> None:
    """The chart of one person."""
    number = person["PatNum"]
    if rows.chance(40):
        kind = rows.one_of((1, 2, 3, 4, NONE_KNOWN))
        rows.put("allergy", PatNum=number, AllergyDefNum=kind, Reaction="Hives" if kind < NONE_KNOWN else "", StatusIsActive=int(rows.chance(95)), DateAdverseReaction=NO_DAY)
    if rows.chance(30):
        rows.put("disease", PatNum=number, DiseaseDefNum=rows.between(1, 4), ProbStatus=rows.one_of((0, 0, 0, 1, 2)), DateStart=f"{rows.day(-900)}", DateStop=NO_DAY, PatNote="")
    if rows.chance(30):
        kind = rows.between(0, 3)
        stop = f"{rows.day(-30)}" if rows.chance(20) else NO_DAY
        rows.put("medicationpat", PatNum=number, MedicationNum=kind, MedDescript="" if kind else "Fish oil", PatNote="1 a day", DateStart=NO_DAY, DateStop=stop, ProvNum=1)
    if rows.chance(5):
        rows.put("vitalsign", PatNum=number, Height=float(rows.between(58, 76)), Weight=float(rows.between(95, 260)), BpSystolic=rows.between(105, 150),
                 BpDiastolic=rows.between(65, 95), DateTaken=f"{rows.day(-rows.between(1, 400))}", Pulse=rows.between(55, 95))  # fmt: skip
    if rows.chance(25):
        _picture(rows, person)
    if rows.chance(4):
        rows.put("refattach", PatNum=number, ReferralNum=rows.between(1, 2), RefDate=f"{rows.day(-60)}", RefType=0)
        rows.put("rxpat", PatNum=number, RxDate=f"{rows.day(-60)}", Drug="Amoxicillin 500 MG", Sig="1 cap three times a day", Disp="21", Refills="0", ProvNum=1)
        rows.put("commlog", PatNum=number, CommDateTime=f"{rows.day(-60)} 10:00:00", Note="Called about the referral", Mode_=3, SentOrReceived=1)


def _picture(rows: Rows, person: Row) -> None:
    folders = rows.__dict__.setdefault("folders", [definition(rows, IMAGES, name) for name in ("BWs", "FMXs", "Photos", "Patient Info")])
    folder, number = rows.one_of(folders), len(rows.tables["document"]) + 1
    rows.put(
        "document", Description="Bitewing" if folder == folders[0] else "", DateCreated=f"{rows.day(-rows.between(1, 900))} 10:30:00", DocCategory=folder, PatNum=person["PatNum"],
        FileName=f"{person['LName']}{person['FName']}{number}.png", ImgType=1 if folder in folders[:2] else 2, ToothNumbers="2,3,14" if folder == folders[0] else "", ProvNum=1,
    )  # fmt: skip
    if len(rows.files) < WITH_FILES:
        rows.files.append((number, gray(64 + number % 128)))
