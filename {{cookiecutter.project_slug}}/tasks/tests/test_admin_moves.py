"""What people do to runs in the admin: who may, what it changes, and what is said and written."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tasks.masks import MASK
from tasks.models import RunStatus, TaskRun
from tasks.service import service
from tasks.task import task
from tasks.testing import run_due
from tasks.tests.admin_factories import CANCEL, RETRY, VIEW, make_failed_run, make_run, staff
from tasks.tests.factories import ADD

pytestmark = pytest.mark.django_db

LIST = reverse("admin:tasks_taskrun_changelist")
SUBMITTED = {"_form_submitted": "True"}
MOVES = ["retry", "promote", "cancel"]

printer = {"jammed": False}


@task(max_attempts=1)
def print_label() -> str:
    """Fails while the printer is jammed."""
    if printer["jammed"]:
        raise RuntimeError("the printer is jammed")
    return "printed"


@task(unique=True)
def once(number: int) -> int:
    """One live run for each number."""
    return number


def address(move: str, run: TaskRun) -> str:
    return reverse(f"admin:tasks_taskrun_{move}", args=[run.pk])


def page(run: TaskRun) -> str:
    return reverse("admin:tasks_taskrun_change", args=[run.pk])


def selection(move: str, *runs: TaskRun, **more: str) -> dict[str, Any]:
    ids = [str(run.pk) for run in runs]
    return {"action": f"{move}_selected", "index": "0", "_selected_action": ids, **more}


def confirmed(move: str, *runs: TaskRun) -> dict[str, Any]:
    return selection(move, *runs, confirmed="yes")


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def status_of(run: TaskRun) -> str:
    run.refresh_from_db()
    return run.status


def movable(move: str) -> TaskRun:
    if move == "promote":
        return make_run(RunStatus.SCHEDULED, run_at=timezone.now() + timedelta(days=1))
    return make_failed_run() if move == "retry" else make_run()


MOVED = {"retry": RunStatus.READY, "promote": RunStatus.READY, "cancel": RunStatus.CANCELLED}


def test_a_run_retried_on_its_page_really_runs_again(admin_client: Client) -> None:
    printer["jammed"] = True
    result = print_label.enqueue()
    run_due()
    run = TaskRun.objects.get(pk=result.id)
    assert run.status == RunStatus.FAILED

    printer["jammed"] = False
    response = admin_client.post(address("retry", run), SUBMITTED)

    assert response.status_code == 302
    assert status_of(run) == RunStatus.READY
    run_due()
    assert status_of(run) == RunStatus.SUCCESSFUL
    assert run.result == "printed"
    assert len(run.failures) == 1, "what was written about the first attempt stays"


def test_a_waiting_run_cancelled_on_its_page_ends(admin_client: Client) -> None:
    run = make_run()

    response = admin_client.post(address("cancel", run), SUBMITTED)

    assert status_of(run) == RunStatus.CANCELLED
    assert run.finished_at is not None
    assert "1 run is cancelled" in said(response)


def test_a_deferred_run_that_is_run_now_succeeds_at_once(admin_client: Client) -> None:
    result = once.using(run_after=timedelta(days=1)).enqueue(7)
    run = TaskRun.objects.get(pk=result.id)
    assert run_due() == []

    response = admin_client.post(address("promote", run), SUBMITTED)

    assert "1 run is due now." in said(response)
    run_due()
    assert status_of(run) == RunStatus.SUCCESSFUL
    assert run.result == 7


def test_a_running_run_is_asked_to_stop(admin_client: Client) -> None:
    run = make_run(RunStatus.RUNNING)

    admin_client.post(address("cancel", run), SUBMITTED)

    assert status_of(run) == RunStatus.RUNNING
    assert run.cancel_requested


def test_retrying_a_selection_says_to_how_many_it_applied(admin_client: Client) -> None:
    failed = [make_failed_run(), make_run(RunStatus.CANCELLED)]
    done = make_run(RunStatus.SUCCESSFUL)

    response = admin_client.post(LIST, confirmed("retry", *failed, done))

    assert [status_of(run) for run in failed] == [RunStatus.READY, RunStatus.READY]
    assert status_of(done) == RunStatus.SUCCESSFUL
    assert "2 runs are due again" in said(response)
    assert "1 run was left as it is" in said(response)


def test_cancelling_a_selection_says_to_how_many_it_applied(admin_client: Client) -> None:
    ready, scheduled, done = (
        make_run(status) for status in (RunStatus.READY, RunStatus.SCHEDULED, RunStatus.SUCCESSFUL)
    )

    response = admin_client.post(LIST, confirmed("cancel", ready, scheduled, done))

    assert status_of(ready) == status_of(scheduled) == RunStatus.CANCELLED
    assert status_of(done) == RunStatus.SUCCESSFUL
    assert "2 runs are cancelled" in said(response)


def test_only_what_was_selected_is_moved_whatever_is_posted(admin_client: Client) -> None:
    chosen, other = make_failed_run(), make_failed_run()

    admin_client.post(LIST, {**confirmed("retry", chosen), "select_across": "1"})

    assert status_of(chosen) == RunStatus.READY
    assert status_of(other) == RunStatus.FAILED


def test_a_selection_is_asked_about_before_anything_changes(admin_client: Client) -> None:
    failed, done = make_failed_run(), make_run(RunStatus.SUCCESSFUL)

    response = admin_client.post(LIST, selection("retry", failed, done))

    assert response.status_code == 200
    assert "Retry 1 run?" in response.content.decode()
    assert "1 of those selected stays as it is" in response.content.decode()
    assert str(failed.pk) in response.content.decode()
    assert status_of(failed) == RunStatus.FAILED


@pytest.mark.parametrize(("move", "is_red"), [("retry", False), ("remove", True)])
def test_the_button_that_deletes_a_selection_is_red(
    admin_client: Client, move: str, is_red: bool
) -> None:
    asked = admin_client.post(LIST, selection(move, make_failed_run())).content.decode()

    button = asked.partition('class="tasks-buttons"')[2].partition("<button")[2].partition(">")[0]
    assert ("bg-red-600" in button) is is_red


def test_a_selection_that_allows_nothing_offers_nothing(admin_client: Client) -> None:
    done = make_run(RunStatus.SUCCESSFUL)

    response = admin_client.post(LIST, selection("retry", done))

    dialog = response.content.decode().partition("tasks-dialog")[2].partition("</form>")[0]
    assert "Retry 0 runs?" in dialog
    assert 'type="submit"' not in dialog


def test_filters_survive_a_move(admin_client: Client) -> None:
    run = make_failed_run()
    filtered = f"{LIST}?status__exact=FAILED"

    response = admin_client.post(filtered, confirmed("retry", run))

    assert response.headers["Location"] == filtered


@pytest.mark.parametrize("move", MOVES)
def test_looking_at_a_move_changes_nothing(admin_client: Client, move: str) -> None:
    run = movable(move)
    before = run.status

    dialog = admin_client.get(address(move, run))
    admin_client.get(LIST, confirmed(move, run))

    assert dialog.status_code == 200
    assert str(run.pk) in dialog.content.decode()
    assert status_of(run) == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("move", MOVES)
def test_a_dialog_that_was_not_submitted_changes_nothing(admin_client: Client, move: str) -> None:
    run = movable(move)
    before = run.status

    admin_client.post(address(move, run), {"other": "field"})

    assert status_of(run) == before


@pytest.mark.parametrize("move", MOVES)
def test_a_post_from_another_site_is_refused(admin_client: Client, move: str) -> None:
    run = movable(move)
    before = run.status
    admin_client.handler.enforce_csrf_checks = True

    assert admin_client.post(address(move, run), SUBMITTED).status_code == 403
    assert admin_client.post(LIST, confirmed(move, run)).status_code == 403
    assert status_of(run) == before


@pytest.mark.parametrize(
    ("move", "permissions"),
    [
        ("retry", [VIEW]),
        ("retry", [VIEW, CANCEL]),
        ("retry", [RETRY]),
        ("retry", []),
        ("promote", [VIEW]),
        ("promote", [VIEW, CANCEL]),
        ("promote", [RETRY]),
        ("cancel", [VIEW]),
        ("cancel", [VIEW, RETRY]),
        ("cancel", [CANCEL]),
        ("cancel", []),
    ],
)
def test_without_permission_a_move_is_refused(move: str, permissions: list[str]) -> None:
    client = staff(*permissions)
    run = movable(move)
    before = run.status

    assert client.get(address(move, run)).status_code == 403
    assert client.post(address(move, run), SUBMITTED).status_code == 403
    assert client.post(LIST, confirmed(move, run)).status_code == 403
    assert client.post(LIST, selection(move, run)).status_code == 403
    assert status_of(run) == before


@pytest.mark.parametrize(
    ("move", "permission"), [("retry", RETRY), ("promote", RETRY), ("cancel", CANCEL)]
)
def test_with_permission_a_move_is_made(move: str, permission: str) -> None:
    client = staff(VIEW, permission)
    one, two = movable(move), movable(move)

    client.post(address(move, one), SUBMITTED)
    client.post(LIST, confirmed(move, two))

    assert status_of(one) == status_of(two) == MOVED[move]


@pytest.mark.parametrize("move", MOVES)
def test_a_customer_and_a_stranger_are_sent_to_the_login(
    client: Client, django_user_model: Any, move: str
) -> None:
    run = movable(move)
    before = run.status
    customer = Client()
    customer.force_login(django_user_model.objects.create_user("customer@example.com"))

    for visitor in (client, customer):
        for where, what in ((address(move, run), SUBMITTED), (LIST, confirmed(move, run))):
            response = visitor.post(where, what)
            assert response.status_code == 302
            assert response.headers["Location"].startswith(reverse("admin:login"))
    assert status_of(run) == before


def test_buttons_are_hidden_from_those_who_may_not(admin_client: Client) -> None:
    run = make_failed_run()
    viewer = staff(VIEW)

    for client, shown in ((admin_client, True), (viewer, False)):
        listed = client.get(LIST).content.decode()
        assert ("retry_selected" in listed) is shown
        assert ("cancel_selected" in listed) is shown
        assert (address("retry", run) in client.get(page(run)).content.decode()) is shown


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("status", RunStatus)
def test_a_page_offers_what_applies_to_its_run(
    admin_client: Client, status: RunStatus, move: str
) -> None:
    run = make_run(status)

    shown = address(move, run) in admin_client.get(page(run)).content.decode()

    assert shown is bool(getattr(service, move)([run.pk], by=None).applied)


def test_a_run_that_was_asked_to_stop_is_not_asked_again(admin_client: Client) -> None:
    run = make_run(RunStatus.RUNNING, cancel_requested=True)

    shown = admin_client.get(page(run)).content.decode()

    assert address("cancel", run) not in shown
    assert "Stopping" in shown


@pytest.mark.parametrize("move", MOVES)
def test_every_move_is_in_the_history_of_its_run(admin_client: Client, move: str) -> None:
    run, unmoved = movable(move), make_run(RunStatus.SUCCESSFUL)

    admin_client.post(LIST, confirmed(move, run, unmoved))

    entry = LogEntry.objects.get()
    assert entry.object_id == str(run.pk)
    assert entry.user == get_user(admin_client)
    history = admin_client.get(reverse("admin:tasks_taskrun_history", args=[run.pk]))
    assert entry.change_message in history.content.decode()
    assert "1 entry" in history.content.decode()


def get_user(client: Client) -> Any:
    """Return who is logged in."""
    return client.get(LIST).wsgi_request.user


def test_a_clash_of_unique_keys_is_an_error_message_and_holds_back_no_other(
    admin_client: Client,
) -> None:
    clashing, other = make_failed_run(unique_key="order:7"), make_failed_run()
    make_run(unique_key="order:7")

    response = admin_client.post(LIST, confirmed("retry", clashing, other))

    assert status_of(clashing) == RunStatus.FAILED
    assert status_of(other) == RunStatus.READY
    assert "another live run holds its unique key, order:7" in said(response)
    assert LogEntry.objects.get().object_id == str(other.pk)


def test_a_clash_tells_no_key_to_who_may_not_see_arguments() -> None:
    clashing = make_failed_run(unique_key="order:7")
    make_run(unique_key="order:7")
    client = staff(VIEW, RETRY)

    for response in (
        client.post(LIST, confirmed("retry", clashing)),
        client.post(address("retry", clashing), SUBMITTED),
    ):
        assert "another live run holds its unique key" in said(response)
        assert "order:7" not in said(response)
        assert MASK in said(response)


def test_a_move_on_a_run_that_is_gone_is_not_found(admin_client: Client) -> None:
    for object_id in (uuid.uuid4(), "no-id"):
        where = reverse("admin:tasks_taskrun_retry", args=[object_id])
        assert admin_client.get(where).status_code == 404
        assert admin_client.post(where, SUBMITTED).status_code == 404


@pytest.mark.parametrize(("id_", "answer"), [("no-id", 400), (str(uuid.uuid4()), 302)])
def test_a_selection_of_what_is_no_run_is_answered(
    admin_client: Client, id_: str, answer: int
) -> None:
    response = admin_client.post(LIST, {**confirmed("retry"), "_selected_action": [id_]})

    assert response.status_code == answer
    assert not LogEntry.objects.exists()


def test_a_dialog_reloads_the_page_below_it(admin_client: Client) -> None:
    run = make_failed_run()

    response = admin_client.post(address("retry", run), SUBMITTED, headers={"HX-Request": "true"})

    assert response.headers["HX-Refresh"] == "true"


def test_a_run_is_run_once_more_as_a_new_one_and_stays_as_it_is(admin_client: Client) -> None:
    printer["jammed"] = True
    result = print_label.using(priority=7).enqueue()
    run_due()
    printer["jammed"] = False
    old = TaskRun.objects.get(pk=result.id)

    response = admin_client.post(address("again", old), SUBMITTED)

    new = TaskRun.objects.exclude(pk=old.pk).get()
    assert response.headers["Location"] == page(new)
    run_due()
    assert (status_of(new), new.priority, new.result) == (RunStatus.SUCCESSFUL, 7, "printed")
    assert status_of(old) == RunStatus.FAILED
    told = dict(LogEntry.objects.values_list("object_id", "change_message"))
    assert told == {
        str(old.pk): f"Run once more, as {new.pk}.",
        str(new.pk): f"Enqueued again, as {old.pk} was.",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "shop.tasks.gone"},
        {"name": ADD, "arguments": '{"args":[1],"kwargs":{}}'},
        {"name": ADD, "arguments": "nonsense"},
        {"name": ADD, "arguments": "[]"},
    ],
)
def test_what_cannot_be_run_again_is_said(admin_client: Client, fields: dict[str, str]) -> None:
    run = make_failed_run(**fields)

    response = admin_client.post(address("again", run), SUBMITTED)

    assert response.headers["Location"] == page(run)
    assert said(response)
    assert TaskRun.objects.count() == 1
    assert not LogEntry.objects.exists()


def test_a_live_run_with_the_same_key_is_not_taken_for_a_new_one(admin_client: Client) -> None:
    first = once.enqueue(1)
    run = make_failed_run(name=once.module_path, arguments='{"args":[1],"kwargs":{}}')

    response = admin_client.post(address("again", run), SUBMITTED)

    assert first.id in said(response)
    assert TaskRun.objects.count() == 2
    assert not LogEntry.objects.exists()


def test_to_run_once_more_is_for_those_who_may_enqueue() -> None:
    run = make_failed_run(name=ADD, arguments='{"args":[1,2],"kwargs":{}}')

    for refused in (staff(VIEW), staff(VIEW, RETRY), staff("enqueue_taskrun")):
        assert refused.post(address("again", run), SUBMITTED).status_code == 403
        assert refused.get(address("again", run)).status_code == 403
    assert TaskRun.objects.count() == 1
    assert staff(VIEW, "enqueue_taskrun").post(address("again", run), SUBMITTED).status_code == 302
    assert TaskRun.objects.count() == 2


def test_a_run_deleted_on_its_page_is_gone_and_its_deletion_is_written_down() -> None:
    run, other = make_failed_run(), make_failed_run()
    may = staff(VIEW, "delete_taskrun")

    assert staff(VIEW, RETRY).post(address("remove", run), SUBMITTED).status_code == 403
    assert may.get(address("remove", run)).status_code == 200
    assert may.post(address("remove", run), SUBMITTED).headers["Location"] == LIST

    assert list(TaskRun.objects.all()) == [other]
    (entry,) = LogEntry.objects.all()
    assert (entry.object_id, entry.is_deletion()) == (str(run.pk), True)


def test_a_selection_is_deleted() -> None:
    runs, kept = [make_failed_run() for _ in range(2)], make_run()

    response = staff(VIEW, "delete_taskrun").post(LIST, confirmed("remove", *runs, kept))

    assert "2 runs are deleted." in said(response)
    assert list(TaskRun.objects.all()) == [kept]


def test_nobody_adds_changes_or_deletes_a_run_by_hand(admin_client: Client) -> None:
    run = make_failed_run()

    assert admin_client.get(reverse("admin:tasks_taskrun_add")).status_code == 403
    assert admin_client.post(page(run), {"status": "READY"}).status_code == 403
    assert (
        admin_client.post(
            reverse("admin:tasks_taskrun_delete", args=[run.pk]), {"post": "yes"}
        ).status_code
        == 403
    )
    assert "delete_selected" not in admin_client.get(LIST).content.decode()
    assert status_of(run) == RunStatus.FAILED
