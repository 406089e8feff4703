"""What the database keeps true of bills of materials: no circle, nothing changes once released, legal moves.

Also the one rule of when two CAD names are the same, as a function, so that an index can answer it.
"""

from django.db import migrations

from gmtc.triggers import AppendOnly, LegalMoves

# Blanks, case and the level of detail at the end make no difference; everything else does (M2_5x6 is not M25x6).
CAD_KEY = r"""
CREATE FUNCTION builds_cad_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT upper(btrim(regexp_replace(
        regexp_replace(name, '(_LOD_(High|Medium|Low)(_\d+)?|\((High|Medium|Low)\))\s*$', '', 'i'),
        '\s+', ' ', 'g'
    )))
$$;
CREATE INDEX builds_part_cad_key ON parts_part ((builds_cad_key(cad_name)) COLLATE "C")
    WHERE deleted_at IS NULL AND cad_name <> '';
CREATE INDEX builds_part_cad_key_reversed ON parts_part ((reverse(builds_cad_key(cad_name))) COLLATE "C")
    WHERE deleted_at IS NULL AND cad_name <> '';
"""
NO_CAD_KEY = """
DROP INDEX builds_part_cad_key;
DROP INDEX builds_part_cad_key_reversed;
DROP FUNCTION builds_cad_key(text);
"""

NO_CIRCLE = """
CREATE FUNCTION builds_no_circle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE products uuid[]; seeds uuid[];
BEGIN
    -- One writer at a time: two who put each other's product on their bills at once would each look fine.
    PERFORM pg_advisory_xact_lock(hashtext('builds_bills'));
    IF TG_TABLE_NAME = 'builds_buildpart' THEN
        seeds := ARRAY[NEW.part_id];
        SELECT array_agg(b.product_id) INTO products
        FROM builds_buildrevision r JOIN builds_printerbuild b ON b.id = r.build_id
        WHERE r.id = NEW.revision_id;
    ELSE
        IF TG_TABLE_NAME = 'builds_buildrevision' THEN
            SELECT array_agg(b.product_id) INTO products FROM builds_printerbuild b WHERE b.id = NEW.build_id;
        ELSE
            products := ARRAY[NEW.product_id];
        END IF;
        SELECT array_agg(l.part_id) INTO seeds
        FROM builds_printerbuild b
        JOIN builds_buildrevision r ON r.build_id = b.id AND r.deleted_at IS NULL AND r.status <> 'retired'
        JOIN builds_buildpart l ON l.revision_id = r.id AND l.deleted_at IS NULL
        WHERE b.product_id = ANY(products) AND b.deleted_at IS NULL;
    END IF;
    IF EXISTS (
        WITH RECURSIVE below(part_id) AS (
            SELECT unnest(seeds)
            UNION
            SELECT l.part_id
            FROM below
            JOIN builds_printerbuild b ON b.product_id = below.part_id AND b.deleted_at IS NULL
            JOIN builds_buildrevision r ON r.build_id = b.id AND r.deleted_at IS NULL AND r.status <> 'retired'
            JOIN builds_buildpart l ON l.revision_id = r.id AND l.deleted_at IS NULL
        )
        SELECT 1 FROM below WHERE part_id = ANY(products)
    ) THEN
        RAISE EXCEPTION '%: a bill of materials would contain itself', TG_TABLE_NAME
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER builds_line_no_circle AFTER INSERT OR UPDATE OF part_id, revision_id, deleted_at ON builds_buildpart
    FOR EACH ROW WHEN (NEW.deleted_at IS NULL) EXECUTE FUNCTION builds_no_circle();
CREATE TRIGGER builds_revision_no_circle AFTER UPDATE OF build_id, status, deleted_at ON builds_buildrevision
    FOR EACH ROW WHEN (NEW.deleted_at IS NULL) EXECUTE FUNCTION builds_no_circle();
CREATE TRIGGER builds_build_no_circle AFTER INSERT OR UPDATE OF product_id, deleted_at ON builds_printerbuild
    FOR EACH ROW WHEN (NEW.deleted_at IS NULL) EXECUTE FUNCTION builds_no_circle();
"""

