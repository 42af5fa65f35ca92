"""The mails that everybody sends first. Their failures are shown in `test_naive.py`."""

from django.core.mail import send_mail
from django.db import transaction

from accounts.models import User
from tasks.task import task


def register_and_mail(email: str) -> User:
    """Create an account and welcome it, in one transaction."""
    with transaction.atomic():
        user = User.objects.create_user(email)
        send_mail("Welcome to the shop", "Your account is ready.", None, [email])
        user.full_clean(exclude=["password"])
    return user


@task(queue_name="mail", max_attempts=3, backoff=0.1)
def mail_them(addresses: list[str]) -> None:
    """Send the news to everybody, in a task that is retried when it fails."""
    for address in addresses:
        send_mail("News of the shop", "There is news.", None, [address])
