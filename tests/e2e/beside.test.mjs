// Two or three models on one prompt and one cursor.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { eventually, notices, openLive, statusText, STORY, type } from "./page.mjs";

const THREE = `#v=1&model=tales&beside=tales-mamba2,tales-hybrid&prompt=${encodeURIComponent(STORY)}`;

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const column = (page, name) => page.locator(`.column[aria-label=${name}]`);
const first = (page, name) => column(page, name).locator(".next-row .word").first().textContent();
const meter = (page, name) => column(page, name).locator(".column-meter > span:not(.meter-bar)").allTextContents();

/** Each column says of the next token what its model says. */
const said = (page, name, word) =>
  eventually(async () => assert.equal(await first(page, name), word));

test("a model is put beside another, follows the prompt, and is left out again", async () => {
  const { page, problems, close } = await openLive(browser, `#v=1&prompt=${encodeURIComponent(STORY)}`);
  await page.locator(".compare summary").click();
  await page.locator(".compare button", { hasText: "tales-mamba2" }).click();
  await said(page, "tales-mamba2", "barn");
  await said(page, "tales", "barn");
  assert.match(page.url(), /beside=tales-mamba2/);
  await type(page, `${STORY.replace("barn", "garden")}`);
  await said(page, "tales", "garden");
  await said(page, "tales-mamba2", "garden");
  // Numbers of each column are its own model's.
  const differences = await page.locator(".column-head p").allTextContents();
  assert.equal(new Set(differences).size, 2, differences.join("; "));
  await column(page, "tales-mamba2").getByRole("button", { name: "Leave tales-mamba2 out" }).click();
  await eventually(async () => assert.equal(await page.locator(".column").count(), 0));
  assert.doesNotMatch(page.url(), /beside/);
  await page.locator(".stage .place-main").waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test("the cache grows with the prompt, the state does not", async () => {
  const { page, problems, close } = await openLive(browser, THREE);
  await said(page, "tales-hybrid", "barn");
  await said(page, "tales-mamba2", "barn");
  const before = await Promise.all(["tales", "tales-mamba2", "tales-hybrid"].map((it) => meter(page, it)));
  await type(page, `${STORY} barn. Tom`);
  // Three tokens more, at 4,096 bytes in the transformer and a fourth of that in the hybrid.
  await eventually(async () => assert.match((await meter(page, "tales"))[0], /77\.8 kB/));
  await eventually(async () => assert.match((await meter(page, "tales-hybrid"))[0], /19\.5 kB/));
  const now = await Promise.all(["tales", "tales-mamba2", "tales-hybrid"].map((it) => meter(page, it)));
  assert.deepEqual(now[1], before[1]);
  assert.equal(now[2].at(-1), before[2].at(-1));
  assert.match(before[0][0], /65\.5 kB/);
  assert.deepEqual(problems, []);
  await close();
});

test("one cursor: keys and a click in any column move it in all", async () => {
  const { page, close } = await openLive(browser, `${THREE}&pos=4`);
  await said(page, "tales-hybrid", "barn");
  await page.keyboard.press("ArrowRight");
  await eventually(async () => assert.match(await statusText(page), /\(5\)/));
  const rows = await page.locator(".column .place-main .figure").evaluateAll((all) =>
    all.map((it) => it.getAttribute("aria-label")),
  );
  assert.equal(rows.length, 3);
  const map = column(page, "tales-mamba2").locator(".place-main .figure");
  const box = await map.boundingBox();
  const before = await statusText(page);
  await page.mouse.click(box.x + 0.17 * box.width, box.y + 0.93 * box.height);
  await eventually(async () => assert.notEqual(await statusText(page), before));
  await close();
});

test("on a phone the columns are pages to swipe, with the tabs for each", async () => {
  const { page, close } = await openLive(browser, THREE, { viewport: { width: 390, height: 844 } });
  await column(page, "tales").locator(".place-main .figure").waitFor();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `the page is ${width} px wide`);
  const box = await column(page, "tales").boundingBox();
  assert.ok(Math.abs(box.width - 390) < 2, `a column is ${box.width} px wide`);
  await column(page, "tales-mamba2").scrollIntoViewIfNeeded();
  await column(page, "tales-mamba2").locator(".place-main .figure").waitFor();
  await close();
});

test("a column whose model is not there says so, and the others go on", async () => {
  const { page, close } = await openLive(browser, `#v=1&beside=tales-nobody&prompt=${encodeURIComponent(STORY)}`);
  await eventually(async () => assert.match((await notices(page)).join(), /nobody|not there|404/));
  await said(page, "tales", "barn");
  await close();
});
