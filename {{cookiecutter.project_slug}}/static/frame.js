// The frame around the admin's pages, for who uses the keyboard or has the page read out. Some of
// Unfold's buttons can only be clicked, and its landmarks and icons have no names: here they get
// what a button and a landmark of HTML have. Nothing of it is shown before its own scripts have run.
(() => {
  "use strict";

  // What is clicked, and what that opens or closes. `name` is one of `#frame-names`, for an icon alone;
  // what `leaves` does so by the Escape key without our help.
  const BUTTONS = [
    { selector: "#header-inner [x-on\\:click^='sidebarToggle']", name: "menu", opens: "#nav-sidebar" },
    { selector: "#nav-sidebar [x-on\\:click^='sidebarToggle']", name: "closeMenu" },
    { selector: "[x-on\\:click*='opencommand'] > div" },
    { selector: "#nav-sidebar [x-on\\:click*='openUserLinks']", opens: "#nav-sidebar nav[x-show='openUserLinks']" },
    { selector: "[x-on\\:click^='switchTheme']" },
    { selector: ".filter-open-button", opens: "#changelist-filter", leaves: true },
    { selector: "[x-on\\:click*='showActions']", name: "actions", opens: "[x-on\\:click*='showActions'] + ul" },
    { selector: "[x-on\\:click='handleClear()']", name: "closeSearch" },
    { selector: "[x-on\\:click^='showPassword']", name: "password" },
  ];
  // Fields and links without words.
  const NAMED = [
    { selector: "#nav-sidebar-inner > div:first-child a", name: "home" },
    { selector: "#searchbar", name: "search" },
    { selector: "#searchbar-submit, #command-submit", name: "find" },
    { selector: "#search-input-command", name: "search" },
    { selector: "select[name='action']", name: "action" },
  ];
  const FOCUSABLE = "a[href], button, input:not([type='hidden']), select, textarea, summary, [tabindex='0']";

  function isShown(element) {
    return element.getClientRects().length > 0;
  }

  function first(within) {
    return [...within.querySelectorAll(FOCUSABLE)].find(isShown);
  }

  function makeButton(element, label) {
    element.setAttribute("role", "button");
    if (label) element.setAttribute("aria-label", label);
    if (!element.hasAttribute("href")) element.tabIndex = 0;
    element.addEventListener("click", (event) => {
      // Unfold's `#` would lead to the top of the page.
      if (element.getAttribute("href") === "#") event.preventDefault();
    });
    element.addEventListener("keydown", (event) => {
      if (event.target !== element || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      element.click();
    });
  }

  // Into what opens, and back to the button when it closes.
  function pair(button, opened, leaves) {
    const box = opened.closest("[x-show]") ?? opened;
    // Unfold moves its menu also while the page is built.
    let isUsed = false;
    button.addEventListener("click", () => { isUsed = true; });
    const tell = () => button.setAttribute("aria-expanded", String(isShown(opened)));
    new MutationObserver(() => {
      const was = button.getAttribute("aria-expanded") === "true";
      tell();
      if (!isUsed) return;
      const is = button.getAttribute("aria-expanded") === "true";
      const at = document.activeElement;
      if (is && !was && at === button) first(opened)?.focus();
      if (was && !is && (at === document.body || opened.contains(at))) button.focus();
    }).observe(box, { attributes: true, attributeFilter: ["style", "class"] });
    tell();
    if (leaves) return;
    opened.addEventListener("keydown", (event) => {
      const isBeside = getComputedStyle(box).position === "relative";
      if (event.key === "Escape" && !isBeside && button.getAttribute("aria-expanded") === "true") {
        event.stopPropagation();
        button.click();
      }
    });
  }

  // Their letters are the names of pictures.
  function silenceIcons(within) {
    for (const icon of within.querySelectorAll(".material-symbols-outlined:not([role])")) {
      icon.setAttribute("aria-hidden", "true");
    }
  }

  // What stands in an empty field is no name of it; of two fields, the second is the first one's time.
  function nameFields(within) {
    for (const field of within.querySelectorAll("input[placeholder]:not([aria-label])")) {
      if (field.labels.length && !field.classList.contains("vTimeField")) continue;
      const day = document.getElementById(field.id.replace(/_1$/, "_0"));
      const names = day && day !== field ? [day.placeholder, field.placeholder] : [field.placeholder];
      field.setAttribute("aria-label", names.join(": "));
    }
    for (const tip of within.querySelectorAll(".help-tooltip")) tip.setAttribute("role", "img");
    for (const title of within.querySelectorAll("#changelist-filter h3")) {
      title.setAttribute("role", "heading");
      title.setAttribute("aria-level", "2");
    }
  }

  // Whose button went with the menu that it was in, leaves the keyboard nowhere: the dialog has it then.
  function takeFocus(dialog) {
    new MutationObserver(() => requestAnimationFrame(() => {
      if (isShown(dialog) && document.activeElement === document.body) first(dialog)?.focus();
    })).observe(dialog, { attributes: true, attributeFilter: ["style"], childList: true, subtree: true });
  }

  function nameDialog(dialog) {
    const title = dialog.querySelector("h1");
    if (title) dialog.parentElement.setAttribute("aria-label", title.textContent.trim());
  }

  document.addEventListener("DOMContentLoaded", () => {
    const names = document.getElementById("frame-names")?.dataset ?? {};
    (document.getElementById("main") ?? document.getElementById("page"))?.setAttribute("role", "main");
    document.getElementById("nav-sidebar-inner")?.setAttribute("aria-label", names.menu);
    for (const { selector, name, opens, leaves } of BUTTONS) {
      for (const element of document.querySelectorAll(selector)) {
        makeButton(element, names[name]);
        const opened = opens && document.querySelector(opens);
        if (opened) pair(element, opened, leaves);
      }
    }
    for (const { selector, name } of NAMED) {
      for (const element of document.querySelectorAll(selector)) element.setAttribute("aria-label", names[name]);
    }
    const modal = document.getElementById("modal-content")?.parentElement;
    if (modal) takeFocus(modal);
    const palette = document.querySelector("[x-data='searchCommand()']");
    palette?.setAttribute("role", "dialog");
    palette?.setAttribute("aria-modal", "true");
    palette?.setAttribute("aria-label", names.search);
    nameFields(document);
    // Django's script makes some of it when all else is there.
    window.addEventListener("load", () => window.setTimeout(() => nameFields(document)));
    silenceIcons(document);
    document.body.addEventListener("htmx:afterSwap", (event) => {
      silenceIcons(event.detail.target);
      nameFields(event.detail.target);
      if (event.detail.target.id === "modal-content") nameDialog(event.detail.target);
    });
  });
})();
