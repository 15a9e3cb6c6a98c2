// Sends an application with the keyboard only: every control is reached by Tab and used by keys.

const TABS_MAX = 600;
const CHOSEN = { purposes: "e", "legal-basis": "research-public", ethics: "not-needed", "access-mode": "sends-code", "outside-eu": "no", tools: "sql" };
const WORDS = "Vi undersøger, om færre får nyresvigt, når medicinen gives tidligt, og beskriver det kort her.";
const LINE = "Tidlig medicin og nyresvigt";

const current = (page) => page.evaluate(() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  return {
    tag: at.tagName, type: at.type ?? "", id: at.id, name: at.name ?? "", value: at.value ?? "", checked: Boolean(at.checked),
    href: at.getAttribute?.("href") ?? "", main: Boolean(at.closest?.("main")), form: Boolean(at.closest?.("form")),
    chosen: at.type === "radio" ? (document.querySelector(`input[name="${CSS.escape(at.name)}"]:checked`)?.value ?? "") : "",
    hidden: box.width === 0 && box.height === 0 && at !== document.body,
    outlined: style.outlineStyle !== "none" || Boolean(at.nextElementSibling && getComputedStyle(at.nextElementSibling).outlineStyle !== "none"),
  };
});

/** Presses Tab until something fits; says where it got stuck otherwise. */
async function tabTo(page, fits, what) {
  for (let i = 0; i < TABS_MAX; i += 1) {
    await page.keyboard.press("Tab");
    const at = await current(page);
    if (fits(at)) return at;
  }
  throw new Error(`the keyboard does not reach ${what} on ${page.url()}`);
}

/** Presses Enter and waits for the page that comes. */
async function enterAway(page) {
  const moved = page.waitForEvent("framenavigated", { timeout: 20000 });
  await page.keyboard.press("Enter");
  await moved;
  await page.waitForLoadState("load");
}

async function enterTo(page, expected) {
  const before = page.url();
  await page.keyboard.press("Enter");
  await page.waitForURL((to) => to.href !== before && expected.test(to.pathname + to.search), { timeout: 20000 });
  await page.waitForLoadState("load");
}

/** A date by its digits; browsers differ in the order of day, month and year. */
async function typeDate(page, id, iso) {
  const [y, m, d] = iso.split("-");
  for (const digits of [d + m + y, m + d + y, y + m + d]) {
    const field = page.locator(`[id="${id}"]`);
    await page.keyboard.type(digits);
    if (await field.inputValue() === iso) return;
    await field.evaluate((input) => { input.value = ""; });
    // Back to the first part of the field: day, month and year are each a stop of their own.
    for (let part = 0; part < 3; part += 1) await page.keyboard.press("ArrowLeft");
  }
  throw new Error(`the date ${iso} cannot be typed into ${id}`);
}

async function fillStep(page, dates, report) {
  const isDone = (at) => at.tag === "BUTTON" && at.name === "do" && (at.value === "continue" || at.value === "send");
  for (let i = 0; i < TABS_MAX; i += 1) {
    await page.keyboard.press("Tab");
    const at = await current(page);
    report.check(!at.hidden, `keyboard ${page.url()}`, `the focus is on something that cannot be seen: ${at.tag} ${at.id}`);
    if (isDone(at)) {
      report.check(at.outlined, `keyboard ${page.url()}`, "the button shows no focus");
      return at.value;
    }
    if (!at.form || !at.main) continue;
    if (at.tag === "TEXTAREA" && at.value === "" && at.name !== "selection-text") await page.keyboard.type(WORDS);
    else if (at.type === "text" && at.value === "") await page.keyboard.type(at.name.startsWith("reason-") ? "Udfald" : LINE);
    else if (at.type === "date" && at.value === "" && dates[at.id]) await typeDate(page, at.id, dates[at.id]);
    else if (at.type === "checkbox" && !at.checked && (at.name.startsWith("confirm-") || CHOSEN[at.name] === at.value)) await page.keyboard.press("Space");
    else if (at.type === "radio" && CHOSEN[at.name] && at.chosen !== CHOSEN[at.name]) {
      if (!at.chosen) await page.keyboard.press("Space");
      for (let n = 0; n < 12 && (await current(page)).value !== CHOSEN[at.name]; n += 1) await page.keyboard.press("ArrowDown");
    }
  }
  throw new Error(`the keyboard does not reach the button at the end of ${page.url()}`);
}

const plus = (iso, days) => new Date(Date.parse(`${iso}T00:00:00Z`) + days * 86400000).toISOString().slice(0, 10);

/** From the sign-in page to the receipt. Answers the case's number. */
export async function sendByKeyboard(page, url, report) {
  await page.goto(`${url}/da/log-paa`);
  await tabTo(page, (at) => at.tag === "BUTTON" && at.name === "role" && at.value === "researcher", "the sign-in button");
  await enterTo(page, /^\/da\/?(?!log-paa)/);

  await page.goto(`${url}/da/`);
  await page.keyboard.press("Tab");
  const skip = await current(page);
  report.check(skip.href === "#main", "keyboard /da/", "the first stop is not the link to the content");
  await page.keyboard.press("Enter");
  report.check(await page.evaluate(() => document.activeElement.id === "main"), "keyboard /da/", "the link to the content does not move the focus");

  await page.goto(`${url}/da/datalandkort/lmdb`);
  await tabTo(page, (at) => at.type === "checkbox" && at.id.startsWith("v-"), "a variable");
  await page.keyboard.press("Space");
  await tabTo(page, (at) => at.tag === "BUTTON" && at.type === "submit" && at.main, "the button that puts variables in the basket");
  await enterAway(page);

  await page.goto(`${url}/da/ansoeg`);
  await tabTo(page, (at) => at.tag === "BUTTON" && at.name === "from", "the button that begins an application");
  await enterTo(page, /^\/da\/ansoeg\/[^/]+\/project/);

  const today = await page.locator(".demo-bar time").getAttribute("datetime");
  const dates = { "access-from": plus(today, 60), "access-to": plus(today, 700) };
  for (let step = 0; step < 12; step += 1) {
    if (/\/check$/.test(new URL(page.url()).pathname)) {
      await tabTo(page, (at) => at.tag === "A" && at.main && /\/send$/.test(at.href), "the way on from the check");
      await enterTo(page, /\/send$/);
      continue;
    }
    const button = await fillStep(page, dates, report);
    await enterTo(page, button === "send" ? /^\/da\/sager\/S-[^/]+\/kvittering/ : /^\/da\/ansoeg\/[^/]+\/[a-z]+/);
    if (button === "send") break;
  }
  const number = /\/sager\/(S-[^/]+)\/kvittering/.exec(page.url())?.[1];
  report.check(Boolean(number), "keyboard", `no receipt: ended at ${page.url()}`);
  return number;
}
