"""What was done, in words: an action of the audit log as a sentence, and which kind of act it is."""

WHOLE = {
    "portal.home.view": "Opened the home page",
    "portal.family.view": "Opened the family page",
    "portal.grants.view": "Looked at who can see this record",
    "portal.grant.offer": "Offered somebody access to this record",
    "portal.grant.send": "Sent an offer of access to this record again",
    "portal.grant.withdraw": "Took back an offer of access to this record",
    "portal.grant.accept": "Took access to this record that was offered",
    "portal.grant.failed": "Typed a wrong birthdate at an offer of access",
    "portal.grant.end": "Ended somebody’s access to this record",
    "portal.record.view": "Opened the page for downloading this record",
    "portal.record.ask": "Had this record put together to download it",
    "portal.record.ready": "This record was ready to be downloaded",
    "portal.record.stop": "Stopped or erased what was put together of this record",
    "portal.record.download": "Downloaded this whole record",
    "portal.switch_person": "Switched to this record",
    "operator.enter": "Went into a practice",
    "appointments.notice.off": "Turned notices of visits off",
    "appointments.notice.on": "Turned notices of visits on",
    "appointments.notice.view": "Looked at the notices of visits",
    "appointments.notice.test": "Sent a notice of visits to try it out",
    "appointments.notice_rule.add": "Added a rule for notices of visits",
    "appointments.notice_rule.change": "Changed a rule for notices of visits",
    "appointments.notice_rule.remove": "Removed a rule for notices of visits",
    "appointments.notice_days.change": "Changed when notices of visits go out",
    "appointments.text.stop": "Wants no text messages any more",
    "appointments.text.start": "Wants text messages again",
    "appointments.text.confirm": "Confirmed a visit by text message",
    "portal.access_log.view": "Opened this access log",
    "access.given": "Gave access with a one-time password",
    "access.invited": "Sent an invitation by e-mail",
    "access.many_invited": "Began to invite many patients",
    "access.many_stopped": "Stopped inviting many patients",
    "access.closed": "Took access away",
    "access.signed_out": "Signed the patient out everywhere",
    "auth.device.sign_out": "Signed one of the own devices out",
    "auth.device.sign_out_others": "Signed every other device out",
    "auth.email.change": "Confirmed a new e-mail address",
    "auth.email.request": "Asked for another e-mail address",
    "auth.email.stop": "Stopped a change of the e-mail address",
    "auth.forgot.asked": "Asked for a new password",
    "auth.invitation.accept": "Accepted an invitation",
    "auth.invitation.failed": "Typed a wrong birthdate at an invitation",
    "auth.language.change": "Chose another language",
    "auth.link.asked": "Asked for a sign-in link",
    "auth.link.used": "Used a sign-in link",
    "auth.notice.off": "Turned a kind of notice off",
    "auth.notice.on": "Turned a kind of notice on",
    "auth.offices.agree": "Agreed to be known at another office with the same account",
    "auth.offices.ask": "Asked for a link to another office",
    "auth.offices.enter": "Came in from another office",
    "auth.offices.go": "Went on to another office",
    "auth.offices.leave": "Ended the link to another office",
    "auth.offices.link": "Linked an account at another office",
    "auth.passkey": "Used a passkey",
    "auth.passkey.failed": "Could not be signed in with a passkey",
    "auth.passkey.rename": "Renamed a passkey",
    "auth.password.change": "Changed the password",
    "auth.password.reset": "Set a new password by a code",
    "auth.password.reset_failed": "Typed a wrong code for a new password",
    "auth.proof.app": "Typed a code of the app once more",
    "auth.proof.failed": "Could not show who it is before a change",
    "auth.proof.mail": "Typed a code from a mail once more",
    "auth.proof.passkey": "Used a passkey once more",
    "auth.proof.password": "Typed the password once more",
    "auth.register.asked": "Asked for access without an invitation",
    "auth.register.complete": "Opened an account without an invitation",
    "auth.register.failed": "Typed a wrong code for access",
    "auth.second.app": "Typed a code of the app",
    "auth.second.failed": "Typed a wrong code at the second step",
    "auth.second.mail": "Typed a code from a mail",
    "auth.second.passkey": "Used a passkey as the second step",
    "auth.second.recovery": "Used a recovery code",
    "auth.second_factor.off": "Turned a way of the second step off",
    "auth.second_factor.on": "Set up a way of the second step",
    "auth.second_factor.recovery_codes": "Made new recovery codes",
    "auth.sign_in": "Signed in",
    "auth.sign_in.failed": "Typed a wrong user name or password",
    "auth.sign_in.refused": "Was refused after too many tries",
    "auth.sign_in.second": "Typed the password; the second step was still to come",
    "auth.sign_in.welcome": "Signed in for the first time, not complete yet",
    "auth.sign_out": "Signed out",
    "auth.user_name.change": "Changed the user name",
    "auth.welcome.complete": "Completed the first sign-in",
    "office.address.add": "Added a domain to the portal’s addresses",
    "office.address.give_up": "Gave a domain up that nobody had proven",
    "office.address.lose": "A domain’s records were gone for too long",
    "office.address.move": "Changed the portal’s short address",
    "office.address.primary": "Changed the portal’s main address",
    "office.address.remove": "Removed a domain from the portal’s addresses",
    "office.address.sender": "Asked for a sender address of mails",
    "office.address.sender_lose": "The records of the sender address were gone for too long",
    "office.address.sender_pass": "Mails come from the office’s own address",
    "office.address.sender_remove": "Gave the sender address of mails up",
    "office.address.verify": "A domain of the portal was proven",
    "office.alerts.change": "Chose when to be alerted",
    "office.deliveries.view": "Opened the list of failed deliveries",
    "office.delivery.again": "Had a failed delivery tried again",
    "office.delivery.dealt": "Marked a failed delivery as dealt with",
    "office.branding.change": "Changed the look",
    "office.clinic.add": "Added a clinic",
    "office.clinic.change": "Changed a clinic’s details",
    "office.closed_days.add": "Marked days as closed",
    "office.closed_days.remove": "Opened on days that were marked as closed",
    "office.practice.suspend": "The operator suspended the portal",
    "office.practice.resume": "The operator opened the portal again",
    "office.practice.close": "The operator began to close the practice",
    "office.practice.reopen": "The operator opened the practice again that was being closed",
    "office.practice.plan": "The operator changed the plan",
    "office.practice.withhold": "The operator changed which tabs are offered",
    "operator.practice.create": "Made a practice",
    "operator.practice.change": "Suspended, resumed, closed or opened a practice, or changed its tabs",
    "operator.practice.erase": "Erased a practice",
    "office.exports.view": "Opened the page of exports",
    "office.export.start": "Asked for a full export",
    "office.export.ready": "A full export was ready",
    "office.export.stop": "Stopped or erased a full export",
    "office.export.download": "Downloaded a full export",
    "appointments.book.view": "Opened the book of appointments",
    "appointments.schedules.view": "Opened the hours of providers",
    "appointments.schedules.add": "Added hours or blockouts",
    "appointments.schedules.copy": "Copied a week of hours",
    "appointments.schedules.remove": "Removed hours or blockouts",
    "appointments.setup.view": "Opened the set-up of the book",
    "appointments.setup.add": "Added to the set-up of the book",
    "appointments.setup.change": "Changed the set-up of the book",
    "appointments.requests.view": "Opened the list of requests about visits",
    "appointments.request.view": "Opened a request about a visit",
    "appointments.request.accept": "Accepted a request about a visit",
    "appointments.request.decline": "Declined a request about a visit",
    "appointments.visit.set_confirmation": "Set by hand how a visit is confirmed",
    "office.provider.change": "Changed how patients see a provider",
    "office.first_steps.close": "Closed the list of first steps",
    "office.notice.publish": "Put a notice of privacy practices in force",
    "office.patient.view": "Opened the page about the access to this record",
    "office.patients.find": "Searched for patients",
    "office.patients.compare": "Compared two charts",
    "office.patients.add": "Added a patient by hand",
    "office.patients.change": "Changed what was written of a patient by hand",
    "office.patients.merge": "Made one chart of two",
    "office.setting.cancel_plan": "Took back a planned change of settings",
    "office.setting.change": "Changed settings",
    "office.setting.plan": "Planned a change of settings",
    "office.records_request.view": "Opened a request for this record",
    "office.records_requests.view": "Opened the list of requests for a record",
    "office.reports.view": "Opened the report on the use of the portal",
    "office.reports.export": "Took the report on the use of the portal along",
    "office.sheet.print": "Opened the sheet with a one-time password",
    "office.staff.change": "Changed somebody’s role or clinics",
    "office.staff.close": "Took access to the office away",
    "office.staff.forget_second": "Let somebody set up the second step anew",
    "office.staff.invite": "Invited somebody to work at the office",
    "office.tabs.try_out": "Looked at a draft of the tabs without a record",
    "office.support.end": "The operator’s visit ended",
    "office.support.enter": "Entered the office as the operator",
    "office.support.leave": "Left the office as the operator",
    "office.unmatched.dismissed": "Dismissed a request for access",
    "office.unmatched.done": "Settled a request for access",
    "office.view_as.begin": "Began to look at the portal as this patient",
    "office.view_as.end": "Stopped looking at the portal as this patient",
    "records_request.asked": "Asked the office for this record",
    "records_request.denied": "Denied a request for this record",
    "records_request.extended": "Took another 30 days for a request for this record",
    "records_request.fulfilled": "Fulfilled a request for this record",
    "records_request.taken": "Took on a request for this record",
    "records_request.view": "Opened the requests for this record",
    "records_request.withdrawn": "Withdrew a request for this record",
}
VERBS = {
    "view": "Opened", "open": "Opened", "find": "Searched", "download": "Downloaded", "print": "Printed", "send": "Sent", "receive": "Received",
    "share": "Shared", "mail": "Sent by e-mail", "make": "Made", "add": "Added", "create": "Added", "change": "Changed", "update": "Changed",
    "remove": "Removed", "delete": "Removed", "confirm": "Confirmed", "cancel": "Cancelled", "book": "Booked", "request": "Asked for",
    "sign": "Signed", "pay": "Paid", "import": "Took in", "export": "Exported", "assign": "Assigned",
    "settle": "Marked as done:", "reopen": "Marked as waiting again:", "answer": "Answered",
    "match": "Put on the account:", "refund": "Marked as paid back:", "dropped": "Left undone, because the tab was off:",
}  # fmt: skip
THINGS = {
    "list": "the list", "visit": "a visit", "statement": "a statement", "ledger": "the account history", "payment": "a payment", "guest payment": "a payment made without signing in",
    "receipt": "a receipt", "plan": "a treatment plan", "document": "a health document", "image": "an image", "message": "a message",
    "form": "a form", "grant": "who may see this record", "invitation": "an invitation", "record": "the record", "task": "a task",
    "audit": "the audit log", "staff": "the list of staff", "unmatched": "who could not be matched",
}  # fmt: skip
_LOOKING, _TAKING = frozenset({"view", "open", "find", "switch_person"}), frozenset({"download", "print", "export"})
_ENTERING = ("auth.sign_in", "auth.sign_out", "auth.second.", "auth.passkey", "auth.link.", "auth.proof", "auth.welcome.", "auth.invitation.", "auth.register.", "auth.forgot.", "auth.offices.enter")
KINDS = {
    "sign_in": "Signing in and out",
    "failure": "Failed tries",
    "view": "Opened",
    "download": "Downloaded or printed",
    "change": "Changed",
    "grant": "Access given and taken away",
    "staff": "Staff",
}
"""The kinds of act, in words."""


def sentence(action: str) -> str:
    """What was done, in words: "account.statement.download" is "Downloaded a statement"; an action that is new is still readable."""
    if action in WHOLE:
        return WHOLE[action]
    words = [_plain(part) for part in action.split(".")[1:] if part]
    if not words:
        return "Used the portal"
    verb = VERBS.get(words[-1])
    if verb is None:
        return f"Used: {' '.join(words)}"
    thing = " ".join(words[:-1])
    return f"{verb} {THINGS.get(thing, thing)}".strip()


def kind_of(action: str) -> str:
    """The kind of act that an action is; one of KINDS."""
    verb = action.rpartition(".")[2]
    if verb.endswith(("failed", "refused")):
        return "failure"
    if action.startswith("office.staff."):
        return "view" if verb in _LOOKING else "staff"
    if action.startswith("access.") or ".grant." in action:
        return "view" if verb in _LOOKING else "grant"
    if verb in _LOOKING | _TAKING:
        return "view" if verb in _LOOKING else "download"
    return "sign_in" if action.startswith(_ENTERING) and verb != "rename" else "change"


def _plain(part: str) -> str:
    return part.replace("_", " ").strip()
