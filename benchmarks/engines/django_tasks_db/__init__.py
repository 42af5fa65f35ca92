"""django-tasks-db: the reference database backend of `django.tasks`."""