RELEASED = """
CREATE FUNCTION builds_is_released() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: a released bill of materials does not change any more', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION builds_line_is_released() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE state text;
BEGIN
    -- FOR SHARE waits for a release under way, whose transaction we could not see else.
    FOR state IN
        SELECT r.status FROM builds_buildrevision r
        WHERE r.id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.revision_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.revision_id END
        )
        FOR SHARE
    LOOP
        IF state <> 'draft' THEN
            RAISE EXCEPTION '%: a released bill of materials does not change any more', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER builds_line_released BEFORE INSERT OR UPDATE OR DELETE ON builds_buildpart
    FOR EACH ROW EXECUTE FUNCTION builds_line_is_released();
CREATE TRIGGER builds_line_released_all BEFORE TRUNCATE ON builds_buildpart
    FOR EACH STATEMENT EXECUTE FUNCTION builds_is_released();
CREATE TRIGGER builds_revision_released BEFORE UPDATE ON builds_buildrevision
    FOR EACH ROW WHEN (OLD.status <> 'draft' AND
        (OLD.build_id, OLD.number, OLD.released_at, OLD.released_by_id, OLD.deleted_at) IS DISTINCT FROM
        (NEW.build_id, NEW.number, NEW.released_at, NEW.released_by_id, NEW.deleted_at))
    EXECUTE FUNCTION builds_is_released();
CREATE TRIGGER builds_revision_stays BEFORE DELETE ON builds_buildrevision
    FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION builds_is_released();
CREATE TRIGGER builds_revision_stays_all BEFORE TRUNCATE ON builds_buildrevision
    FOR EACH STATEMENT EXECUTE FUNCTION builds_is_released();
"""

# What a build makes is fixed by its first release: else the past would change with it.
PRODUCT = """
CREATE FUNCTION builds_product_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM builds_buildrevision r WHERE r.build_id = OLD.id AND r.status <> 'draft') THEN
        RAISE EXCEPTION '%: a build that was released keeps its product', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER builds_build_product_stays BEFORE UPDATE OF product_id ON builds_printerbuild
    FOR EACH ROW WHEN (OLD.product_id <> NEW.product_id) EXECUTE FUNCTION builds_product_stays();
"""

UNDO = """
DROP FUNCTION builds_no_circle() CASCADE;
DROP FUNCTION builds_is_released() CASCADE;
DROP FUNCTION builds_line_is_released() CASCADE;
DROP FUNCTION builds_product_stays() CASCADE;
"""

# The embedded server has no contrib modules; search gives the same rows without the index, only slower.
TRIGRAMS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX builds_printerbuild_search ON builds_printerbuild USING gin (search_text gin_trgm_ops);
    END IF;
END $$;
"""

REVISIONS = {"draft": ["released"], "released": ["retired"]}
IMPORTS = {"uploaded": ["checked", "discarded"], "checked": ["accepted", "discarded"]}
HISTORIES = "printerbuild buildrevision buildpart partslistimport"


class Migration(migrations.Migration):
    dependencies = [("builds", "0001_initial"), ("parts", "0003_part_import")]

    operations = [
        migrations.RunSQL(CAD_KEY, NO_CAD_KEY),
        migrations.RunSQL(NO_CIRCLE + RELEASED + PRODUCT, UNDO),
        LegalMoves("builds_buildrevision", REVISIONS, start=["draft"]),
        LegalMoves("builds_partslistimport", IMPORTS, start=["uploaded"]),
        *(AppendOnly(f"builds_historical{noun}", erasable=True) for noun in HISTORIES.split()),
        migrations.RunSQL(TRIGRAMS, "DROP INDEX IF EXISTS builds_printerbuild_search;"),
    ]
