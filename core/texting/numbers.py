"""Telephone numbers as gateways want them (E.164)."""

import re

_BETWEEN = str.maketrans("", "", " \u00a0().-/\u2010\u2011\u2012\u2013")
# Area code and exchange of North America: neither begins with 0 or 1, neither is 211 to 911; 900 costs whoever calls.
_NORTH_AMERICA = re.compile(r"(?:\+?1)?((?!900)[2-9](?!11)[0-8][0-9][2-9](?!11)[0-9]{2}[0-9]{4})")


def whole_number(phone: str) -> str:
    """The number as +13035550142, however it is written; empty for what a text message cannot go to.

    Without its area code, with an extension, two in one field, or of another country than those with the code 1: nothing is guessed.
    """
    found = _NORTH_AMERICA.fullmatch(phone.translate(_BETWEEN))
    return f"+1{found[1]}" if found else ""
