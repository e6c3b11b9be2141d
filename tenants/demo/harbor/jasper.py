"""Jasper Quill: new here; what pages look like when there is nothing to show yet."""

from tenants.demo.chart import Chart, Office
from tenants.demo.harbor.staff import LINDQVIST, STUDIO

NUMBER = "HAR-3003"


def chart(office: Office) -> Chart:
    """Only who he is."""
    chart = Chart(office, NUMBER, STUDIO)
    names = {"first_name": "Jasper", "last_name": "Quill", "sex": "M", "birthdate": chart.calendar.born(27, 2, 14)}
    chart.person(LINDQVIST, **names, email="jasper.quill@example.test", phone="207-555-0198")
    return chart
