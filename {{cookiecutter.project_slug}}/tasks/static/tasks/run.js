// The page of a run: its upper part is read again every two seconds while something may happen.
(() => {
  "use strict";

  const EVERY = 2000;
  const box = document.getElementById("tasks-live");
  let putBack = () => {};
  // The box that was shown last, and where that left the drawing.
  let shown = { box: null, left: 0, top: 0 };

  function part() {
    return box.querySelector(".tasks-live");
  }

  function isAsked() {
    const modal = document.getElementById("modal-content");
    return modal !== null && modal.offsetParent !== null && modal.childElementCount > 0;
  }

  // Show the box that runs, unless it was shown already or the reader has scrolled the drawing.
  function follow() {
    const graph = box.querySelector(".tasks-graph");
    const running = graph?.querySelector(".tasks-running");
    if (!running || running.getAttribute("href") === shown.box) return;
    if (Math.abs(graph.scrollLeft - shown.left) > 1 || Math.abs(graph.scrollTop - shown.top) > 1) return;
    const { x, y } = running.querySelector("rect");
    graph.scrollLeft = Math.max(0, x.baseVal.value - 24);
    graph.scrollTop = Math.max(0, y.baseVal.value - 24);
    shown = { box: running.getAttribute("href"), left: graph.scrollLeft, top: graph.scrollTop };
  }

  function refresh() {
    if (!document.hidden && !isAsked() && part()?.dataset.live === "yes") {
      window.htmx.trigger(box, "tasks:refresh");
    }
  }

  if (box) {
    const version = part().dataset.version;
    const address = new URL(box.getAttribute("hx-get"), window.location.href).pathname;

    document.body.addEventListener("htmx:beforeSwap", (event) => {
      if (event.detail.target !== box) return;
      // Who was logged out is led to the login, and htmx has followed.
      if (new URL(event.detail.xhr.responseURL).pathname !== address) {
        event.detail.shouldSwap = false;
        window.location.reload();
        return;
      }
      putBack = window.tasksKeep(box);
    });
    document.body.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target !== box) return;
      // What is offered at the top and told below is that of another status.
      if (part().dataset.version !== version) window.location.reload();
      else {
        putBack();
        follow();
      }
    });
    box.addEventListener("htmx:responseError", () => window.location.reload());
    follow();
    window.setInterval(refresh, EVERY);
  }

  for (const button of document.querySelectorAll("[data-tasks-copy]")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.tasksCopy).textContent);
      button.classList.add("tasks-is-copied");
      window.setTimeout(() => button.classList.remove("tasks-is-copied"), 1500);
    });
  }
})();
