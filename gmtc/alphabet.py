"""Names in the order people look for them."""

from django.db.models import F, Func, TextField

# Every letter that comes with a mark, in the languages our suppliers and customers write in.
MARKED = "äàáâãåāăąæçćčďđèéêëēėęěğìíîïīıłľĺñńňöòóôõøōőœřŕśšşșťțţüùúûūůűýÿžźżð"
PLAIN = "aaaaaaaaaacccddeeeeeeeegiiiiiilllnnnooooooooorrsssstttuuuuuuuyyzzzd"


class Alphabetical(Func):
    """A key to sort names by as a German index does (DIN 5007-1): ä with a, ß as ss, capitals with the small ones.

    The PostgreSQL that comes with the packages has no ICU and sorts by code points, Öl after Zange. This works on every
    server alike, and an index can be made of it.
    """

    template = f"replace(translate(lower(%(expressions)s), '{MARKED}', '{PLAIN}'), 'ß', 'ss')"
    output_field = TextField()


def alphabetical(term):
    """A term of an `order_by`, by the alphabet where it is a name."""
    if not isinstance(term, str):
        return term
    path = term.removeprefix("-")
    if path.rpartition("__")[2] not in ("name", "buyer_name"):
        return term
    key = Alphabetical(F(path))
    return key.desc() if term.startswith("-") else key.asc()
