"""History is only ever added to."""

from django.db import migrations

from gmtc.triggers import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("company", "0001_initial")]

    operations = [
        AppendOnly("company_historicalcompany", erasable=True),
        AppendOnly("company_historicaldocumenttext", erasable=True),
    ]
