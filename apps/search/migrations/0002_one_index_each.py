"""One index for the words of a text: those of pg_trgm, where the server has it, answered what these answer.

The one of parts holds the trash too, because the lines of orders look their parts up without asking whether they live.
"""

from django.db import migrations

TABLES = ("parts_part", "customers_customer", "orders_customerorder", "deliveries_delivery", "invoicing_invoice")
PARTS = "CREATE INDEX search_parts_part_trigrams ON parts_part USING gin (search_trigrams(search_text))"


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_whole_customers"),
        ("deliveries", "0002_kept_by_the_database"),
        ("invoicing", "0002_kept_by_the_database"),
        ("orders", "0002_kept_by_the_database"),
        ("parts", "0002_ledger"),
        ("search", "0001_indexes"),
    ]
    operations = [
        *(migrations.RunSQL(f"DROP INDEX IF EXISTS {table}_search", migrations.RunSQL.noop) for table in TABLES),
        migrations.RunSQL(
            ["DROP INDEX search_parts_part_trigrams", PARTS],
            ["DROP INDEX search_parts_part_trigrams", f"{PARTS} WHERE deleted_at IS NULL"],
        ),
    ]
