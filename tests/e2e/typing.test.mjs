// A keystroke reaches every panel.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import {
  colours, eventually, openLive, panel, place, press, settled, statusText, STORY, tableOf, tokens, type,
} from "./page.mjs";

const FIGURES = ["attention", "paths", "lens", "side"];

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test("the first visit becomes live with a prompt and no error", async () => {
  const { page, problems, close } = await openLive(browser);
  assert.equal(await page.inputValue("#prompt"), STORY);
  assert.match(await page.locator(".live").textContent(), /Live on this device.*CPU, \d+ ms per run/);
  assert.equal((await tokens(page)).length, 16);
  assert.equal(await page.locator(".absent").count(), 0, "every figure has a value");
  assert.match(await page.locator(".headline b").textContent(), /^[+−]?\d+\.\d\d$/);
  assert.equal(await page.locator(".next-row").count(), 8);
  assert.deepEqual(problems, []);
  await close();
});

test("the answer to the first prompt is the barn", async () => {
  const { page, close } = await openLive(browser);
  assert.equal(await page.locator(".next-row .word").first().textContent(), "barn");
  await close();
});

test("figures are drawn, not blank", async () => {
  const { page, close } = await openLive(browser);
  for (const name of FIGURES) {
    const png = await panel(page, name).locator(".figure").screenshot();
    const { n, largestShare } = await colours(page, png);
    assert.ok(5 < n, `${name} has ${n} colours`);
    assert.ok(largestShare < 0.995, `${name} is ${largestShare} of one colour`);
  }
  assert.ok(0 < (await panel(page, "chart").locator(".chart svg path, .chart svg polyline").count()));
  await close();
});

test("typing changes chips, next tokens, figures, labels and the status", async () => {
  const { page, problems, close } = await openLive(browser);
  const seen = async () => ({
    chips: await tokens(page),
    next: await page.locator(".next-row").allTextContents(),
    status: await statusText(page),
    count: await page.locator(".prompt-label small").first().textContent(),
    lensLabel: await panel(page, "lens").locator(".figure").getAttribute("aria-label"),
    attentionLabel: await panel(page, "attention").locator(".figure").getAttribute("aria-label"),
    frame: await page.locator(".slot").evaluateAll((all) => all.map((it) => it.value)),
  });
  const before = await seen();
  const figures = () => Promise.all(FIGURES.map((it) => panel(page, it).locator(".figure").screenshot()));
  const pictures = await figures();

  await page.locator("#prompt").press("End");
  await page.locator("#prompt").pressSequentially(" garden. Anna put", { delay: 20 });
  await settled(page);
  const now = await seen();
  assert.deepEqual(now.chips.slice(-4), ["garden", ".", "Anna", "put"]);
  assert.equal(now.chips.length, 20);
  assert.match(now.count, /^20 of \d+ tokens$/);
  assert.equal((await place(page)).word, "put", "the cursor follows the end");
  for (const name of Object.keys(before)) assert.notDeepEqual(now[name], before[name], name);
  for (const [at, picture] of (await figures()).entries()) {
    assert.ok(!picture.equals(pictures[at]), `${FIGURES[at]} is drawn anew`);
  }
  assert.deepEqual(problems, []);
  await close();
});

test("what is typed last is what stands at the end, however fast", async () => {
  const { page, problems, close } = await openLive(browser);
  await page.evaluate(() => {
    const field = document.querySelector("#prompt");
    for (let n = 0; n < 40; n++) {
      field.value = `Anna put the lantern in the barn. ${"Tom ".repeat(n)}`;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
  });
  await settled(page);
  assert.equal((await tokens(page)).length, 9 + 39);
  assert.deepEqual(problems, []);
  await close();
});

test("tables and figures tell the same", async () => {
  const { page, close } = await openLive(browser);
  await press(page, "lens", "Table of the same numbers");
  const rows = await eventually(async () => {
    const rows = await tableOf(page, "lens");
    assert.ok(2 < rows.length);
    return rows;
  });
  const { depth, said, prob } = await place(page);
  const [, word, probability] = rows.find((it) => it[0] === depth);
  assert.equal(word, said);
  assert.ok(Math.abs(Number(probability) - prob) < 0.0051, `${probability} is ${prob}`);
  const top = await page.locator(".next-row .word").first().textContent();
  assert.equal(rows[1][1], top, "the lens at the last depth says the next token");

  await press(page, "side", "Table of the same numbers");
  const writers = await eventually(async () => {
    const rows = await tableOf(page, "side");
    assert.ok(2 < rows.length);
    return rows;
  });
  const numbers = writers.slice(1).map((it) => Number(it[1].replace("−", "-").replace("+", "")));
  const total = numbers.pop();
  const sum = numbers.reduce((all, it) => all + it, 0);
  assert.ok(Math.abs(sum - total) < 0.005 * numbers.length, `${sum} adds up to ${total}`);
  const headline = await page.locator(".headline b").textContent();
  assert.equal(writers.at(-1)[1], headline);
  await close();
});

test("a question of the reader's stays while typing", async () => {
  const { page, close } = await openLive(browser);
  await page.getByLabel("Token A", { exact: true }).fill("garden");
  await page.getByLabel("Token A", { exact: true }).press("Enter");
  await page.getByLabel("Token B", { exact: true }).fill("barn");
  await page.getByLabel("Token B", { exact: true }).press("Enter");
  await settled(page);
  const was = await page.locator(".headline b").textContent();
  assert.match(was, /^[+−]?\d+\.\d\d$/);
  await type(page, `${STORY} barn. Anna looked for the lantern in the`);
  assert.equal(await page.getByLabel("Token A", { exact: true }).inputValue(), "garden");
  assert.equal(await page.getByLabel("Token B", { exact: true }).inputValue(), "barn");
  assert.match(await page.locator(".headline b").textContent(), /^[+−]?\d+\.\d\d$/);
  assert.ok((await page.locator(".next-row.a .word").textContent()) === "garden", "A stays on the list");
  await close();
});
