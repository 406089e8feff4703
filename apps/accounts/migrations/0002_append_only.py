from django.db import migrations

from gmtc.triggers import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [AppendOnly("accounts_historicaluser", erasable=True)]
