"""What the database keeps itself: how much is reserved for a line; and what it refuses: changes to what was quoted or
confirmed.

`pg_trigger_depth() = 0` is true for a statement that somebody typed, and false inside our own triggers.
"""

from django.db import migrations

from gmtc.triggers import AppendOnly, LegalMoves

SUMS = """
CREATE FUNCTION orders_reservations_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.reference_type = 'orders.orderline' AND OLD.deleted_at IS NULL THEN
        UPDATE orders_orderline SET reserved_quantity = reserved_quantity - OLD.quantity WHERE id = OLD.reference_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.reference_type = 'orders.orderline' AND NEW.deleted_at IS NULL THEN
        UPDATE orders_orderline SET reserved_quantity = reserved_quantity + NEW.quantity WHERE id = NEW.reference_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_reservations_add_up_insert AFTER INSERT OR DELETE ON parts_reservation
    FOR EACH ROW EXECUTE FUNCTION orders_reservations_add_up();
CREATE TRIGGER orders_reservations_add_up_update AFTER UPDATE ON parts_reservation
    FOR EACH ROW WHEN ((OLD.quantity, OLD.deleted_at, OLD.reference_type, OLD.reference_id)
        IS DISTINCT FROM (NEW.quantity, NEW.deleted_at, NEW.reference_type, NEW.reference_id))
    EXECUTE FUNCTION orders_reservations_add_up();
"""

GUARDS = """
CREATE FUNCTION orders_kept_by_triggers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: this column is a sum that the database keeps', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER orders_line_guard_insert BEFORE INSERT ON orders_orderline
    FOR EACH ROW WHEN (NEW.reserved_quantity <> 0) EXECUTE FUNCTION orders_kept_by_triggers();
CREATE TRIGGER orders_line_guard_update BEFORE UPDATE ON orders_orderline
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND NEW.reserved_quantity <> OLD.reserved_quantity)
    EXECUTE FUNCTION orders_kept_by_triggers();

CREATE FUNCTION orders_order_own_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM customers_address a
        WHERE a.id IN (NEW.billing_address_id, NEW.shipping_address_id) AND a.customer_id <> NEW.customer_id
    ) OR EXISTS (
        SELECT FROM customers_contact c WHERE c.id = NEW.contact_id AND c.customer_id <> NEW.customer_id
    ) THEN
        RAISE EXCEPTION '%: contact and addresses are those of the customer', TG_TABLE_NAME
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_order_own_people
    BEFORE INSERT OR UPDATE OF customer_id, contact_id, billing_address_id, shipping_address_id ON orders_customerorder
    FOR EACH ROW EXECUTE FUNCTION orders_order_own_people();

CREATE FUNCTION orders_order_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: the order was quoted or confirmed and does not change any more', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER orders_order_frozen BEFORE UPDATE ON orders_customerorder
    FOR EACH ROW WHEN (OLD.status <> 'draft' AND
        (OLD.customer_id, OLD.billing_address_id, OLD.language, OLD.tax_case, OLD.payment_days, OLD.skonto_percent,
         OLD.skonto_days, OLD.discount_percent, OLD.shipping_cost, OLD.net, OLD.tax_amount, OLD.total, OLD.deleted_at)
        IS DISTINCT FROM
        (NEW.customer_id, NEW.billing_address_id, NEW.language, NEW.tax_case, NEW.payment_days, NEW.skonto_percent,
         NEW.skonto_days, NEW.discount_percent, NEW.shipping_cost, NEW.net, NEW.tax_amount, NEW.total, NEW.deleted_at))
    EXECUTE FUNCTION orders_order_is_fixed();
CREATE TRIGGER orders_order_keeps_numbers BEFORE UPDATE ON orders_customerorder
    FOR EACH ROW WHEN (OLD.number <> '' AND (OLD.number, OLD.order_date) IS DISTINCT FROM (NEW.number, NEW.order_date)
        OR OLD.quote_number <> '' AND OLD.quote_number <> NEW.quote_number)
    EXECUTE FUNCTION orders_order_is_fixed();
CREATE TRIGGER orders_order_stays BEFORE DELETE ON orders_customerorder
    FOR EACH ROW EXECUTE FUNCTION orders_order_is_fixed();
CREATE TRIGGER orders_order_stays_all BEFORE TRUNCATE ON orders_customerorder
    FOR EACH STATEMENT EXECUTE FUNCTION orders_order_is_fixed();

CREATE FUNCTION orders_line_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND
        (OLD.order_id, OLD.position, OLD.part_id, OLD.description, OLD.details, OLD.quantity, OLD.unit, OLD.unit_price,
         OLD.discount, OLD.vat_rate, OLD.customizations, OLD.net, OLD.deleted_at)
        IS NOT DISTINCT FROM
        (NEW.order_id, NEW.position, NEW.part_id, NEW.description, NEW.details, NEW.quantity, NEW.unit, NEW.unit_price,
         NEW.discount, NEW.vat_rate, NEW.customizations, NEW.net, NEW.deleted_at)
    THEN RETURN NEW; END IF;
    IF EXISTS (
        SELECT FROM orders_customerorder o
        WHERE o.status <> 'draft' AND o.id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.order_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.order_id END
        )
    ) THEN
        RAISE EXCEPTION '%: the order was quoted or confirmed and does not change any more', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER orders_line_frozen BEFORE INSERT OR UPDATE OR DELETE ON orders_orderline
    FOR EACH ROW EXECUTE FUNCTION orders_line_is_fixed();
CREATE TRIGGER orders_line_frozen_all BEFORE TRUNCATE ON orders_orderline
    FOR EACH STATEMENT EXECUTE FUNCTION orders_order_is_fixed();
"""

UNDO = """
DROP FUNCTION orders_reservations_add_up() CASCADE;
DROP FUNCTION orders_kept_by_triggers() CASCADE;
DROP FUNCTION orders_order_own_people() CASCADE;
DROP FUNCTION orders_order_is_fixed() CASCADE;
DROP FUNCTION orders_line_is_fixed() CASCADE;
"""

# The embedded server has no contrib modules; search gives the same rows without the index, only slower.
TRIGRAMS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX orders_customerorder_search ON orders_customerorder USING gin (search_text gin_trgm_ops);
    END IF;
END $$;
"""
NO_TRIGRAMS = "DROP INDEX IF EXISTS orders_customerorder_search;"

ENDED = ["shipped", "delivered", "cancelled"]
MOVES = {
    "draft": ["quoted", "pending", "ready", "cancelled"],
    "quoted": ["draft", "pending", "ready", "declined", "cancelled"],
    "pending": ["production", "ready", *ENDED],
    "production": ["ready", *ENDED],
    "ready": ["pending", "production", *ENDED],
    "shipped": ["delivered"],
    "delivered": ["shipped"],
}


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("parts", "0002_ledger")]

    operations = [
        migrations.RunSQL(SUMS + GUARDS, UNDO),
        LegalMoves("orders_customerorder", MOVES, start=["draft"]),
        AppendOnly("orders_historicalcustomerorder", erasable=True),
        AppendOnly("orders_historicalorderline", erasable=True),
        migrations.RunSQL(TRIGRAMS, NO_TRIGRAMS),
    ]
