"""An issued document is never changed or removed, by whatever hand; history only where the law demands it."""

from django.db import migrations

from gmtc.triggers import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]

    operations = [
        AppendOnly("documents_document"),
        AppendOnly("documents_historicalattachment", erasable=True),
    ]
