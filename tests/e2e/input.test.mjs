// Whatever is typed, the page goes on.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { eventually, notices, openLive, settled, STORY, statusText, tokens, type } from "./page.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const label = (page) => page.locator(".prompt-label").textContent();

async function goesOn({ page, problems }) {
  await page.mouse.move(720, 10);
  await type(page, STORY);
  assert.equal((await tokens(page)).length, 16);
  assert.match(await statusText(page), /^Head \d\.\d at “the” \(15\): \d+ % on/);
  assert.deepEqual(problems, []);
}

test("an empty prompt offers prompts, and they work", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  await type(page, "");
  const offers = page.locator(".tokens .button");
  assert.equal(await offers.count(), 3);
  assert.deepEqual(await notices(page), []);
  const text = await offers.nth(1).textContent();
  await offers.nth(1).click();
  await settled(page);
  assert.equal(await page.inputValue("#prompt"), text);
  assert.ok(3 < (await tokens(page)).length);
  assert.equal(await page.locator(".token.unknown").count(), 0, "every word of an offer is known");
  await type(page, " \n\t ");
  assert.equal(await page.locator(".tokens .button").count(), 3);
  await goesOn(visit);
  await visit.close();
});

test("a link with an empty prompt opens", async () => {
  const visit = await openLive(browser, "#v=1&prompt=");
  assert.equal(await visit.page.locator(".tokens .button").count(), 3);
  await goesOn(visit);
  await visit.close();
});

const SENTENCE = "Anna put the lantern in the barn. ";

test("a prompt longer than the model was trained on runs, and the page says so", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  await type(page, SENTENCE.repeat(20));
  await eventually(async () => assert.match(await label(page), /161 tokens; trained on 128/));
  assert.equal(await page.locator(".token").count(), 161);
  assert.deepEqual(await notices(page), []);
  await goesOn(visit);
  await visit.close();
});

test("a hundred thousand characters are refused with the number that fits, and the picture stands", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  const before = await page.locator(".token").count();
  await page.locator("#prompt").fill(SENTENCE.repeat(Math.ceil(100_000 / SENTENCE.length)));
  await eventually(async () => assert.match((await notices(page)).join(), /23537 tokens needs more memory than there is; up to \d{4} fit/));
  assert.equal(await page.locator(".token").count(), before);
  await goesOn(visit);
  await visit.close();
});

test("one word of a hundred thousand letters", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  await type(page, `Anna ${"x".repeat(100_000)} put`);
  assert.equal(await page.locator(".token").count(), 4);
  const widest = await page.locator(".token").evaluateAll((all) => Math.max(...all.map((it) => it.offsetWidth)));
  assert.ok(widest < 1440, `a chip is ${widest} pixels wide`);
  assert.ok((await statusText(page)).length < 500, "the status line stays a line");
  await goesOn(visit);
  await visit.close();
});

test("emoji, other scripts and marks", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  await type(page, "Anna 🦊👩‍🚀 put 家 العربية e\u0301 \u0000\u200b the \ud83d lantern");
  assert.ok(6 < (await tokens(page)).length);
  assert.ok((await tokens(page)).includes("家"));
  await goesOn(visit);
  await visit.close();
});

test("only unknown words: near ones are offered and can be pressed", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  await type(page, "lantrn gardn");
  assert.equal(await page.locator(".token.unknown").count(), 2);
  assert.match(await label(page), /unknown: “lantrn”/);
  await page.getByRole("button", { name: "lantern", exact: true }).click();
  await settled(page);
  assert.equal(await page.inputValue("#prompt"), "lantern gardn");
  await page.getByRole("button", { name: "garden", exact: true }).click();
  await settled(page);
  assert.equal(await page.inputValue("#prompt"), "lantern garden");
  assert.equal(await page.locator(".token.unknown").count(), 0);
  assert.equal(await page.locator(".prompt-label .unknown").count(), 0);
  await type(page, "Qwrtz xyzzyx plughh");
  assert.equal(await page.locator(".token.unknown").count(), 3);
  assert.match(await page.locator(".headline b").textContent(), /^[+−]?\d+\.\d\d$/);
  await goesOn(visit);
  await visit.close();
});

test("markup in the prompt is text", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  const markup = `<img src=x onerror="window.wasRun=1"> <b>Anna</b> <script>window.wasRun=1</script> &amp; </svg>`;
  await type(page, markup);
  await page.keyboard.press("Escape");
  for (let n = 0; n < 6; n++) await page.keyboard.press("ArrowLeft");
  await settled(page);
  assert.equal(await page.inputValue("#prompt"), markup);
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  assert.equal(await page.locator("body img, body script:not([type=module]):not([nomodule]), .tokens b").count(), 0);
  assert.ok((await tokens(page)).join(" ").includes("<b>Anna<"), (await tokens(page)).join(" "));
  await goesOn(visit);
  await visit.close();
});

test("a word that is not in the vocabulary is refused as A", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  const was = await page.getByLabel("Token A", { exact: true }).inputValue();
  await page.getByLabel("Token A", { exact: true }).fill("xyzzy");
  await page.getByLabel("Token A", { exact: true }).press("Enter");
  await eventually(async () => assert.match((await notices(page)).join(), /“xyzzy” is not in the vocabulary/));
  await page.locator("#prompt").focus();
  assert.equal(await page.getByLabel("Token A", { exact: true }).inputValue(), was, "the field shows what is in force");
  await page.getByLabel("Token A", { exact: true }).fill("");
  await page.getByLabel("Token A", { exact: true }).press("Enter");
  await settled(page);
  assert.notEqual(await page.getByLabel("Token A", { exact: true }).inputValue(), "");
  await goesOn(visit);
  await visit.close();
});
