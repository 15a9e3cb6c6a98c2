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

  // A link to something folded away opens it.
  function openTarget() {
    const id = decodeURIComponent(window.location.hash.slice(1));
    const target = id && document.getElementById(id);
    for (let at = target; at; at = at.parentElement) {
      if (at instanceof HTMLDetailsElement) at.open = true;
    }
  }
  window.addEventListener("hashchange", openTarget);

  // Single-letter keys of the officer's desk can be turned off (WCAG 2.1.4); the choice stays in this browser.
  function keysOn() {
    const toggle = document.querySelector("input[data-keys]");
    if (toggle && toggle.dataset.ready) return toggle.checked;
    try { return window.localStorage.getItem("sund-keys") !== "off"; } catch { return true; }
  }

  let criterion = null;
  function deskKey(key) {
    const list = document.querySelector(".criteria");
    if (!list || !document.querySelector("input[data-keys]") || !keysOn()) return false;
    const rows = [...list.querySelectorAll(".criterion")];
    if (/^[1-9]$/.test(key) && rows[Number(key) - 1]) {
      criterion = rows[Number(key) - 1].id;
      const first = rows[Number(key) - 1].querySelector("input[type=radio]:checked, input[type=radio], summary");
      if (first) first.focus();
      return true;
    }
    if (key === "s") {
      const ask = document.querySelector("[data-key=ask]");
      if (ask) ask.click();
      return Boolean(ask);
    }
    const value = key === list.dataset.yes ? "yes" : (key === list.dataset.no ? "no" : null);
    const row = document.activeElement.closest(".criterion") || (criterion && document.getElementById(criterion));
    const radio = value && row && row.querySelector(`input[name=met][value=${value}]`);
    if (!radio) return false;
    radio.focus();
    if (!radio.checked) radio.click();
    return true;
  }

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

    // Questions that are asked only after a certain answer.
    for (const field of scope.querySelectorAll("[data-asked-if]")) {
      if (field.dataset.ready) continue;
      field.dataset.ready = "yes";
      const wanted = field.dataset.askedIs.split(" ");
      const show = () => {
        const chosen = document.querySelector(`input[name="${field.dataset.askedIf}"]:checked`);
        field.hidden = !chosen || !wanted.includes(chosen.value);
      };
      document.addEventListener("change", (event) => {
        if (event.target instanceof HTMLInputElement && event.target.name === field.dataset.askedIf) show();
      });
      show();
    }

    // Numbers beside a text area for code follow its lines.
    for (const editor of scope.querySelectorAll(".editor")) {
      if (editor.dataset.ready) continue;
      editor.dataset.ready = "yes";
      const area = editor.querySelector("textarea");
      const lines = editor.querySelector(".editor-lines");
      const number = () => {
        const count = area.value.split("\n").length;
        lines.textContent = Array.from({ length: count }, (_, at) => at + 1).join("\n");
      };
      area.addEventListener("input", number);
      area.addEventListener("scroll", () => { lines.style.transform = `translateY(${-area.scrollTop}px)`; });
      area.addEventListener("keydown", (event) => {
        const run = area.form && area.form.querySelector("[data-run]");
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && run && !run.disabled) {
          event.preventDefault();
          area.form.requestSubmit(run);
        }
      });
    }

    // How many findings a checker has judged, and how many are left.
    const judging = scope.querySelector("form[data-judge]");
    if (judging && !judging.dataset.ready) {
      judging.dataset.ready = "yes";
      const left = judging.querySelector("[data-left]");
      const of = document.querySelector("[data-judged-of]");
      const submit = judging.querySelector("button[type=submit]");
      const count = () => {
        const findings = [...judging.querySelectorAll("fieldset.finding")];
        const judged = findings.filter((finding) => finding.querySelector("input:checked")).length;
        const rest = findings.length - judged;
        submit.disabled = rest > 0;
        left.textContent = rest === 0 ? "" : (rest === 1 ? left.dataset.one : left.dataset.more.replace("{n}", String(rest)));
        if (of) of.textContent = of.dataset.word.replace("{n}", String(judged));
      };
      judging.addEventListener("change", count);
      count();
    }

    for (const toggle of scope.querySelectorAll("input[data-keys]")) {
      if (toggle.dataset.ready) continue;
      toggle.dataset.ready = "yes";
      toggle.checked = keysOn();
      toggle.addEventListener("change", () => {
        try { window.localStorage.setItem("sund-keys", toggle.checked ? "on" : "off"); } catch { /* kept for this page only */ }
      });
    }

    openTarget();

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

  // Sending a form waits for the save that is under way, so that nobody is told of a change they made themselves.
  let saving = 0;
  let waiting = null;
  document.addEventListener("htmx:before:request", () => { saving += 1; });
  document.addEventListener("htmx:finally:request", () => {
    saving = Math.max(0, saving - 1);
    if (saving === 0 && waiting) {
      const { form, button } = waiting;
      waiting = null;
      // After the swap, which carries the new version.
      window.setTimeout(() => form.requestSubmit(button), 50);
    }
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "step-form" || saving === 0) return;
    event.preventDefault();
    waiting = { form: event.target, button: event.submitter };
  });

  // A run that takes time says so after a moment, and counts the seconds after ten.
  document.addEventListener("submit", (event) => {
    const line = event.target instanceof HTMLFormElement && document.getElementById(event.target.dataset.working || "");
    if (!line) return;
    const begun = Date.now();
    const tell = () => {
      const seconds = Math.round((Date.now() - begun) / 1000);
      line.textContent = seconds < 10 ? line.dataset.word : line.dataset.wordSeconds.replace("{n}", String(seconds));
    };
    window.setTimeout(tell, 400);
    window.setInterval(tell, 10000);
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
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const typing = inField(event.target) && !(event.target instanceof HTMLInputElement && event.target.type === "radio");
    if (plain && !typing && deskKey(event.key.toLowerCase())) {
      event.preventDefault();
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
