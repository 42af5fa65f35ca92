"""Who logs in, where, and with which passwords."""

from config.settings.base import DEMO

AUTH_USER_MODEL = "accounts.User"

AUTHENTICATION_BACKENDS = [
    # In the demo, `admin` is short for the administrator's address.
    "demo.backends.DemoBackend" if DEMO else "django.contrib.auth.backends.ModelBackend"
]

LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
