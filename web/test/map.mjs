// The data map: every source is on it and in its table, the keyboard goes from island to island and from source to source, choosing
// fades and never moves, and without scripts all of it is still there.

const CIRCLES = "svg.map-wide a.source";

const places = (page) => page.$$eval(CIRCLES, (sources) => sources.map((source) => {
  const circle = source.querySelector("circle:not(.ring)");
  return [source.id, circle.getAttribute("cx"), circle.getAttribute("cy")].join(" ");
}));

const focused = (page) => page.evaluate(() => {
  const at = document.activeElement;
  return { id: at.id, source: at.matches?.(".source") ?? false, island: at.matches?.(".island-link") ?? false, name: at.getAttribute?.("aria-label") ?? "" };
});

const viewBox = (page) => page.locator("svg.map-wide").getAttribute("viewBox");

async function checkSame(page, report, where) {
  const drawn = await page.$$eval(CIRCLES, (sources) => sources.map((source) => source.getAttribute("href")).sort());
  const listed = await page.$$eval("#tabel tbody th a", (links) => links.map((link) => link.getAttribute("href")).sort());
  report.check(drawn.length > 200, where, `${drawn.length} sources are drawn`);
  report.check(JSON.stringify(drawn) === JSON.stringify(listed), where, `the drawing has ${drawn.length} sources and the table ${listed.length}, or they differ`);
}

async function walkByKeyboard(page, report, where) {
  // Each island is one stop.
  const islands = new Set();
  for (let i = 0; i < 120; i += 1) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    report.check(!at.source, where, `Tab stops at the source ${at.name}`);
    if (at.island) islands.add(at.name);
    else if (islands.size > 0) break;
  }
  report.check(islands.size === 12, where, `Tab reaches ${islands.size} islands`);

  await page.locator("svg.map-wide .island-link").first().focus();
  const reached = new Set();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown"]) {
    await page.keyboard.press(key);
    const at = await focused(page);
    report.check(at.source, where, `${key} leaves the sources`);
    reached.add(at.id);
    const said = await page.locator(".map-callout").innerText();
    report.check(said.length > 0 && at.name.includes(said.split("\n")[0]), where, `the note says »${said.split("\n")[0]}« at ${at.name}`);
  }
  report.check(reached.size >= 3, where, `the arrow keys reach ${reached.size} sources`);

  const whole = await viewBox(page);
  await page.keyboard.press("+");
  const near = await viewBox(page);
  report.check(near !== whole, where, "+ does not zoom");
  await page.keyboard.press("0");
  report.check(await viewBox(page) === whole, where, "0 does not show the whole map again");
  await page.keyboard.press("Escape");
  report.check((await focused(page)).island, where, "Escape does not lead back to the island");
  await page.locator("[data-map-do=in]").click();
  report.check(await viewBox(page) !== whole, where, "the button does not zoom");
}

async function choose(page, report, where) {
  const before = await places(page);
  const box = page.locator("input[name=omraade][value=hospital]");
  const answered = page.waitForResponse((response) => response.url().includes("/datakort?"));
  await box.check({ force: true });
  await answered;
  await page.waitForFunction((circles) => document.querySelectorAll(`${circles}.faded`).length > 0, CIRCLES, { timeout: 10000 });
  const after = await places(page);
  report.check(JSON.stringify(before) === JSON.stringify(after), where, "choosing moves sources");
  const shown = await page.locator(`${CIRCLES}:not(.faded)`).count();
  const rows = await page.locator("#tabel tbody tr").count();
  report.check(shown > 0 && shown === rows, where, `${shown} sources stand out, and the table has ${rows}`);
}

/** Everything that holds for the map. */
export async function walkMap(browser, url, report) {
  for (const lang of ["da", "en"]) {
    const where = `map /${lang}/datakort`;
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    await page.goto(`${url}/${lang}/datakort`);
    await checkSame(page, report, where);
    await walkByKeyboard(page, report, where);
    await page.goto(`${url}/${lang}/datakort`);
    await choose(page, report, where);

    await page.goto(`${url}/${lang}/datakort?valgt=lpr3`);
    report.check(await page.locator(".map-chosen dd a").count() > 0, where, "a chosen source shows no links");
    report.check(await page.locator("svg.map-wide .ring").count() === 1, where, "the chosen source has no ring");

    await page.emulateMedia({ media: "print" });
    const printed = await page.evaluate(() => ({
      map: document.querySelector("svg.map-wide").getBoundingClientRect().height > 100,
      tools: document.querySelector(".map-tools").getBoundingClientRect().height === 0,
      rows: document.querySelectorAll("#tabel tbody tr").length,
    }));
    report.check(printed.map && printed.tools && printed.rows > 0, where, `printed: ${JSON.stringify(printed)}`);
    await context.close();
  }

  const plain = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
  const page = await plain.newPage();
  await page.goto(`${url}/da/datakort`);
  await checkSame(page, report, "map without scripts");
  report.check(!(await page.locator(".map-tools").isVisible()), "map without scripts", "buttons that do nothing are shown");
  await page.goto(`${url}/da/datakort?omraade=genes`);
  report.check(await page.locator(`${CIRCLES}:not(.faded)`).count() === 3, "map without scripts", "the query does not choose");
  await plain.close();
}
