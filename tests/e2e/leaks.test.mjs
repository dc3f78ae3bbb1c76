// What comes and goes is given back: canvases, observers, listeners, workers and memory stay as many.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { openLive, settled, STORY } from "./page.mjs";

/** Every panel and lesson is opened and closed so often. */
const N_TIMES = 50;
/** Each model runs so many prompts. */
const N_PROMPTS = 300;

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** What the page holds after the browser has collected its garbage. */
async function held({ page, context }) {
  const line = await context.newCDPSession(page);
  const count = async (expression) => {
    const { result } = await line.send("Runtime.evaluate", { expression });
    const { objects } = await line.send("Runtime.queryObjects", { prototypeObjectId: result.objectId });
    const length = await line.send("Runtime.callFunctionOn", {
      objectId: objects.objectId,
      functionDeclaration: "function () { return this.length; }",
    });
    await line.send("Runtime.releaseObject", { objectId: objects.objectId });
    return length.result.value;
  };
  // What the tests themselves keep of the engine's line.
  await page.evaluate(() => {
    const { workers, sent, got } = window.engineLine;
    workers.splice(0, workers.length - 1);
    sent.length = got.length = 0;
    // The browser's own list of what was fetched.
    performance.clearResourceTimings();
  });
  // What a collection frees may hold what only the next one frees.
  for (let round = 0; round < 3; round++) await line.send("HeapProfiler.collectGarbage");
  const { nodes, jsEventListeners: listeners } = await line.send("Memory.getDOMCounters");
  const { usedSize, backingStorageSize } = await line.send("Runtime.getHeapUsage");
  const found = {
    canvases: await count("HTMLCanvasElement.prototype"),
    contexts: await count("CanvasRenderingContext2D.prototype"),
    observers: await count("ResizeObserver.prototype"),
    listeners,
    nodes,
    heap: usedSize + backingStorageSize,
  };
  await line.detach();
  return found;
}

const frames = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Goes to an address within the page, as Back and Forward do. */
async function go(page, fragment) {
  await page.evaluate((it) => (location.hash = it), fragment);
  await frames(page);
}

const HYBRID = `#v=1&model=tales-hybrid&prompt=${encodeURIComponent(STORY)}`;

const PLACES = [
  ...["map", "heads", "overlay", "lines", "steps", "difference"].map((it) => `attention=${it}`),
  ...["paths", "state", "faces", "modes"].map((it) => `second=${it}`),
  ...["lens", "steps"].map((it) => `third=${it}`),
  ...["writers", "norms", "memory"].map((it) => `side=${it}`),
  ...["sample", "frame", "words"].map((it) => `second=paths&basis=${it}`),
  ...["attention", "paths", "lens", "chart", "side"].map((it) => `maximised=${it}`),
];

/** Counts are as before, and memory within a share. */
function assertGivenBack(before, after, what) {
  for (const name of ["canvases", "contexts", "observers", "listeners"]) {
    assert.equal(after[name], before[name], `${what}: ${name}; ${JSON.stringify([before, after])}`);
  }
  // Rows of text come and go with the cursor's numbers.
  for (const [name, share] of [["nodes", 1.05], ["heap", 1.05]]) {
    assert.ok(after[name] <= share * before[name], `${what}: ${name}; ${JSON.stringify([before, after])}`);
  }
}

test("panels and their views give back what they took", async () => {
  const visit = await openLive(browser, HYBRID);
  const { page, problems, close } = visit;
  const round = async () => {
    for (const place of PLACES) await go(page, `${HYBRID}&${place}`);
  };
  const rest = async () => {
    await go(page, HYBRID);
    await settled(page);
  };
  await round();
  await rest();
  const before = await held(visit);
  for (let time = 0; time < N_TIMES; time++) await round();
  await rest();
  assertGivenBack(before, await held(visit), "panels");
  assert.deepEqual(problems, []);
  await close();
});

test("the lesson, labs, tables and the help give back what they took", async () => {
  for (const model of ["tales-hybrid", "recall-mamba", "parity-gru"]) {
    const visit = await openLive(browser, `#v=1&model=${model}`);
    const { page, problems, close } = visit;
    const press = (name) => page.locator(name).first().evaluate((it) => it.click());
    const round = async () => {
      await press(".top button:text-is('Lesson')");
      await frames(page);
      await press(".top button:text-is('Lesson')");
      for (const table of await page.locator("[aria-label='Table of the same numbers']").all()) {
        await table.evaluate((it) => it.click());
        await frames(page);
        await table.evaluate((it) => it.click());
      }
      await page.keyboard.press("?");
      await page.keyboard.press("Escape");
      await frames(page);
    };
    // The browser compiles what runs again and again, which takes its memory once: measured, the
    // heap grows for ten rounds and is level for the eighty after them.
    for (let time = 0; time < 15; time++) await round();
    await settled(page);
    const before = await held(visit);
    for (let time = 0; time < N_TIMES; time++) await round();
    await settled(page);
    assertGivenBack(before, await held(visit), model);
    assert.deepEqual(problems, []);
    await close();
  }
});

test("columns end their engines and give back what they took", async () => {
  const visit = await openLive(browser, HYBRID);
  const { page, problems, close } = visit;
  const round = async () => {
    await go(page, `${HYBRID}&beside=tales`);
    await page.locator(".column").nth(1).waitFor();
    await go(page, HYBRID);
    await page.locator(".spine").waitFor();
  };
  await round();
  await settled(page);
  const before = { ...(await held(visit)), running: page.workers().length };
  for (let time = 0; time < N_TIMES; time++) await round();
  await settled(page);
  const after = { ...(await held(visit)), running: page.workers().length };
  assert.equal(after.running, before.running, "engines that run");
  assertGivenBack(before, after, "columns");
  assert.deepEqual(problems, []);
  await close();
});

/** Prompts of the model's own words, of all lengths, so that what is strongest changes. */
function prompts(words, count) {
  let state = 1;
  const next = () => (state = (state * 1103515245 + 12345) % 2 ** 31);
  return Array.from({ length: count }, (_, turn) =>
    Array.from({ length: 1 + (turn % 40) }, () => words[next() % words.length]).join(" "));
}

/** Puts a prompt in and waits until it has run. The browser's own list of undo steps takes no part. */
async function run(page, prompt) {
  await page.locator("#prompt").evaluate((field, prompt) => {
    field.value = prompt;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }, prompt);
  await page.waitForFunction(() => !window.engineLine.owedRun, null, { polling: 10 });
}

const models = readdirSync(new URL("../../assets/models", import.meta.url));
for (const model of models) {
  test(`memory stays through ${N_PROMPTS} prompts on ${model}`, async () => {
    const visit = await openLive(browser, `#v=1&model=${model}`);
    const { page, problems, close } = visit;
    const words = await page.evaluate(async (model) => {
      const file = await (await fetch(`./models/${model}/model.json`)).json();
      return file.vocab.filter((it) => !it.startsWith("<"));
    }, model);
    const all = prompts(words, N_PROMPTS);
    // Whatever grows to its size once does so here.
    for (const prompt of all.slice(0, 40)) await run(page, prompt);
    await run(page, all[0]);
    await settled(page);
    const before = await held(visit);
    for (const prompt of all) await run(page, prompt);
    await run(page, all[0]);
    await settled(page);
    assertGivenBack(before, await held(visit), model);
    assert.deepEqual(problems, []);
    await close();
  });
}
