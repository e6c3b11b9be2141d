"""Sunrise Family Dental: two clinics in two time zones, all tabs on, a family of four, a grandfather, and a patient without access yet."""

from tenants.demo.chart import Chart, Office
from tenants.demo.office import Access, Grant, Look, Offer, Story, Worker
from tenants.demo.sunrise import daniel, elena, june, mateo, rafael, sophie
from tenants.demo.sunrise.book import BOOK
from tenants.demo.sunrise.notice import NOTICE
from tenants.demo.sunrise.staff import CLINICS, FOLDERS, LAKESIDE, PROVIDERS


def charts(office: Office) -> list[Chart]:
    """Everybody's chart; those whom others name come first."""
    family = {"Elena": elena.chart(office), "Daniel": daniel.chart(office), "Sophie": sophie.chart(office), "Mateo": mateo.chart(office)}
    for offset in (-96, -6):
        family["Elena"].family_statement(offset, 90, **family)
    return [*family.values(), june.chart(office), rafael.chart(office)]


def _parent(number: str, child: str, parent: str, relation: str) -> dict:
    return {"external_id": number, "patient": child, "related": parent, "relation": relation, "is_guardian": True}


STORY = Story(
    slug="sunrise",
    name="Sunrise Family Dental",
    time_zone="America/Denver",
    clinics=CLINICS,
    providers=PROVIDERS,
    folders=FOLDERS,
    book=BOOK,
    looks={
        None: Look({"brand": "#b8431f", "accent": "#926204", "radius": "soft", "font": "figtree", "bar": "plain"}, "sunrise.svg"),
        "SUN-C2": Look({"brand": "#6d2f73", "accent": "#c33660", "radius": "round"}, "sunrise-lakeside.svg"),
    },
    settings={
        "account.statement_message": "Thank you for letting us look after your family's smiles.",
        "appointments.cancel_policy": "Please call off at least a day before, so that somebody else can have the time. It costs nothing.",
        "appointments.confirm_days": 21,
        "appointments.book_new": True,
        "appointments.booked_message": "Please come ten minutes early. Parking is free behind the house.",
        "appointments.insurances": "Summit Dental\nBlue Mesa",
        "appointments.insurances_told": "Prairie Mutual: We take some plans of Prairie Mutual. We call you before your visit to say what yours pays here.",
        "appointments.insurances_refused": "Frontier Discount Plan",
        "appointments.insurance_message": "Not in the list? Tell us which it is: we call you before your visit to say what it pays here.",
        "portal.narrow_age": 13,
        "portal.self_registration": True,
    },
    charts=charts,
    relationships=(
        _parent("SUN-R1", sophie.NUMBER, elena.NUMBER, "mother"),
        _parent("SUN-R2", mateo.NUMBER, elena.NUMBER, "mother"),
        {"external_id": "SUN-R3", "patient": elena.NUMBER, "related": daniel.NUMBER, "relation": "spouse"},
    ),
    notice=NOTICE,
    people=(
        Access(
            "elena",
            elena.NUMBER,
            "Elena Marlow, mother and head of the family account: also sees her son; visits and account of her daughter and her husband; some tabs "
            "of her father at the other clinic",
            (Grant(rafael.NUMBER, "child", "see", ("appointments", "summary")),),
        ),
        Access("daniel", daniel.NUMBER, "Daniel Marlow, father: his own chart only"),
        Access("sophie", sophie.NUMBER, "Sophie Marlow, 15, with braces: her own chart"),
        Access(
            "rafael",
            rafael.NUMBER,
            "Rafael Ibarra, grandfather: the Lakeside clinic, with a look of its own; lets his daughter see some tabs, and has offered others to his sister",
            offers=(Offer("Teresa Ibarra", "teresa.ibarra@example.test", "sibling", ("appointments.act", "account.see")),),
        ),
    ),
    staff=(
        Worker("grace", "Grace Ibekwe", "office_admin", "Grace Ibekwe, office admin: everything"),
        Worker("tomas", "Tomas Lindgren", "front_desk", "Tomas Lindgren, front desk of the Lakeside clinic: its patients only", (LAKESIDE,)),
    ),
)
