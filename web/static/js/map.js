// The data map: a note beside the source under the pointer or the focus, arrow keys from source to source, and zoom.
// Everything it shows stands in the page already; without this script the map is a drawing with links, and a table.
(() => {
  "use strict";

  const ZOOM = 1.4;
  const ZOOM_MAX = 6;
  const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const middle = (source) => {
    const circle = source.querySelector("circle:not(.ring)");
    return [circle.cx.baseVal.value, circle.cy.baseVal.value];
  };

  // The nearest source in a direction; none if there is nothing that way.
  function next(sources, from, [dx, dy]) {
    const [x, y] = middle(from);
    let best = null;
    for (const other of sources) {
      if (other === from) continue;
      const [ox, oy] = middle(other);
      const along = (ox - x) * dx + (oy - y) * dy;
      const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
      if (along <= 0.5) continue;
      const cost = along + 2 * aside;
      if (!best || cost < best.cost) best = { cost, other };
    }
    return best && best.other;
  }

  function prepare(svg) {
    if (svg.dataset.ready) return;
    svg.dataset.ready = "yes";
    const frame = svg.closest(".map-frame");
    const callout = frame.querySelector(".map-callout");
    const whole = { x: svg.viewBox.baseVal.x, y: svg.viewBox.baseVal.y, width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height };
    // As it was written: numbers of the drawing are rounded on their way through the browser.
    const written = svg.getAttribute("viewBox");
    let view = { ...whole };

    const show = (source) => {
      callout.replaceChildren(...source.dataset.lines.split("|").map((line) => {
        const p = document.createElement("p");
        p.textContent = line;
        return p;
      }));
      callout.hidden = false;
      const at = source.getBoundingClientRect();
      const around = frame.getBoundingClientRect();
      const size = callout.getBoundingClientRect();
      const left = at.left - around.left + at.width / 2 - size.width / 2;
      const above = at.top - around.top - size.height - 10;
      callout.style.left = `${Math.max(0, Math.min(left, around.width - size.width))}px`;
      callout.style.top = `${above < -40 ? at.bottom - around.top + 10 : above}px`;
    };
    const hide = () => { callout.hidden = true; };

    const set = (box) => {
      view = box;
      svg.setAttribute("viewBox", box === whole ? written : `${box.x} ${box.y} ${box.width} ${box.height}`);
      svg.style.overflow = box.width < whole.width ? "hidden" : "visible";
      hide();
    };
    const keepIn = (box) => ({
      ...box,
      x: Math.max(whole.x, Math.min(box.x, whole.x + whole.width - box.width)),
      y: Math.max(whole.y, Math.min(box.y, whole.y + whole.height - box.height)),
    });
    const zoom = (factor, [x, y] = [view.x + view.width / 2, view.y + view.height / 2]) => {
      const width = Math.min(whole.width, Math.max(whole.width / ZOOM_MAX, view.width / factor));
      const share = width / view.width;
      set(keepIn({ x: x - (x - view.x) * share, y: y - (y - view.y) * share, width, height: view.height * share }));
    };
    // A source that lies outside what is shown is brought in.
    const bringIn = (source) => {
      const [x, y] = middle(source);
      const inside = x > view.x && x < view.x + view.width && y > view.y && y < view.y + view.height;
      if (!inside) set(keepIn({ ...view, x: x - view.width / 2, y: y - view.height / 2 }));
    };

    svg.addEventListener("pointerover", (event) => {
      const source = event.target.closest(".source");
      if (source) show(source); else hide();
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("focusin", (event) => {
      const source = event.target.closest(".source");
      if (source) { bringIn(source); show(source); } else hide();
    });
    svg.addEventListener("focusout", hide);

    svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const island = event.target.closest(".island");
      const direction = DIRECTIONS[event.key];
      if (island && direction) {
        const sources = [...island.querySelectorAll(".source")];
        const source = event.target.closest(".source");
        const to = source ? next(sources, source, direction) : sources[0];
        if (to) to.focus({ preventScroll: true });
        event.preventDefault();
      } else if (island && event.key === "Escape" && event.target.closest(".source")) {
        island.querySelector(".island-link").focus();
      } else if (event.key === "+") zoom(ZOOM);
      else if (event.key === "-") zoom(1 / ZOOM);
      else if (event.key === "0") set(whole);
    });

    const tools = document.querySelector("[data-map-tools]");
    if (!tools) return;
    tools.hidden = false;
    tools.addEventListener("click", (event) => {
      const does = event.target.closest("[data-map-do]")?.dataset.mapDo;
      if (does === "in") zoom(ZOOM);
      else if (does === "out") zoom(1 / ZOOM);
      else if (does === "all") set(whole);
    });
    svg.addEventListener("wheel", (event) => {
      // The page scrolls as ever; only with Ctrl does the wheel zoom.
      if (!event.ctrlKey) return;
      event.preventDefault();
      const box = svg.getBoundingClientRect();
      const at = [view.x + ((event.clientX - box.left) / box.width) * view.width, view.y + ((event.clientY - box.top) / box.height) * view.height];
      zoom(event.deltaY < 0 ? ZOOM : 1 / ZOOM, at);
    }, { passive: false });
    let grip = null;
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || view.width >= whole.width) return;
      grip = { x: event.clientX, y: event.clientY, view };
    });
    window.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const box = svg.getBoundingClientRect();
      svg.classList.add("map-moving");
      set(keepIn({ ...grip.view, x: grip.view.x - ((event.clientX - grip.x) / box.width) * view.width, y: grip.view.y - ((event.clientY - grip.y) / box.height) * view.height }));
    });
    window.addEventListener("pointerup", (event) => {
      if (grip && Math.abs(event.clientX - grip.x) + Math.abs(event.clientY - grip.y) > 6) {
        // What was dragged was not meant as a click.
        svg.addEventListener("click", (click) => click.preventDefault(), { once: true, capture: true });
      }
      grip = null;
      svg.classList.remove("map-moving");
    });
    svg.addEventListener("dragstart", (event) => { if (view.width < whole.width) event.preventDefault(); });
  }

  const all = () => { for (const svg of document.querySelectorAll("svg[data-map]")) prepare(svg); };
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("htmx:after:swap", all);
  if (document.readyState !== "loading") all();
})();
