// How long the page takes, in a browser: rows of a Markdown table. `cargo xtask bench browser` runs it.
//
// `node tests/e2e/bench.mjs [cpu] [gpu]` measures one engine alone.

import { cpus, loadavg } from "node:os";
import { launch } from "./harness.mjs";
import { listenToEngine } from "./page.mjs";

const N_VISITS = 3;
/** The browser compiles what is used often a second time, better; so the first and the last are told apart. */
const N_KEYS = 60;
const N_COUNTED = 20;
/** Tokens of the prompt that is typed into, the beginning mark among them. */
const N_TOKENS = 32;
const SLOW_MS = 300_000;

/** Runs in the page: tells when everything that was asked for has been painted. */
function listenToPaint() {
  const RAN = 3;
  /** The end of the next frame: what was drawn before is on the screen. */
  const nextFrame = () =>
    new Promise((done) => {
      requestAnimationFrame((from) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done({ from, to: performance.now() });
        port2.postMessage(null);
      });
    });
  /** When the answers to all since the `n`-th message from the engine had come, and were painted. */
  window.painted = async (n = 0) => {
    for (;;) {
      const line = window.engineLine;
      const frame = await nextFrame();
      const news = line.got.slice(n);
      const isWhole = news.some((it) => it.kind === RAN) && !line.owedRun && !line.owedLook;
      if (isWhole && line.lastAt <= frame.from) {
        return { last: news.at(-1).at, painted: frame.to };
      }
    }
  };
  window.firstPicture = window.painted();
}

/** Runs in the page: types each text and tells how long it took, in milliseconds. */
async function typeAll(texts) {
  const field = document.querySelector("#prompt");
  const all = [];
  for (const text of texts) {
    const n = engineLine.got.length;
    const start = performance.now();
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    const { last, painted } = await window.painted(n);
    const engine = document.querySelector(".live").textContent.match(/([\d.]+) ms per run/);
    all.push({ engine: Number(engine[1]), last: last - start, painted: painted - start });
  }
  return all;
}

const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[values.length >> 1];
const row = (what, engine, values) => {
  const [middle, worst] = [median(values), Math.max(...values)].map((it) => it.toFixed(it < 10 ? 1 : 0));
  console.log(`| ${what} | ${engine} | ${middle} | ${worst} | ${values.length} |`);
};

function open(browser, device) {
  const fragment = `#v=1&device=${device}`;
  return browser.open(fragment, {
    viewport: { width: 1440, height: 900 },
    async before(page) {
      page.setDefaultTimeout(SLOW_MS);
      await page.addInitScript(listenToEngine);
      await page.addInitScript(listenToPaint);
    },
  });
}

/** A prompt of `N_TOKENS`, and others that differ in the last word. */
function texts(vocabulary) {
  const story = "Anna put the lantern in the barn . Tom looked for the key in the garden . Anna gave Tom the lantern . Then Tom went to the attic with the".split(" ");
  const begin = story.slice(0, N_TOKENS - 2).join(" ");
  const words = vocabulary.filter((it) => /^[a-z]{3,}$/.test(it));
  return Array.from({ length: N_KEYS }, (_, at) => `${begin} ${words[(at * 7) % words.length]}`);
}

async function measure(device, name, browser) {
  const first = [];
  for (let n = 0; n < N_VISITS; n++) {
    const { page, close } = await open(browser, device);
    first.push(await page.evaluate(async () => (await firstPicture).painted));
    await close();
  }
  row("navigation → first live picture, nothing cached", name, first);

  const { page, close } = await open(browser, device);
  await page.evaluate(() => firstPicture);
  const vocabulary = await page.locator("#vocabulary option").evaluateAll((all) => all.map((it) => it.value));
  const all = await page.evaluate(typeAll, texts(vocabulary));
  for (const [which, some] of [["first", all.slice(0, N_COUNTED)], ["last", all.slice(-N_COUNTED)]]) {
    const of = `${which} ${N_COUNTED} of ${N_KEYS}`;
    row(`keystroke → last panel painted, ${N_TOKENS} tokens, ${of}`, name, some.map((it) => it.painted));
    row("… of these until the last answer is there", name, some.map((it) => it.last));
    row("… of these the engine's own time, as the top bar tells", name, some.map((it) => it.engine));
  }
  await close();
}

/** The adapter's name, and whether it is software; nothing without WebGPU. */
async function adapterOf(browser) {
  const { page, close } = await browser.open();
  const adapter = await page.evaluate(async () => {
    const it = await navigator.gpu?.requestAdapter();
    if (!it) return null;
    return [it.info.description, it.info.device, it.info.architecture, it.info.vendor].find(Boolean) ?? "unnamed";
  });
  const has = (await page.request.head(new URL("engine-gpu.js", browser.address).href)).ok();
  await close();
  return has ? adapter : null;
}

const wanted = process.argv.slice(2);
const wants = (name) => wanted.length === 0 || wanted.includes(name);
const load = loadavg()[0].toFixed(1);
console.log(`Chromium, 1440 × 900, on ${cpus().length} × ${cpus()[0]?.model.trim()}; other programs share the machine (load ${load} at the start).`);
console.log("All times are milliseconds of wall clock.\n");
console.log("| what | engine | median | worst | of |\n|---|---|---:|---:|---:|");
if (wants("cpu")) {
  const browser = await launch();
  await measure("cpu", "CPU", browser);
  await browser.close();
}
if (wants("gpu")) {
  const browser = await launch({ gpu: true });
  const adapter = await adapterOf(browser);
  if (adapter === null) {
    console.log("\nNo WebGPU in this Chromium, or no engine for it in dist/: not measured.");
  } else {
    const isSoftware = /swiftshader|llvmpipe|software/i.test(adapter);
    await measure("gpu", isSoftware ? `WebGPU, ${adapter}: software, no graphics card` : `WebGPU, ${adapter}`, browser);
  }
  await browser.close();
}
