"""What the made-up practices do and charge: CDT numbers with plain words of our own, fees, and what insurance pays of them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Fee:
    """One line of the fee schedule, in cents; `group` is what insurance looks at."""

    code: str
    words: str
    cents: int
    group: str


@dataclass(frozen=True)
class Done:
    """A procedure on a tooth (1 to 32, A to T for milk teeth) or a quarter of the mouth, and its surfaces."""

    fee: Fee
    tooth: str = ""
    surface: str = ""

    @property
    def words(self) -> str:
        """What it is, and where."""
        return (
            f"{self.fee.words}, {'tooth ' if self.tooth.isdigit() or len(self.tooth) == 1 else ''}{self.tooth}"
            if self.tooth
            else self.fee.words
        )


@dataclass(frozen=True)
class Insurance:
    """A dental insurance: percent paid for each group, and percent of every fee that the office takes off for its members.

    `plan`, `group`, the most that it pays in a year and what members pay first each year, in cents, are on the Insurance page.
    """

    name: str
    pays: Mapping[str, int]
    discount: int = 0
    plan: str = ""
    group: str = ""
    most_cents: int = 150_000
    first_cents: int = 5_000

    def discount_on(self, fee: Fee) -> int:
        """What the office takes off, in cents."""
        return fee.cents * self.discount // 100

    def share(self, fee: Fee) -> int:
        """What insurance pays of the rest, in cents."""
        return (fee.cents - self.discount_on(fee)) * self.pays.get(fee.group, 0) // 100


def read(text: str) -> tuple[Done, ...]:
    """Procedures from a short note: "D0120, D2392 30 MO" is a check-up and a filling on tooth 30."""
    parts = (part.split() for part in text.split(",") if part.strip())
    return tuple(Done(FEES[code], *where) for code, *where in parts)


GROUPS = {
    "prevention": "Check-ups, cleanings and X-rays",
    "basic": "Fillings, root canals, gum care and teeth taken out",
    "major": "Crowns, bridges, dentures and implants",
    "braces": "Braces",
}
"""What insurance calls the groups of the fee schedule."""

_LIST = {
    "prevention": """
        D0120 62 Regular check-up
        D0140 89 Look at one problem
        D0150 115 First check-up of the whole mouth
        D0210 168 Full set of X-rays
        D0220 36 X-ray of one root
        D0272 52 Two X-rays of the back teeth
        D0274 78 Four X-rays of the back teeth
        D0330 139 Panorama X-ray of both jaws
        D1110 118 Cleaning for adults
        D1120 86 Cleaning for children
        D1206 48 Fluoride painted on the teeth
        D1351 61 Sealed grooves of a back tooth""",
    "basic": """
        D2330 172 White filling of a front tooth, one side
        D2391 188 White filling of a back tooth, one side
        D2392 244 White filling of a back tooth, two sides
        D2393 296 White filling of a back tooth, three sides
        D3220 214 Treated nerve of a milk tooth
        D3320 989 Root canal of a small back tooth
        D3330 1189 Root canal of a large back tooth
        D4341 264 Deep cleaning below the gums
        D4910 162 Gum care cleaning
        D7140 198 Tooth taken out
        D9110 118 Quick help with pain
        D9230 74 Laughing gas for calm""",
    "major": """
        D2740 1285 Ceramic crown
        D2930 289 Steel crown for a milk tooth
        D2950 298 New core for a crown
        D5213 1895 Partial denture with metal frame, upper jaw
        D5410 84 Eased pressure points of a denture
        D6010 2195 Implant set into the jaw
        D6057 785 Link between implant and crown
        D6058 1520 Ceramic crown on an implant
        D7210 315 Tooth taken out with a small cut
        D7240 475 Wisdom tooth taken out of the bone
        D7953 640 Bone kept for a later implant
        D9944 565 Night guard, hard""",
    "braces": """
        D8080 5400 Braces for a teenager
        D8660 95 Measured for braces
        D8670 0 Braces adjusted
        D8680 0 Braces taken off, retainers fitted""",
}


def _fee(line: str, group: str) -> Fee:
    code, dollars, words = line.strip().split(" ", 2)
    return Fee(code, words, int(dollars) * 100, group)


FEES = {fee.code: fee for group, lines in _LIST.items() for fee in (_fee(line, group) for line in lines.strip().splitlines())}
