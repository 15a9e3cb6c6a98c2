// From the start page to the right variable of the right register, in at most four actions: asking is one, each link another.

const ACTIONS_MAX = 4;

const QUESTIONS = [
  { asked: "sukkersyge", variables: ["lpr3/diagnoser/diag_kode", "rkkp_dvdd/status/diabetestype"] },
  { asked: "HbA1c", variables: ["lab/lab_forsker/analysiscode", "lab/lab_forsker/value"] },
  { asked: "dødsårsag", variables: ["dar/t_dodsaarsag_2/c_dodtilgrundl_acme"] },
  { asked: "ATC", variables: ["lmdb/epikur/atc"] },
  { asked: "indkomst", variables: ["dst_ind/ind/perindkialt_13", "dst_ind/ind/dispon_13"] },
  { asked: "uddannelse", variables: ["dst_udda/udda/hfaudd"] },
  { asked: "operation", variables: ["lpr3/procedurer/procedurekode"] },
  { asked: "bopælskommune", variables: ["dst_bef/bef/kom", "cpr/adresse/kommunekode"] },
  { asked: "praktiserende læge", variables: ["ssr/sssy/speciale", "ssr/sssy/ydernr"] },
  { asked: "DE11", variables: ["lpr3/diagnoser/diag_kode", "lpr3/kontakter/aktionsdiagnose"] },
];

async function find(page, url, { asked, variables }) {
  await page.goto(`${url}/da/`);
  const field = page.locator("main input[name=q]");
  await field.fill(asked);
  await Promise.all([page.waitForURL(/\/datalandkort\?q=/), field.press("Enter")]);
  let actions = 1;
  const to = async (link) => {
    actions += 1;
    await Promise.all([page.waitForURL((address) => !address.search.startsWith("?q=")), link.click()]);
  };
  for (const variable of variables) {
    const link = page.locator(`main .hits a[href$="/datalandkort/${variable}"]`).first();
    if (await link.count()) {
      await to(link);
      return { actions, reached: variable };
    }
  }
  for (const variable of variables) {
    const register = variable.split("/")[0];
    const link = page.locator(`main .hits a[href$="/datalandkort/${register}"]`).first();
    if (!(await link.count())) continue;
    await to(link);
    const further = page.locator(`main a[href$="/datalandkort/${variable}"]`).first();
    if (!(await further.count())) return { actions, reached: null };
    actions += 1;
    await Promise.all([page.waitForURL(`**/datalandkort/${variable}`), further.click()]);
    return { actions, reached: variable };
  }
  return { actions, reached: null };
}

/** Ten questions, each answered by the page of a variable. */
export async function walkAgainstTheClock(browser, url, report) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  for (const question of QUESTIONS) {
    const where = `stopwatch »${question.asked}«`;
    const { actions, reached } = await find(page, url, question);
    if (!report.check(reached !== null, where, `no way to ${question.variables.join(" or ")} from ${page.url()}`)) continue;
    report.check(actions <= ACTIONS_MAX, where, `${actions} actions to ${reached}`);
    const name = (await page.locator("h1").innerText()).trim();
    report.check(name === reached.split("/")[2], where, `the page is about ${name}`);
  }
  await context.close();
}
