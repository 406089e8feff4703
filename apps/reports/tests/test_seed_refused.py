import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.parts.models import Part
from apps.parts.tests.factories import make_part


@pytest.mark.django_db
def test_the_demo_company_leaves_a_database_with_business_data_alone():
    make_part(sku="REAL")
    with pytest.raises(CommandError, match="holds business data"):
        call_command("seed_demo")
    assert Part.objects.count() == 1
    assert not User.objects.exists()
