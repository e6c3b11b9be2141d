"""The office's pages, at `/office` of a practice's address."""

from core.web.office import OfficePage

PAGES = (
    OfficePage("Office", "office.home", "building", "office.home", 0),
    OfficePage("Audit log", "office.audit", "clock-history", "office.audit.see", 90, "Who did what, for whom and when", "practice"),
    OfficePage("Patients", "office.patients", "people", "office.patients.see", 10, "Find somebody, see and change access"),
    OfficePage("Unmatched", "office.unmatched", "question-circle", "office.unmatched.see", 20, "Who asked for access and could not be matched"),
    OfficePage("Record requests", "office.records_requests", "folder2-open", "office.records_requests.see", 30, "Who asked for a copy, and by when to answer"),
    OfficePage("Deliveries", "office.deliveries", "envelope-exclamation", "office.deliveries.see", 40, "Mails and texts that did not get through"),
    OfficePage("Records in", "office.sync", "arrow-repeat", "office.sync.see", 50, "What your practice system sent, and what was refused"),
    OfficePage("Tabs", "office.tabs", "toggle-on", "office.tabs.see", 30, "What patients find, and what they may do there", "portal"),
    OfficePage("Reports", "office.reports", "graph-up", "office.reports.see", 85, "How the portal is used, in numbers", "practice"),
    OfficePage("Clinics", "office.clinics", "geo-alt", "office.clinics.see", 40, "Contact details, hours, closed days, providers", "practice"),
    OfficePage("Settings", "office.settings", "sliders", "office.settings.change", 75, "How the portal and its tabs work", "portal"),
    OfficePage("Look", "office.branding", "palette", "office.branding.change", 70, "Name, logo, colors, welcome, with a preview", "portal"),
    OfficePage("Imports", "office.imports", "cloud-arrow-up", "office.imports.make", 94, "Take in files of another system, or of your own", "practice"),
    OfficePage("Exports", "office.exports", "cloud-arrow-down", "office.exports.make", 95, "Take everything along, of the practice or of a patient", "practice"),
    OfficePage("Plan", "office.allowance", "card-checklist", "office.settings.change", 85, "What your plan includes, and how much of it is used", "practice"),
    OfficePage("Addresses", "office.addresses", "globe2", "office.addresses.change", 75, "Where patients find the portal", "practice"),
    OfficePage("Webhook", "office.webhooks", "send", "office.keys.change", 78, "Tells your practice system at once that changes wait", "practice"),
    OfficePage("Keys", "office.keys", "key", "office.keys.change", 77, "For your practice system: what it sends and reads", "practice"),
    OfficePage("Staff", "office.staff", "person-badge", "office.staff.see", 80, "Who works here, with which role", "practice"),
)
"""What stands in the bar."""


def includeme(config) -> None:
    """Add the pages, and those that stand in the bar to it."""
    config.add_jinja2_search_path("tenants:templates/")
    config.add_route("office.home", "/office")
    config.add_route("office.allowance", "/office/allowance")
    config.scan("tenants.console.home")
    config.include("tenants.console.first_steps")
    config.include("tenants.console.by_hand")  # its address comes before that of one patient
    config.include("tenants.console.patients")
    config.include("tenants.console.access")
    config.include("tenants.console.merging")
    config.include("tenants.console.unmerging")
    config.include("tenants.console.inviting")
    config.include("tenants.console.view_as")
    config.include("tenants.console.audit")
    config.include("tenants.console.reports")
    config.include("tenants.console.staff")
    config.include("tenants.console.clinics")
    config.include("tenants.console.tabs")
    config.include("tenants.console.changes")
    config.include("tenants.console.settings_pages")
    config.include("tenants.console.addresses")
    config.include("tenants.console.domains")
    config.include("tenants.console.sender")
    config.include("tenants.console.unmatched")
    config.include("tenants.console.same_person")
    config.include("tenants.console.branding")
    config.include("tenants.console.records_requests")
    config.include("tenants.console.exports")
    config.include("tenants.console.imports")
    config.include("tenants.console.deliveries")
    config.include("tenants.console.sync")
    config.include("tenants.console.keys")
    config.include("tenants.console.webhooks")
    for page in PAGES:
        config.add_office_page(page)
