"""What the database keeps itself: what was paid; and what it refuses: changes to an invoice that was issued, and to
payments at all.

`pg_trigger_depth() = 0` is true for a statement that somebody typed, and false inside our own triggers.
"""

from django.db import migrations

from gmtc.triggers import AppendOnly, LegalMoves

SUMS = """
CREATE FUNCTION invoicing_payments_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE invoicing_invoice
        SET paid_amount = paid_amount + NEW.amount, reduction = reduction + NEW.reduction
        WHERE id = NEW.invoice_id AND status <> 'draft' AND kind <> 'credit_note';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'invoicing_payment: only an issued invoice is paid' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoicing_payments_add_up AFTER INSERT ON invoicing_payment
    FOR EACH ROW EXECUTE FUNCTION invoicing_payments_add_up();
"""

GUARDS = """
CREATE FUNCTION invoicing_kept_by_triggers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: this column is a sum that the database keeps', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER invoicing_invoice_guard_insert BEFORE INSERT ON invoicing_invoice
    FOR EACH ROW WHEN (NEW.paid_amount <> 0 OR NEW.reduction <> 0) EXECUTE FUNCTION invoicing_kept_by_triggers();
CREATE TRIGGER invoicing_invoice_guard_update BEFORE UPDATE ON invoicing_invoice
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND
        (NEW.paid_amount, NEW.reduction) IS DISTINCT FROM (OLD.paid_amount, OLD.reduction))
    EXECUTE FUNCTION invoicing_kept_by_triggers();

CREATE FUNCTION invoicing_invoice_own_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM customers_address a
        WHERE a.id IN (NEW.billing_address_id, NEW.shipping_address_id) AND a.customer_id <> NEW.customer_id
    ) OR EXISTS (
        SELECT FROM orders_customerorder o WHERE o.id = NEW.order_id AND o.customer_id <> NEW.customer_id
    ) THEN
        RAISE EXCEPTION '%: order and addresses are those of the customer', TG_TABLE_NAME
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoicing_invoice_own_people
    BEFORE INSERT OR UPDATE OF customer_id, order_id, billing_address_id, shipping_address_id ON invoicing_invoice
    FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_own_people();

CREATE FUNCTION invoicing_is_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: the invoice was issued and does not change any more', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- All columns but these, so that a column that comes later is locked too. search_text is computed after this trigger.
CREATE FUNCTION invoicing_invoice_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE living text[] := ARRAY['status', 'paid_amount', 'reduction', 'mailed_to', 'mailed_at', 'overdue_told_on',
    'responsible_id', 'search_text', 'created_by_id', 'updated_by_id', 'updated_at', 'version'];
BEGIN
    IF to_jsonb(OLD) - living IS DISTINCT FROM to_jsonb(NEW) - living THEN
        RAISE EXCEPTION 'invoicing_invoice: the invoice was issued and does not change any more'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoicing_invoice_frozen BEFORE UPDATE ON invoicing_invoice
    FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION invoicing_invoice_frozen();
CREATE TRIGGER invoicing_invoice_stays BEFORE DELETE ON invoicing_invoice
    FOR EACH ROW EXECUTE FUNCTION invoicing_is_issued();
CREATE TRIGGER invoicing_invoice_stays_all BEFORE TRUNCATE ON invoicing_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_is_issued();

CREATE FUNCTION invoicing_rows_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM invoicing_invoice i
        WHERE i.status <> 'draft' AND i.id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.invoice_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.invoice_id END
        )
    ) THEN
        RAISE EXCEPTION '%: the invoice was issued and does not change any more', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
"""

FROZEN = """
CREATE TRIGGER {table}_frozen BEFORE INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION invoicing_rows_frozen();
CREATE TRIGGER {table}_frozen_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_is_issued();
"""
FROZEN = "".join(
    FROZEN.format(table=table) for table in ("invoicing_invoiceline", "invoicing_invoicetax", "invoicing_deduction")
)

UNDO = """
DROP FUNCTION invoicing_payments_add_up() CASCADE;
DROP FUNCTION invoicing_kept_by_triggers() CASCADE;
DROP FUNCTION invoicing_invoice_own_people() CASCADE;
DROP FUNCTION invoicing_invoice_frozen() CASCADE;
DROP FUNCTION invoicing_rows_frozen() CASCADE;
DROP FUNCTION invoicing_is_issued() CASCADE;
"""

# The embedded server has no contrib modules; search gives the same rows without the index, only slower.
TRIGRAMS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX invoicing_invoice_search ON invoicing_invoice USING gin (search_text gin_trgm_ops);
    END IF;
END $$;
"""
NO_TRIGRAMS = "DROP INDEX IF EXISTS invoicing_invoice_search;"

MOVES = {
    "draft": ["sent", "paid"],
    "sent": ["partially_paid", "paid", "cancelled"],
    "partially_paid": ["sent", "paid", "cancelled"],
    "paid": ["sent", "partially_paid", "cancelled"],
}


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0001_initial"), ("orders", "0002_kept_by_the_database")]

    operations = [
        migrations.RunSQL(SUMS + GUARDS + FROZEN, UNDO),
        LegalMoves("invoicing_invoice", MOVES, start=["draft"]),
        AppendOnly("invoicing_payment"),
        *(AppendOnly(f"invoicing_historical{noun}", erasable=True) for noun in ("invoice", "invoiceline", "payment")),
        migrations.RunSQL(TRIGRAMS, NO_TRIGRAMS),
    ]
