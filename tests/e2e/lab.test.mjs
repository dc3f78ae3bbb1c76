// The lab of a family that learned a puzzle: what is right, how the family does, and what is said
// where a card does not come.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { colours, eventually, openLive, settled } from "./page.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const link = (model, prompt) => `#v=1&model=${model}&prompt=${encodeURIComponent(prompt)}`;
const RECALL = link("recall-transformer", "q w e r t y | q w e");
const PARITY = link("parity-deltanet-negative", "1 0 1 1 0");

const lab = (page) => page.locator(".lab");
const open = (page) => page.getByRole("button", { name: "Lesson", exact: true }).click();
const now = (page) => lab(page).locator(".verdict").textContent();
const hash = (page) => page.evaluate(() => location.hash);
const tries = (page) => lab(page).locator(".tries button");

/** The rows of the lab's first table, headings first. */
const table = (page) =>
  lab(page).locator(".lab-table").first().locator("tr").evaluateAll((rows) =>
    rows.map((row) => [...row.cells].map((cell) => cell.textContent)),
  );

/** The table as soon as every card has come or failed. */
const whole = (page) =>
  eventually(async () => {
    const rows = await table(page);
    assert.ok(1 < rows.length && !rows.flat().some((it) => it.includes("arrives")), JSON.stringify(rows));
    return rows;
  });

/** What the model says and what is right; the mark has to agree with both. */
async function verdict(page) {
  const text = await now(page);
  const found = text.match(/says (\S+); the answer is (\S+) (right|wrong)/);
  assert.ok(found, text);
  assert.equal(found[3] === "right", found[1] === found[2], text);
  return found[2];
}

test("the lab of copying and recall says what is right, and shows the family by size", async () => {
  const { page, problems, close } = await openLive(browser, RECALL);
  await open(page);
  assert.match(await lab(page).locator("h2").textContent(), /Copying and recall/);
  assert.equal(await page.locator(".rail .next").count(), 0);
  await eventually(async () => assert.equal(await verdict(page), "r"));
  assert.match(await now(page), /6 letters, no more than in training/);

  // Prompts of the model's card, and longer ones.
  assert.ok(4 <= (await tries(page).count()));
  assert.ok(0 < (await tries(page).filter({ hasText: "beyond the 16 of training" }).count()));
  await tries(page).filter({ hasText: "a 7 b 12 c 3 | b 12 c" }).click();
  await settled(page);
  await eventually(async () => assert.equal(await verdict(page), "3"));
  assert.match(await now(page), /3 pairs/);

  const rows = await whole(page);
  assert.equal(rows[0][0], "letters");
  assert.ok(rows[0].includes("recall-transformer"));
  // What stands there is what the card says.
  const card = await page.evaluate(async () => (await fetch("./models/recall-transformer/model.json")).json());
  const column = rows[0].indexOf("recall-transformer");
  const cell = (all, size) => all.find((row) => row[0] === size)[column];
  // Half a tenth is rounded either way, in single precision or in double.
  const isShare = (text, name) => {
    const share = 100 * card.phenomena.find((it) => it.name === name).accuracy;
    assert.match(text, /^\d+\.\d %$/);
    assert.ok(Math.abs(parseFloat(text) - share) < 0.0501, `${text}, not ${share}`);
  };
  isShare(cell(rows, "20"), "20 letters");
  await lab(page).getByRole("button", { name: "all right", exact: true }).click();
  await eventually(async () => isShare(cell(await table(page), "20"), "20 letters, whole"));
  await lab(page).getByRole("button", { name: "pairs", exact: true }).click();
  await eventually(async () => isShare(cell(await table(page), "16"), "16 pairs"));

  const figure = lab(page).locator(".figure");
  await figure.scrollIntoViewIfNeeded();
  assert.match(await figure.getAttribute("aria-label"), /against pairs, training ended at 16: .*recall-transformer \(on the page\)/);
  await eventually(async () => assert.ok(10 < (await colours(page, await figure.screenshot())).n));
  assert.ok((await lab(page).textContent()).includes("arXiv 2402.01032"));
  assert.deepEqual(problems, []);
  await close();
});

