"""What people need to be allowed before they see tasks or do something to them.

The admin, the API and the pages that come with them ask for these, each where it is carried out.
"""

from types import MappingProxyType

VIEW_RUNS = "tasks.view_taskrun"
# Arguments, results, checkpoints, messages of errors, tracebacks, log lines: masked without it.
VIEW_ARGUMENTS = "tasks.view_arguments"
# Retry what has ended, and run now what is scheduled: both make a run due.
RETRY_RUNS = "tasks.retry_taskrun"
CANCEL_RUNS = "tasks.cancel_taskrun"
DELETE_RUNS = "tasks.delete_taskrun"
# Run a task now, and run one again as a new run.
ENQUEUE_RUNS = "tasks.enqueue_taskrun"

VIEW_GATES = "tasks.view_gate"
# Pause and resume a queue or a task.
PAUSE_GATES = "tasks.pause_gate"
LIMIT_GATES = "tasks.limit_gate"

VIEW_WORKERS = "tasks.view_worker"
# Quiet and stop them.
CONTROL_WORKERS = "tasks.control_worker"

VIEW_SCHEDULES = "tasks.view_schedule"
ADD_SCHEDULES = "tasks.add_schedule"
CHANGE_SCHEDULES = "tasks.change_schedule"
DELETE_SCHEDULES = "tasks.delete_schedule"
# Pause and resume.
SWITCH_SCHEDULES = "tasks.switch_schedule"
RUN_SCHEDULES = "tasks.run_schedule"

VIEW_ALERTS = "tasks.view_alert"
# Who did what: Django's own history.
VIEW_AUDIT = "admin.view_logentry"

VIEWING = (VIEW_RUNS, VIEW_GATES, VIEW_WORKERS, VIEW_SCHEDULES, VIEW_ALERTS)
OPERATING = (
    *VIEWING,
    VIEW_ARGUMENTS,
    VIEW_AUDIT,
    RETRY_RUNS,
    CANCEL_RUNS,
    DELETE_RUNS,
    ENQUEUE_RUNS,
    PAUSE_GATES,
    LIMIT_GATES,
    CONTROL_WORKERS,
    ADD_SCHEDULES,
    CHANGE_SCHEDULES,
    DELETE_SCHEDULES,
    SWITCH_SCHEDULES,
    RUN_SCHEDULES,
)

# By the name of the group; `manage.py tasks roles` makes them.
ROLES = MappingProxyType({"Task viewers": VIEWING, "Task operators": OPERATING})
