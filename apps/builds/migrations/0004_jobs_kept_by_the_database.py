"""What the database keeps true of production: the bill of a released job never changes, a completed job consumed
exactly what it says, reserved quantities are the sum of the reservations, printers keep their serial numbers.

`pg_trigger_depth() = 0` is true for a statement that somebody typed, and false inside our own triggers.
"""

from django.db import migrations

from gmtc.triggers import AppendOnly, LegalMoves

RESERVED = """
CREATE FUNCTION builds_reservations_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.reference_type = 'builds.jobpart' THEN
        UPDATE builds_jobpart SET reserved_quantity = reserved_quantity - OLD.quantity WHERE id = OLD.reference_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.reference_type = 'builds.jobpart' THEN
        UPDATE builds_jobpart SET reserved_quantity = reserved_quantity + NEW.quantity WHERE id = NEW.reference_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER builds_reservations_add_up
    AFTER INSERT OR DELETE OR UPDATE OF quantity, reference_type, reference_id ON parts_reservation
    FOR EACH ROW EXECUTE FUNCTION builds_reservations_add_up();

CREATE FUNCTION builds_kept_by_triggers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: this column is a sum that the database keeps', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER builds_jobpart_guard_insert BEFORE INSERT ON builds_jobpart
    FOR EACH ROW WHEN (NEW.reserved_quantity <> 0) EXECUTE FUNCTION builds_kept_by_triggers();
CREATE TRIGGER builds_jobpart_guard_update BEFORE UPDATE ON builds_jobpart
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND NEW.reserved_quantity <> OLD.reserved_quantity)
    EXECUTE FUNCTION builds_kept_by_triggers();
"""

FROZEN = """
CREATE FUNCTION builds_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: this stays as it is', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION builds_jobpart_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE state text := (SELECT status FROM builds_productionjob WHERE id = NEW.job_id);
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF state <> 'planned' THEN
            RAISE EXCEPTION '%: the bill of a released job does not change any more', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF (OLD.job_id, OLD.position, OLD.part_id, OLD.quantity, OLD.is_stocked, OLD.item_number, OLD.deleted_at)
        IS DISTINCT FROM
        (NEW.job_id, NEW.position, NEW.part_id, NEW.quantity, NEW.is_stocked, NEW.item_number, NEW.deleted_at)
    THEN
        RAISE EXCEPTION '%: the bill of a released job does not change any more', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    ELSIF state NOT IN ('released', 'in_production', 'testing') AND
        (OLD.picked_quantity, OLD.replaced_quantity, OLD.consumed_quantity, OLD.unit_cost, OLD.location_id)
        IS DISTINCT FROM
        (NEW.picked_quantity, NEW.replaced_quantity, NEW.consumed_quantity, NEW.unit_cost, NEW.location_id)
    THEN
        RAISE EXCEPTION '%: the job is %, what it took does not change', TG_TABLE_NAME, state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER builds_jobpart_frozen BEFORE INSERT OR UPDATE ON builds_jobpart
    FOR EACH ROW EXECUTE FUNCTION builds_jobpart_frozen();
CREATE TRIGGER builds_jobpart_stays BEFORE DELETE ON builds_jobpart
    FOR EACH ROW EXECUTE FUNCTION builds_stays();
CREATE TRIGGER builds_jobpart_stays_all BEFORE TRUNCATE ON builds_jobpart
    FOR EACH STATEMENT EXECUTE FUNCTION builds_stays();

-- Extras and tests: open as long as the job is.
CREATE FUNCTION builds_job_is_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM builds_productionjob
        WHERE id IN (NEW.job_id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.job_id END) AND status IN ('completed', 'cancelled')
    ) THEN
        RAISE EXCEPTION '%: the job is over', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER builds_extrause_over BEFORE INSERT OR UPDATE ON builds_extrause
    FOR EACH ROW EXECUTE FUNCTION builds_job_is_over();
CREATE TRIGGER builds_extrause_stays BEFORE DELETE ON builds_extrause
    FOR EACH ROW EXECUTE FUNCTION builds_stays();
CREATE TRIGGER builds_extrause_stays_all BEFORE TRUNCATE ON builds_extrause
    FOR EACH STATEMENT EXECUTE FUNCTION builds_stays();
CREATE TRIGGER builds_jobcheck_over BEFORE INSERT OR UPDATE ON builds_jobcheck
    FOR EACH ROW EXECUTE FUNCTION builds_job_is_over();
CREATE TRIGGER builds_jobcheck_stays BEFORE DELETE ON builds_jobcheck
    FOR EACH ROW EXECUTE FUNCTION builds_stays();
CREATE TRIGGER builds_jobcheck_stays_all BEFORE TRUNCATE ON builds_jobcheck
    FOR EACH STATEMENT EXECUTE FUNCTION builds_stays();

CREATE TRIGGER builds_job_frozen BEFORE UPDATE ON builds_productionjob
    FOR EACH ROW WHEN (OLD.number <> NEW.number OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at
        OR OLD.status <> 'planned' AND
        (OLD.part_id, OLD.revision_id, OLD.quantity, OLD.order_line_id, OLD.released_at) IS DISTINCT FROM
        (NEW.part_id, NEW.revision_id, NEW.quantity, NEW.order_line_id, NEW.released_at)
        OR OLD.status IN ('completed', 'cancelled') AND
        (OLD.workplace_id, OLD.started_at, OLD.completed_at, OLD.cost, OLD.reason) IS DISTINCT FROM
        (NEW.workplace_id, NEW.started_at, NEW.completed_at, NEW.cost, NEW.reason))
    EXECUTE FUNCTION builds_stays();
CREATE TRIGGER builds_job_stays BEFORE DELETE ON builds_productionjob
    FOR EACH ROW EXECUTE FUNCTION builds_stays();
CREATE TRIGGER builds_job_stays_all BEFORE TRUNCATE ON builds_productionjob
    FOR EACH STATEMENT EXECUTE FUNCTION builds_stays();

CREATE TRIGGER builds_printer_frozen BEFORE UPDATE ON builds_printer
    FOR EACH ROW WHEN ((OLD.serial, OLD.part_id, OLD.job_id, OLD.piece, OLD.deleted_at) IS DISTINCT FROM
        (NEW.serial, NEW.part_id, NEW.job_id, NEW.piece, NEW.deleted_at))
    EXECUTE FUNCTION builds_stays();
CREATE TRIGGER builds_printer_stays BEFORE DELETE ON builds_printer
    FOR EACH ROW EXECUTE FUNCTION builds_stays();
CREATE TRIGGER builds_printer_stays_all BEFORE TRUNCATE ON builds_printer
    FOR EACH STATEMENT EXECUTE FUNCTION builds_stays();
"""

