"""What the database keeps itself: totals, received quantities, the day of a price; and what it refuses: changes to an
order that was sent, or to a goods receipt.

`pg_trigger_depth() = 0` is true for a statement that somebody typed, and false inside our own triggers.
"""

from django.db import migrations

from gmtc.triggers import AppendOnly, LegalMoves

SUMS = """
CREATE FUNCTION suppliers_order_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE change numeric := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.deleted_at IS NULL THEN change := change - OLD.net; END IF;
    IF TG_OP <> 'DELETE' AND NEW.deleted_at IS NULL THEN change := change + NEW.net; END IF;
    IF change <> 0 THEN
        UPDATE suppliers_purchaseorder SET total = total + change
            WHERE id = COALESCE(NEW.purchase_order_id, OLD.purchase_order_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER suppliers_order_adds_up AFTER INSERT OR DELETE OR UPDATE OF net, deleted_at ON suppliers_purchaseorderline
    FOR EACH ROW EXECUTE FUNCTION suppliers_order_adds_up();

CREATE FUNCTION suppliers_receipts_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE suppliers_purchaseorderline
        SET received_quantity = received_quantity + NEW.accepted, rejected_quantity = rejected_quantity + NEW.rejected
        WHERE id = NEW.line_id;
    RETURN NULL;
END $$;
CREATE TRIGGER suppliers_receipts_add_up AFTER INSERT ON suppliers_goodsreceiptline
    FOR EACH ROW EXECUTE FUNCTION suppliers_receipts_add_up();

CREATE FUNCTION suppliers_price_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.price <> OLD.price THEN NEW.price_date := (now() AT TIME ZONE 'Europe/Berlin')::date; END IF;
    ELSIF NEW.price_date IS NULL THEN
        NEW.price_date := (now() AT TIME ZONE 'Europe/Berlin')::date;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER suppliers_price_day BEFORE INSERT OR UPDATE ON suppliers_supplierpart
    FOR EACH ROW EXECUTE FUNCTION suppliers_price_day();
"""

