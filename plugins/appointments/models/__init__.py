"""The tables of the Appointments tab: visits, the chairs and hours in which they can be, and the recalls that ask for them."""

from plugins.appointments.models.answers import Calendar, Confirmation
from plugins.appointments.models.chairs import AppointmentRule, AppointmentType, BlockoutType, Operatory, ScheduleBlock, worker_of
from plugins.appointments.models.guests import Guest
from plugins.appointments.models.notices import Notice, NoticeChoice, NoticeRule, TextAnswer, TextNumber
from plugins.appointments.models.patients import Preference
from plugins.appointments.models.recalls import Recall, RecallType
from plugins.appointments.models.visits import Appointment, ConfirmationStatus, Hold, Request
from plugins.appointments.models.waiting import Offer, Opening, WaitListEntry

__all__ = [
    "Appointment", "AppointmentRule", "AppointmentType", "BlockoutType", "Calendar", "Confirmation", "ConfirmationStatus", "Guest", "Hold", "Notice",
    "NoticeChoice", "NoticeRule", "Offer", "Opening", "Operatory", "Preference", "Recall", "RecallType", "Request", "ScheduleBlock", "TextAnswer",
    "TextNumber", "WaitListEntry", "worker_of",
]  # fmt: skip
