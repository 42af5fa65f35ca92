// What is read again keeps its place: the keyboard stays where it was, and what was scrolled stays so.
(() => {
  "use strict";
  const FOCUSABLE = "a[href], button, [tabindex='0']";
  const SCROLLED = "[role='region'][tabindex='0']";

  function name(element) {
    return element.id || `${element.getAttribute("href")} ${element.getAttribute("aria-label")}`;
  }

  // Return what puts things back once the inside of `box` is another.
  window.tasksKeep = (box) => {
    const scrolled = [...box.querySelectorAll(SCROLLED)].map((each) => [name(each), each.scrollLeft, each.scrollTop]);
    const at = box.contains(document.activeElement) ? document.activeElement : null;
    // Of several that are called the same, the one in the same place.
    const twins = at && [...box.querySelectorAll(FOCUSABLE)].filter((each) => name(each) === name(at));
    return () => {
      for (const each of box.querySelectorAll(SCROLLED)) {
        const [, left, top] = scrolled.find(([called]) => called === name(each)) ?? [];
        if (left !== undefined) Object.assign(each, { scrollLeft: left, scrollTop: top });
      }
      if (!at || box.contains(document.activeElement)) return;
      const now = [...box.querySelectorAll(FOCUSABLE)].filter((each) => name(each) === name(at));
      (now[twins.indexOf(at)] ?? now[0])?.focus({ preventScroll: true });
    };
  };
})();
