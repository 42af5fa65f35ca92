from django.apps import AppConfig

from tasks.tests.sample import failpoints


class SampleConfig(AppConfig):
    """Tasks for tests, and ends of processes at chosen points."""

    name = "tasks.tests.sample"

    def ready(self) -> None:
        """Arm the point that the test named, if it named one."""
        failpoints.arm()
