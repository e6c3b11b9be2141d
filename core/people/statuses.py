"""How a patient stands with the practice, as its system says, and what follows from it. Nobody loses access to a record by it."""

ACTIVE = "active"
STATUSES = {
    ACTIVE: "Active",
    "inactive": "Inactive",
    "prospective": "Prospective",
    "nonpatient": "Not a patient",
    "archived": "Archived",
    "deceased": "Deceased",
}
QUIET = ("archived", "deceased")
"""Nobody is invited, reminded or told of anything new in these charts."""
NOT_RECALLED = (*QUIET, "inactive", "nonpatient")
"""Who of these is due for a cleaning is not asked to come."""
