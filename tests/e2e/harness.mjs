// The page in a real browser: a server of dist/, a Chromium, and everything that went wrong in it.
//
//   const browser = await launch({ gpu: false });
//   const visit = await browser.open("#v=1&prompt=The cat");
//   …visit.page is Playwright's…
//   assert.deepEqual(visit.problems, []);
//   await browser.close();
//
// `cargo xtask test browser` sets UNDERCURRENT_URL and CHROME. Without them, as in
// `node --test tests/e2e/smoke.test.mjs`, this serves the dist/ that is there and looks for a browser.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Nothing that talks to the outside, and no sandbox, for tests run as root in containers. */
const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** WebGPU without a graphics card. Only this set shows a WebGPU canvas in screenshots too. */
const GPU_FLAGS = [
  "--enable-unsafe-webgpu",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
];

/** The first call of a kernel in software takes seconds. */
const PATIENCE_MS = 60_000;

/**
 * Starts a browser, with WebGPU in software or with none; `flags` are more words for Chromium.
 *
 * `open(fragment, options)` visits the page in a profile of its own; `options` are Playwright's for
 * a context (`viewport`, `colorScheme`, `reducedMotion`, `hasTouch`, …), and `before(page)`, which
 * runs before the page is loaded.
 */
export async function launch({ gpu = false, flags = [] } = {}) {
  const site = await serveSite();
  const browser = await chromium.launch({
    executablePath: findBrowser(),
    args: [...FLAGS, ...(gpu ? GPU_FLAGS : []), ...flags],
  });
  return {
    address: site.address,
    open: (fragment = "", options = {}) => visit(browser, site.address, fragment, options),
    async close() {
      await browser.close();
      site.stop();
    },
  };
}

/** Opens `address` + `fragment` and gives the page with a list that fills with its problems. */
async function visit(browser, address, fragment, { before, ...options }) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const problems = [];
  collect(page, new URL(address).origin, problems);
  await before?.(page);
  await page.goto(new URL(fragment, address).href);
  return { page, context, problems, close: () => context.close() };
}

/** What no visit should do: log an error, throw, miss a file, or ask another server. */
function collect(page, origin, problems) {
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`thrown: ${error.stack ?? error}`));
  page.on("crash", () => problems.push("the page crashed"));
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  page.on("request", (request) => {
    const isOurs = [`${origin}/`, `blob:${origin}/`, "data:"].some((it) => request.url().startsWith(it));
    if (!isOurs) problems.push(`asked another server: ${request.url()}`);
  });
}

/** Serves dist/, unless somebody does already. */
async function serveSite() {
  const known = process.env.UNDERCURRENT_URL;
  if (known) return { address: known, stop() {} };
  const words = ["xtask", "serve", "--dist-only", "--port", "0"];
  const server = spawn("cargo", words, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const stop = () => server.kill();
  process.once("exit", stop);
  for await (const line of createInterface({ input: server.stdout })) {
    const address = line.match(/ is at (http:\S+)/)?.[1];
    if (address) {
      // A test that fails before it closes the browser ends all the same.
      server.unref();
      server.stdout.unref();
      return { address, stop };
    }
  }
  throw new Error("`cargo xtask serve --dist-only` gave no address; its words stand above");
}

/** CHROME, or a browser from the usual places. */
function findBrowser() {
  if (process.env.CHROME) return process.env.CHROME;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const places = [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ];
  const found = places.find((it) => existsSync(it));
  if (found) return found;
  throw new Error("no Chrome or Chromium here; install one, or set CHROME to where it is");
}
