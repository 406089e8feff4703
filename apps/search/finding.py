"""Finding records by a few typed words: at most two questions to the database, whatever there is to find.

First whose number or name begins with the text, by B-tree indexes; they come in order, so a record that is called
exactly so comes first. Then, for the kinds that this did not fill, whose text holds every word somewhere, by an index
of the text's trigrams, and whose owner is called so. The index is made of PostgreSQL's own parts, because the
extension pg_trgm is not there on every server.
"""

import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, reduce
from operator import or_
from typing import NamedTuple

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Collate, Upper
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.search.sources import HELD, SOURCES, Source, held_by
from gmtc.searching import TRIGRAM, escaped, spellings, upper

LONGEST = 100
OWNERS = 20


class Like(Func):
    """`a LIKE b`, without the cast to text that Django's own lookup puts between a collation and its index."""

    template = "(%(expressions)s)"
    arg_joiner = " LIKE "
    output_field = BooleanField()


class LikeAny(Like):
    """`a LIKE ANY (b)`, where b is a list."""

    template = "(%(expressions)s))"
    arg_joiner = " LIKE ANY ("


class SharesTrigrams(Func):
    """True for all texts that hold the word, and for few others; answered by the index."""

    template = "(search_trigrams(%(expressions)s))"
    arg_joiner = ") @> search_trigrams("
    output_field = BooleanField()


NUMBER, NAME, TEXT = range(3)  # what was found, the best first


@dataclass(frozen=True)
class Hit:
    """`matched` is the number that begins with the text, in capitals; empty where something else does."""

    source: Source
    rank: int
    pk: str
    page_key: str
    name: str
    detail: str
    status: str
    matched: str
    words: tuple[str, ...]

    @property
    def label(self) -> str:
        return self.name or _("Draft")

    @property
    def url(self) -> str:
        return self.source.page(self.page_key)

    @property
    def status_label(self) -> str:
        return self.source.status_label(self.status)

    @property
    def marked_label(self) -> SafeString:
        return marked(self.label, self.words)

    @property
    def marked_detail(self) -> SafeString:
        return marked(self.detail, self.words)


@dataclass(frozen=True)
class Group:
    """The hits of one kind; `is_cut` where there are more than were asked for."""

    source: Source
    hits: list[Hit]
    is_cut: bool
    is_exact: bool


def marked(text: str, words: tuple[str, ...]) -> SafeString:
    """The text, safe to show, with what was searched for in `<mark>`."""
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    if not pattern:
        return escape(text)
    pieces = re.split(f"({pattern})", text, flags=re.IGNORECASE)
    shown = (format_html("<mark>{}</mark>", piece) if n % 2 else escape(piece) for n, piece in enumerate(pieces))
    return mark_safe("".join(shown))  # noqa: S308 - every piece is escaped above


