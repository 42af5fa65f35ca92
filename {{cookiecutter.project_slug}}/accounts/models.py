"""The user: an e-mail address and a password; and the codes that stand in for the password."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts import languages
from accounts.fields import LoginEmailField
from tasks.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """Makes users; `createsuperuser` and the registration both end here."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user. Raises `ValueError` with no address, `IntegrityError` if it is taken."""
        if not email:
            raise ValueError("A user needs an e-mail address; an empty one was given.")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything, the admin included."""
        return self.create_user(
            email, password, **{**fields, "is_staff": True, "is_superuser": True}
        )


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can log in, by e-mail address. There is no username."""

    email = LoginEmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("An account with this e-mail address exists already.")},
    )
    is_staff = models.BooleanField(
        _("staff"), default=False, help_text=_("May log into the admin.")
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("May log in. Switch off instead of deleting.")
    )
    wants_newsletter = models.BooleanField(
        _("newsletter"), default=False, help_text=_("Has asked for the shop's news by e-mail.")
    )
    language = models.CharField(
        _("language"),
        max_length=10,
        # Functions, so that another language of the site is no migration.
        choices=languages.choices,
        default=languages.of_the_site,
        help_text=_("Mails are written in it."),
    )
    joined_at = models.DateTimeField(_("joined at"), db_default=Now(), editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            # What writes around the field (raw SQL, another program) keeps to one spelling too.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.email


class OneTimeCode(models.Model):
    """A code that was given to a user, for one purpose, once. The code itself is stored nowhere."""

    class Purpose(models.TextChoices):
        """What a code is good for."""

        PASSWORD_RESET = "password-reset", _("password reset")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="codes")
    purpose = models.CharField(_("purpose"), max_length=30, choices=Purpose)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("one-time code")
        verbose_name_plural = _("one-time codes")
        indexes = [models.Index(fields=["expires_at"], name="code_expires_at")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
