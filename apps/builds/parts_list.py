"""From a parts list out of CAD to our parts: reading it, finding each part, proposing those that are new.

The list has a row a part: item number, file name without extension, author, quantity. `models/parts_list.py` keeps what
is found here, row by row, until somebody accepts it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from rapidfuzz import fuzz

from apps.parts.models import Part, Procurement, Unit
from gmtc.columns import normal
from gmtc.decimals import decimal_mark, number_readings, parse_number
from gmtc.errors import Refused
from gmtc.models import MAX_QUANTITY
from gmtc.rows import as_read
from gmtc.spreadsheets import WHOLE, Limits, Sheet, read
from gmtc.widgets import one_line

REFERENCE, FILE_NAME, AUTHOR, QUANTITY = "reference", "file_name", "author", "quantity"
HEADINGS = {
    REFERENCE: ["Item Number", "Item No", "Item", "Position", "Pos", "Positionsnummer", "Pos Nr", "Teilenummer", "Nr"],
    FILE_NAME: ["File Name (no extension)", "File Name", "Filename", "CAD file name", "Dateiname (keine Erweiterung)",
                "Dateiname (ohne Erweiterung)", "Dateiname ohne Endung", "Dateiname", "CAD-Name", "CAD-Dateiname",
                "Document name", "Dokumentname"],
    AUTHOR: ["Author", "Autor", "Verfasser", "Ersteller", "Bearbeiter"],
    QUANTITY: ["Quantity", "Qty", "Menge", "Anzahl", "Stückzahl", "Stk", "Count"],
}  # fmt: skip
KNOWN = {normal(heading): name for name, headings in HEADINGS.items() for heading in headings}
LIMITS = Limits(rows=5_000, columns=60)

NEIGHBOURS = 12  # parts looked at before and after a name in alphabetical order
ALIKE = 84  # percent; below it, a suggestion is noise
SUGGESTED = 3

LEVEL_OF_DETAIL = re.compile(r"(_LOD_(High|Medium|Low)(_\d+)?|\((High|Medium|Low)\))\s*$", re.IGNORECASE)
# What CAD programs call a body that nobody has named.
NAMELESS = re.compile(
    r"(solid|compound|body|part|assembly|körper|teil|baugruppe|volumenkörper)[ _-]*\d*", re.IGNORECASE
)
OWN = re.compile(r"FP\d+", re.IGNORECASE)
# How makers begin the file names of their parts, and what they are called. Shops that only sell are no makers.
MAKERS = {
    "wuerth": "Würth", "würth": "Würth", "bso": "BSO", "dold": "Dold Mechatronik", "sunon": "Sunon", "molex": "Molex",
    "meanwell": "Mean Well", "bondtech": "Bondtech", "lapp": "Lapp", "misumi": "Misumi", "igus": "igus",
    "hiwin": "Hiwin", "delock": "Delock", "bigtreetech": "BIGTREETECH", "raspberry": "Raspberry Pi",
    "kerbkonus": "Kerb-Konus", "sepa": "SEPA", "beacon": "Beacon", "wonsmart": "Wonsmart", "rat rig": "Rat Rig",
    "rampa": "Rampa", "e3d": "E3D", "noctua": "Noctua", "wago": "Wago", "phoenix": "Phoenix Contact", "skf": "SKF",
    "norelem": "norelem", "gebaum": "Gebaum", "keenso": "Keenso",
}  # fmt: skip


# --- Reading ---------------------------------------------------------------------------------------------------------


@dataclass
class Entry:
    """A row of the list as it was read; `problem` says in which cell something cannot be used."""

    number: int
    reference: str = ""
    file_name: str = ""
    author: str = ""
    quantity: Decimal | None = None
    problem: str = ""


def read_sheet(file) -> Sheet:
    """Raises SheetError with a message for the user, also where no heading says that this is a parts list."""
    return read(file, recognise=lambda heading: normal(heading) in KNOWN, limits=LIMITS)


def map_headings(headings: Iterable[str]) -> list[str]:
    """For each heading the field it names, or ""; the first of several wins."""
    taken: set[str] = set()
    mapping = []
    for heading in headings:
        name = KNOWN.get(normal(str(heading)), "")
        mapping.append("" if name in taken else name)
        taken.add(name)
    return mapping


def check_mapping(mapping: list[str]) -> None:
    """Raises Refused where a needed column is missing or named twice."""
    chosen = [name for name in mapping if name]
    if unknown := set(chosen) - set(HEADINGS):
        raise Refused(_("Unknown column: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    if len(chosen) != len(set(chosen)):
        raise Refused(_("Each column can be chosen once."))
    labels = {FILE_NAME: _("File name"), QUANTITY: _("Quantity")}
    if missing := [label for name, label in labels.items() if name not in chosen]:
        raise Refused(_("Say which column holds: %(names)s.") % {"names": ", ".join(missing)})


def entries_of(sheet: Sheet, mapping: list[str]) -> list[Entry]:
    columns = {name: column for column, name in enumerate(mapping, start=1) if name}
    texts = [value for value in sheet.column(columns[QUANTITY]) if isinstance(value, str)]
    mark = decimal_mark(texts)
    return [_entry(sheet, row, columns, mark) for row in sheet.rows]


def _entry(sheet, row, columns, mark) -> Entry:
    entry, problems = Entry(row.number), [row.faults[WHOLE]] if WHOLE in row.faults else []
    for name, column in columns.items():
        cell = sheet.cell(row, column)
        try:
            if column in row.faults:
                raise ValueError(row.faults[column])
            value = _quantity(cell.value, mark) if name == QUANTITY else _text(cell.value, name)
            setattr(entry, name, value)
        except ValueError as error:
            problems.append(f"{cell.address}: {error}")
    entry.problem = " ".join(problems)
    return entry


def _text(value, name: str) -> str:
    if name == REFERENCE:  # CAD marks items without a balloon in the drawing by a star, which says nothing here
        text = "" if value is None else str(value).strip().rstrip("*").strip()
        return text[:80]
    text = "" if value is None else str(value).strip()
    if re.search(r"[\x00-\x1f]", text):
        raise ValueError(_("There are control characters or line breaks in this text."))
    text = one_line(text)
    if name == FILE_NAME and not text:
        raise ValueError(_("The file name is missing."))
    if len(text) > 200:
        raise ValueError(_("This text is too long: at most %(limit)s characters.") % {"limit": 200})
    return text


def _quantity(value, mark: str) -> Decimal:
    if value is None or value == "":
        raise ValueError(_("The quantity is missing."))
    try:
        if isinstance(value, str) and not mark and len(set(number_readings(value).values())) > 1:
            raise ValueError(_("“%(text)s” can be read in two ways. Write the quantity yourself.") % {"text": value})
        number = parse_number(value, mark)
    except InvalidOperation:
        raise ValueError(_("“%(text)s” is not a number.") % {"text": value}) from None
    if not number.is_finite() or not 0 < number <= MAX_QUANTITY:
        raise ValueError(
            _("The quantity must be greater than zero and not absurd: %(text)s.") % {"text": as_read(value)}
        )
    rounded = number.quantize(Decimal("0.001"))
    if rounded != number:
        raise ValueError(_("At most three decimal places: %(text)s.") % {"text": as_read(value)})
    return rounded


# --- Finding ---------------------------------------------------------------------------------------------------------

# `builds_cad_key` (see the migration) is the one rule of what makes two CAD names the same: blanks, case and the level
# of detail at the end do not matter. Steps are in the order of trust; the first that finds something counts.
FIND = """
    WITH wanted AS (SELECT DISTINCT name, builds_cad_key(name) AS key FROM unnest(%s::text[]) AS name)
    SELECT name, key, id, step FROM wanted JOIN LATERAL (
        SELECT id, 1 AS step FROM parts_part
            WHERE cad_name = wanted.name AND deleted_at IS NULL AND cad_name <> ''
        UNION ALL
        SELECT id, 2 FROM parts_part WHERE lower(sku) = lower(wanted.name) AND deleted_at IS NULL
        UNION ALL
        SELECT id, 3 FROM parts_part
            WHERE builds_cad_key(cad_name) COLLATE "C" = wanted.key AND deleted_at IS NULL AND cad_name <> ''
        UNION ALL
        SELECT NULL, 4
    ) AS found ON true
