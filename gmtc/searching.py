"""`search_text__holds=word`: the word stands somewhere in the text, whatever its case; answered by an index.

The index is of the text's trigrams, made of PostgreSQL's own parts, because the extension pg_trgm is not there on every
server. `apps/search` has the function and the indexes in its migrations. Where a text has none of them, or where the
condition is one of several (`Q(...) | Q(...)`), no index can answer, and then Django's `contains` is the faster one.
"""

import re

from django.db.models import Lookup

TRIGRAM = 3


def upper(text: str) -> str:
    """As PostgreSQL writes capitals: each letter for itself, so ß stays."""
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text)


def escaped(text: str) -> str:
    """For LIKE: what is a pattern there stands for itself."""
    return re.sub(r"([\\%_])", r"\\\1", text)


class Holds(Lookup):
    """Of a text in capitals. A word of one or two letters has no trigrams: the table is read for it."""

    lookup_name = "holds"

    def as_sql(self, compiler, connection):
        text, params = self.process_lhs(compiler, connection)
        word = upper(self.rhs)
        likeness = f"%{escaped(word)}%"
        if len(word) < TRIGRAM or " " in word:
            return f"{text} LIKE %s", [*params, likeness]
        # LIKE stands first, so that whatever way the rows are found, the dear function sees only those that are right.
        sql = f"({text} LIKE %s AND search_trigrams({text}) @> search_trigrams(%s))"
        return sql, [*params, likeness, *params, word]
