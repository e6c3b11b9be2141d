"""Every question that the portal asks its plugins. This is the contract with plugin authors; docs/plugins.md has a heading for each."""

import pluggy

hookspec = pluggy.HookspecMarker("cuspid")


@hookspec
def portal_tab(request):
    """The plugin's tab, for the bar of every signed-in page: `core.plugins.Tab`, or None to show none. At most one statement."""


@hookspec
def portal_action_items(request, people):
    """What these people should do, for the home page and the family's: a list of `core.plugins.ActionItem`, or a `core.plugins.Question`
    to the database that makes one. No statement of its own."""


@hookspec
def portal_home_card(request, person):
    """One card for the home page: `core.plugins.Card` or None. At most one statement."""


@hookspec
def portal_entry_link(request):
    """What anyone may do here without signing in, for the sign-in page: `core.plugins.EntryLink`, or None. Asked where the tab is on at
    any clinic. No statement."""


@hookspec
def portal_permissions():
    """The actions that can be granted on this tab: a list of `core.plugins.Permission`. Asked once, at the start."""


@hookspec
def portal_office_settings():
    """The office settings of this tab: a pydantic model class in which every field has a default. Asked once, at the start."""


@hookspec
def portal_notice_kinds():
    """The kinds of notice that this tab sends to accounts: a list of `core.plugins.NoticeKind`. Asked once, at the start."""


@hookspec
def portal_notice_switches(db, practice_id, patient_id):
    """What a patient is told of by this tab, and how it stands: a list of `core.plugins.NoticeSwitch`, for their page of notices."""


@hookspec
def portal_notice_switched(db, practice_id, patient_id, kind, channel, on, now):
    """Told when a patient turns one of these on or off; answers whether that changed anything."""


@hookspec
def portal_office_waiting():
    """What of this tab may wait for the office, for its first page and its alerts: a list of `core.plugins.OfficeItem`. Asked once, at the start."""


@hookspec
def portal_insurance_carriers(db, practice_id, now):
    """Which dental insurances the patients of a practice have, for the office to choose from: (name, number) of the ten that came most, by claims
    of the last 60 days, then by coverages."""


@hookspec
def portal_planned(db, practice_id, patient_id, since, now):
    """What treatment is planned for a patient: a list of `core.plugins.Planned`; with None the visits of all patients that were scheduled after `since`. At most
    one statement."""


@hookspec
def portal_record_kinds():
    """The kinds of record that this tab takes in: a list of `core.records.RecordKind`. Asked once, at the start."""


@hookspec
def portal_change_kinds():
    """The kinds of change that this tab notes for the practice's system: a list of `core.records.changes.ChangeKind`. Asked once, at the start."""


@hookspec
def portal_readers():
    """The sorts of file from which this plugin reads records: a list of `core.records.importing.readers.Reader`. Asked once, at the start."""


@hookspec
def portal_periodic_tasks():
    """The schedules of this tab: a list of `core.tasks.Periodic`; each runs for every practice that has the tab on."""


@hookspec
def portal_switched(db, practice_id, clinic_id, on):
    """Told when an office switched this tab on or off for a clinic, or for the practice when `clinic_id` is None; `on` None inherits again."""


@hookspec
def portal_export(db, practice_id, person_id):
    """The files of this person for a full export: an iterable of `core.plugins.ExportFile`; with None what the tab holds of no person in particular."""


@hookspec
def portal_erase(db, practice_id, person_id):
    """End what this tab has outside the portal for this person, and delete its rows; with None the whole practice is about to be erased, and the
    portal deletes rows and files itself. A tab that raises stops it."""


@hookspec
def portal_patients_merged(db, practice_id, kept, absorbed):
    """Told when two charts become one: move the rows of `absorbed` to `kept`."""


@hookspec(firstresult=True)
def portal_payment_event(db, practice_id, event):
    """Told of a verified payment event; the first plugin that answers True has dealt with it."""
