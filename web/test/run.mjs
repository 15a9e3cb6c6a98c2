// The browser test of the portal. SUND_BIN: the program; SUND_CHROMIUM: the browser; SUND_URL: a running demo instead of a new one.
import { chromium } from "playwright-core";

import { sendByKeyboard } from "./keyboard.mjs";
import { walkMap } from "./map.mjs";
import { walkWithoutScripts } from "./no_scripts.mjs";
import { pages } from "./pages.mjs";
import { playStory, startDemo } from "./server.mjs";
import { walkAgainstTheClock } from "./stopwatch.mjs";
import { Report, resolve, signIn, visit } from "./visit.mjs";

const { SUND_BIN: bin, SUND_CHROMIUM: executablePath, SUND_URL: running } = process.env;
if ((!bin && !running) || !executablePath) {
  console.error("set SUND_BIN to the program and SUND_CHROMIUM to the browser, for example SUND_CHROMIUM=/usr/bin/chromium");
  process.exit(2);
}

const report = new Report();

/** A part of the test that breaks off is one failure; the others still run. */
async function part(name, work) {
  try {
    await work();
  } catch (error) {
    report.check(false, name, String(error.message ?? error).split("\n").slice(0, 3).join(" "));
  }
}

async function visitAll(browser, url) {
  for (const { role, paths } of pages) {
    const who = role ?? "public";
    await part(who, async () => {
      const context = await browser.newContext();
      if (role) report.check(await signIn(context, url, role), who, "cannot sign in");
      const page = await context.newPage();
      for (const entry of paths) {
        const found = await resolve(page, url, entry, report, who);
        for (const target of found) {
          for (const lang of ["da", "en"]) await part(`${who} /${lang}${target.path}`, () => visit(page, url, target, lang, report, who));
        }
      }
      await context.close();
    });
  }
}

const demo = running ? { url: running, stop: async () => undefined } : await startDemo(bin);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  if (bin) await part("story", async () => { const fault = playStory(bin, demo.url); report.check(fault === null, "story", fault); });
  await part("keyboard", async () => {
    const context = await browser.newContext();
    await sendByKeyboard(await context.newPage(), demo.url, report);
    await context.close();
  });
  await part("no scripts", () => walkWithoutScripts(browser, demo.url, report));
  await part("map", () => walkMap(browser, demo.url, report));
  await part("stopwatch", () => walkAgainstTheClock(browser, demo.url, report));
  await part("a draft", async () => {
    // A draft that stays, so that its pages can be visited.
    const context = await browser.newContext();
    await signIn(context, demo.url, "researcher");
    const page = await context.newPage();
    await page.goto(`${demo.url}/da/ansoeg`);
    await page.locator("button[name=from]").first().click();
    await context.close();
  });
  await visitAll(browser, demo.url);
} finally {
  await browser.close();
  await demo.stop();
}

console.log(`${report.passed} passed, ${report.failures.length} failed`);
process.exitCode = report.failures.length ? 1 : 0;
