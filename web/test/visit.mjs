// Visits pages: axe at two widths, no sideways scroll, language, one heading, title, no console errors.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDTHS = [1280, 320];
const SHOWN_MAX = 4;

/** Counts what held and what did not. */
export class Report {
  passed = 0;
  failures = [];

  check(held, where, what) {
    if (held) {
      this.passed += 1;
    } else {
      this.failures.push(`${where}: ${what}`);
      console.log(`FAIL ${where}: ${what}`);
    }
    return held;
  }
}

/** Signs in with the demo's button of a role; nobody for a null role. */
export async function signIn(context, url, role) {
  const page = await context.newPage();
  await page.goto(`${url}/da/log-paa`);
  await page.locator(`button[name="role"][value="${role}"]`).click();
  await page.waitForLoadState("load");
  const signedIn = await page.locator("form[action$='/log-af']").count();
  await page.close();
  return signedIn > 0;
}

/** Addresses on a page, without language, that fit. */
async function linksOn(page, url, path, pattern) {
  await page.goto(`${url}/da${path}`);
  const found = await page.$$eval("a[href]", (links) => links.map((link) => link.getAttribute("href")));
  const local = found.filter((href) => href.startsWith("/da/")).map((href) => href.slice(3));
  return [...new Set(local.filter((href) => pattern.test(href)))];
}

/** The paths that an entry of `pages.mjs` stands for. */
export async function resolve(page, url, entry, report, who) {
  if (typeof entry === "string") return [{ path: entry, status: 200 }];
  if (entry.path) return [{ path: entry.path, status: entry.status ?? 200 }];
  let found = await linksOn(page, url, entry.on, entry.link);
  if (entry.on2) {
    const deeper = [];
    for (const path of found) deeper.push(...await linksOn(page, url, path, entry.on2));
    found = [...new Set(deeper)];
  }
  if (!entry.optional) report.check(found.length > 0, `${who} ${entry.on}`, `no link fits ${entry.on2 ?? entry.link}`);
  const taken = entry.every ? found.slice(0, 3) : found.slice(0, 1);
  const bases = taken.map((path) => (entry.part ? path.replace(entry.part, "$1") : path));
  return [...new Set(bases)].flatMap((base) => (entry.then ?? [""]).map((tail) => ({ path: base + tail, status: 200 })));
}

/** Checks that hold for the page as it is shown now. */
export async function checkShown(page, report, where, lang) {
  const facts = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    headings: document.querySelectorAll("h1").length,
    title: document.title.trim(),
    over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    missing: /\[[a-z_]+\.[a-z_.]+\]/.exec(document.body.innerText)?.[0] ?? null,
  }));
  report.check(facts.lang === lang, where, `the language is "${facts.lang}"`);
  report.check(facts.headings === 1, where, `${facts.headings} h1 headings`);
  report.check(facts.title.length > "– Sund".length, where, `the title is "${facts.title}"`);
  report.check(facts.over <= 0, where, `the page scrolls sideways by ${facts.over} px`);
  report.check(facts.missing === null, where, `a text is missing: ${facts.missing}`);
  await page.evaluate(axeSource);
  const result = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
  const said = result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, SHOWN_MAX).map((node) => node.target.join(" ")).join(", ")}`);
  report.check(said.length === 0, where, `axe finds ${said.join("; ")}`);
}

/** One page in one language, at both widths. */
export async function visit(page, url, { path, status }, lang, report, who) {
  const faults = [];
  const hear = (message) => { if (message.type() === "error") faults.push(message.text()); };
  const fall = (error) => faults.push(String(error));
  page.on("console", hear);
  page.on("pageerror", fall);
  for (const width of WIDTHS) {
    const where = `${who} /${lang}${path} at ${width}`;
    await page.setViewportSize({ width, height: 900 });
    const answer = await page.goto(`${url}/${lang}${path}`, { waitUntil: "load" });
    if (report.check(answer.status() === status, where, `answered ${answer.status()}, expected ${status}`)) {
      await checkShown(page, report, where, lang);
    }
  }
  page.off("console", hear);
  page.off("pageerror", fall);
  const real = faults.filter((text) => !(status !== 200 && text.includes(String(status))));
  report.check(real.length === 0, `${who} /${lang}${path}`, `the console says ${real.slice(0, 2).join(" | ").slice(0, 300)}`);
}
