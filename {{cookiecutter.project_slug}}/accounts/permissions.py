"""What permissions are called on the pages of users and groups."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import ManyToManyField
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

# Those that Django makes for every model.
DEFAULT = {
    "add": _("Can add %(what)s"),
    "change": _("Can change %(what)s"),
    "delete": _("Can delete %(what)s"),
    "view": _("Can view %(what)s"),
}


def label(permission: Permission) -> str:
    """Return the app and the name in the reader's language.

    Django shows the name that it stored, in English, and the model beside it, which the name names.
    """
    kind = permission.content_type
    model = kind.model_class()
    app = kind.app_label if model is None else model._meta.app_config.verbose_name
    return f"{app} | {_name(permission)}"


def _name(permission: Permission) -> str:
    model = permission.content_type.model_class()
    action, _underscore, rest = permission.codename.partition("_")
    if model is not None and action in DEFAULT and rest == model._meta.model_name:
        return DEFAULT[action] % {"what": model._meta.verbose_name_plural}
    # Marked for translation where the model declares it.
    return gettext(permission.name)


class PermissionsField(ModelMultipleChoiceField[Permission]):
    """Chooses permissions by their labels."""

    def label_from_instance(self, obj: Permission) -> str:
        """Return what stands beside the choice."""
        return label(obj)


class HolderAdmin(ModelAdmin):
    """The admin of a model that holds permissions: they are chosen by their labels."""

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        """Choose the field by what is chosen."""
        if db_field.related_model is Permission:
            kwargs["form_class"] = PermissionsField
        return super().formfield_for_manytomany(db_field, request, **kwargs)
