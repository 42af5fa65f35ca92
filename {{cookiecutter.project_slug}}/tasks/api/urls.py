"""The addresses of the task system's API, under `/api/tasks/`."""

from django.urls import path

from tasks.api import declared, moves, numbers, queues, runs, schedules, workers

app_name = "tasks-api"
urlpatterns = [
    path("runs/", runs.RunList.as_view(), name="runs"),
    path("runs/bulk/", moves.RunBulk.as_view(), name="bulk"),
    path("runs/<uuid:id>/", runs.RunDetail.as_view(), name="run"),
    path("runs/<uuid:id>/related/", runs.RunRelated.as_view(), name="related"),
    path("runs/<uuid:id>/lines/", runs.RunLines.as_view(), name="lines"),
    path("runs/<uuid:id>/retry/", moves.RunRetry.as_view(), name="retry"),
    path("runs/<uuid:id>/promote/", moves.RunPromote.as_view(), name="promote"),
    path("runs/<uuid:id>/cancel/", moves.RunCancel.as_view(), name="cancel"),
    path("runs/<uuid:id>/again/", moves.RunAgain.as_view(), name="again"),
    path("stats/", numbers.StatisticsView.as_view(), name="stats"),
    path("timeline/", numbers.TimelineView.as_view(), name="timeline"),
    path("overview/", numbers.OverviewView.as_view(), name="overview"),
    path("tasks/", declared.TaskList.as_view(), name="tasks"),
    path("tasks/<str:name>/", declared.TaskDetail.as_view(), name="task"),
    path("tasks/<str:name>/pause/", declared.TaskPause.as_view(), name="task-pause"),
    path("tasks/<str:name>/resume/", declared.TaskResume.as_view(), name="task-resume"),
    path("queues/", queues.QueueList.as_view(), name="queues"),
    # A queue's name may hold a slash.
    path("queues/<path:name>/pause/", queues.QueuePause.as_view(), name="queue-pause"),
    path("queues/<path:name>/resume/", queues.QueueResume.as_view(), name="queue-resume"),
    path("queues/<path:name>/limit/", queues.QueueLimit.as_view(), name="queue-limit"),
    path("queues/<path:name>/", queues.QueueDetail.as_view(), name="queue"),
    path("workers/", workers.WorkerList.as_view(), name="workers"),
    path("workers/<uuid:id>/", workers.WorkerDetail.as_view(), name="worker"),
    path("workers/<uuid:id>/quiet/", workers.WorkerQuiet.as_view(), name="worker-quiet"),
    path("workers/<uuid:id>/resume/", workers.WorkerResume.as_view(), name="worker-resume"),
    path("workers/<uuid:id>/stop/", workers.WorkerStop.as_view(), name="worker-stop"),
    path("schedules/", schedules.ScheduleList.as_view(), name="schedules"),
    path("schedules/<int:id>/", schedules.ScheduleDetail.as_view(), name="schedule"),
    path("schedules/<int:id>/run/", schedules.ScheduleRun.as_view(), name="schedule-run"),
    path("schedules/<int:id>/pause/", schedules.SchedulePause.as_view(), name="schedule-pause"),
    path("schedules/<int:id>/resume/", schedules.ScheduleResume.as_view(), name="schedule-resume"),
]
