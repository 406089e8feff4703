"""A user's own notifications, and nobody else's."""

import pytest

from apps.notifications.models import Kind, Notification, Preference

pytestmark = pytest.mark.django_db
PAGES = ["/notifications/", "/notifications/menu/", "/notifications/preferences/"]
ACTIONS = ["/notifications/read/", "/notifications/preferences/"]


def line(user, title="Low stock", **facts) -> Notification:
    return Notification.objects.create(user=user, kind=Kind.STOCK, title=title, **facts)


@pytest.mark.parametrize("page", PAGES)
def test_strangers_sign_in_first(client, page):
    assert client.get(page).url.startswith("/accounts/login/")


@pytest.mark.parametrize("page", PAGES)
def test_everybody_has_the_pages(as_viewer, page):
    assert as_viewer.get(page).status_code == 200


@pytest.mark.parametrize("page", PAGES[:2])
def test_only_ones_own_lines_are_shown(as_viewer, viewer, staff, page):
    line(viewer, "For the viewer")
    line(staff, "For the staff")
    text = as_viewer.get(page).content.decode()
    assert "For the viewer" in text
    assert "For the staff" not in text


def test_opening_a_line_marks_it_read_and_leads_on(as_viewer, viewer):
    mine = line(viewer, url="/parts/")
    other = line(viewer)
    assert as_viewer.post(f"/notifications/{mine.pk}/open/").url == "/parts/"
    assert as_viewer.post(f"/notifications/{other.pk}/open/").url == "/notifications/"
    assert not Notification.objects.unread().exists()


@pytest.mark.parametrize("verb", ["open", "read"])
def test_anothers_line_cannot_be_touched(as_viewer, staff, verb):
    theirs = line(staff)
    assert as_viewer.post(f"/notifications/{theirs.pk}/{verb}/").status_code == 404
    assert as_viewer.get(f"/notifications/{theirs.pk}/{verb}/").status_code == 405
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_one_line_or_all_of_ones_own_are_marked_read(as_viewer, viewer, staff):
    lines = [line(viewer) for _n in range(3)]
    theirs = line(staff)
    as_viewer.post(f"/notifications/{lines[0].pk}/read/")
    assert Notification.objects.filter(user=viewer).unread().count() == 2
    assert as_viewer.post("/notifications/read/").url == "/notifications/"
    assert [each.pk for each in Notification.objects.unread()] == [theirs.pk]


def test_the_bell_follows_when_all_is_read_in_the_menu(as_viewer, viewer):
    line(viewer)
    fragment = as_viewer.post("/notifications/read/", headers={"HX-Request": "true"}).content.decode()
    assert 'hx-swap-oob="true"></span>' in fragment
    assert "<html" not in fragment


def test_the_unread_are_a_filter(as_viewer, viewer):
    line(viewer, "Old news")
    Notification.objects.mark_read()
    line(viewer, "Fresh news")
    text = as_viewer.get("/notifications/?unread=1").content.decode()
    assert "Fresh news" in text
    assert "Old news" not in text


def test_preferences_are_kept_for_each_kind(as_viewer, viewer, staff):
    as_viewer.post("/notifications/preferences/", {"stock-in_app": "on", "orders-mail": "on"})
    chosen = Preference.of(viewer)
    assert (chosen["stock"].in_app, chosen["stock"].mail) == (True, False)
    assert (chosen["orders"].in_app, chosen["orders"].mail) == (False, True)
    assert (chosen["billing"].in_app, chosen["billing"].mail) == (False, False)
    assert Preference.of(staff)["billing"].mail, "others keep their own"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_database_the_same_for_every_row(as_viewer, viewer, rows, count_queries):
    for _n in range(rows):
        line(viewer)
    as_viewer.get("/notifications/")
    with count_queries() as queries:
        as_viewer.get("/notifications/")
    assert len([each for each in queries if "notifications_notification" in each["sql"]]) == 3
