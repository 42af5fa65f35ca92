"""Who comes by the places of the newsletters, and how it ends."""

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import make_user
from emails.models import Email
from emails.tasks import send_bulk
from newsletters import sending
from newsletters.letters import prefix
from newsletters.models import Newsletter
from newsletters.tasks import address, begin, finish
from newsletters.tests.factories import make_newsletter
from tasks.models import Gate, GateKind
from tasks.testing import assert_enqueued
from tests.forms import form_of
from tests.scenario import Request, Run, Stage, request, run

READERS = 3


@run("newsletter")
def _newsletter(stage: Stage, what: str) -> Run:
    newsletter, run_id = stage.once(_begun)
    return Run(
        who=finish.module_path if "ended" in what else run_id,
        end=lambda: _end_of(newsletter, stage),
    )


def _begun(stage: Stage) -> tuple[Newsletter, str]:
    stage.environment["TEST_NEWSLETTER_RATE"] = "100000/m"
    newsletter = _to_readers()
    begin(newsletter)
    return newsletter, str(assert_enqueued(address, newsletter.pk).pk)


@request("editor")
def _editor(stage: Stage, what: str) -> Request:
    newsletter, editor = _to_readers(), make_user()
    if "begun" not in what:
        sending.start(newsletter)
    if "begun" not in what and "called off" not in what:
        address.func(newsletter.pk)
    if "resumed" in what:
        sending.pause(stored(newsletter), by=editor)

    def send() -> None:
        # As a page shows it that is loaded anew.
        now = stored(newsletter)
        if "begun" in what:
            begin(now)
        elif "called off" in what:
            sending.call_off(now)
        elif "paused" in what:
            sending.pause(now, by=editor)
        else:
            sending.resume(now, by=editor)

    return Request(send=send, end=lambda: _end_of(newsletter, stage))


@request("form")
def _written(stage: Stage, what: str) -> Request:
    client, page = Client(), reverse("admin:newsletters_newsletter_add")
    client.force_login(make_user(is_staff=True, is_superuser=True))
    form = form_of(client.get(page)) | {"subject": "Spring", "body": "It is warm."}
    return Request(
        send=lambda: client.post(page, form),
        end=Newsletter.objects.filter(subject="Spring").count,
    )


def stored(newsletter: Newsletter) -> Newsletter:
    return Newsletter.objects.get(pk=newsletter.pk)


def _to_readers() -> Newsletter:
    User.objects.update(wants_newsletter=False)
    for _ in range(READERS):
        make_user(wants_newsletter=True)
    return make_newsletter()


def _end_of(newsletter: Newsletter, stage: Stage) -> Any:
    """Say how far it is, what each reader has got, and whether the mails are held up."""
    mails = Email.objects.filter(key__startswith=prefix(newsletter))
    gates = Gate.objects.filter(kind=GateKind.TASK, name=send_bulk.module_path)
    return (
        stored(newsletter).state,
        sorted((mail.state, stage.server.copies[mail.to]) for mail in mails),
        gates.exclude(paused_at=None).count(),
    )
