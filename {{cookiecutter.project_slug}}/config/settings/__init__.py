"""The settings, one module a noun; what varies between machines comes from the environment."""

from config.settings.accounts import *
from config.settings.api import *
from config.settings.base import *
from config.settings.database import *
from config.settings.demo import *
from config.settings.email import *
from config.settings.files import *
from config.settings.keys import *
from config.settings.language import *
from config.settings.logging import *
from config.settings.orders import *
from config.settings.outbox import *
from config.settings.security import *
from config.settings.tasks import *
from config.settings.unfold import *
