"""The book of Harbor Dental Studio: two chairs, and what patients may book there."""

from tenants.demo.book import STATUSES, Book, Chair, Kept, pattern
from tenants.demo.harbor.staff import BELL, LINDQVIST, STUDIO

GUM_CARE, CLEANING = "HAR-RT1", "HAR-RT2"
IMPLANT = "HAR-T3"
_BEFORE = "Please brush as always. Tell us if your medicines have changed since your last visit."

BOOK = Book(
    chairs=(
        Chair("HAR-O1", "Bay room", "BAY", STUDIO, LINDQVIST, types=("HAR-T1", "HAR-T2")),
        Chair("HAR-O2", "Wharf room", "WHARF", STUDIO, LINDQVIST, BELL, recalls=True),
    ),
    kept=(Kept("HAR-B1", "Lunch", STUDIO, "12:40", "13:30"),),
    types=(
        {"external_id": "HAR-T1", "name": "Problem exam", "words": "A tooth or the gums hurt", "pattern": pattern(30), "for_new": True},
        {"external_id": "HAR-T2", "name": "New patient", "words": "My first visit", "pattern": pattern(80), "for_existing": False, "for_new": True},
        {
            "external_id": IMPLANT, "name": "Implant crown", "pattern": pattern(60),
            "instructions_after": "Start with soft food, and clean around the crown every evening.",
        },
    ),
    recall_types=(
        {
            "external_id": GUM_CARE, "name": "Perio maintenance", "words": "Gum care", "special": "perio", "interval_months": 3, "pattern": pattern(60),
            "procedures": [{"code": "D4910", "words": "Gum care cleaning"}], "instructions_before": _BEFORE,
        },
        {
            "external_id": CLEANING, "name": "Prophy", "words": "Check-up and cleaning", "special": "prophy", "interval_months": 6, "interval_days": 1,
            "pattern": pattern(50), "procedures": [{"code": "D1110", "words": "Cleaning for adults"}], "instructions_before": _BEFORE,
        },
    ),
    statuses={f"HAR-S{number}": name for number, name in enumerate(STATUSES, 1)},
)  # fmt: skip
