"""The context processor `brand`."""

from django.utils.functional import SimpleLazyObject

from apps.company.models import Company


def brand(request):
    """`{{ brand.css_url }}` and the like: one query for a page that shows the brand, none for one that does not."""
    return {"brand": SimpleLazyObject(lambda: Company.current_brand())}
