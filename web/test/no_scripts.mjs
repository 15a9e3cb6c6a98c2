// The same ways without scripts: apply, ask, answer and judge with plain forms.

const WORDS = "Vi undersøger, om færre får nyresvigt, når medicinen gives tidligt, og beskriver det kort her.";
const CHOSEN = { purposes: "e", "legal-basis": "research-public", ethics: "not-needed", "access-mode": "sends-code", "outside-eu": "no", tools: "sql" };

/** Presses a button or link and waits for the page that comes. Without scripts nothing moves, so nothing is waited for before. */
async function follow(page, target) {
  const moved = page.waitForEvent("framenavigated", { timeout: 20000 });
  await target.click({ force: true });
  await moved;
  await page.waitForLoadState("load");
}

const still = { force: true };

const plus = (iso, days) => new Date(Date.parse(`${iso}T00:00:00Z`) + days * 86400000).toISOString().slice(0, 10);

async function enter(context, url, role) {
  const page = await context.newPage();
  await page.goto(`${url}/da/log-paa`);
  await follow(page, page.locator(`button[name="role"][value="${role}"]`));
  return page;
}

async function fillStep(page, dates) {
  for (const field of await page.locator("#step-form textarea:visible").all()) {
    const name = await field.getAttribute("name");
    if (name !== "selection-text" && await field.inputValue() === "") await field.fill(WORDS);
  }
  for (const field of await page.locator("#step-form input[type=text]:visible").all()) {
    const name = await field.getAttribute("name");
    if (await field.inputValue() === "") await field.fill(name.startsWith("reason-") ? "Udfald" : "Tidlig medicin og nyresvigt");
  }
  for (const [id, date] of Object.entries(dates)) {
    const field = page.locator(`[id="${id}"]`);
    if (await field.count()) await field.fill(date);
  }
  for (const [name, value] of Object.entries(CHOSEN)) {
    const choice = page.locator(`input[name="${name}"][value="${value}"]`);
    if (await choice.count()) await choice.check(still);
  }
  for (const tick of await page.locator("input[name^='confirm-']").all()) await tick.check(still);
}

async function apply(context, url, report) {
  const page = await enter(context, url, "researcher");
  await page.goto(`${url}/da/datalandkort/lmdb`);
  await page.locator("input[id^='v-']").first().check(still);
  await follow(page, page.locator("main form button[type=submit]").last());
  await page.goto(`${url}/da/ansoeg`);
  await follow(page, page.locator("button[name=from]").first());
  const today = await page.locator(".demo-bar time").getAttribute("datetime");
  const dates = { "access-from": plus(today, 60), "access-to": plus(today, 700) };
  for (let step = 0; step < 12 && !/kvittering/.test(page.url()); step += 1) {
    const path = new URL(page.url()).pathname;
    if (path.endsWith("/check")) {
      await follow(page, page.locator("main a[href$='/send']").last());
      continue;
    }
    await fillStep(page, dates);
    const send = page.locator("button[name=do][value=send]");
    await follow(page, await send.count() ? send : page.locator("button[name=do][value=continue]"));
    if (new URL(page.url()).pathname === path) {
      const said = await page.locator(".summary-errors").allInnerTexts();
      report.check(false, `no scripts ${path}`, `the step does not lead on: ${said.join(" ").slice(0, 300)}`);
      break;
    }
  }
  const number = /\/sager\/(S-[^/]+)\/kvittering/.exec(page.url())?.[1];
  report.check(Boolean(number), "no scripts", `no receipt: ended at ${page.url()}`);
  await page.close();
  return number;
}

async function askAndAnswer(browserContext, url, number, report) {
  const officers = await browserContext();
  const officer = await enter(officers, url, "officer-sds");
  await officer.goto(`${url}/da/desk/${number}`);
  const complete = officer.locator("form[action$='/fuldstaendig'] button");
  if (report.check(await complete.count() === 1, `no scripts /desk/${number}`, "no button that declares the application complete")) await follow(officer, complete);
  await officer.goto(`${url}/da/desk/${number}`);
  const criterion = officer.locator(".criterion-form").first();
  await criterion.locator("input[value=yes]").check(still);
  await follow(officer, criterion.locator("button[type=submit]"));
  report.check(await officer.locator(".criterion-form input[value=yes]:checked").count() > 0, `no scripts /desk/${number}`, "the answer to a criterion is not kept");
  await officer.goto(`${url}/da/desk/${number}/spoerg`);
  await officer.locator("[name=text]").fill("Hvordan er forløbet afgrænset?");
  await follow(officer, officer.locator("main form button[type=submit]"));
  await officers.close();

  const people = await browserContext();
  const researcher = await enter(people, url, "researcher");
  await researcher.goto(`${url}/da/sager/${number}`);
  const answer = researcher.locator(".question textarea");
  if (report.check(await answer.count() > 0, `no scripts /sager/${number}`, "no question to answer")) {
    await answer.first().fill("Fra første recept til udfald, død eller udvandring.");
    await follow(researcher, researcher.locator(".question button[type=submit]").first());
    report.check(await researcher.locator(".question textarea").count() === 0, `no scripts /sager/${number}`, "the question is still open after the answer");
  }
  await people.close();
}

/** Everything that must work without scripts. */
export async function walkWithoutScripts(browser, url, report) {
  const context = () => browser.newContext({ javaScriptEnabled: false });
  const first = await context();
  const number = await apply(first, url, report);
  await first.close();
  if (number) await askAndAnswer(context, url, number, report);
}
