"""Hosts, HTTPS, cookies, and what a page may load."""

from django.utils import csp

from config.settings.base import DEBUG
from config.settings.env import env, split_url

ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", default=[".localhost", "127.0.0.1", "[::1]"] if DEBUG else []
)

# The first of them that is a host's name and not a pattern.
_HOST = next((host.lstrip(".") for host in ALLOWED_HOSTS if host != "*"), "localhost")

# What links in mails begin with; its scheme says whether the site is served over HTTPS.
SITE_URL = env.parsed(
    "SITE_URL",
    lambda url: split_url(url).geturl().rstrip("/"),
    default="http://localhost:8000" if DEBUG else f"https://{_HOST}",
    example="https://shop.example.com",
)
HTTPS = SITE_URL.startswith("https://")

SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []

# Behind a proxy that ends TLS, Django sees plain HTTP and would redirect for ever; this header says
# what the browser spoke. Trust it only where the proxy overwrites what a client sends.
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("TRUST_PROXY", default=False) else None
)

# For so many seconds browsers refuse plain HTTP, here and on every subdomain. It cannot be taken
# back, so it starts at an hour; make it a year (31536000) once all of them are served over HTTPS.
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", default=3600, at_least=0) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

# All from this site and nothing inline: text that slips through as HTML still runs no script.
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [csp.CSP.SELF],
    "img-src": [csp.CSP.SELF, "data:"],
    "object-src": [csp.CSP.NONE],
    "base-uri": [csp.CSP.NONE],
    "form-action": [csp.CSP.SELF],
    "frame-ancestors": [csp.CSP.NONE],
}
# Unfold evaluates the expressions in its attributes and writes colours into `style`.
ADMIN_CSP: dict[str, list[str]] = SECURE_CSP | {
    "script-src": [csp.CSP.SELF, csp.CSP.UNSAFE_EVAL],
    "style-src": [csp.CSP.SELF, csp.CSP.UNSAFE_INLINE],
}
