"""What the database keeps itself: how much of a line came back; and what it refuses: promising more than is open, and
changes to what has left the house.

`pg_trigger_depth() = 0` is true for a statement that somebody typed, and false inside our own triggers.
"""

from django.db import migrations

from gmtc.triggers import AppendOnly, LegalMoves

SUMS = """
CREATE FUNCTION deliveries_returns_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE deliveries_deliveryline SET returned_quantity = returned_quantity + NEW.quantity WHERE id = NEW.line_id;
    RETURN NULL;
END $$;
CREATE TRIGGER deliveries_returns_add_up AFTER INSERT ON deliveries_deliveryreturnline
    FOR EACH ROW EXECUTE FUNCTION deliveries_returns_add_up();
"""

# What all deliveries of an order's line have or promise is no more than was ordered. Deferred, because one edit may move
# quantities between the rows of a line. The order line is locked, so of two transactions that promise the same goods the
# second sees what the first has done.
PROMISES = """
CREATE FUNCTION deliveries_check_line(line uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE ordered numeric; promised numeric;
BEGIN
    SELECT quantity INTO ordered FROM orders_orderline WHERE id = line FOR NO KEY UPDATE;
    SELECT coalesce(sum(l.quantity), 0) INTO promised
        FROM deliveries_deliveryline l JOIN deliveries_delivery d ON d.id = l.delivery_id
        WHERE l.order_line_id = line AND l.deleted_at IS NULL AND d.status <> 'cancelled' AND d.deleted_at IS NULL;
    IF promised > ordered THEN
        RAISE EXCEPTION 'deliveries_deliveryline: % would be delivered, % were ordered', promised, ordered
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION deliveries_line_promises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM orders_orderline o JOIN deliveries_delivery d ON d.order_id = o.order_id
        WHERE o.id = NEW.order_line_id AND d.id = NEW.delivery_id
    ) THEN
        RAISE EXCEPTION '%: the line is of another order', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    PERFORM deliveries_check_line(NEW.order_line_id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deliveries_promise_insert AFTER INSERT ON deliveries_deliveryline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION deliveries_line_promises();
CREATE CONSTRAINT TRIGGER deliveries_promise_update AFTER UPDATE OF quantity, deleted_at, order_line_id, delivery_id
    ON deliveries_deliveryline DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.quantity, OLD.deleted_at, OLD.order_line_id, OLD.delivery_id)
        IS DISTINCT FROM (NEW.quantity, NEW.deleted_at, NEW.order_line_id, NEW.delivery_id))
    EXECUTE FUNCTION deliveries_line_promises();

CREATE FUNCTION deliveries_delivery_promises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM deliveries_check_line(line) FROM (
        SELECT DISTINCT order_line_id AS line FROM deliveries_deliveryline
        WHERE delivery_id = NEW.id AND deleted_at IS NULL ORDER BY 1
    ) lines;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deliveries_promise_restored AFTER UPDATE OF deleted_at ON deliveries_delivery
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION deliveries_delivery_promises();
"""

