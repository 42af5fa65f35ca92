"""django-ox: a database backend of `django.tasks` with many features."""
