"""Pages of the two trees, and what remote selects ask for."""

from django.db.models import Count, F, Q, Sum
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.parts.forms import CategoryForm, LocationForm
from apps.parts.models import Category, Part, StorageLocation
from gmtc.views import ActionView, CreateView, DetailView, UpdateView, permission_required


@permission_required("parts.view_category")
def category_list(request):
    return render(request, "parts/category_list.html", {"categories": _counted_categories()})


@permission_required("parts.view_part")
def category_tree(request):
    """The fragment beside the parts list."""
    context = {"categories": _counted_categories(), "chosen": request.GET.get("category", "")}
    return render(request, "parts/category_tree.html", context)


def _counted_categories() -> list:
    """In tree order, each with `parts_below`: its own parts and those of every category under it."""
    categories = list(Category.objects.with_path())
    counts = dict(Part.objects.order_by().values_list("category").annotate(parts=Count("pk")))
    by_key = {category.pk: category for category in categories}
    for category in categories:
        category.parts_below = counts.get(category.pk, 0)
    for category in reversed(categories):  # in tree order, so children come before their parents here
        if category.parent_id in by_key:
            by_key[category.parent_id].parts_below += category.parts_below
    return categories


class CategoryCreate(CreateView):
    permission = "parts.add_category"
    model = Category
    form_class = CategoryForm
    template_name = "parts/category_form.html"


class CategoryUpdate(UpdateView):
    permission = "parts.change_category"
    model = Category
    form_class = CategoryForm
    template_name = "parts/category_form.html"


class CategoryDiscard(ActionView):
    permission = "parts.delete_category"
    model = Category
    verb = "discard"
    done = _("%(record)s moved to the trash.")
    undo = "parts:category_restore"

    def after(self, category):
        return reverse("parts:category_list")


class CategoryRestore(CategoryDiscard):
    verb = "restore"
    done = _("%(record)s taken out of the trash.")
    undo = ""


@permission_required("parts.view_storagelocation")
def location_list(request):
    locations = StorageLocation.objects.with_path().annotate(
        parts=Count("levels", filter=Q(levels__quantity__gt=0)),
    )
    return render(request, "parts/location_list.html", {"locations": locations})


class LocationDetail(DetailView):
    permission = "parts.view_storagelocation"
    model = StorageLocation
    template_name = "parts/location_detail.html"

    def context(self, location):
        levels = location.levels.filter(quantity__gt=0).select_related("part").order_by("part__sku")
        return {
            "levels": levels[:200],
            "number_of_parts": levels.count(),
            "value": levels.aggregate(value=Sum(F("quantity") * F("part__average_cost")))["value"],
            "children": location.children.filter(deleted_at=None),
        }


class LocationCreate(CreateView):
    permission = "parts.add_storagelocation"
    model = StorageLocation
    form_class = LocationForm
    template_name = "parts/location_form.html"


class LocationUpdate(UpdateView):
    permission = "parts.change_storagelocation"
    model = StorageLocation
    form_class = LocationForm
    template_name = "parts/location_form.html"


class LocationDiscard(ActionView):
    permission = "parts.delete_storagelocation"
    model = StorageLocation
    verb = "discard"
    done = _("%(record)s moved to the trash.")
    undo = "parts:location_restore"

    def after(self, location):
        return location.get_absolute_url() if location.deleted_at is None else reverse("parts:location_list")


class LocationRestore(LocationDiscard):
    verb = "restore"
    done = _("%(record)s taken out of the trash.")
    undo = ""


# --- Choices for remote selects: {"results": [{"id", "text", "hint"}, ...]}, at most 50


@permission_required("parts.view_part")
def part_choices(request):
    parts = Part.objects.active().search(request.GET.get("q", "")).order_by("sku")[:50]
    return JsonResponse({"results": [{"id": part.pk, "text": part.sku, "hint": part.name} for part in parts]})


@permission_required("parts.view_category")
def category_choices(request):
    return _branches(Category.objects.with_path(), request.GET.get("q", ""), lambda each: each.name)


@permission_required("parts.view_storagelocation")
def location_choices(request):
    return _branches(StorageLocation.objects.with_path(), request.GET.get("q", ""), lambda each: each.code)


def _branches(branches, text: str, name_of):
    words = text.lower().split()
    found = [
        {"id": each.pk, "text": name_of(each), "hint": each.path}
        for each in branches
        if all(word in f"{name_of(each)} {each.path}".lower() for word in words)
    ]
    return JsonResponse({"results": found[:50]})
