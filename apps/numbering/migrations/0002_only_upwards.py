"""A counter only ever moves on by one, so that a number is neither given twice nor left out."""

from django.db import migrations

from gmtc.triggers import AppendOnly

UPWARDS = """
CREATE FUNCTION numbering_counter_only_upwards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR NEW.last <> OLD.last + 1 OR (NEW.series, NEW.year) <> (OLD.series, OLD.year) THEN
        RAISE EXCEPTION 'numbering_counter counts upwards by one: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER numbering_counter_only_upwards BEFORE UPDATE OR DELETE ON numbering_counter
    FOR EACH ROW EXECUTE FUNCTION numbering_counter_only_upwards();
CREATE TRIGGER numbering_counter_stays BEFORE TRUNCATE ON numbering_counter
    FOR EACH STATEMENT EXECUTE FUNCTION numbering_counter_only_upwards();
"""


class Migration(migrations.Migration):
    dependencies = [("numbering", "0001_initial")]

    operations = [
        AppendOnly("numbering_historicalseries", erasable=True),
        migrations.RunSQL(UPWARDS, "DROP FUNCTION numbering_counter_only_upwards() CASCADE;"),
    ]
