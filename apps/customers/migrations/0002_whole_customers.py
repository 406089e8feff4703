"""A customer is where the standard invoice address is, always has one, and is taxed as its country allows."""

from django.db import migrations

from gmtc.triggers import AppendOnly

PLACE = """
CREATE FUNCTION customers_address_says_where() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.customer_id <> OLD.customer_id THEN
        RAISE EXCEPTION 'customers_address: an address stays with its customer' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.kind = 'billing' AND NEW.is_default AND NEW.deleted_at IS NULL THEN
        UPDATE customers_customer SET country = NEW.country, postcode = NEW.postcode, city = NEW.city
            WHERE id = NEW.customer_id AND (country, postcode, city) <> (NEW.country, NEW.postcode, NEW.city);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER customers_address_says_where AFTER INSERT OR UPDATE ON customers_address
    FOR EACH ROW EXECUTE FUNCTION customers_address_says_where();

CREATE FUNCTION customers_only_the_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: where a customer is, is only changed by the standard invoice address', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER customers_customer_guard_insert BEFORE INSERT ON customers_customer
    FOR EACH ROW WHEN (NEW.country <> '' OR NEW.postcode <> '' OR NEW.city <> '')
    EXECUTE FUNCTION customers_only_the_address();
CREATE TRIGGER customers_customer_guard_update BEFORE UPDATE ON customers_customer
    FOR EACH ROW WHEN (pg_trigger_depth() = 0
        AND (NEW.country, NEW.postcode, NEW.city) IS DISTINCT FROM (OLD.country, OLD.postcode, OLD.city))
    EXECUTE FUNCTION customers_only_the_address();
"""

# Checked when the transaction ends: a customer is stored before the address, which points to it.
WHOLE = """
CREATE FUNCTION customers_customer_fault(c customers_customer) RETURNS text LANGUAGE sql STABLE AS $$
    WITH home AS (
        SELECT country, postcode, city FROM customers_address
        WHERE customer_id = c.id AND kind = 'billing' AND is_default AND deleted_at IS NULL
    ), eu AS (
        SELECT ARRAY['AT','BE','BG','CY','CZ','DE','DK','EE','ES','FI','FR','GR','HR','HU','IE','IT','LT','LU','LV','MC',
            'MT','NL','PL','PT','RO','SE','SI','SK'] AS codes
    )
    SELECT CASE
        WHEN c.deleted_at IS NOT NULL THEN NULL
        WHEN (SELECT count(*) FROM home) <> 1 THEN 'has no standard invoice address'
        WHEN (SELECT (country, postcode, city) FROM home) <> (c.country, c.postcode, c.city)
            THEN 'is not where the standard invoice address is'
        WHEN c.tax_case IN ('K', 'AE') AND (c.vat_id = '' OR c.vat_id LIKE 'DE%'
            OR (c.country = 'DE' OR c.country <> ALL (codes)) AND NOT (c.country = 'GB' AND c.vat_id LIKE 'XI%'))
            THEN 'is no business with a VAT ID in another country of the EU, but taxed as one'
        WHEN c.tax_case = 'G' AND c.country = ANY (codes) THEN 'is in the EU, but taxed as an export'
        WHEN c.tax_case = 'OSS' AND (c.country = 'DE' OR c.country <> ALL (codes))
            THEN 'is no consumer in another country of the EU, but taxed as one'
    END FROM eu
$$;
CREATE FUNCTION customers_customer_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose uuid := to_jsonb(NEW) ->> TG_ARGV[0];
    fault text;
BEGIN
    SELECT customers_customer_fault(c) INTO fault FROM customers_customer c WHERE c.id = whose;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'customers_customer: % %', whose, fault USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER customers_customer_whole AFTER INSERT OR UPDATE ON customers_customer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION customers_customer_whole('id');
CREATE CONSTRAINT TRIGGER customers_address_whole AFTER INSERT OR UPDATE ON customers_address
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION customers_customer_whole('customer_id');
"""

# A contact of another customer would show one customer's people to another.
OWN_CONTACT = """
ALTER TABLE customers_interaction ADD CONSTRAINT customers_interaction_own_contact
    FOREIGN KEY (contact_id, customer_id) REFERENCES customers_contact (id, customer_id) DEFERRABLE INITIALLY DEFERRED;
"""

UNDO = """
DROP FUNCTION customers_address_says_where() CASCADE;
DROP FUNCTION customers_only_the_address() CASCADE;
DROP FUNCTION customers_customer_whole() CASCADE;
DROP FUNCTION customers_customer_fault(customers_customer) CASCADE;
"""

# The embedded server has no contrib modules; search gives the same rows without the index, only slower.
TRIGRAMS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX customers_customer_search ON customers_customer USING gin (search_text gin_trgm_ops);
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.RunSQL(PLACE + WHOLE, UNDO),
        migrations.RunSQL(
            OWN_CONTACT, "ALTER TABLE customers_interaction DROP CONSTRAINT customers_interaction_own_contact;"
        ),
        AppendOnly("customers_historicalcustomer", erasable=True),
        AppendOnly("customers_historicaladdress", erasable=True),
        AppendOnly("customers_historicalcontact", erasable=True),
        AppendOnly("customers_historicalinteraction", erasable=True),
        migrations.RunSQL(TRIGRAMS, "DROP INDEX IF EXISTS customers_customer_search;"),
    ]
