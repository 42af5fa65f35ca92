"""Who comes by the places of the accounts, and how it ends."""

import uuid
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts import codes
from accounts.models import OneTimeCode, User
from accounts.tests.factories import make_user
from emails.models import Email
from tests.scenario import Request, Stage, request

NEW = "another correct horse"


@request("registration")
def _registration(stage: Stage, what: str) -> Request:
    address, client = f"{uuid.uuid4().hex}@example.com", Client()
    form = {"email": address, "password1": NEW, "password2": NEW}

    def end() -> Any:
        mails = Email.objects.filter(to=address)
        keys = [mail.key.partition(":")[0] for mail in mails]
        return User.objects.filter(email=address).count(), keys, stage.server.copies[address]

    return Request(send=lambda: client.post(reverse("accounts:register"), form), end=end)


@request("forgotten password")
def _forgotten(stage: Stage, what: str) -> Request:
    user, client = make_user(), Client()

    def end() -> Any:
        known = User.objects.get(pk=user.pk)
        open_codes = OneTimeCode.objects.filter(user=user, used_at=None)
        return known.check_password(NEW), open_codes.count(), stage.server.copies[user.email]

    if "link" in what:
        asked = {"email": user.email}
        return Request(send=lambda: client.post(reverse("accounts:password-reset"), asked), end=end)
    code = codes.issue(user, OneTimeCode.Purpose.PASSWORD_RESET)
    link = codes.reset_link(str(code.pk)).removeprefix("http://testserver")

    def set_password() -> None:
        page = client.get(link, follow=True)
        if page.redirect_chain:
            form = {"new_password1": NEW, "new_password2": NEW}
            client.post(page.redirect_chain[-1][0], form)

    return Request(send=set_password, end=end)
