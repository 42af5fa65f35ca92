"""What the project is made of: its apps, middleware, templates and addresses."""

from config.settings.env import BASE_DIR, env

# Development or production: a machine that says nothing is taken for production.
DEBUG = env.flag("DEBUG", default=False)

# The sandbox with its seed data and try-it page: never where real orders are taken.
DEMO = env.flag("DEMO", default=DEBUG)

# What the site is called, on its pages and in its mails.
SHOP_NAME = env.text("SHOP_NAME", default="Task Shop")

INSTALLED_APPS = [
    # Before the admin, whose templates and site it replaces.
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Before staticfiles, so that `runserver` serves static files as production does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config",
    "api",
    "tasks",
    "cleanup",
    "accounts",
    "emails",
    "newsletters",
    "orders",
    "exports",
    "reports",
    # After those whose commands have the names of its own: `manage.py worker` is that of `tasks`.
    "django_prodserver",
]
if DEMO:
    INSTALLED_APPS += ["demo"]

MIDDLEWARE = [
    "config.requests.request_id",
    # Before all that redirects or looks at the host: who probes speaks plain HTTP to an address.
    "config.probes.probes",
    "config.metrics.metrics",
    # Before all that may refuse a request: under `/api/` even that is answered as programs read it.
    "api.problems.only_problems",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "config.csp.admin_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.shop",
            ],
        },
    },
]
