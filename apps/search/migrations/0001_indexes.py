"""What the search finds by: B-tree indexes of the beginnings, and one of the trigrams of the texts.

PostgreSQL has an extension for the latter, pg_trgm, but not every server has it; a function and a GIN index of its
results do the same with what is always there.
"""

from django.db import migrations

ALIVE = "WHERE deleted_at IS NULL"
TRIGRAMS = """
    CREATE FUNCTION search_trigrams(text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
        SELECT coalesce(array_agg(DISTINCT piece), '{}')
        FROM (SELECT substr($1, n, 3) AS piece FROM generate_series(1, length($1) - 2) n) pieces
        WHERE position(' ' IN piece) = 0
    $$
"""
# table: (columns that are compared from the beginning, text whose words are found anywhere, which rows)
TABLES = {
    "parts_part": (("sku", "barcode", "name"), "search_text", ALIVE),
    "customers_customer": (("number", "vat_id", "name", "last_name"), "search_text", ALIVE),
    "suppliers_purchaseorder": (("number", "supplier_reference"), "search_text", ALIVE),
    "suppliers_goodsreceipt": (("number", "delivery_note"), "upper(number || ' ' || delivery_note)", ALIVE),
    "orders_customerorder": (("number", "quote_number", "customer_reference"), "search_text", ALIVE),
    "builds_productionjob": (("number",), "upper(number)", ALIVE),
    "builds_printer": (("serial",), "upper(serial)", ALIVE),
    "deliveries_delivery": (("number", "tracking_number"), "search_text", ALIVE),
    "invoicing_invoice": (("number", "customer_reference"), "search_text", ALIVE),
    "documents_document": (("number",), "upper(number || ' ' || title)", ""),
}


def operations():
    yield migrations.RunSQL(TRIGRAMS, "DROP FUNCTION search_trigrams(text)")
    for table, (beginnings, text, rows) in TABLES.items():
        indexes = {name: f'(upper({name}) COLLATE "C")' for name in beginnings}
        indexes["trigrams"] = f"USING gin (search_trigrams({text}))"
        for name, definition in indexes.items():
            index = f"search_{table}_{name}"
            yield migrations.RunSQL(f"CREATE INDEX {index} ON {table} {definition} {rows}", f"DROP INDEX {index}")


class Migration(migrations.Migration):
    dependencies = [
        ("builds", "0003_jobs"),
        ("customers", "0001_initial"),
        ("deliveries", "0001_initial"),
        ("documents", "0001_initial"),
        ("invoicing", "0001_initial"),
        ("orders", "0001_initial"),
        ("parts", "0001_initial"),
        ("suppliers", "0001_initial"),
    ]
    operations = list(operations())
