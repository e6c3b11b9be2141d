"""Tokens for links in notices of visits (core/auth/signed.py)."""

from functools import partial

from core.auth import signed
from core.auth.signed import row_in

__all__ = ["is_for", "row_in", "sign"]

ABOUT = "appointments.notices"
sign = partial(signed.sign, ABOUT)
is_for = partial(signed.is_for, ABOUT)
