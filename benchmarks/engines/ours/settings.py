"""The baked project's own settings, with the no-op tasks added."""

from config.settings import *
from config.settings import INSTALLED_APPS

INSTALLED_APPS += ["benchmarks.engines.ours"]
