"""The settings, one module a noun; what varies between machines comes from the environment."""

import django_stubs_ext

from config.settings.accounts import *
from config.settings.alerts import *
from config.settings.api import *
from config.settings.base import *
from config.settings.cache import *
from config.settings.cleanup import *
from config.settings.database import *
from config.settings.demo import *
from config.settings.email import *
from config.settings.env import BASE_DIR as BASE_DIR
from config.settings.exports import *
from config.settings.files import *
from config.settings.keys import *
from config.settings.language import *
from config.settings.logging import *
from config.settings.metrics import *
from config.settings.orders import *
from config.settings.outbox import *
from config.settings.processes import *
from config.settings.reports import *
from config.settings.security import *
from config.settings.tasks import *
from config.settings.telemetry import *
from config.settings.unfold import *

# Lets Django's generic classes be written with their types, as the type checker wants: without it
# `ModelForm[Product]` is an error when the module is imported.
django_stubs_ext.monkeypatch()