JOBS = """
CREATE FUNCTION builds_job_completed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM builds_jobpart WHERE job_id = NEW.id AND consumed_quantity <> quantity - replaced_quantity
    ) OR EXISTS (
        SELECT FROM builds_extrause WHERE job_id = NEW.id AND deleted_at IS NULL AND consumed_quantity <> quantity
    ) THEN
        RAISE EXCEPTION '%: a completed job consumed exactly what it says', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM builds_jobcheck WHERE job_id = NEW.id AND result <> 'passed') THEN
        RAISE EXCEPTION '%: a completed job has passed its tests', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER builds_job_completed BEFORE UPDATE OF status ON builds_productionjob
    FOR EACH ROW WHEN (NEW.status = 'completed' AND OLD.status <> 'completed') EXECUTE FUNCTION builds_job_completed();

CREATE FUNCTION builds_job_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM orders_orderline WHERE id = NEW.order_line_id AND part_id = NEW.part_id) THEN
        RAISE EXCEPTION '%: the order is for another part', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER builds_job_order BEFORE INSERT OR UPDATE OF order_line_id, part_id ON builds_productionjob
    FOR EACH ROW WHEN (NEW.order_line_id IS NOT NULL) EXECUTE FUNCTION builds_job_order();
"""

UNDO = """
DROP FUNCTION builds_reservations_add_up() CASCADE;
DROP FUNCTION builds_kept_by_triggers() CASCADE;
DROP FUNCTION builds_stays() CASCADE;
DROP FUNCTION builds_jobpart_frozen() CASCADE;
DROP FUNCTION builds_job_is_over() CASCADE;
DROP FUNCTION builds_job_completed() CASCADE;
DROP FUNCTION builds_job_order() CASCADE;
"""

JOB_MOVES = {
    "planned": ["released", "cancelled"],
    "released": ["in_production", "cancelled"],
    "in_production": ["testing", "completed", "cancelled"],
    "testing": ["completed", "cancelled"],
}
PRINTER_MOVES = {"in_stock": ["shipped"], "shipped": ["returned"], "returned": ["shipped", "in_stock"]}
HISTORIES = "productionjob jobpart extrause jobcheck teststep printer"


class Migration(migrations.Migration):
    dependencies = [("builds", "0003_jobs"), ("parts", "0002_ledger"), ("orders", "0001_initial")]

    operations = [
        migrations.RunSQL(RESERVED + FROZEN + JOBS, UNDO),
        LegalMoves("builds_productionjob", JOB_MOVES, start=["planned"]),
        LegalMoves("builds_printer", PRINTER_MOVES, start=["in_stock"]),
        *(AppendOnly(f"builds_historical{noun}", erasable=True) for noun in HISTORIES.split()),
    ]
