"""The unit of a part that has moved stays; lists by price or name need no sorting of the whole table."""

from django.db import migrations, models
from django.db.models import Q

from gmtc.alphabet import Alphabetical

UNIT_STAYS = """
CREATE FUNCTION parts_part_unit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM parts_stockmovement WHERE part_id = NEW.id) THEN
        RAISE EXCEPTION 'parts_part: % has moved in stock, its unit stays', NEW.sku USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER parts_part_unit_stays BEFORE UPDATE OF unit ON parts_part
    FOR EACH ROW WHEN (OLD.unit IS DISTINCT FROM NEW.unit) EXECUTE FUNCTION parts_part_unit_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("parts", "0003_part_import")]

    operations = [
        migrations.RunSQL(UNIT_STAYS, "DROP FUNCTION parts_part_unit_stays() CASCADE;"),
        migrations.RemoveIndex(model_name="part", name="parts_part_name_sort"),
        migrations.AddIndex(
            model_name="part",
            index=models.Index(Alphabetical("name"), condition=Q(deleted_at=None), name="parts_part_name_sort"),
        ),
        migrations.AddIndex(
            model_name="part",
            index=models.Index(fields=["unit_price"], condition=Q(deleted_at=None), name="parts_part_price_sort"),
        ),
    ]
