// Refreshes what is alive on a page, and draws its charts. How often and how far back is in the
// address; where it does not say, as often as was chosen last, on whichever page. Nothing is asked
// for in a hidden tab, below a dialog, or while somebody selects text.
(() => {
  "use strict";
  const live = document.getElementById("tasks-live");
  const every = document.getElementById("tasks-every");
  const state = document.getElementById("tasks-state");
  if (!live || !every || !state) return;

  const CHOSEN = "tasks-every";
  const charts = new Map();
  let timer = 0;
  let asking = false;
  let putBack = () => {};

  function say(what) {
    state.dataset.state = what;
    const text = state.dataset[what];
    // Said once: a screen reader reads it out whenever it changes.
    if (state.textContent !== text) state.textContent = text;
  }

  function isInTheWay() {
    const dialog = document.querySelector("#modal-content #dialog");
    const selection = getSelection();
    return (
      document.hidden ||
      asking ||
      (dialog !== null && dialog.offsetParent !== null) ||
      (!selection.isCollapsed && live.contains(selection.anchorNode))
    );
  }

  function refresh() {
    if (isInTheWay()) return;
    asking = true;
    const address = live.dataset.url + location.search;
    window.htmx
      .ajax("GET", address, { source: live, target: live, swap: "innerHTML" })
      .catch(() => say("lost"))
      .finally(() => { asking = false; });
  }

  function arm() {
    clearInterval(timer);
    const seconds = Number(every.value);
    say(seconds ? "live" : "off");
    if (seconds) timer = setInterval(refresh, seconds * 1000);
  }

  function keep() {
    const address = new URL(location.href);
    address.searchParams.set("every", every.value);
    history.replaceState(history.state, "", address);
    for (const link of document.querySelectorAll("[data-tasks-window]")) {
      const leads = new URL(link.href);
      leads.searchParams.set("every", every.value);
      link.href = leads;
    }
  }

  function recall() {
    const chosen = localStorage.getItem(CHOSEN);
    const isOffered = [...every.options].some((option) => option.value === chosen);
    if (!isOffered || new URL(location.href).searchParams.has("every")) return;
    every.value = chosen;
    keep();
  }

  every.addEventListener("change", () => {
    localStorage.setItem(CHOSEN, every.value);
    keep();
    arm();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Number(every.value)) refresh();
  });

  live.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target !== live) return;
    const answered = new URL(event.detail.xhr.responseURL).pathname;
    if (answered === live.dataset.url) {
      putBack = window.tasksKeep(live);
      return;
    }
    // The session is over, and this is the login page: go there, and come back to this page.
    event.detail.shouldSwap = false;
    clearInterval(timer);
    location.reload();
  });
  live.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== live) return;
    putBack();
    say(Number(every.value) ? "live" : "off");
    draw();
  });
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    live.addEventListener(name, () => say("lost"));
  }

  // Charts: their canvases stay while their numbers are swapped.

  function colours() {
    const style = getComputedStyle(document.getElementById("tasks-page"));
    return (name) => style.getPropertyValue(`--tasks-${name}`).trim();
  }

  function labels(series) {
    const isShort = series.step < 3600;
    const hours = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const shape = series.ok.length > 48 ? { weekday: "short", ...hours } : hours;
    const write = new Intl.DateTimeFormat(document.documentElement.lang, {
      ...(isShort ? hours : shape), timeZone: series.zone,
    });
    return series.ok.map((_, place) => write.format((series.since + place * series.step) * 1000));
  }

  // How the legend marks a bar, and a line, of which some are dashed.
  const BOX = { boxWidth: 10 };
  const STROKE = { usePointStyle: true, pointStyle: "line", pointStyleWidth: 26, generateLabels: strokes };

  function strokes(chart) {
    const labels = window.Chart.defaults.plugins.legend.labels.generateLabels(chart);
    return labels.map((label) => {
      const { borderDash, borderWidth } = chart.data.datasets[label.datasetIndex];
      return { ...label, lineDash: borderDash, lineWidth: borderWidth };
    });
  }

  function options(colour, { stacked, unit, marks }) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    return {
      animation: still ? false : { duration: 0 },
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { position: "bottom", labels: { color: colour("soft"), boxHeight: 10, ...marks } },
        tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${item.formattedValue}${unit}` } },
      },
      scales: {
        x: { stacked, grid: { display: false }, border: { color: colour("line") },
             ticks: { color: colour("soft"), maxTicksLimit: 7, maxRotation: 0 } },
        y: { stacked, beginAtZero: true, border: { display: false }, grid: { color: colour("line") },
             ticks: { color: colour("soft"), maxTicksLimit: 5, precision: unit ? undefined : 0,
                      callback: (value) => `${value.toLocaleString(document.documentElement.lang)}${unit}` } },
      },
    };
  }

  function show(id, type, data, settings) {
    const canvas = document.getElementById(id);
    if (!canvas) return;
    const chart = charts.get(id);
    if (chart) {
      chart.data = data;
      chart.options = settings;
      chart.update("none");
    } else {
      charts.set(id, new window.Chart(canvas, { type, data, options: settings }));
    }
  }

  function draw() {
    const source = document.getElementById("tasks-series");
    if (!source || !window.Chart) return;
    const series = JSON.parse(source.textContent);
    const colour = colours();
    const names = labels(series);
    const canvas = document.getElementById("tasks-ended");
    const text = canvas ? canvas.dataset : {};
    const bar = (label, data, name) => ({
      label, data, backgroundColor: colour(name), maxBarThickness: 22, borderRadius: 2, minBarLength: 2,
    });
    const line = (label, data, name, dashed) => ({
      label, data, borderColor: colour(name), backgroundColor: colour(name), borderWidth: 2,
      borderDash: dashed ? [4, 3] : [], pointRadius: data.length < 3 ? 3 : 1, tension: 0.2, spanGaps: true,
    });
    show("tasks-ended", "bar", {
      labels: names,
      datasets: [bar(text.ok, series.ok.map((n) => n || null), "good"),
                 bar(text.failed, series.failed.map((n) => n || null), "bad")],
    }, options(colour, { stacked: true, unit: "", marks: BOX }));
    show("tasks-took", "line", {
      labels: names,
      datasets: [
        line(`${text.run} p50`, series.run50, "good"), line(`${text.run} p95`, series.run95, "good", true),
        line(`${text.wait} p50`, series.wait50, "late"), line(`${text.wait} p95`, series.wait95, "late", true),
      ],
    }, options(colour, { stacked: false, unit: " s", marks: STROKE }));
  }

  new MutationObserver(draw).observe(document.documentElement, {
    attributes: true, attributeFilter: ["class"],
  });
  recall();
  draw();
  arm();
})();
