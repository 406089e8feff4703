"""The dashboard: what the office wants to know in the morning."""

from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, Q, Sum
from django.shortcuts import render

from apps.parts.models import Part, StockMovement


@login_required
def dashboard(request):
    """Each panel is shown to those who may see its list."""
    context = {}
    if request.user.has_perm("parts.view_part"):
        parts = Part.objects.all()
        context["stock"] = parts.aggregate(
            parts=Count("pk"),
            value=Sum(F("current_stock") * F("average_cost")),
            low=Count("pk", filter=Part.IS_LOW),
            reserved=Count("pk", filter=Q(reserved_stock__gt=0)),
        )
        context["short"] = (
            parts.low_stock()
            .active()
            .annotate(missing=F("minimum_stock") - F("current_stock") + F("reserved_stock"))
            .order_by("-missing", "sku")[:8]
        )
        context["movements"] = StockMovement.objects.select_related("part", "created_by")[:8]
    return render(request, "reports/dashboard.html", context)
