from django.core.management import call_command
from django.db import migrations

TABLE = "cache"  # as settings.CACHES names it


def create(apps, schema_editor):
    """Always, even where the cache lies elsewhere today: whoever goes back to the database finds it there."""
    call_command("createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0)


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE IF EXISTS {TABLE}")


class Migration(migrations.Migration):
    """Signing in counts failed attempts in the cache, so the cache comes with the room that needs it first."""

    dependencies = [("accounts", "0002_append_only")]
    operations = [migrations.RunPython(create, drop)]
