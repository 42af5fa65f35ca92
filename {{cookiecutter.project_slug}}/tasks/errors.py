"""What can go wrong with a task, as the caller, the task's body or the history sees it."""

from django.tasks.exceptions import InvalidTask
from django.utils.translation import gettext as _


class InvalidTaskOption(InvalidTask):
    """A task was declared or called with an option that is unknown or has a bad value."""


class InvalidWorkflow(InvalidTask):
    """A chain or a group was made of what it cannot be made of."""


class InvalidSchedule(ValueError):
    """A schedule has a rule, a time zone or arguments that make no sense. One sentence says why."""


class ArgumentsNotJSON(TypeError):
    """The arguments of a call cannot be written as JSON."""


class ArgumentsTooLarge(ValueError):
    """The arguments of a call take more than the allowed number of bytes of JSON."""


class ResultNotJSON(TypeError):
    """A task returned, or stored as its state, what is no JSON or more of it than is allowed."""


class WaitTimeout(TimeoutError):
    """A run had not ended when the caller's patience had."""


class TaskCancelled(Exception):
    """Somebody asked the run to stop. Raised by `RunContext.raise_if_cancelled()`."""


class TimeLimitExceeded(Exception):
    """The body ran for longer than its task's `time_limit`. Raised inside the body."""


class WorkerLost(Exception):
    """The worker that held the run died, or was silent for longer than its lease."""


class UnknownTask(LookupError):
    """A row names a task that no installed app declares. Nothing is imported for it."""


class UniqueRunExists(ValueError):
    """A run cannot live, or live again, while another live run holds its unique key."""


class UnknownRun(LookupError):
    """There is no run of that id."""


class UnknownWorker(LookupError):
    """There is no worker of that id, or it is not alive."""


class UnknownQueue(LookupError):
    """No task declares that queue, and no run and no gate names it."""


class ArgumentsDoNotFit(TypeError):
    """A task that was called by its name does not take these arguments."""


class ArgumentsInvalid(ArgumentsDoNotFit):
    """A person gave a task arguments that it does not take; `errors` says which, and why."""

    def __init__(self, name: str, errors: dict[str, str]) -> None:
        wrong = " ".join(f"{argument}: {text}" for argument, text in errors.items())
        said = _("Task %(name)s cannot be run like this. %(wrong)s")
        super().__init__(said % {"name": name, "wrong": wrong})
        self.errors = errors


class NotManual(PermissionError):
    """A task does not opt in to being run by people: it lacks the option `manual=True`."""


class UnknownSchedule(LookupError):
    """There is no schedule of that name."""
