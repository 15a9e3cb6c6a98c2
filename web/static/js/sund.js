// Small conveniences on top of pages that are whole without them. No page may depend on this file.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  window.addEventListener("scroll", () => root.classList.add("scrolled"), { once: true, passive: true });

  const say = (text) => {
    const live = document.getElementById("announce");
    if (!live || !text) return;
    live.textContent = "";
    window.setTimeout(() => { live.textContent = text; }, 60);
  };

  let keepFocus = null;

  const inField = (target) => target instanceof HTMLElement
    && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

  // Things that must be set up again after a part of the page has been replaced.
  function prepare(scope) {
    const summary = scope.querySelector(".summary-errors");
    if (summary && !summary.dataset.seen) {
      summary.dataset.seen = "yes";
      summary.focus();
    }

    const narrow = window.matchMedia("(max-width: 991px)").matches;
    const phone = window.matchMedia("(max-width: 699px)").matches;
    for (const fold of scope.querySelectorAll("details")) {
      if (fold.dataset.folded) continue;
      if ((narrow && fold.matches(".steps-fold")) || (phone && fold.matches("[data-fold-phone]"))) {
        fold.dataset.folded = "yes";
        fold.open = false;
      }
    }

    for (const area of scope.querySelectorAll("textarea[data-count]")) {
      if (area.dataset.counted) continue;
      area.dataset.counted = "yes";
      const line = document.getElementById(`${area.id}-count`);
      if (!line) continue;
      const show = () => {
        const left = Number(area.dataset.count) - area.value.length;
        line.textContent = (left < 0 ? line.dataset.over : line.dataset.left).replace("{n}", String(Math.abs(left)));
      };
      area.addEventListener("input", show);
      show();
    }

    for (const all of scope.querySelectorAll("input[data-check-all]")) {
      if (all.dataset.ready) continue;
      all.dataset.ready = "yes";
      all.closest("label, th").hidden = false;
      const boxes = () => [...document.querySelectorAll(`[data-check-group="${all.dataset.checkAll}"]`)];
      all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; });
      document.addEventListener("change", (event) => {
        if (!(event.target instanceof HTMLElement) || event.target.dataset.checkGroup !== all.dataset.checkAll) return;
        const states = boxes().map((box) => box.checked);
        all.checked = states.every(Boolean);
        all.indeterminate = !all.checked && states.some(Boolean);
      });
    }

    for (const button of scope.querySelectorAll("[data-copy]")) {
      button.hidden = !navigator.clipboard;
    }
  }

  document.addEventListener("DOMContentLoaded", () => prepare(document));
  if (document.readyState !== "loading") prepare(document);

  // After a swap: set up the new part, and say or focus what it asks for.
  document.addEventListener("htmx:after:swap", () => {
    prepare(document);
    const spoken = document.querySelector("[data-announce]");
    if (spoken) say(spoken.dataset.announce);
    if (inField(document.activeElement)) return;
    const kept = keepFocus && document.getElementById(keepFocus);
    const next = (kept && (kept.querySelector("[data-focus-here]") || kept.querySelector("a, button")))
      || document.querySelector("[data-focus-after-swap]");
    if (next) next.focus({ preventScroll: true });
    keepFocus = null;
  });

  // Which row a button was pressed in, so that the focus can stay there after the swap.
  document.addEventListener("submit", (event) => {
    const row = event.target instanceof Element && event.target.closest("[data-keep-focus]");
    keepFocus = row ? row.id : null;
  }, true);

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const source = document.getElementById(copy.dataset.copy);
      if (source) navigator.clipboard.writeText(source.textContent.trim()).then(() => say(copy.dataset.copied), () => undefined);
    }
    for (const open of document.querySelectorAll("details.drop[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector("details.drop[open]");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      }
      return;
    }
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !inField(event.target)) {
      const search = document.querySelector("[data-search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
  });
})();
