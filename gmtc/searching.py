"""`search_text__holds=word` and `search_text__says=word`: the word stands somewhere in the text, whatever its case, and
whether ä, ö, ü and ß are written so or as ae, oe, ue and ss.

`holds` is answered by an index of the text's trigrams, made of PostgreSQL's own parts, because the extension pg_trgm is
not there on every server. `apps/search` has the function and the indexes in its migrations. Where a text has none of
them, or where the condition is one of several (`Q(...) | Q(...)`), no index can answer, and then `says` is faster.
"""

import re
from itertools import product

from django.db.models import Lookup

TRIGRAM = 3
TWO_WAYS = {"Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "SS"}
ONE_LETTER = {pair: letter for letter, pair in TWO_WAYS.items()}
OTHER_WAY = TWO_WAYS | ONE_LETTER
SPOT = re.compile("|".join(OTHER_WAY))
MOST_SPOTS = 3  # spelled in every combination; words with more are spelled all one way or all the other


def upper(text: str) -> str:
    """As PostgreSQL writes capitals: each letter for itself, so ß stays."""
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text)


def escaped(text: str) -> str:
    """For LIKE: what is a pattern there stands for itself."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def spellings(word: str) -> list[str]:
    """The word in capitals, as it was typed first: MUELLER, MÜLLER."""
    word = upper(word)
    spots = SPOT.findall(word)
    if len(spots) > MOST_SPOTS:
        apart = SPOT.sub(lambda found: TWO_WAYS.get(found.group(), found.group()), word)
        together = SPOT.sub(lambda found: ONE_LETTER.get(found.group(), found.group()), word)
        return list(dict.fromkeys([word, apart, together]))
    plain = SPOT.split(word)
    ways = product(*((spot, OTHER_WAY[spot]) for spot in spots))
    return ["".join(piece for pair in zip(plain, (*way, ""), strict=True) for piece in pair) for way in ways]


class Says(Lookup):
    """Of a text in capitals."""

    lookup_name = "says"

    def as_sql(self, compiler, connection):
        text, params = self.process_lhs(compiler, connection)
        return f"{text} LIKE ANY(%s)", [*params, [f"%{escaped(word)}%" for word in spellings(self.rhs)]]


class Holds(Says):
    """As `Says`, by the index. A word of one or two letters has no trigrams: the table is read for it."""

    lookup_name = "holds"

    def as_sql(self, compiler, connection):
        sql, params = super().as_sql(compiler, connection)
        words = spellings(self.rhs)
        if min(map(len, words)) < TRIGRAM or " " in self.rhs:
            return sql, params
        text, text_params = self.process_lhs(compiler, connection)
        shares = [f"search_trigrams({text}) @> search_trigrams(%s)"] * len(words)
        # LIKE stands first, so that whatever way the rows are found, the dear function sees only those that are right.
        params += [param for word in words for param in (*text_params, word)]
        return f"({sql} AND ({' OR '.join(shares)}))", params
