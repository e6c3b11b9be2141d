"""The kinds of notice in words, and what a rule of each is like before the office has changed anything."""

from typing import Any

from plugins.appointments.notices.values import (
    ARRIVAL,
    CONFIRMATION,
    EMAIL,
    INVITATION,
    INVITATION_AFTER,
    NEW_THANKS,
    OFFER,
    PREFERRED,
    RECALL,
    REMINDER,
    TEXT,
    THANKS,
)

TITLES = {
    REMINDER: "Reminders of visits",
    CONFIRMATION: "Requests to confirm visits",
    ARRIVAL: "Messages on arrival",
    THANKS: "Thanks for booking",
    NEW_THANKS: "Welcome to new patients",
    RECALL: "Notices that a visit is due",
    INVITATION: "Invitations before visits",
    INVITATION_AFTER: "Invitations after visits",
    OFFER: "Offers of an earlier time",
}
"""As patients and offices read them."""
SUMMARIES = {
    REMINDER: "Tells when and where the visit is.",
    CONFIRMATION: "Asks whether the patient is coming; answered by a link or, in a text, by a code.",
    ARRIVAL: "Some hours before the visit: asks to say “I am here”, by a code sent back or a link. You see it in the book.",
    THANKS: "Goes out when a visit was booked, once, however often it moves.",
    NEW_THANKS: "In place of the thanks, to patients who come for the first time.",
    RECALL: "Invites patients who are due, and have no visit, to book one.",
    INVITATION: "Invites patients to the portal some days before they come.",
    INVITATION_AFTER: "Invites patients to the portal after they were here.",
}
ICONS = {
    REMINDER: "bell", CONFIRMATION: "calendar-check", ARRIVAL: "geo-alt", THANKS: "chat-left-text", NEW_THANKS: "person-plus", RECALL: "arrow-repeat", INVITATION: "envelope",
    INVITATION_AFTER: "envelope-open",
}  # fmt: skip
_BOTH = [PREFERRED, TEXT, EMAIL]
SAMPLES: dict[str, dict[str, Any]] = {
    REMINDER: {"lead_days": 1, "send_order": _BOTH},
    CONFIRMATION: {"lead_days": 2, "send_order": _BOTH},
    ARRIVAL: {"lead_hours": 3, "send_order": [TEXT]},
    THANKS: {"send_order": _BOTH},
    NEW_THANKS: {"send_order": _BOTH},
    RECALL: {"send_order": _BOTH},
    INVITATION: {"lead_days": 7, "send_order": [EMAIL]},
    INVITATION_AFTER: {"lead_hours": 1, "send_order": [EMAIL]},
}
"""What a rule begins with, as in the manual of the model; nothing goes out before the office switches it on."""
MODES = {
    1: "Until the patient has been in the portal",
    2: "For every visit",
    3: "When the patient has not been in the portal for a while",
}
