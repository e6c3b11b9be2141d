"""June Abernathy: a patient without access to the portal, who can open it by herself."""

from datetime import date

from tenants.demo.chart import Chart, Office
from tenants.demo.sunrise.staff import DOWNTOWN, OSEI

NUMBER = "SUN-1005"


def chart(office: Office) -> Chart:
    """Only who she is. Her birthdate does not move with the day on which the demo is made: README names it."""
    chart = Chart(office, NUMBER, DOWNTOWN)
    names = {"first_name": "June", "last_name": "Abernathy", "sex": "F", "birthdate": date(1984, 5, 17)}
    chart.person(OSEI, **names, email="june.abernathy@example.test", phone="303-555-0158")
    return chart
