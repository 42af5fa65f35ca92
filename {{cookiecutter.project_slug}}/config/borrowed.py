"""What Unfold and Django say on the admin's pages, and have not yet translated themselves.

Nobody imports this: `make messages` reads it, and our catalogue comes before theirs.
A text that is no longer theirs does no harm.
"""

from django.utils.translation import gettext_noop

TEXTS = (
    gettext_noop("After you've created a user, you’ll be able to edit more user options."),
    gettext_noop("All applications"),
    gettext_noop("Apply Filters"),
    gettext_noop("Available shortcuts"),
    gettext_noop("Change History"),
    gettext_noop("Changelist shortcuts"),
    gettext_noop("Command tool shortcuts"),
    gettext_noop("Create new record"),
    gettext_noop("Dark"),
    gettext_noop("Date"),
    gettext_noop("Disabled"),
    gettext_noop("Disable password-based authentication"),
    gettext_noop("Enabled"),
    gettext_noop("Enable password-based authentication"),
    gettext_noop("Enable password-based authentication for this user by setting a password."),
    gettext_noop("Forgotten your password or username?"),
    gettext_noop("Global shortcuts"),
    gettext_noop("Go back"),
    gettext_noop("Light"),
    gettext_noop("Logout"),
    gettext_noop("Navigate"),
    gettext_noop("No data"),
    gettext_noop("No results found"),
    gettext_noop("Nothing matched your search"),
    gettext_noop("Open command tool"),
    gettext_noop("Open selection"),
    gettext_noop("Open selection in new tab"),
    gettext_noop("Open shortcuts list"),
    gettext_noop("Password-based authentication"),
    gettext_noop("Previous"),
    gettext_noop("Raw passwords are not stored, so there is no way to see the user’s password."),
    gettext_noop("Recent searches"),
    gettext_noop("Reset password"),
    gettext_noop("Return to site"),
    # The button beside a list's actions: a run is a word of another context here.
    gettext_noop("Run"),
    gettext_noop("Search apps and models..."),
    gettext_noop("Select"),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Select record"),
    gettext_noop("System"),
    gettext_noop("This page yielded into no results."),
    gettext_noop("Toggle dark/light mode"),
    gettext_noop("Toggle filter"),
    gettext_noop("Type to search"),
    gettext_noop(
        "Whether the user will be able to authenticate using a password or not. If disabled, they "
        "may still be able to authenticate using other backends, such as Single Sign-On or LDAP."
    ),
)