test("the legend exchanges the model on one prompt, and the lab stays", async () => {
  const { page, problems, close } = await openLive(browser, RECALL);
  await open(page);
  await lab(page).locator(".lab-legend button", { hasText: "recall-mamba2" }).click();
  await eventually(async () => {
    assert.match(await now(page), /^recall-mamba2 says/);
    assert.equal(await verdict(page), "r");
  });
  await settled(page);
  assert.match(await hash(page), /model=recall-mamba2/);
  assert.equal(await page.locator("#prompt").inputValue(), "q w e r t y | q w e");
  assert.deepEqual(problems, []);
  await close();
});

test("parity is counted with every run, and the paper's numbers stand beside ours", async () => {
  const { page, problems, close } = await openLive(browser, PARITY);
  await open(page);
  await eventually(async () => assert.equal(await verdict(page), "odd"));
  assert.match(await lab(page).textContent(), /say the state after that token/);
  await page.fill("#prompt", "1 0 1 1 0 1");
  await settled(page);
  await eventually(async () => assert.equal(await verdict(page), "even"));
  await tries(page).filter({ hasText: "beyond the 20 of training" }).first().click();
  await settled(page);
  await eventually(async () => assert.match(await now(page), /40 steps, beyond the 20 of training/));
  await verdict(page);
  // A prompt that is no row says why.
  await page.fill("#prompt", "1 0 odd");
  await settled(page);
  await eventually(async () => assert.match(await now(page), /no answer: write only 0 and 1/));

  await whole(page);
  const theirs = lab(page).locator(".claim .lab-table");
  await eventually(async () => assert.match(await theirs.textContent(), /DeltaNet \[−1, 1\]1\.000parity-deltanet-negative[−\d.]+/));
  assert.deepEqual(problems, []);
  await close();
});

test("a card that does not come is named, the others are shown, and it is fetched again", async () => {
  const where = "**/models/parity-gru/model.json";
  const before = (page) => page.route(where, (route) => route.fulfill({ status: 404, body: "" }));
  const { page, close } = await openLive(browser, PARITY, { before });
  await open(page);
  const rows = await whole(page);
  const column = rows[0].indexOf("parity-gru");
  assert.ok(rows.slice(1).every((row) => row[column] === "—"));
  assert.ok(rows.slice(1).some((row) => row.some((it) => /^[\d.]+ %$/.test(it))));
  assert.match(await lab(page).locator(".troubles").textContent(), /parity-gru: .*404.*Fetch again/);
  await page.unroute(where);
  await lab(page).getByRole("button", { name: "Fetch again" }).click();
  await eventually(async () => {
    const again = await table(page);
    assert.ok(again.slice(1).every((row) => / %$/.test(row[column])), JSON.stringify(again));
  });
  assert.equal(await lab(page).locator(".troubles").count(), 0);
  await close();
});

test("the lab is within the keyboard's reach", async () => {
  const { page, close } = await openLive(browser, PARITY);
  await page.getByRole("button", { name: "Lesson", exact: true }).focus();
  await page.keyboard.press("Enter");
  const last = tries(page).last();
  await last.focus();
  await page.keyboard.press("Enter");
  await settled(page);
  await eventually(async () => assert.equal(await last.getAttribute("aria-pressed"), "true"));
  await lab(page).getByRole("button", { name: "Close the lab" }).focus();
  await page.keyboard.press("Enter");
  assert.equal(await lab(page).count(), 0);
  assert.ok(await page.locator(".rail .next").isVisible());
  await close();
});

test("on a phone the lab stands behind its tab", async () => {
  const { page, close } = await openLive(browser, PARITY, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await open(page);
  assert.ok(await lab(page).isVisible());
  const { scrollWidth, clientWidth } = await lab(page).evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
  assert.ok(scrollWidth <= clientWidth + 1, `${scrollWidth} in ${clientWidth}`);
  await page.getByRole("tab", { name: "Attention" }).click();
  assert.ok(!(await lab(page).isVisible()));
  await close();
});

test("models without a puzzle keep the lesson on states", async () => {
  const { page, close } = await openLive(browser);
  await open(page);
  assert.equal(await lab(page).count(), 0);
  assert.match(await page.locator(".lesson h2").textContent(), /Lesson: States/);
  await close();
});
