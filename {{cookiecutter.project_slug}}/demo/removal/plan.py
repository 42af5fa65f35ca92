"""What belongs to the shop: its apps, its files, and its lines in the files of all."""

import re

APPS = ("orders", "exports", "demo")

GONE = (
    *APPS,
    "config/settings/demo.py",
    "config/settings/exports.py",
    "config/settings/orders.py",
    "deploy/tests",
    "docs/exports.md",
    "docs/patterns/exports.md",
    "docs/patterns/orders.md",
    "docs/removing-the-shop.md",
    "docs/reports.md",
    # The daily report tells of orders. The backups stay.
    "reports/daily.py",
    "reports/numbers.py",
    "reports/period.py",
    "reports/templates",
    "reports/tests/factories.py",
    "reports/tests/test_daily.py",
    "reports/tests/test_period.py",
    "tests/conformance/test_exports.py",
    "tests/conformance/test_shop.py",
    "tests/pages/mails.py",
    "tests/pages/test_buying.py",
    "tests/pages/test_mails.py",
    "tests/pages/test_shop.py",
    "tests/pages/test_try_it.py",
)
"""Files and folders that go as a whole."""

NAMES = re.compile(
    r"\b(orders|exports):|/api/(orders|exports|products)/|(?<!/)/shop/(?!nowhere)|daily_report|daily-report"
)
"""What a text names that needs the shop: its addresses, for one."""

SETTINGS = re.compile(r"\b(REPORT_RECIPIENTS|DEMO)\b")
"""The settings that are gone, by the names that code reads them by."""

MODULES = (*APPS, "reports.daily", "reports.numbers", "reports.period", "reports.tests.factories")
"""What cannot be imported any more."""

VARIABLES = (
    r"(?:DEMO|PAYMENT_\w+|EXPORT_(?:FOLDER|BUCKET|CHUNK_ROWS|HISTORY_DAYS|KEEP_DAYS"
    r"|LINK_SECONDS|MOST_AT_ONCE)"
    r"|STORED_ANSWER_DAYS|REPORT_RECIPIENTS)"
)

LINES: dict[str, tuple[str, ...]] = {
    ".env.example": (rf"#?{VARIABLES}=.*",),
    ".importlinter": (r"    (?:orders|exports|demo)(?:\.\w+)*", r"    reports\.daily"),
    "config/settings/__init__.py": (r"from config\.settings\.(?:demo|exports|orders) import \*",),
    "config/settings/base.py": (r'    "(?:orders|exports)",',),
    "config/settings/files.py": (r"# `config\.settings\.exports` adds .*",),
    "config/settings/unfold.py": (r'.*"(?:orders|exports)\.\w+"\),',),
    "config/urls.py": (r'    path\("", include\("(?:orders|exports)\.urls"\)\),',),
    "docs/cleanup.md": (rf"\| .*`{VARIABLES}` \|",),
    "docs/settings.md": (
        rf"\| `{VARIABLES}` \|.*",
        r"\| (?:orders|exports)\.[EW]\d+ \|.*",
        r"\| config\.E007 \|.*",
        r"\| reports\.E001 \|.*",
    ),
    "docs/api.md": (r"\| `/api/(?:orders|exports|products)/.*",),
    "tests/settings.py": (
        rf'    "{VARIABLES}": .*',
        r"    # Where the tests' own provider .*",
        r"    # Small, so that few rows make many parts\.",
        r"DEMO_FOLDER = .*",
    ),
    "tests/test_admin_asks.py": (r'    "(?:exports_export_cancel|note_by_hand)",',),
    "tests/test_checks.py": (r".*checks\.no_demo,.*",),
    "tests/test_extras.py": (r'        \("TEST_EXPORT_BUCKET", .*',),
    "tests/test_settings.py": (r'    "PAYMENT_PROVIDER": .*',),
    "compose.yaml": (r"    (?:DEMO|PAYMENT_\w+): .*",),
    "compose.production.yaml": (r"    (?:DEMO|PAYMENT_\w+): .*",),
    "README.md": (r"\| `(?:orders|exports|demo)/` \|.*",),
}
"""Whole lines, by file."""

BLOCKS: dict[str, tuple[tuple[str, str], ...]] = {
    "config/settings/base.py": (
        (r"# The sandbox with its seed data.*\nDEMO = .*\n\n", ""),
        (r'if DEMO:\n    INSTALLED_APPS \+= \["demo"\]\n', ""),
    ),
    "config/settings/cleanup.py": (
        (r"# The API's answers to idempotency keys(?:.*\n)*?STORED_ANSWER_DAYS = .*\n\n?", ""),
        (r"# Exports that have failed.*\nEXPORT_HISTORY_DAYS = .*\n\n", ""),
    ),
    "config/settings/reports.py": ((r"# Who gets the report(?:.*\n)*?\n", ""),),
    "config/urls.py": (
        (
            r'if apps\.is_installed\("demo"\):\n    .*\nelse:\n    .*\n',
            (
                'home = RedirectView.as_view(pattern_name="admin:index")\n'
                'urlpatterns += [path("", home, name="home")]\n'
            ),
        ),
        (r"from django\.apps import apps\n", ""),
    ),
    "Makefile": (
        (r" DEMO=(?:true|false)", ""),
        (r" \\\n\tPAYMENT_PROVIDER=\S+", ""),
        (r"(?m)^(?:demo|sandbox|test-compose): #.*\n(?:\t.*\n)+\n", ""),
        (r"(?<= )(?:demo|sandbox|test-compose) ", ""),
    ),
    ".github/workflows/ci.yml": ((r"(?m)^  demo:\n(?:    .*\n|\n(?=    ))+\n?", ""),),
    "compose.yaml": (
        (r" && python manage\.py demo --seed --host postgres", ""),
        (r"  # The payment provider to try the shop.*\n  sandbox:\n(?:    .*\n)+\n", ""),
    ),
    "compose.production.yaml": ((r"(?:  #.*\n)*  sandbox:\n(?:    .*\n)+\n?", ""),),
    "pyproject.toml": ((r'"(?:orders|exports|demo)", ', ""),),
    "README.md": ((r"(?m)^\$ make demo .*\n", ""),),
    "reports/apps.py": (
        (r", check_recipients", ""),
        (r" +checks\.register\(check_recipients\)\n", ""),
    ),
    "docs/patterns/README.md": ((r"(?m)^\* \[.*\]\((?:orders|exports)\.md\)\n", ""),),
}
"""What is written otherwise, by file: a pattern, and what stands in its place."""