GUARDS = """
CREATE FUNCTION deliveries_kept_by_triggers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: this column is a sum that the database keeps', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER deliveries_line_guard_insert BEFORE INSERT ON deliveries_deliveryline
    FOR EACH ROW WHEN (NEW.returned_quantity <> 0) EXECUTE FUNCTION deliveries_kept_by_triggers();
CREATE TRIGGER deliveries_line_guard_update BEFORE UPDATE ON deliveries_deliveryline
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND NEW.returned_quantity <> OLD.returned_quantity)
    EXECUTE FUNCTION deliveries_kept_by_triggers();

CREATE FUNCTION deliveries_has_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: the delivery has left the house and does not change any more', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER deliveries_delivery_frozen BEFORE UPDATE ON deliveries_delivery
    FOR EACH ROW WHEN (OLD.status <> 'pending' AND
        (OLD.number, OLD.order_id, OLD.language, OLD.ship_by, OLD.package_count, OLD.weight, OLD.notes, OLD.bill_to,
         OLD.shipped_on, OLD.reason, OLD.name, OLD.person, OLD.extra, OLD.street, OLD.postcode, OLD.city, OLD.state,
         OLD.country)
        IS DISTINCT FROM
        (NEW.number, NEW.order_id, NEW.language, NEW.ship_by, NEW.package_count, NEW.weight, NEW.notes, NEW.bill_to,
         NEW.shipped_on, NEW.reason, NEW.name, NEW.person, NEW.extra, NEW.street, NEW.postcode, NEW.city, NEW.state,
         NEW.country))
    EXECUTE FUNCTION deliveries_has_left();
CREATE TRIGGER deliveries_delivery_arrived BEFORE UPDATE ON deliveries_delivery
    FOR EACH ROW WHEN (OLD.delivered_on IS NOT NULL AND
        (OLD.delivered_on, OLD.received_by, OLD.carrier_id, OLD.service, OLD.tracking_number, OLD.expected_on)
        IS DISTINCT FROM
        (NEW.delivered_on, NEW.received_by, NEW.carrier_id, NEW.service, NEW.tracking_number, NEW.expected_on))
    EXECUTE FUNCTION deliveries_has_left();
CREATE TRIGGER deliveries_delivery_stays BEFORE DELETE ON deliveries_delivery
    FOR EACH ROW EXECUTE FUNCTION deliveries_has_left();
CREATE TRIGGER deliveries_delivery_stays_all BEFORE TRUNCATE ON deliveries_delivery
    FOR EACH STATEMENT EXECUTE FUNCTION deliveries_has_left();

CREATE FUNCTION deliveries_line_has_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND
        (OLD.delivery_id, OLD.order_line_id, OLD.position, OLD.quantity, OLD.location_id, OLD.unit_cost, OLD.deleted_at)
        IS NOT DISTINCT FROM
        (NEW.delivery_id, NEW.order_line_id, NEW.position, NEW.quantity, NEW.location_id, NEW.unit_cost, NEW.deleted_at)
    THEN RETURN NEW; END IF;
    IF EXISTS (
        SELECT FROM deliveries_delivery d
        WHERE d.status <> 'pending' AND d.id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.delivery_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.delivery_id END
        )
    ) THEN
        RAISE EXCEPTION '%: the delivery has left the house and does not change any more', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER deliveries_line_frozen BEFORE INSERT OR UPDATE OR DELETE ON deliveries_deliveryline
    FOR EACH ROW EXECUTE FUNCTION deliveries_line_has_left();
CREATE TRIGGER deliveries_line_frozen_all BEFORE TRUNCATE ON deliveries_deliveryline
    FOR EACH STATEMENT EXECUTE FUNCTION deliveries_has_left();

CREATE FUNCTION deliveries_printer_has_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.return_line_id IS NULL AND EXISTS (
            SELECT FROM deliveries_deliveryline l JOIN deliveries_delivery d ON d.id = l.delivery_id
            WHERE l.id = NEW.line_id AND d.status = 'pending'
        ) THEN RETURN NEW; END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF OLD.return_line_id IS NULL AND (OLD.id, OLD.line_id, OLD.printer_id) = (NEW.id, NEW.line_id, NEW.printer_id)
            AND EXISTS (
                SELECT FROM deliveries_deliveryreturnline r WHERE r.id = NEW.return_line_id AND r.line_id = NEW.line_id
            )
        THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION '%: which printers have left does not change', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER deliveries_printer_frozen BEFORE INSERT OR UPDATE OR DELETE ON deliveries_deliveryprinter
    FOR EACH ROW EXECUTE FUNCTION deliveries_printer_has_left();
CREATE TRIGGER deliveries_printer_frozen_all BEFORE TRUNCATE ON deliveries_deliveryprinter
    FOR EACH STATEMENT EXECUTE FUNCTION deliveries_has_left();
"""

UNDO = """
DROP FUNCTION deliveries_returns_add_up() CASCADE;
DROP FUNCTION deliveries_line_promises() CASCADE;
DROP FUNCTION deliveries_delivery_promises() CASCADE;
DROP FUNCTION deliveries_check_line(uuid) CASCADE;
DROP FUNCTION deliveries_kept_by_triggers() CASCADE;
DROP FUNCTION deliveries_has_left() CASCADE;
DROP FUNCTION deliveries_line_has_left() CASCADE;
DROP FUNCTION deliveries_printer_has_left() CASCADE;
"""

# The embedded server has no contrib modules; search gives the same rows without the index, only slower.
TRIGRAMS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX deliveries_delivery_search ON deliveries_delivery USING gin (search_text gin_trgm_ops);
    END IF;
END $$;
"""
NO_TRIGRAMS = "DROP INDEX IF EXISTS deliveries_delivery_search;"

# What the customer collects has arrived when it leaves.
MOVES = {
    "pending": ["in_transit", "delivered", "cancelled"],
    "in_transit": ["delivered", "returned"],
    "delivered": ["returned"],
}


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0001_initial")]

    operations = [
        migrations.RunSQL(SUMS + PROMISES + GUARDS, UNDO),
        LegalMoves("deliveries_delivery", MOVES, start=["pending"]),
        AppendOnly("deliveries_deliveryreturn"),
        AppendOnly("deliveries_deliveryreturnline"),
        *(
            AppendOnly(f"deliveries_historical{noun}", erasable=True)
            for noun in ("carrier", "delivery", "deliveryline", "deliveryreturn")
        ),
        migrations.RunSQL(TRIGRAMS, NO_TRIGRAMS),
    ]
