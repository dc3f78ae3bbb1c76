// State-space models and hybrids: hidden attention, state film, steps, memory, interventions, and the change
// from one model to another.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { colours, eventually, openLive, panel, press, settled, statusText, STORY, tableOf, tokens } from "./page.mjs";

const MAMBA = `#v=1&model=tales-mamba2&prompt=${encodeURIComponent(STORY)}`;
const HYBRID = `#v=1&model=tales-hybrid&prompt=${encodeURIComponent(STORY)}`;

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const title = (page, name) => panel(page, name).locator("h2").textContent();
const figure = (page, name) => panel(page, name).locator(".figure").first();
const interventions = (page) => page.locator(".interventions");
const number = (text) => Number(text.replace("−", "-").replace("+", ""));

test("a state-space model shows hidden attention where attention stands", async () => {
  const { page, problems, close } = await openLive(browser, MAMBA);
  assert.match(await title(page, "attention"), /Hidden attention L\d · head \d/);
  const map = await colours(page, await figure(page, "attention").screenshot());
  assert.ok(20 < map.n, `the map has ${map.n} colours`);
  assert.match(await statusText(page), /weight [+−]\d/);
  await press(page, "attention", "Table of the same numbers");
  const [headings, ...rows] = await tableOf(page, "attention");
  assert.deepEqual(headings.slice(2, 6), ["read times written", "mask", "left times step", "weight"]);
  assert.equal(rows.length, (await tokens(page)).length);
  // What is read times what is left of it is the weight.
  for (const row of rows.slice(1, 6)) {
    const [product, left, weight] = [row[2], row[4], row[5]].map(number);
    assert.ok(Math.abs(product * left - weight) <= 0.02 * Math.abs(weight) + 0.01, row.join(" "));
  }
  assert.deepEqual(problems, []);
  await close();
});

test("the next word is found by a state alone", async () => {
  const { page, close } = await openLive(browser, MAMBA);
  assert.match(await page.locator(".next-row").first().textContent(), /barn/);
  await close();
});

test("the film shows the state of the head, and its frames move the cursor", async () => {
  const { page, problems, close } = await openLive(browser, `${MAMBA}&layer=2&head=1&pos=5`);
  assert.match(await title(page, "paths"), /State film L2 · head 1/);
  const before = await figure(page, "paths").screenshot();
  assert.ok(30 < (await colours(page, before)).n);
  // The last frame of the strip.
  const box = await figure(page, "paths").boundingBox();
  await eventually(async () => {
    for (const across of [0.97, 0.93, 0.9, 0.85]) {
      await page.mouse.click(box.x + across * box.width, box.y + 0.9 * box.height);
      await settled(page);
      if (!/\(5\)/.test(await statusText(page))) return;
    }
    assert.fail("no frame took the click");
  });
  assert.notDeepEqual(await figure(page, "paths").screenshot(), before);
  await press(page, "paths", "Table of the same numbers");
  const [headings, ...rows] = await tableOf(page, "paths");
  assert.equal(rows.length, (await tokens(page)).length);
  const column = headings.findIndex((it) => /written/.test(it));
  assert.ok(rows.every((row) => 0 <= number(row[column])), "lengths are not below nought");
  // Nothing was there before the first token.
  const taken = headings.findIndex((it) => /taken/.test(it));
  assert.ok(number(rows[0][taken]) < 1e-4, rows[0].join(" "));
  assert.deepEqual(problems, []);
  await close();
});

test("paths and state, lens and steps change places by name, and a link keeps them", async () => {
  const { page, close } = await openLive(browser, MAMBA);
  await press(page, "paths", "paths");
  await settled(page);
  assert.match(await title(page, "paths"), /^Residual paths/);
  assert.match(await title(page, "lens"), /Steps/);
  await press(page, "lens", "lens");
  await settled(page);
  assert.match(await title(page, "lens"), /lens/i);
  assert.match(await page.evaluate(() => location.hash), /second=paths.*lower=lens/);
  await close();
});

test("steps are shown layer by layer, with the numbers in a table", async () => {
  const { page, close } = await openLive(browser, MAMBA);
  await press(page, "lens", "Table of the same numbers");
  const [headings, ...rows] = await tableOf(page, "lens");
  assert.equal(rows.length, (await tokens(page)).length);
  assert.ok(5 <= headings.length, headings.join());
  const steps = rows.flatMap((row) => row.slice(-4).map(number));
  assert.ok(steps.every((it) => 0 < it), "a softplus is above nought");
  assert.ok(1 < new Set(steps).size);
  await close();
});

