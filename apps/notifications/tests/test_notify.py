"""People are told once, in their own language, the way they chose, and only if the business really happened."""

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.accounts.models import User
from apps.notifications.models import Kind, Notification, Preference
from apps.notifications.notify import notify
from gmtc.mail import send
from gmtc.settings import mailer
from gmtc.testing import PASSWORD


def jobs():
    return ProcrastinateJob.objects.filter(task_name="notifications.mail_notification")


def tell(*users, **changes):
    facts = {"kind": Kind.STOCK, "title": _("Low stock"), "url": "/parts/"}
    return notify(list(users), **facts | changes)


@pytest.mark.django_db
def test_each_user_gets_a_line(staff, manager):
    tell(staff, manager, body="MGN12: 2 left")
    for user in (staff, manager):
        line = Notification.objects.get(user=user)
        assert (line.kind, line.body, line.url, line.read_at) == ("stock", "MGN12: 2 left", "/parts/", None)


@pytest.mark.django_db
def test_the_text_is_written_in_the_language_of_its_reader(staff, manager):
    User.objects.filter(pk=staff.pk).update(language="de")
    staff.refresh_from_db()
    tell(staff, manager, title=_("January"), body=lambda: f"MGN12: {_('Tuesday')}")
    german, english = Notification.objects.get(user=staff), Notification.objects.get(user=manager)
    assert (german.title, english.title) == ("Januar", "January")
    assert (german.body, english.body) == ("MGN12: Dienstag", "MGN12: Tuesday")


@pytest.mark.django_db
def test_without_a_choice_of_language_the_last_browser_counts(staff, client):
    credentials = {"login": staff.email, "password": PASSWORD}
    client.post("/accounts/login/", credentials, headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"})
    staff.refresh_from_db()
    tell(staff, title=_("January"))
    assert Notification.objects.get().title == "Januar"


@pytest.mark.django_db
def test_all_who_hold_a_permission_are_told(staff, manager, viewer, admin):
    gone = User.objects.create_user("gone@example.com", "x", role="admin", name="Gone", is_active=False)
    root = User.objects.create_superuser("root@example.com", "x", name="Root")
    notify("parts.adjust_part", kind=Kind.STOCK, title="Count again")
    told = {line.user for line in Notification.objects.all()}
    assert told == {manager, admin, root}
    assert gone not in told


@pytest.mark.django_db
def test_someone_who_left_is_not_told(staff):
    staff.is_active = False
    assert tell(staff) == []
    assert not Notification.objects.exists()


@pytest.mark.django_db
def test_nobody_is_told_twice_or_of_what_they_did_themselves(staff, manager, count_queries):
    assert [line.user for line in tell(staff, manager, None, manager, by=staff)] == [manager]
    notify("parts.adjust_part", by=manager, kind=Kind.STOCK, title="Count again")
    assert Notification.objects.get().user == manager
    with count_queries() as queries:
        assert tell(None, staff, by=staff) == []
    assert len(queries) == 0


@pytest.mark.django_db
def test_a_notification_leads_to_a_page_of_ours_only(staff):
    for url in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        with pytest.raises(IntegrityError, match="notifications_own_url"), transaction.atomic():
            tell(staff, url=url)


@pytest.mark.django_db
@pytest.mark.parametrize(("in_app", "by_mail"), [(True, True), (True, False), (False, True), (False, False)])
def test_each_user_chooses_how_to_hear_of_a_kind(staff, in_app, by_mail):
    Preference.objects.create(user=staff, kind=Kind.STOCK, in_app=in_app, mail=by_mail)
    tell(staff, mail=True)
    assert Notification.objects.filter(user=staff).exists() == in_app
    assert jobs().exists() == by_mail
    tell(staff, mail=True, kind=Kind.ORDERS)
    assert Notification.objects.filter(kind=Kind.ORDERS).exists(), "another kind is another choice"


@pytest.mark.django_db
def test_nobody_is_mailed_unless_it_is_worth_a_mail(staff):
    tell(staff)
    assert not jobs().exists()


@pytest.mark.django_db
def test_an_unknown_kind_is_a_mistake_of_the_caller(staff):
    with pytest.raises(ValueError, match="nonsense"):
        tell(staff, kind="nonsense")


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_told_to_nobody(staff):
    with transaction.atomic():
        tell(staff, mail=True)
        assert jobs().count() == 1
        transaction.set_rollback(True)
    assert not jobs().exists()
    assert not Notification.objects.exists()


def test_the_job_sends_the_mail(run_jobs, staff):
    tell(staff, mail=True, title="MGN12 <is> short", body="2 left")
    run_jobs()
    (message,) = mail.outbox
    assert message.to == [staff.email]
    assert message.subject == "MGN12 <is> short"
    assert "http://localhost:8000/parts/" in message.body
    assert "2 left" in message.body
    html = message.alternatives[0].content
    assert "MGN12 &lt;is&gt; short" in html
    assert 'href="http://localhost:8000/parts/"' in html
    assert "#0E6B6B" in html


# --- Mail


@pytest.mark.django_db
def test_a_mail_carries_the_paper_and_our_foot():
    send(
        "document",
        to=["buyer@example.com"],
        subject="Invoice\nRE-2026-0001",
        context={"body": "Dear <b>Sir</b>,\nhere it is."},
        language="en",
        attachments=[("RE-2026-0001.pdf", b"%PDF-1.7", "application/pdf")],
        reply_to=["sales@example.com"],
    )
    (message,) = mail.outbox
    assert message.subject == "Invoice RE-2026-0001"
    assert message.reply_to == ["sales@example.com"]
    assert message.attachments[0].filename == "RE-2026-0001.pdf"
    assert message.attachments[0].content == b"%PDF-1.7"
    html = message.alternatives[0].content
    assert "Dear &lt;b&gt;Sir&lt;/b&gt;,<br>here it is." in html
    assert "Dear <b>Sir</b>," in message.body
    for text in (html, message.body):
        assert "GM-TC Muster GmbH" in text
        assert "HRB 00000" in text
        assert "Maxi Muster" in text


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("smtp://user:p%40ss@mail.example.com:587", {"port": 587, "use_tls": True, "password": "p@ss"}),
        ("smtps://user:pw@mail.example.com", {"port": 465, "use_ssl": True, "username": "user"}),
        ("smtp://localhost:25", {"port": 25, "use_tls": False, "host": "localhost"}),
    ],
)
def test_the_mail_server_comes_from_one_address(url, options):
    config = mailer(url)
    assert config["BACKEND"].endswith("smtp.EmailBackend")
    assert options.items() <= config["OPTIONS"].items()


def test_without_a_mail_server_mails_become_files():
    assert mailer("")["BACKEND"].endswith("filebased.EmailBackend")
