"""The ledger keeps its own sums.

Each movement adds to its stock level and its part; each reservation to its part. Guards refuse every other hand:
`pg_trigger_depth() = 0` is true for a statement that somebody typed, and false inside our own triggers.
"""

from django.db import migrations

from gmtc.triggers import AppendOnly, NoCircle

SUMS = """
CREATE FUNCTION parts_ledger_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The part first: its row lock makes writers of one part wait for each other, in every path.
    UPDATE parts_part SET current_stock = current_stock + NEW.quantity WHERE id = NEW.part_id;
    UPDATE parts_stocklevel SET quantity = quantity + NEW.quantity
        WHERE part_id = NEW.part_id AND location_id = NEW.location_id;
    IF NOT FOUND THEN
        INSERT INTO parts_stocklevel (id, part_id, location_id, quantity)
            VALUES (gen_random_uuid(), NEW.part_id, NEW.location_id, NEW.quantity);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER parts_ledger_adds_up AFTER INSERT ON parts_stockmovement
    FOR EACH ROW EXECUTE FUNCTION parts_ledger_adds_up();

CREATE FUNCTION parts_reservations_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE parts_part SET reserved_stock = reserved_stock - OLD.quantity WHERE id = OLD.part_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE parts_part SET reserved_stock = reserved_stock + NEW.quantity WHERE id = NEW.part_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER parts_reservations_add_up AFTER INSERT OR DELETE OR UPDATE OF quantity, part_id ON parts_reservation
    FOR EACH ROW EXECUTE FUNCTION parts_reservations_add_up();
"""

GUARDS = """
CREATE FUNCTION parts_only_the_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: stock is only changed by writing a movement or a reservation', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER parts_level_guard BEFORE INSERT OR UPDATE OR DELETE ON parts_stocklevel
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION parts_only_the_ledger();
CREATE TRIGGER parts_level_guard_all BEFORE TRUNCATE ON parts_stocklevel
    FOR EACH STATEMENT EXECUTE FUNCTION parts_only_the_ledger();
CREATE TRIGGER parts_part_guard_insert BEFORE INSERT ON parts_part
    FOR EACH ROW WHEN (NEW.current_stock <> 0 OR NEW.reserved_stock <> 0) EXECUTE FUNCTION parts_only_the_ledger();
CREATE TRIGGER parts_part_guard_update BEFORE UPDATE ON parts_part
    FOR EACH ROW WHEN (pg_trigger_depth() = 0
        AND (NEW.current_stock <> OLD.current_stock OR NEW.reserved_stock <> OLD.reserved_stock))
    EXECUTE FUNCTION parts_only_the_ledger();
CREATE TRIGGER parts_reservation_guard_all BEFORE TRUNCATE ON parts_reservation
    FOR EACH STATEMENT EXECUTE FUNCTION parts_only_the_ledger();
"""

UNDO = """
DROP FUNCTION parts_ledger_adds_up() CASCADE;
DROP FUNCTION parts_reservations_add_up() CASCADE;
DROP FUNCTION parts_only_the_ledger() CASCADE;
"""

# The embedded server has no contrib modules; search gives the same rows without the index, only slower.
TRIGRAMS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX parts_part_search ON parts_part USING gin (search_text gin_trgm_ops);
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("parts", "0001_initial")]

    operations = [
        migrations.RunSQL(SUMS + GUARDS, UNDO),
        AppendOnly("parts_stockmovement"),
        NoCircle("parts_category"),
        NoCircle("parts_storagelocation"),
        AppendOnly("parts_historicalpart", erasable=True),
        AppendOnly("parts_historicalcategory", erasable=True),
        AppendOnly("parts_historicalstoragelocation", erasable=True),
        AppendOnly("parts_historicalreservation", erasable=True),
        migrations.RunSQL(TRIGRAMS, "DROP INDEX IF EXISTS parts_part_search;"),
    ]
