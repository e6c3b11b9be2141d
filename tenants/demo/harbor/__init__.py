"""Harbor Dental Studio: one clinic by the sea, another look, its own domain; Images and WebMail are off."""

from tenants.demo.chart import Chart, Office
from tenants.demo.harbor import beatrice, jasper, wren
from tenants.demo.harbor.book import BOOK
from tenants.demo.harbor.staff import CLINICS, PROVIDERS
from tenants.demo.office import Access, Look, Story, Worker


def charts(office: Office) -> list[Chart]:
    """Everybody's chart."""
    return [beatrice.chart(office), wren.chart(office), jasper.chart(office)]


STORY = Story(
    slug="harbor",
    name="Harbor Dental Studio",
    time_zone="America/New_York",
    clinics=CLINICS,
    providers=PROVIDERS,
    looks={None: Look({"brand": "#0f3557", "accent": "#137979", "radius": "square", "font": "inter", "bar": "brand"}, "harbor.svg")},
    settings={
        "account.statement_message": "Checks can be made out to Harbor Dental Studio.",
        "appointments.confirm_days": 30,
    },
    tabs_off=("images", "webmail"),
    domains=("portal.harbordental.localhost",),
    book=BOOK,
    charts=charts,
    people=(
        Access("beatrice", beatrice.NUMBER, "Beatrice Okonkwo: fourteen years of visits and a long ledger"),
        Access("wren", wren.NUMBER, "Wren Castellanos: no insurance, an implant under way, money paid ahead"),
        Access("jasper", jasper.NUMBER, "Jasper Quill: new, nothing in the chart yet"),
    ),
    staff=(Worker("ines", "Ines Rocha", "office_admin", "Ines Rocha, office admin: everything"),),
)
