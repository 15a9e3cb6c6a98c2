// Starts a demo on a free port in a folder of its own, fills it with the whole story, and ends it again.
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_SECONDS = 600;

async function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** A running demo: `{url, stop}`. */
export async function startDemo(bin) {
  const dir = await mkdtemp(join(tmpdir(), "sund-browser-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(bin, ["demo", "--persons", "2000", "--dir", join(dir, "demo"), "--port", String(port)], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const keep = (chunk) => { said = (said + chunk).slice(-8000); };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let ended = null;
  child.on("exit", (code, signal) => { ended = `${code ?? signal}`; });
  child.on("error", (error) => { ended = String(error); });

  const stop = async () => {
    if (ended === null) {
      child.kill("SIGTERM");
      for (let i = 0; i < 50 && ended === null; i += 1) await sleep(100);
      if (ended === null) child.kill("SIGKILL");
    }
    await rm(dir, { recursive: true, force: true });
  };

  for (let second = 0; second < START_SECONDS; second += 1) {
    if (ended !== null) {
      await stop();
      throw new Error(`the demo ended (${ended}) before it answered:\n${said}`);
    }
    try {
      if ((await fetch(`${url}/readyz`)).ok) return { url, stop };
    } catch {
      // It does not listen yet.
    }
    await sleep(1000);
  }
  await stop();
  throw new Error(`the demo did not answer within ${START_SECONDS} seconds:\n${said}`);
}

/** Plays the whole story against the demo, so that a case, a permit, a workbench and results exist. */
export function playStory(bin, url) {
  const run = spawnSync(bin, ["journey", "--url", url, "--json"], { encoding: "utf8", timeout: START_SECONDS * 1000, maxBuffer: 64 * 1024 * 1024 });
  if (run.status === 0) return null;
  return `sund journey ended with ${run.status ?? run.signal}: ${(run.stdout || run.stderr || String(run.error)).slice(-1500)}`;
}
