"""The clinics, the dentists, the hygienist and the insurances of Sunrise Family Dental."""

from tenants.demo.fees import Insurance

_WEEK = {str(weekday): ["07:30", "17:30"] for weekday in range(5)}
_LAKESIDE_WEEK = {str(weekday): ["08:00", "17:00"] for weekday in range(5)}

DOWNTOWN, LAKESIDE = "SUN-C1", "SUN-C2"
CLINICS = (
    {
        "external_id": DOWNTOWN,
        "name": "Sunrise Downtown",
        "phone": "303-555-0112",
        "email": "downtown@sunrise.example.test",
        "address_1": "1420 Juniper Park Way",
        "address_2": "Suite 200",
        "city": "Denver",
        "state": "CO",
        "postal_code": "80202",
        "time_zone": "America/Denver",
        "position": 0,
        # Open every day of the week, so that a visit can be tomorrow whatever today is.
        "hours": _WEEK | {"5": ["08:00", "14:00"], "6": ["09:00", "13:00"]},
    },
    {
        "external_id": LAKESIDE,
        "name": "Sunrise Lakeside",
        "phone": "916-555-0137",
        "email": "lakeside@sunrise.example.test",
        "address_1": "88 Heron Landing",
        "city": "Folsom",
        "state": "CA",
        "postal_code": "95630",
        "time_zone": "America/Los_Angeles",
        "position": 1,
        "hours": _LAKESIDE_WEEK,
    },
)

OSEI, FELD, NAIR = "SUN-D1", "SUN-D2", "SUN-H1"
PROVIDERS = (
    {
        "external_id": OSEI,
        "first_name": "Amara",
        "last_name": "Osei",
        "preferred_name": "Dr. Amara",
        "title": "Dr.",
        "suffix": "DDS",
        "specialty": "General dentistry",
        "email": "amara.osei@sunrise.example.test",
    },
    {
        "external_id": FELD,
        "first_name": "Jonah",
        "last_name": "Feld",
        "title": "Dr.",
        "suffix": "DMD",
        "specialty": "General dentistry and implants",
        "email": "jonah.feld@sunrise.example.test",
    },
    {
        "external_id": NAIR,
        "first_name": "Priya",
        "last_name": "Nair",
        "suffix": "RDH",
        "specialty": "Dental hygiene",
        "email": "priya.nair@sunrise.example.test",
    },
)

SUMMIT = Insurance("Summit Mutual Dental", {"prevention": 100, "basic": 80, "major": 50, "braces": 28}, 12, "PPO Family", "SMD-48210", most_cents=200_000)
FRONTIER = Insurance("Frontier Teachers Dental", {"prevention": 100, "basic": 70, "major": 50}, 10, "Educators Choice", "FT-7730", most_cents=150_000)
GOLDEN = Insurance("Golden Poppy Senior Plan", {"prevention": 100, "basic": 60, "major": 40}, 8, "Senior Gold", "GP-1102", most_cents=120_000)

MARLOW_HOME = {"address_1": "2718 Larkspur Lane", "city": "Denver", "state": "CO", "postal_code": "80206"}

XRAYS, PHOTOS, FORMS, LAB = "SUN-F1", "SUN-F2", "SUN-F3", "SUN-F4"
FOLDERS = (
    {"external_id": XRAYS, "name": "X-rays", "shared": True, "position": 1},
    {"external_id": PHOTOS, "name": "Photos", "shared": True, "position": 2},
    {"external_id": FORMS, "name": "Forms and letters", "shared": True, "position": 3},
    # For the office only: patients never see what is in it.
    {"external_id": LAB, "name": "Laboratory", "shared": False, "position": 4},
)
