"""The REST API: who may ask, how often, and how it is described."""

from typing import Any

from config.settings.base import SHOP_NAME
from config.settings.env import env
from config.settings.security import SECURE_PROXY_SSL_HEADER

REST_FRAMEWORK: dict[str, Any] = {
    # Programs bring a token, pages the session's cookie and a CSRF token. The first of them says
    # how one who brings neither is answered: 401.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.TokenAuthentication",
        "api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["api.throttles.ActionThrottle"],
    "DEFAULT_PARSER_CLASSES": ["api.parsing.JSONParser"],
    # No browsable API: its pages need inline scripts, which the site's policy refuses.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # ASCII: what a task returned may hold halves of characters, which UTF-8 has no bytes for.
    "UNICODE_JSON": False,
    # OPTIONS tells nothing that the description does not.
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "api.problems.problem",
    # Who has no user is counted by address: by the proxy's word where it is trusted.
    "NUM_PROXIES": 1 if SECURE_PROXY_SSL_HEADER else 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# Requests that one user, or one address without a user, may send in a minute.
API_RATES = {
    "read": env.number("API_READS_A_MINUTE", default=600, at_least=1),
    "write": env.number("API_WRITES_A_MINUTE", default=120, at_least=1),
    "enqueue": env.number("API_ENQUEUES_A_MINUTE", default=60, at_least=1),
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": SHOP_NAME,
    "DESCRIPTION": "Orders, exports, and the background tasks behind them.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/",
    # What is sent and what comes back are described apart.
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.schema.problems",
    ],
}
