"""Users and groups in the admin."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import User
from accounts.permissions import HolderAdmin


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User], HolderAdmin):
    """Django's page for users, without the names this project has no use for."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "is_staff", "is_active", "joined_at", "last_login")
    list_filter = (
        "is_staff",
        "is_superuser",
        "is_active",
        "wants_newsletter",
        "language",
        "groups",
    )
    search_fields = ("email",)
    ordering = ("-id",)
    readonly_fields = ("last_login", "joined_at")
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("email", "password", "language", "wants_newsletter")}),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Important dates"), {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = (  # type: ignore[assignment]
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "language", "usable_password", "password1", "password2"),
            },
        ),
    )


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, HolderAdmin):
    """Django's page for groups, in Unfold's clothes."""