"""

_NEIGHBOUR = """
    (SELECT id FROM parts_part
        WHERE deleted_at IS NULL AND cad_name <> '' AND {key} COLLATE "C" {side} {wanted} COLLATE "C"
        ORDER BY {key} COLLATE "C" {order} LIMIT {limit})
"""
_SIDES = [
    _NEIGHBOUR.format(key=key, wanted=wanted, side=side, order=order, limit=NEIGHBOURS)
    for key, wanted in (
        ("builds_cad_key(cad_name)", "wanted.key"),
        ("reverse(builds_cad_key(cad_name))", "reverse(wanted.key)"),
    )
    for side, order in ((">=", "ASC"), ("<", "DESC"))
]
# Names that are alike begin or end alike, so they stand near each other in one of two sorted lists. That takes a few
# index pages a name, where comparing each name with 100,000 parts takes seconds.
NEAR = f"""
    WITH wanted AS (SELECT DISTINCT name, builds_cad_key(name) AS key FROM unnest(%s::text[]) AS name)
    SELECT DISTINCT wanted.name, wanted.key, part.id, part.sku, part.name, builds_cad_key(part.cad_name)
    FROM wanted CROSS JOIN LATERAL ({" UNION ALL ".join(_SIDES)}) AS near
    JOIN parts_part part ON part.id = near.id
