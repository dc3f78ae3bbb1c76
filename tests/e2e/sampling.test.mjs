// Drawing the next token: the sliders never run the model, a seed repeats, writing can be stopped.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { asked, drawn, eventually, OPEN_END, openLive, panel, settled, tokens, type } from "./page.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const link = (parts) => `#${new URLSearchParams({ v: "1", prompt: OPEN_END, ...parts })}`;

/** Where the lines of the listed tokens stand, in percent. */
const lines = (page) =>
  page.locator(".next-row .bar u").evaluateAll((all) => all.map((it) => parseFloat(it.style.left)));
const bars = (page) =>
  page.locator(".next-row .bar i").evaluateAll((all) =>
    all.map((it) => Number((100 * it.style.transform.match(/scaleX\((.*)\)/)[1]).toFixed(1))));

test("temperature and cuts move the lines without a run", async () => {
  const { page, problems, close } = await openLive(browser, link({}));
  const [before, own, n] = [await lines(page), await bars(page), await asked(page)];
  assert.deepEqual(before, own, "at temperature 1 the line stands at the end of the bar");

  await page.getByLabel("temperature").fill("2");
  await drawn(page);
  const warm = await lines(page);
  assert.notDeepEqual(warm, before);
  assert.ok(warm[0] < before[0], "warmer is flatter");
  await page.getByLabel("temperature").fill("0");
  await drawn(page);
  assert.deepEqual(await lines(page), [100, 0, 0, 0, 0, 0, 0, 0]);
  await page.getByLabel("temperature").fill("1");

  await page.getByLabel("top-k").fill("2");
  await drawn(page);
  const two = await lines(page);
  assert.ok(Math.abs(two[0] + two[1] - 100) < 0.11, String(two));
  assert.deepEqual(two.slice(2), [0, 0, 0, 0, 0, 0]);
  await page.getByLabel("top-k").fill("0");

  await page.getByLabel("top-p").fill("0.05");
  await drawn(page);
  assert.equal((await lines(page))[0] > before[0], true);
  await page.getByLabel("top-p").fill("1");
  await drawn(page);
  assert.deepEqual(await lines(page), before);
  assert.deepEqual(await bars(page), own, "the model's own probabilities are never cut");
  assert.equal(await asked(page), n, "the engine was asked nothing");
  assert.deepEqual(problems, []);
  await close();
});

test("a seed draws the same again, and another seed another", async () => {
  const draw = async (seed) => {
    const { page, close } = await openLive(browser, link({ seed, temperature: "1.5" }));
    await page.getByRole("button", { name: "Write one", exact: true }).click();
    await eventually(async () => assert.equal((await tokens(page)).length, 5));
    const text = await page.inputValue("#prompt");
    await close();
    return text;
  };
  const first = await draw("3");
  assert.ok(first.startsWith(`${OPEN_END} `));
  assert.equal(await draw("3"), first);

  const { page, problems, close } = await openLive(browser, link({ temperature: "2" }));
  const words = new Set();
  for (const seed of ["1", "2", "3", "4", "5", "6"]) {
    await type(page, OPEN_END);
    await page.getByLabel("seed").fill(seed);
    await page.getByLabel("seed").press("Enter");
    await page.getByRole("button", { name: "Write one", exact: true }).click();
    await settled(page);
    words.add(await page.inputValue("#prompt"));
  }
  assert.ok(1 < words.size, [...words].join());
  assert.deepEqual(problems, []);
  await close();
});

test("one press writes one word", async () => {
  const { page, problems, close } = await openLive(browser, link({ temperature: "0" }));
  const top = await page.locator(".next-row .word").first().textContent();
  await page.getByRole("button", { name: "Write one", exact: true }).click();
  await settled(page);
  assert.equal((await tokens(page)).length, 5);
  assert.equal((await tokens(page)).at(-1), top, "at temperature 0 the most probable one");
  await page.getByRole("button", { name: "Write one", exact: true }).click();
  await settled(page);
  assert.equal((await tokens(page)).length, 6);
  assert.deepEqual(problems, []);
  await close();
});

test("writing on goes on, and stops where it is told to", async () => {
  const { page, problems, close } = await openLive(browser, link({ seed: "2" }));
  const count = async () => (await tokens(page)).length;
  await page.getByRole("button", { name: "Write on", exact: true }).click();
  await eventually(async () => assert.ok(6 <= (await count())));
  await page.getByRole("button", { name: /^Stop \(\d+ left\)$/ }).click();
  await page.getByRole("button", { name: "Write on", exact: true }).waitFor();
  await settled(page);
  const n = await count();
  assert.ok(n < 24, `${n} tokens`);
  await page.getByLabel("temperature").fill("0.5");
  await settled(page);
  assert.equal(await count(), n, "nothing comes after the stop");
  assert.deepEqual(problems, []);
  await close();
});

test("writing on ends after twenty or with the story, past training too", async () => {
  const { page, problems, close } = await openLive(browser, link({ seed: "2" }));
  await page.getByRole("button", { name: "Write on", exact: true }).click();
  await eventually(async () => assert.equal((await tokens(page)).length, 24));
  await page.getByRole("button", { name: "Write on", exact: true }).waitFor();

  await type(page, "Anna put the lantern in the barn. ".repeat(16).trim() + " Anna put the lantern in the");
  const n = (await tokens(page)).length;
  assert.ok(128 < n, `${n} tokens`);
  await page.getByRole("button", { name: "Write on", exact: true }).click();
  await page.getByRole("button", { name: "Write on", exact: true }).waitFor();
  await settled(page);
  const now = (await tokens(page)).length;
  assert.ok(n < now && now <= n + 20, `from ${n} to ${now}`);
  assert.deepEqual(problems, []);
  await close();
});

test("the whole list, and a question from it", async () => {
  const { page, problems, close } = await openLive(browser, link({}));
  await page.getByRole("button", { name: "all", exact: true }).click();
  await eventually(async () => assert.ok(100 < (await page.locator(".next-row").count())));
  await page.getByRole("button", { name: "all", exact: true }).click();
  await eventually(async () => assert.equal(await page.locator(".next-row").count(), 8));
  const word = await page.locator(".next-row .word").nth(4).textContent();
  await page.getByRole("button", { name: `Make ${word} token A`, exact: true }).click();
  await settled(page);
  assert.equal(await page.getByLabel("Token A", { exact: true }).inputValue(), word);
  assert.equal(await panel(page, "chart").locator(".key.a").textContent(), `● ${word}`);
  assert.deepEqual(problems, []);
  await close();
});
