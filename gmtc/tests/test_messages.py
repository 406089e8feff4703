"""The catalogs: what is found in the source, and what a German text must have."""

import io

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from gmtc import messages


def in_template(text: str) -> list:
    found = extract("gmtc.messages:extract_template", io.BytesIO(text.encode()), keywords=messages.KEYWORDS)
    return [(message, context) for _line, message, _comments, context in found]


def catalog(text: str) -> Catalog:
    return read_po(io.BytesIO(text.encode()), locale="de", charset="utf-8")


def test_strings_of_a_template_are_found_whatever_stands_around_them():
    template = """{# it's #}
    <p title='{% translate "Save (now)" %}'>“don't ])} 1_000 0x {{ x|default:_("nothing") }}
          {% blocktranslate trimmed count n=things|length %}
              {{ n }} thing, 19 % off
       {% plural %}{{ n }} things, 19 % off{% endblocktranslate %}
    {% translate "May" context "month" %}{% badge text=_("Draft") %}"""
    assert in_template(template) == [
        ("Save (now)", None),
        ("nothing", None),
        (("%(n)s thing, 19 %% off", "%(n)s things, 19 %% off"), None),
        ("May", "month"),
        ("Draft", None),
    ]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('msgid "Part"\nmsgstr "Teil"', None),
        ('msgid "Part"\nmsgstr ""', "missing"),
        ('#, fuzzy\nmsgid "Part"\nmsgstr "Teil"', "fuzzy"),
        ('msgid "%(n)s of %(m)s"\nmsgstr "%(m)s, davon %(n)s"', None),
        ('msgid "%(n)s of %(m)s"\nmsgstr "%(n)s von %(k)s"', "placeholders differ"),
        ('msgid "%(n)s part"\nmsgid_plural "%(n)s parts"\nmsgstr[0] "%(n)s Teil"\nmsgstr[1] ""', "missing"),
        ('msgid "a part"\nmsgid_plural "%(n)s parts"\nmsgstr[0] "ein Teil"\nmsgstr[1] "%(n)s Teile"', None),
        ('msgid "a part"\nmsgid_plural "%(n)s parts"\nmsgstr[0] "ein Teil"\nmsgstr[1] "viele"', "placeholders differ"),
    ],
)
def test_faults_of_a_german_text(entry, fault):
    found = messages.faults(catalog(entry))
    assert [line.split(":")[0] for line in found] == ([fault] if fault else [])


def test_fragments_fill_what_is_missing_and_say_what_does_not_fit():
    ours = catalog('msgid "Part"\nmsgstr ""\n\nmsgid "Order"\nmsgstr "Auftrag"\n\nmsgid "Open"\nmsgstr ""')
    given = catalog(
        'msgid "Part"\nmsgstr "Teil"\n\nmsgid "Order"\nmsgstr "Bestellung"\n\nmsgid "Bolt"\nmsgstr "Bolzen"'
    )
    out = io.StringIO()
    messages.fill(ours, given, "room.po", out)
    assert {message.id: message.string for message in ours if message.id} == {
        "Part": "Teil",
        "Order": "Auftrag",
        "Open": "",
    }
    assert [line.split(": ")[1] for line in out.getvalue().splitlines()] == [
        "has another text already, kept “Auftrag”",
        "not in the source",
    ]


def test_a_catalog_keeps_known_texts_drops_gone_ones_and_writes_the_same_bytes_twice():
    template = Catalog()
    template.add("Part", locations=[("b.py", 7)])
    template.add("New", locations=[("a.py", 3)])
    old = catalog('msgid "Part"\nmsgstr "Teil"\n\nmsgid "Gone"\nmsgstr "Weg"')
    merged = messages.merged(template, old, "de")
    assert {message.id: message.string for message in merged if message.id} == {"Part": "Teil", "New": ""}
    text = messages.render(merged)
    assert messages.render(messages.merged(template, catalog(text), "de")) == text
    assert "#: b.py\n" in text
    assert "Date" not in text