"""  # noqa: S608 - nothing in it comes from outside

CAD_NAME, SKU, SAME_KEY = 1, 2, 3


@dataclass(frozen=True)
class Suggestion:
    part: UUID
    sku: str
    name: str
    score: int  # percent


@dataclass
class Match:
    """`parts`: what was found at the best step; more than one is for a person to decide."""

    key: str
    step: int = 0
    parts: list[UUID] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)


def find_parts(names: Iterable[str]) -> dict[str, Match]:
    """Match each CAD name, in two queries."""
    names = sorted({name for name in names if name})
    found: dict[str, Match] = {}
    with connection.cursor() as cursor:
        cursor.execute(FIND, [names])
        for name, key, part, step in cursor.fetchall():
            match = found.setdefault(name, Match(key))
            if part is None:
                continue
            if not match.step or step < match.step:
                match.step, match.parts = step, []
            if step == match.step and part not in match.parts:
                match.parts.append(part)
        unknown = [name for name, match in found.items() if not match.parts]
        if unknown:
            cursor.execute(NEAR, [unknown])
            for name, key, part, sku, part_name, part_key in cursor.fetchall():
                score = round(fuzz.ratio(key, part_key, score_cutoff=ALIKE))
                if score:
                    found[name].suggestions.append(Suggestion(part, sku, part_name, score))
    for match in found.values():
        match.suggestions = sorted(match.suggestions, key=lambda each: (-each.score, each.sku))[:SUGGESTED]
    return found


# --- Proposing -------------------------------------------------------------------------------------------------------


@dataclass
class Proposal:
    """What a new part would be; a person looks at it before it is made."""

    sku: str
    name: str
    procurement: str = Procurement.BUY
    unit: str = Unit.PIECE
    manufacturer: str = ""
    manufacturer_number: str = ""
    hint: str = ""


def propose(file_name: str) -> Proposal:
    """A part by its CAD file name: what begins with our model numbers is our own, the rest is bought."""
    plain = " ".join(LEVEL_OF_DETAIL.sub("", file_name).split()) or file_name
    proposal = Proposal(sku=plain[:80].strip(), name=_readable(plain))
    if OWN.match(plain):
        proposal.procurement = Procurement.MAKE
    else:
        _recognise_maker(proposal, plain)
    if NAMELESS.fullmatch(plain):
        proposal.hint = _("“%(name)s” is what CAD calls a body without a name. Is this a part?") % {"name": plain}
    return proposal


def _readable(plain: str) -> str:
    """Words apart: underscores are blanks unless they stand for a decimal point, dots part words."""
    text = plain.replace(" _ ", " / ")
    text = re.sub(r"(?<!\d)_|_(?!\d)", " ", text)
    text = re.sub(r"(?<=[^\W\d])\.(?=[^\W\d])", " ", text)
    text = re.sub(r"^wuerth\b", "Würth", text, flags=re.IGNORECASE)
    return " ".join(text.split()).strip(" .")[:200] or plain[:200]


def _recognise_maker(proposal: Proposal, plain: str) -> None:
    folded = plain.casefold()
    for beginning, maker in MAKERS.items():
        if folded.startswith(beginning) and not folded[len(beginning) : len(beginning) + 1].isalpha():
            proposal.manufacturer = maker
            rest = plain[len(beginning) :].lstrip(" _.-")
            if maker == "Würth":  # "00803  12_ISO 4762 ...": the number is digits in groups
                number = re.match(r"\d[\d ]*", rest)
                proposal.manufacturer_number = " ".join(number[0].split()) if number else ""
            elif re.search(r"\d", rest) and len(rest) <= 40 and " " not in rest:
                proposal.manufacturer_number = rest
            return


def make_unique(proposals: list[Proposal]) -> None:
    """Give every proposal an SKU that neither a part nor another proposal has, by adding -2, -3, ..."""
    wanted = {proposal.sku.casefold() for proposal in proposals}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lower(sku) FROM parts_part WHERE deleted_at IS NULL AND lower(sku) = ANY(%s)", [sorted(wanted)]
        )
        taken = {sku for (sku,) in cursor.fetchall()}
    for proposal in proposals:
        base, number = proposal.sku, 1
        while proposal.sku.casefold() in taken or (number > 1 and _is_taken(proposal.sku)):
            number += 1
            ending = f"-{number}"
            proposal.sku = base[: 80 - len(ending)] + ending
        taken.add(proposal.sku.casefold())


def _is_taken(sku: str) -> bool:
    return Part.objects.filter(sku__iexact=sku).exists()
