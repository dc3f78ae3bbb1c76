// The lesson on states: each step sets the stage and repeats a number of the run.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { eventually, openLive, panel, settled, tokens } from "./page.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const lesson = (page) => page.locator(".lesson");
const open = (page) => page.getByRole("button", { name: "Lesson", exact: true }).click();
const press = (page, name) => lesson(page).getByRole("button", { name, exact: true }).click();
const now = (page) => lesson(page).locator(".now").textContent();
const hash = (page) => page.evaluate(() => location.hash);
const title = (page, name) => panel(page, name).locator("h2").textContent();

/** Sets the stage, and waits until it stands as `check` wants it. */
async function show(page, name, check) {
  await press(page, name);
  await settled(page);
  await eventually(check);
}

test("the lesson stands in the rail, and every step sets the stage", async () => {
  const { page, problems, close } = await openLive(browser);
  assert.equal(await lesson(page).count(), 0);
  await open(page);
  assert.equal(await page.locator(".rail .next").count(), 0);
  assert.ok(await panel(page, "attention").isVisible());

  const STAGE = [
    { model: "tales-mamba2", now: /state [\d.]+ kB/, titles: { paths: /State film/ } },
    { model: "tales-mamba2", now: /Δ [\d.]+ at “lantern” \(13\), Δ [\d.]+ at “the” \(15\)/, titles: { paths: /State film L2 · head 0/, lens: /Steps/ } },
    { model: "tales-mamba2", now: /half is left after [\d.]+ tokens.*half is left after [\d.]+ tokens/, titles: { paths: /L0 · head 1/ } },
    { model: "tales-mamba2", now: /takes [+−][\d.]+ of/, titles: { attention: /Hidden attention L0 · head 1/ } },
    { model: "tales-mamba2", now: /next comes “.+” with [\d.]+/, titles: { attention: /Hidden attention/ } },
    { model: "tales-mamba2", now: /[\d.]+ % of \d+ held-out.*next comes “lantern” with [\d.]+/, titles: { attention: /Hidden attention/ } },
  ];
  const headings = new Set();
  for (const [at, stage] of STAGE.entries()) {
    assert.match(await lesson(page).locator("header").textContent(), new RegExp(`${at + 1} of ${STAGE.length}`));
    headings.add(await lesson(page).locator("h3").textContent());
    await show(page, "Show it", async () => {
      assert.match(await hash(page), new RegExp(`model=${stage.model}(&|$)`));
      assert.match(await now(page), stage.now);
      for (const [name, wanted] of Object.entries(stage.titles)) assert.match(await title(page, name), wanted);
    });
    const next = lesson(page).getByRole("button", { name: "Next", exact: true });
    if (at + 1 < STAGE.length) await next.click();
    else assert.ok(await next.isDisabled());
  }
  assert.equal(headings.size, STAGE.length);
  await press(page, "Previous");
  assert.match(await lesson(page).locator("header").textContent(), /5 of 6/);

  await press(page, "Close the lesson");
  assert.equal(await lesson(page).count(), 0);
  assert.ok(await page.locator(".rail .next").isVisible());
  assert.ok(await page.locator(".rail .interventions").isVisible());
  assert.deepEqual(await page.locator(".notice[role=alert]").allTextContents(), []);
  assert.deepEqual(problems, []);
  await close();
});

test("what the steps say of firm and light writing, of long and short memory, is so", async () => {
  const { page, close } = await openLive(browser);
  await open(page);
  const numbers = async (pattern) => [...(await now(page)).matchAll(pattern)].map((it) => Number(it[1]));
  await press(page, "Next");
  await show(page, "Show it", async () => {
    const [firm, light] = await numbers(/Δ ([\d.]+)/g);
    assert.ok(3 * light < firm, `${firm} and ${light}`);
  });
  await press(page, "Next");
  await show(page, "Show it", async () => {
    const [long, short] = await numbers(/after ([\d.]+) tokens/g);
    assert.ok(short < 2 && (await tokens(page)).length < long, `${long} and ${short}`);
  });
  await close();
});

test("attention in the hybrid reads the barn, and without the barn's trace the answer goes", async () => {
  const { page, problems, close } = await openLive(browser);
  await open(page);
  for (let at = 0; at < 3; at++) await press(page, "Next");
  await show(page, "Show real attention", async () => {
    assert.match(await hash(page), /model=tales-hybrid/);
    assert.match(await title(page, "attention"), /^Attention L2 · head 1/);
    assert.match(await now(page), /reads “barn” \(7\) with 9\d %/);
  });
  await press(page, "Next");
  const prob = async () => Number((await now(page)).match(/with ([\d.]+)/)[1]);
  await show(page, "Only the barn", async () => {
    assert.match(await now(page), /“barn”/);
    assert.ok(0.8 < (await prob()));
  });
  await show(page, "Show it", async () => assert.ok((await prob()) < 0.3));
  assert.match(await hash(page), /do=write\.0\.0@7\+scale\+0/);
  assert.deepEqual(problems, []);
  await close();
});