test("memory says how long each head remembers, and what it costs", async () => {
  const { page, close } = await openLive(browser, MAMBA);
  await press(page, "side", "half-life");
  await settled(page);
  const legend = () => panel(page, "side").locator(".legend").textContent();
  // Four layers of four heads of 32 × 64 numbers of four bytes, and three positions of the 256
  // channels of each convolution.
  assert.match(await legend(), /state 143(\.4)? kB/);
  assert.doesNotMatch(await legend(), /keys and values/);
  await close();

  const hybrid = await openLive(browser, `${HYBRID}&side=memory`);
  const text = await panel(hybrid.page, "side").locator(".legend").textContent();
  // One layer of attention: 2 · 128 numbers a token.
  assert.match(text, /1\.0 kB a token/);
  assert.match(text, /state 108 kB|state 107\.5 kB/);
  await hybrid.close();
});

test("a hybrid has attention in one layer and states in the others", async () => {
  const { page, problems, close } = await openLive(browser, `${HYBRID}&layer=2&head=0`);
  assert.doesNotMatch(await title(page, "attention"), /Hidden/);
  assert.match(await title(page, "paths"), /^Residual paths/);
  await press(page, "attention", "all heads");
  await settled(page);
  const grid = await colours(page, await figure(page, "attention").screenshot());
  assert.ok(30 < grid.n);
  await page.keyboard.press("Escape");
  assert.deepEqual(problems, []);
  await close();
});

test("a recurrent network opens on what it has, and says why there is no map", async () => {
  for (const model of ["parity-gru", "a5-gru"]) {
    const { page, problems, close } = await openLive(browser, `#v=1&model=${model}`);
    assert.match(await page.locator(".spine h2").textContent(), /Recurrent network 2 layers/);
    assert.match(await panel(page, "attention").locator(".absent.why").textContent(), /nonlinear: it has no token-to-token matrix/);
    assert.match(await title(page, "paths"), /^Residual paths/);
    assert.match(await title(page, "lens"), /^Logit lens/);
    assert.equal(await page.getByText("No value yet").count(), 0);
    assert.match(await statusText(page), /no token-to-token matrix/);
    // What it has none of says so where it is chosen.
    await press(page, "paths", "state");
    await settled(page);
    await eventually(async () => assert.match(await panel(page, "paths").locator(".absent.why").textContent(), /\w+\.$/));
    await press(page, "lens", "steps");
    await settled(page);
    await eventually(async () => assert.match(await panel(page, "lens").locator(".absent.why").textContent(), /No layer of this model has a step/));
    assert.deepEqual(problems, []);
    await close();
  }
});

test("models are exchanged on one prompt, back and forth", async () => {
  const { page, problems, close } = await openLive(browser);
  const first = await page.locator(".headline b").first().textContent();
  await page.locator(".menu.model summary").click();
  await page.getByRole("button", { name: /^tales-mamba2/ }).click();
  await page.waitForFunction(() => /Hidden/.test(document.querySelector("[data-place=main] h2").textContent));
  // The pointer leaves the figures, of which it previews a place.
  await page.mouse.move(2, 2);
  await settled(page);
  assert.match(await page.evaluate(() => location.hash), /model=tales-mamba2/);
  assert.equal(await page.locator("#prompt").inputValue(), STORY);
  await page.goBack();
  await page.waitForFunction(() => !/Hidden/.test(document.querySelector("[data-place=main] h2").textContent));
  await settled(page);
  assert.equal(await page.locator(".headline b").first().textContent(), first);
  assert.deepEqual(await page.locator(".notice[role=alert]").allTextContents(), []);
  assert.deepEqual(problems, []);
  await close();
});

test("a token that is passed over leaves no trace in the states", async () => {
  // The convolution hands the barn on to the three positions after it.
  const barn = 7;
  const places = [barn, barn + 1, barn + 2, barn + 3];
  const heads = [0, 1, 2, 3].flatMap((layer) => [0, 1, 2, 3].map((head) => `step.${layer}.${head}`));
  const cuts = heads.flatMap((head) => places.map((place) => `${head}.${place}`));
  const frame = `${MAMBA}&a=barn&b=garden`;
  const { page, problems, close } = await openLive(browser, `${frame}&cut=${cuts.join("-")}`);
  assert.equal((await tokens(page))[barn], "barn");
  assert.equal(await interventions(page).locator("li").count(), cuts.length);
  const { page: plain, close: closePlain } = await openLive(browser, frame);
  const headline = async (it) => number(await it.locator(".headline b").first().textContent());
  const [without, whole] = [await headline(page), await headline(plain)];
  assert.ok(without < whole - 1, `${without} after, ${whole} before`);
  assert.deepEqual(problems, []);
  await closePlain();
  await close();
});

test("the keyboard moves through the positions of a film, and an intervention is within its reach", async () => {
  const { page, close } = await openLive(browser, `${MAMBA}&layer=1&head=2&pos=8`);
  const at = async () => (await statusText(page)).match(/\((\d+)\)/)[1];
  await page.keyboard.press("Escape");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("ArrowLeft");
  await settled(page);
  const there = Number(await at());
  await page.keyboard.press("ArrowLeft");
  await settled(page);
  assert.equal(Number(await at()), there - 1);
  for (const name of [/^State$/, /^Forget/]) {
    await interventions(page).getByRole("button", { name }).focus();
    await page.keyboard.press("Enter");
  }
  await settled(page);
  await eventually(async () => assert.equal(await interventions(page).locator("li").count(), 1));
  await close();
});