GUARDS = """
CREATE FUNCTION suppliers_kept_by_triggers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: this column is a sum that the database keeps', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER suppliers_order_guard_insert BEFORE INSERT ON suppliers_purchaseorder
    FOR EACH ROW WHEN (NEW.total <> 0) EXECUTE FUNCTION suppliers_kept_by_triggers();
CREATE TRIGGER suppliers_order_guard_update BEFORE UPDATE ON suppliers_purchaseorder
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND NEW.total <> OLD.total)
    EXECUTE FUNCTION suppliers_kept_by_triggers();
CREATE TRIGGER suppliers_line_guard_insert BEFORE INSERT ON suppliers_purchaseorderline
    FOR EACH ROW WHEN (NEW.received_quantity <> 0 OR NEW.rejected_quantity <> 0)
    EXECUTE FUNCTION suppliers_kept_by_triggers();
CREATE TRIGGER suppliers_line_guard_update BEFORE UPDATE ON suppliers_purchaseorderline
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND
        (NEW.received_quantity <> OLD.received_quantity OR NEW.rejected_quantity <> OLD.rejected_quantity))
    EXECUTE FUNCTION suppliers_kept_by_triggers();

CREATE FUNCTION suppliers_order_is_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: the order was sent and does not change any more', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER suppliers_order_frozen BEFORE UPDATE ON suppliers_purchaseorder
    FOR EACH ROW WHEN (OLD.status <> 'draft' AND
        (OLD.number, OLD.supplier_id, OLD.ordered_by_id, OLD.order_date, OLD.language, OLD.currency, OLD.exchange_rate,
         OLD.notes, OLD.ship_to, OLD.supplier_address, OLD.customer_number, OLD.payment_days, OLD.discount_percent,
         OLD.discount_days, OLD.delivery_terms, OLD.total, OLD.deleted_at)
        IS DISTINCT FROM
        (NEW.number, NEW.supplier_id, NEW.ordered_by_id, NEW.order_date, NEW.language, NEW.currency, NEW.exchange_rate,
         NEW.notes, NEW.ship_to, NEW.supplier_address, NEW.customer_number, NEW.payment_days, NEW.discount_percent,
         NEW.discount_days, NEW.delivery_terms, NEW.total, NEW.deleted_at))
    EXECUTE FUNCTION suppliers_order_is_sent();
CREATE TRIGGER suppliers_order_stays BEFORE DELETE ON suppliers_purchaseorder
    FOR EACH ROW EXECUTE FUNCTION suppliers_order_is_sent();
CREATE TRIGGER suppliers_order_stays_all BEFORE TRUNCATE ON suppliers_purchaseorder
    FOR EACH STATEMENT EXECUTE FUNCTION suppliers_order_is_sent();

CREATE FUNCTION suppliers_line_is_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND
        (OLD.purchase_order_id, OLD.position, OLD.part_id, OLD.supplier_sku, OLD.description, OLD.quantity, OLD.unit,
         OLD.unit_price, OLD.discount, OLD.tolerance, OLD.net, OLD.deleted_at)
        IS NOT DISTINCT FROM
        (NEW.purchase_order_id, NEW.position, NEW.part_id, NEW.supplier_sku, NEW.description, NEW.quantity, NEW.unit,
         NEW.unit_price, NEW.discount, NEW.tolerance, NEW.net, NEW.deleted_at)
    THEN RETURN NEW; END IF;
    IF EXISTS (
        SELECT FROM suppliers_purchaseorder o
        WHERE o.status <> 'draft' AND o.id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.purchase_order_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.purchase_order_id END
        )
    ) THEN
        RAISE EXCEPTION '%: the order was sent and does not change any more', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER suppliers_line_frozen BEFORE INSERT OR UPDATE OR DELETE ON suppliers_purchaseorderline
    FOR EACH ROW EXECUTE FUNCTION suppliers_line_is_sent();
CREATE TRIGGER suppliers_line_frozen_all BEFORE TRUNCATE ON suppliers_purchaseorderline
    FOR EACH STATEMENT EXECUTE FUNCTION suppliers_order_is_sent();
"""

UNDO = """
DROP FUNCTION suppliers_order_adds_up() CASCADE;
DROP FUNCTION suppliers_receipts_add_up() CASCADE;
DROP FUNCTION suppliers_price_day() CASCADE;
DROP FUNCTION suppliers_kept_by_triggers() CASCADE;
DROP FUNCTION suppliers_order_is_sent() CASCADE;
DROP FUNCTION suppliers_line_is_sent() CASCADE;
"""

# The embedded server has no contrib modules; search gives the same rows without the index, only slower.
TRIGRAMS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX suppliers_supplier_search ON suppliers_supplier USING gin (search_text gin_trgm_ops);
        CREATE INDEX suppliers_supplierpart_search ON suppliers_supplierpart USING gin (search_text gin_trgm_ops);
    END IF;
END $$;
"""
NO_TRIGRAMS = """
DROP INDEX IF EXISTS suppliers_supplier_search;
DROP INDEX IF EXISTS suppliers_supplierpart_search;
"""

MOVES = {
    "draft": ["sent", "cancelled"],
    "sent": ["partial", "received", "cancelled"],
    "partial": ["sent", "received"],
    "received": ["partial", "sent"],
}

HISTORIES = "supplier suppliercontact supplierpart pricebreak purchaseorder purchaseorderline goodsreceipt pricelistimport"


class Migration(migrations.Migration):
    dependencies = [("suppliers", "0001_initial"), ("parts", "0002_ledger")]

    operations = [
        migrations.RunSQL(SUMS + GUARDS, UNDO),
        LegalMoves("suppliers_purchaseorder", MOVES, start=["draft"]),
        AppendOnly("suppliers_goodsreceipt"),
        AppendOnly("suppliers_goodsreceiptline"),
        *(AppendOnly(f"suppliers_historical{noun}", erasable=True) for noun in HISTORIES.split()),
        migrations.RunSQL(TRIGRAMS, NO_TRIGRAMS),
    ]
