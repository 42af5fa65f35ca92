// Asks for the live list every so often; htmx does the rest. Rests in a hidden tab, while paused, and
// while text in the list is selected, which a swap would undo.
const EVERY = 1500;

const list = document.getElementById("live");
const pause = document.getElementById("live-pause");
const lost = document.getElementById("live-lost");

const paused = () => pause.getAttribute("aria-pressed") === "true";

function selecting() {
  const selection = document.getSelection();
  return !selection.isCollapsed && list.contains(selection.anchorNode);
}

function refresh() {
  if (!document.hidden && !paused() && !selecting()) {
    htmx.trigger(list, "refresh");
  }
}

pause.hidden = false;
pause.addEventListener("click", () => {
  pause.setAttribute("aria-pressed", String(!paused()));
  refresh();
});
list.addEventListener("htmx:afterRequest", (event) => {
  lost.hidden = event.detail.successful;
});
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, EVERY);