class Search:
    """What `user` may find by `text`."""

    def __init__(self, text: str, *, user):
        self.text = " ".join(text[:LONGEST].replace("\0", "").split())
        self.spelled = [spellings(word) for word in self.text.split()[:8]]
        self.words = tuple(word for words in self.spelled for word in words)
        self.whole = upper(self.text)
        self.user = user

    @cached_property
    def sources(self) -> list[Source]:
        return [source for source in SOURCES if self.user.has_perm(source.permission)]

    # --- What people ask for

    def groups(self, *, at_most: int, thorough: bool = False) -> list[Group]:
        """Up to `at_most` hits of each kind; kinds with a record whose number is the text come first.

        Words of one or two letters have no index: large tables are read for them only where it is to be `thorough`.
        """
        if not self.words:
            return []
        limit = at_most + 1
        found = self._begin(self.sources, limit)
        thin = [each for each in self.sources if len(found[each]) < limit]
        for source, hits in self._hold([each for each in thin if thorough or self._is_quick(each)], limit).items():
            known = {hit.pk for hit in found[source]}
            found[source] += [hit for hit in hits if hit.pk not in known]
        groups = [
            Group(source, hits[:at_most], len(hits) > at_most, any(hit.matched == self.whole for hit in hits))
            for source, hits in found.items()
            if hits
        ]
        return sorted(groups, key=lambda group: not group.is_exact)

    def only(self) -> Hit | None:
        """The one record whose number is the text; a paper counts only where its record does not."""
        found = self._begin(self.sources, 2) if self.words else {}
        hits = [hit for hits in found.values() for hit in hits if hit.matched == self.whole]
        hits = [hit for hit in hits if hit.source.key != "document"] or hits
        return hits[0] if len(hits) == 1 else None

    # --- How it is found

    def _begin(self, sources: list[Source], limit: int) -> dict[Source, list[Hit]]:
        """Whose number or name begins with the text."""
        legs = [beginning(source, name, limit) for source in sources for name in (*source.numbers, *source.names)]
        return self._ask(sources, legs)

    def _hold(self, sources: list[Source], limit: int) -> dict[Source, list[Hit]]:
        """Whose text holds every word, or whose owner's does."""
        shape = tuple(len(words) if min(map(len, words)) >= TRIGRAM else 0 for words in self.spelled)
        legs = [holding(source, shape, limit) for source in sources]
        known = {source.key for source in self.sources}
        legs += [owned_by(source, shape, limit) for source in sources if source.owner in known]
        return self._ask(sources, legs)

    def _is_quick(self, source: Source) -> bool:
        return not source.has_trigrams or any(len(words[0]) >= TRIGRAM for words in self.spelled)

    def _ask(self, sources: list[Source], legs: list["Leg"]) -> dict[Source, list[Hit]]:
        found = {source: {} for source in sources}
        for number, *row in self._rows(legs):
            hit = Hit(SOURCES[number], *row, words=self.words)
            kept = found[hit.source].setdefault(hit.pk, hit)
            if hit.rank < kept.rank:
                found[hit.source][hit.pk] = hit
        best = {"key": lambda hit: (hit.matched != self.whole, hit.rank)}
        return {source: sorted(hits.values(), **best) for source, hits in found.items()}

    def _rows(self, legs: list["Leg"]) -> list[tuple]:
        if not legs:
            return []
        values = {START: escaped(self.whole) + "%", HELD: held_by(self.user)}
        for n, words in enumerate(self.spelled):
            values[f"{PART}{n}"] = [f"%{escaped(word)}%" for word in words]
            values |= {f"{WORD}{n}.{way}": word for way, word in enumerate(words)}
        with connection.cursor() as cursor:
            cursor.execute(
                " UNION ALL ".join(f"({leg.sql})" for leg in legs),
                [values.get(param, param) for leg in legs for param in leg.params],
            )
            return cursor.fetchall()


# --- The legs of the question. Django takes 1 ms to write one and PostgreSQL less to answer it, so each is written
# once, with marks in place of what was typed.

START, WORD, PART = "\0start", "\0word", "\0part"


class Leg(NamedTuple):
    sql: str
    params: tuple


@cache
def beginning(source: Source, name: str, limit: int) -> Leg:
    begin = Collate(Upper(name), "C")
    rows = source.rows().filter(Like(begin, Value(START))).order_by(begin)
    return leg(source, rows, NUMBER, begin, limit) if name in source.numbers else leg(source, rows, NAME, None, limit)


@lru_cache(maxsize=1_000)
def holding(source: Source, shape: tuple[int, ...], limit: int) -> Leg:
    return leg(source, with_words(source, shape), TEXT, None, limit)


@lru_cache(maxsize=1_000)
def owned_by(source: Source, shape: tuple[int, ...], limit: int) -> Leg:
    owner = next(each for each in SOURCES if each.key == source.owner)
    owners = with_words(owner, shape).values("pk")[:OWNERS]
    rows = source.rows().filter(**{f"{source.through}__in": owners}).order_by("-pk")
    return leg(source, rows, TEXT, None, limit)


def with_words(source: Source, shape: tuple[int, ...]) -> QuerySet:
    """`shape` says of each word how many spellings the index is asked for; 0 where one is too short for it."""
    rows = source.rows()
    text = F(source.text) if isinstance(source.text, str) else source.text
    for n, ways in enumerate(shape):
        if source.has_trigrams and ways:
            shares = (Q(SharesTrigrams(text, Value(f"{WORD}{n}.{way}"))) for way in range(ways))
            rows = rows.filter(reduce(or_, shares))
        rows = rows.filter(LikeAny(text, Value(f"{PART}{n}")))
    return rows


def leg(source: Source, rows: QuerySet, rank: int, matched, limit: int) -> Leg:
    texts = ("pk", source.page_key, source.label, source.detail or None, source.status or None, matched)
    columns = [Value("", TextField()) if each is None else Cast(each, TextField()) for each in texts]
    rows = rows.values_list(Value(SOURCES.index(source)), Value(rank), *columns)[:limit]
    return Leg(*rows.query.sql_with_params())
