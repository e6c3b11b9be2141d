"""The clinic, the dentist, the hygienist and the insurance of Harbor Dental Studio."""

from tenants.demo.fees import Insurance

STUDIO = "HAR-C1"
CLINICS = (
    {
        "external_id": STUDIO,
        "name": "Harbor Dental Studio",
        "phone": "207-555-0160",
        "email": "hello@harbor.example.test",
        "address_1": "31 Ropewalk Wharf",
        "city": "Portland",
        "state": "ME",
        "postal_code": "04101",
        "time_zone": "America/New_York",
        "hours": {
            "0": ["08:00", "18:00"],
            "1": ["08:00", "18:00"],
            "2": ["08:00", "18:00"],
            "3": ["08:00", "18:00"],
            "4": ["08:00", "13:00"],
        },
    },
)

LINDQVIST, BELL = "HAR-D1", "HAR-H1"
PROVIDERS = (
    {
        "external_id": LINDQVIST,
        "first_name": "Nora",
        "last_name": "Lindqvist",
        "title": "Dr.",
        "suffix": "DMD",
        "specialty": "General dentistry and gums",
        "email": "nora.lindqvist@harbor.example.test",
    },
    {
        "external_id": BELL,
        "first_name": "Marcus",
        "last_name": "Bell",
        "preferred_name": "Marcus Bell",
        "suffix": "RDH",
        "specialty": "Dental hygiene",
        "email": "marcus.bell@harbor.example.test",
    },
)

LIGHTHOUSE = Insurance("Lighthouse Dental Trust", {"prevention": 100, "basic": 80, "major": 50}, 10, "Harbor Preferred", "LDT-5517", most_cents=150_000)
