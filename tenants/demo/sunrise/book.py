"""The book of Sunrise Family Dental: five chairs at two clinics, and what patients may book there."""

from tenants.demo.book import STATUSES, Book, Chair, Kept, pattern
from tenants.demo.sunrise.staff import DOWNTOWN, FELD, LAKESIDE, NAIR, OSEI

FIRST, SECOND, HYGIENE, LAKE_ONE, LAKE_TWO = (f"SUN-O{number}" for number in range(1, 6))
PAIN, ADVICE, NEWCOMER, CROWN, BRACES = (f"SUN-T{number}" for number in range(1, 6))
CLEANING, CHILD_CLEANING, GUM_CARE, BITEWINGS = (f"SUN-RT{number}" for number in range(1, 5))
LUNCH, URGENT, LAKE_LUNCH = (f"SUN-B{number}" for number in range(1, 4))

_BOOKED = (PAIN, ADVICE, NEWCOMER)
_BRING = "- Your insurance card, if it is new\n- A list of the medicines that you take"
_CHECK_UP = [{"code": "D0120", "words": "Regular check-up"}, {"code": "D1110", "words": "Cleaning for adults"}]
_CLEANING_WORDS = {
    "instructions_before": "Please brush as always. Tell us if your medicines have changed since your last visit.",
    "instructions_after": "Your gums may be a little sore until tomorrow. If you had fluoride, do not eat or drink for 30 minutes.",
    "bring": _BRING,
}

BOOK = Book(
    chairs=(
        Chair(FIRST, "Room 1", "R1", DOWNTOWN, OSEI, types=_BOOKED),
        Chair(SECOND, "Room 2", "R2", DOWNTOWN, OSEI, types=_BOOKED),
        Chair(HYGIENE, "Hygiene", "HYG", DOWNTOWN, OSEI, NAIR, recalls=True),
        Chair(LAKE_ONE, "Lake room", "LK1", LAKESIDE, FELD, recalls=True, types=_BOOKED),
        Chair(LAKE_TWO, "Garden room", "LK2", LAKESIDE, FELD, types=_BOOKED),
    ),
    kept=(
        Kept(LUNCH, "Lunch", DOWNTOWN, "12:00", "13:00"),
        Kept(URGENT, "Kept for urgent visits", DOWNTOWN, "11:00", "11:40", (SECOND,)),
        Kept(LAKE_LUNCH, "Lunch at Lakeside", LAKESIDE, "12:00", "12:50"),
    ),
    types=(
        {
            "external_id": PAIN, "name": "Limited exam", "words": "Something hurts or is broken", "pattern": pattern(30), "for_new": True,
            "procedures": [{"code": "D0140", "words": "Look at one problem"}], "blockout_types": [URGENT], "bring": _BRING,
            "instructions_before": "You may take the pain relief that you normally take. If your face swells or you have a fever, call us at once.",
        },
        {
            "external_id": ADVICE, "name": "Consult", "words": "Talk about a treatment", "pattern": pattern(20),
            "instructions_before": "Write down what you would like to ask: we take the time.",
        },
        {
            "external_id": NEWCOMER, "name": "New patient exam", "words": "First visit: check-up and X-rays", "pattern": pattern(60),
            "for_existing": False, "for_new": True, "bring": _BRING + "\n- X-rays that you have from another office",
            "procedures": [{"code": "D0150", "words": "First check-up of the whole mouth"}, {"code": "D0210", "words": "Full set of X-rays"}],
        },
        {
            "external_id": CROWN, "name": "Crown seat", "pattern": pattern(50),
            "instructions_before": "Eat something before you come: your mouth may be numb for two hours afterwards.",
            "instructions_after": "Chew on the other side today. **Call us** if your bite feels too high.",
        },
        {
            "external_id": BRACES, "name": "Ortho check", "pattern": pattern(20),
            "instructions_before": "Brush well around the brackets, and take your elastics with you.",
            "instructions_after": "Teeth can ache for two days. Soft food helps.",
        },
    ),
    recall_types=(
        {
            "external_id": CLEANING, "name": "Prophy", "words": "Check-up and cleaning", "special": "prophy", "interval_months": 6, "interval_days": 1,
            "pattern": pattern(50), "procedures": _CHECK_UP, **_CLEANING_WORDS,
        },
        {
            "external_id": CHILD_CLEANING, "name": "Child prophy", "words": "Check-up and cleaning for a child", "special": "child_prophy",
            "max_age": 11, "interval_months": 6, "interval_days": 1, "pattern": pattern(30),
            "procedures": [_CHECK_UP[0], {"code": "D1120", "words": "Cleaning for children"}], **_CLEANING_WORDS,
        },
        {
            "external_id": GUM_CARE, "name": "Perio maintenance", "words": "Gum care", "special": "perio", "interval_months": 4,
            "pattern": pattern(60), "procedures": [{"code": "D4910", "words": "Gum care cleaning"}], **_CLEANING_WORDS,
        },
        {
            "external_id": BITEWINGS, "name": "Bitewings", "joins_special": True, "interval_months": 12, "pattern": pattern(10),
            "procedures": [{"code": "D0274", "words": "Four X-rays of the back teeth"}],
        },
    ),
    statuses={f"SUN-S{number}": name for number, name in enumerate(STATUSES, 1)},
)  # fmt: skip
