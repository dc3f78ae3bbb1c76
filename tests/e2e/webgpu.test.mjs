// WebGPU draws and computes what the CPU does. In software (SwiftShader) unless there is a card,
// so that the first run takes seconds.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { difference, eventually, notices, openLive, panel, press, settled, tableOf } from "./page.mjs";

const FIGURES = ["attention", "paths", "lens", "side"];
const SLOW_MS = 180_000;

let browser;
before(async () => (browser = await launch({ gpu: true })));
after(() => browser.close());

const link = (parts) => `#${new URLSearchParams({ v: "1", prompt: "Anna put the lantern in the barn", ...parts })}`;

/** What each figure's marks are drawn with, once each. */
const kinds = (page) =>
  page.evaluate(() => [...new Set([...document.querySelectorAll(".figure canvas:first-of-type")].map((it) => it.kind))]);

const drawnWith = (page, kind) => eventually(async () => assert.deepEqual(await kinds(page), [kind]));

const has = async (page, name) => (await page.request.head(new URL(name, browser.address).href)).ok();

for (const parts of [{}, { attention: "lines", lens: "ab", side: "norms", basis: "frame" }, { attention: "heads" }]) {
  test(`WebGPU draws what the canvas draws: ${JSON.stringify(parts)}`, { timeout: SLOW_MS }, async () => {
    const both = [];
    for (const paint of ["canvas", "gpu"]) {
      const { page, problems, close } = await openLive(browser, link({ ...parts, paint }));
      await drawnWith(page, paint === "gpu" ? "webgpu" : "2d");
      await settled(page);
      await page.mouse.move(720, 10);
      const pictures = [];
      for (const name of FIGURES) pictures.push(await panel(page, name).locator(".figure").screenshot());
      assert.deepEqual(problems, []);
      both.push(pictures);
      await close();
    }
    const { page, close } = await openLive(browser, link({ paint: "canvas" }));
    for (const [at, name] of FIGURES.entries()) {
      const share = await difference(page, both[0][at], both[1][at]);
      assert.ok(share < 0.01, `${name} differs in ${(100 * share).toFixed(2)} % of its pixels`);
    }
    await close();
  });
}

/** Runs in the page: keeps the device that figures are drawn with, and makes it come late. */
function holdDevice() {
  const ask = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...words) {
    const device = await ask.apply(this, words);
    await new Promise((done) => (window.letDeviceCome = done));
    return (window.device = device);
  };
}

test("a device that comes late takes over, and one that is lost leaves the canvas", { timeout: SLOW_MS }, async () => {
  const { page, problems, close } = await openLive(browser, link({ paint: "gpu" }), {
    before: (page) => page.addInitScript(holdDevice),
  });
  const picture = () => panel(page, "lens").locator(".figure").screenshot();
  await drawnWith(page, "2d");
  const before = await picture();
  // The first frame of a new canvas may come a moment later.
  const isAsBefore = () =>
    eventually(async () => assert.ok((await difference(page, before, await picture())) < 0.01), 10_000);
  await page.waitForFunction(() => window.letDeviceCome);
  await page.evaluate(() => letDeviceCome());
  await drawnWith(page, "webgpu");
  await settled(page);
  await isAsBefore();
  assert.deepEqual(await notices(page), []);

  await page.evaluate(() => device.destroy());
  await drawnWith(page, "2d");
  await settled(page);
  assert.match((await notices(page)).join("\n"), /^the graphics device was lost[^\n]*$/);
  // The notice takes room from the figures.
  await page.getByRole("button", { name: "Put away" }).click();
  await isAsBefore();
  await page.locator(".token").nth(2).click();
  await settled(page);
  assert.ok(!before.equals(await picture()), "the figure is drawn on");
  assert.deepEqual(problems, []);
  await close();
});

/** The tables of all panels, and the whole list of next tokens. */
async function numbers(page) {
  const all = {};
  for (const name of ["attention", "paths", "lens", "chart", "side"]) {
    const button = panel(page, name).getByRole("button", { name: "Table of the same numbers" });
    if ((await button.getAttribute("aria-pressed")) !== "true") await button.click();
    all[name] = await eventually(async () => {
      const rows = await tableOf(page, name);
      assert.ok(2 < rows.length, `${name} has rows`);
      return rows;
    });
  }
  all.next = await page.locator(".next-row").evaluateAll((rows) =>
    rows.map((row) => ["word", "value"].map((it) => row.querySelector(`.${it}`).textContent)));
  all.headline = [[await page.locator(".headline b").textContent()]];
  return all;
}

/** Compares cells: texts exactly, numbers to one in their last printed digit. */
function assertSame(cpu, gpu, where) {
  assert.equal(gpu.length, cpu.length, where);
  for (const [at, row] of cpu.entries()) {
    for (const [column, text] of row.entries()) {
      const plain = [text, gpu[at][column]].map((it) => it.replace("−", "-"));
      const [one, other] = plain.map(Number);
      if (plain[0] === plain[1]) continue;
      const digits = plain[0].split(".")[1]?.length ?? 0;
      const isNear = Math.abs(one - other) <= 1.01 * 10 ** -digits;
      assert.ok(isNear, `${where}, row ${at}, column ${column}: ${text} and ${gpu[at][column]}`);
    }
  }
}

test("the engine for WebGPU gives the numbers of the one for the CPU", { timeout: 2 * SLOW_MS }, async (t) => {
  const { page, problems, close } = await openLive(browser, link({ prompt: "Anna put the lantern in", pos: "5" }));
  if (!(await has(page, "engine-gpu.js"))) {
    await close();
    return t.skip("dist/ has no engine for WebGPU");
  }
  const views = [{ side: "writers", basis: "sample" }, { side: "norms", basis: "frame" }];
  const see = async () => {
    const all = [];
    for (const { side, basis } of views) {
      await press(page, "side", { writers: "attribution", norms: "lengths" }[side]);
      await press(page, "paths", { sample: "PCA", frame: "A − B" }[basis]);
      await settled(page, SLOW_MS);
      all.push(await numbers(page));
    }
    return all;
  };
  const cpu = await see();
  await page.locator(".device select").selectOption("gpu");
  await page.getByText(/WebGPU \(.*\d ms per run/).waitFor({ timeout: SLOW_MS });
  await settled(page, SLOW_MS);
  assert.deepEqual(await notices(page), [], "the switch is no trouble");
  const gpu = await see();
  for (const [at, all] of cpu.entries()) {
    for (const name of Object.keys(all)) assertSame(all[name], gpu[at][name], name);
  }
  // And it answers what is asked next.
  await page.fill("#prompt", "Anna put the lantern in the");
  await settled(page, SLOW_MS);
  assert.equal(await page.locator(".token").count(), 7);
  assert.deepEqual(problems, []);
  await close();
});