test("a prompt grows and shrinks under an intervention behind its end", async () => {
  const { page, close } = await openLive(browser, `${MAMBA}&cut=step.1.1.14`);
  await page.fill("#prompt", "Anna put the lantern in the");
  await settled(page);
  assert.deepEqual(await page.locator(".notice[role=alert]").allTextContents(), []);
  assert.match(await interventions(page).locator("li").textContent(), /waiting for token 14/);
  await close();
});

test("a link to a model that is not there says so, and another can be chosen", async () => {
  const { page, close } = await browser.open("#v=1&model=tales-nowhere");
  await page.waitForSelector(".notice[role=alert]");
  await page.locator(".menu.model summary").click();
  await page.locator(".menu.model").getByRole("button", { name: /^tales-hybrid/ }).click();
  await page.waitForSelector(".live .dot.on", { timeout: 60_000 });
  assert.ok(0 < (await tokens(page)).length);
  await close();
});

test("eigenvalues stand in the unit disc, and the table says them", async () => {
  const { page, problems, close } = await openLive(browser, `${MAMBA}&layer=1&head=2&second=modes`);
  assert.match(await title(page, "paths"), /Eigenvalues L1 · head 2/);
  assert.match(await figure(page, "paths").getAttribute("aria-label"), /\d+ eigenvalues: the longest 0\.\d/);
  assert.ok(4 < (await colours(page, await figure(page, "paths").screenshot())).n);
  await press(page, "paths", "Table of the same numbers");
  const [headings, ...rows] = await tableOf(page, "paths");
  assert.deepEqual(headings, ["eigenvalue", "real", "imaginary", "length", "half-life in tokens"]);
  // Mamba-2 forgets every slot of a head alike, and turns none.
  assert.equal(rows.length, 64);
  for (const row of rows) {
    assert.equal(row[1], rows[0][1]);
    assert.equal(row[2], "0.00");
    assert.ok(0 < number(row[3]) && number(row[3]) <= 1, row.join(" "));
  }
  assert.deepEqual(problems, []);
  await close();
});

test("eigenvalues left of the middle are there where β reaches 2, and nowhere else", async () => {
  /** The least real part over all heads, at a nought and at a one. */
  const least = async (model) => {
    const link = `#v=1&model=${model}&prompt=${encodeURIComponent("1 0 0 1 1 0")}&second=modes`;
    const { page, close } = await openLive(browser, link);
    const found = [];
    for (const [layer, head] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
      for (const pos of [1, 2]) {
        await page.evaluate((hash) => (location.hash = hash), `${link}&layer=${layer}&head=${head}&pos=${pos}`);
        await eventually(async () => {
          assert.match(await statusText(page), new RegExp(`\\(${pos}\\)`));
          assert.match(await title(page, "paths"), new RegExp(`L${layer} · head ${head}`));
          const label = await figure(page, "paths").getAttribute("aria-label");
          found.push(number(/least real part ([+−]?[\d.]+)/.exec(label)[1]));
        });
      }
    }
    await close();
    return Math.min(...found);
  };
  assert.ok((await least("parity-deltanet-negative")) < -0.5);
  assert.ok(0 <= (await least("parity-deltanet")));
});

test("the difference with an attention head is drawn, and another head can be taken away", async () => {
  const { page, problems, close } = await openLive(browser, `${HYBRID}&layer=1&head=0&attention=difference`);
  await eventually(async () => assert.match(await panel(page, "attention").locator("header p").textContent(), /less an attention head/));
  const first = await figure(page, "attention").screenshot();
  assert.ok(20 < (await colours(page, first)).n);
  const choice = page.getByLabel("Attention head that is taken away");
  assert.equal(await choice.inputValue(), "2.0");
  await choice.selectOption("2.3");
  assert.match(page.url(), /minus=2\.3/);
  await settled(page);
  await eventually(async () => assert.ok(!first.equals(await figure(page, "attention").screenshot())));
  assert.deepEqual(problems, []);
  await close();
});

test("steps are shown head by head, sorted", async () => {
  const { page, problems, close } = await openLive(browser, `${MAMBA}&layer=2&head=1&third=steps`);
  await page.getByLabel("What the rows are").selectOption("half-life");
  await eventually(async () => assert.match(await title(page, "lens"), /L2 · heads/));
  await press(page, "lens", "Table of the same numbers");
  const [headings] = await tableOf(page, "lens");
  assert.equal(headings.length, 5);
  assert.deepEqual([...headings.slice(1)].sort(), ["h0", "h1", "h2", "h3"]);
  assert.deepEqual(problems, []);
  await close();
});
