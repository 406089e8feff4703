"""`search_text__holds`: what the lists find by, and that an index answers it."""

import pytest
from django.db import connection

from apps.customers.models import Customer
from apps.customers.tests.factories import make_customer
from apps.orders.models import CustomerOrder, OrderLine
from apps.parts.models import Part
from apps.parts.tests.factories import make_part
from apps.search.finding import Search
from gmtc.searching import spellings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "word", ["450", "mgn12_450", "weiß", "WEIß", "weiss", "Größe", "groesse", "100%", "0\\5", "5", "%", "_", "\\"]
)
def test_a_word_is_found_wherever_it_stands_and_stands_for_itself(word):
    make_part(sku="MGN12_450mm", name="Schiene weiß, Größe 5, 100% 0\\5")
    make_part(sku="MGN12X200MM", name="Anderes Teil")

    assert [part.sku for part in Part.objects.filter(search_text__holds=word)] == ["MGN12_450mm"]


@pytest.mark.parametrize("word", ["4500", "50mm4", "%450", "m m", "grösser", "grosse"])
def test_what_does_not_stand_there_is_not_found(word):
    make_part(sku="MGN12_450mm", name="Schiene weiß, Größe 5")

    assert not Part.objects.filter(search_text__holds=word).exists()


@pytest.mark.parametrize(
    ("typed", "ways"),
    [
        ("Mueller", ["MUELLER", "MÜLLER"]),
        ("müller", ["MÜLLER", "MUELLER"]),
        ("Bauer", ["BAUER", "BAÜR"]),
        ("Fuß", ["FUß", "FUSS"]),
        ("Rössl-Boess", ["RÖSSL-BOESS", "ROESSL-BOESS", "RÖßL-BÖß"]),
        ("M5x10", ["M5X10"]),
    ],
)
def test_a_word_is_looked_for_in_both_ways_of_writing_it(typed, ways):
    assert spellings(typed) == ways


def test_up_to_three_spots_are_written_in_every_combination():
    assert len(spellings("Muellerstrasse")) == 4
    assert "MÜLLERSTRASSE" in spellings("Muellerstraße")


@pytest.mark.parametrize("typed", ["Müller", "mueller", "MUELLER bruessel", "Müller Brüßel"])
def test_people_are_found_however_they_write_their_umlauts(typed, manager):
    found = [make_customer(company_name=name).pk for name in ("Müller KG Brüssel", "Mueller KG Bruessel")]
    make_customer(company_name="Muller KG Brussel")
    assert {each.pk for each in Customer.objects.search(typed)} == set(found)
    assert {hit.pk for group in Search(typed, user=manager).groups(at_most=5) for hit in group.hits} >= {
        str(key) for key in found
    }


@pytest.mark.parametrize(
    "rows",
    [
        lambda: Part.everything.search("mgn12 450"),
        lambda: Part.everything.trashed().search("mgn12"),
        lambda: OrderLine.objects.filter(part__search_text__holds="mgn12"),
        lambda: CustomerOrder.objects.search("mgn12"),
        lambda: Part.everything.search("schluessel"),
    ],
)
def test_the_index_of_parts_answers(rows):
    """Of a handful of rows PostgreSQL would rather read them all, take the first index, or begin with the lines."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        cursor.execute("SET LOCAL enable_nestloop = off")
    assert "search_parts_part_trigrams" in rows().explain()
