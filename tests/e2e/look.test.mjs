// Where everything stands, on a desk and on a phone, for eyes and for those who have none to spare.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import {
  colours, eventually, lockedToken, openLive, panel, place, pointIn, press, settled, statusText, STORY, tableOf, type,
} from "./page.mjs";

const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const PANELS = ["main", "second", "lower", "middle", "side"];

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** Parts of the page with their boxes, as far as they are shown. */
const boxes = (page, selectors) =>
  page.evaluate((selectors) => {
    const all = selectors.flatMap((it) => [...document.querySelectorAll(it)]);
    const shown = all.filter((it) => it.checkVisibility());
    return shown.map((it) => {
      const { left, top, right, bottom } = it.getBoundingClientRect();
      return { name: it.dataset.panel ?? it.className, left, top, right, bottom };
    });
  }, selectors);

function assertApart(all) {
  for (const [at, one] of all.entries()) {
    for (const other of all.slice(at + 1)) {
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      assert.ok(across <= 1 || down <= 1, `${one.name} and ${other.name} overlap by ${across} × ${down}`);
    }
  }
}

function assertWithin(all, { width, height }) {
  for (const it of all) {
    assert.ok(it.left < it.right && it.top < it.bottom, `${it.name} has a size`);
    const isIn = -1 <= it.left && it.right <= width + 1 && -1 <= it.top && it.bottom <= height + 1;
    assert.ok(isIn, `${it.name} is in view: ${JSON.stringify(it)}`);
  }
}

async function assertNoScroll(page) {
  const [width, height] = await page.evaluate(() => {
    const it = document.scrollingElement;
    return [it.scrollWidth - innerWidth, it.scrollHeight - innerHeight];
  });
  assert.ok(width <= 0 && height <= 0, `the page is ${width} × ${height} larger than the window`);
}

for (const [width, height] of [[1440, 900], [1920, 1080], [1280, 720]]) {
  test(`at ${width} × ${height} everything is in view and nothing overlaps`, async () => {
    const viewport = { width, height };
    const { page, problems, close } = await openLive(browser, "", { viewport });
    await assertNoScroll(page);
    const parts = await boxes(page, [".top", ".prompt", ".spine", ".panel", ".rail", ".status"]);
    assert.equal(parts.length, 10);
    assertWithin(parts, viewport);
    assertApart(parts);
    for (const name of PANELS) {
      const inner = `.place-${name} > `;
      const pieces = [`${inner}header h2`, `${inner}header .line`, `${inner}header .tools`, `${inner}.plot`, `${inner}.legend`];
      const found = await boxes(page, pieces);
      assert.equal(found.length, 5, `${name} has title, controls, tools, plot and legend`);
      assertWithin(found, viewport);
      assertApart(found);
    }
    assert.deepEqual(problems, []);
    await close();
  });
}

test("at 1440 × 900 titles, lines and legends are whole", async () => {
  const { page, close } = await openLive(browser, "", DESKTOP);
  const cut = await page.evaluate(() => {
    const texts = [...document.querySelectorAll(".panel h2, .panel header .line, .legend, .spine header p, .status output")];
    const shown = texts.filter((it) => it.checkVisibility());
    return shown.filter((it) => it.clientWidth < it.scrollWidth).map((it) => it.textContent);
  });
  assert.deepEqual(cut, []);
  await close();
});

test("at 1440 × 900 and 1280 × 800 the legends of a state are whole", async () => {
  for (const size of [DESKTOP, { viewport: { width: 1280, height: 800 } }]) {
    for (const view of ["state", "faces"]) {
      const { page, close } = await openLive(browser, `#v=1&model=tales-mamba2&second=${view}&prompt=${encodeURIComponent(STORY)}`, size);
      const cut = await page.evaluate(() =>
        [...document.querySelectorAll(".place-second .legend, .place-second .legend .notes")]
          .filter((it) => it.clientWidth < it.scrollWidth || it.clientHeight < it.scrollHeight)
          .map((it) => it.textContent));
      assert.deepEqual(cut, []);
      await close();
    }
  }
});

test("every figure fills its place, also after the window has changed", async () => {
  const { page, problems, close } = await openLive(browser, "", DESKTOP);
  const assertFilled = async () => {
    const sizes = await page.evaluate(() =>
      [...document.querySelectorAll(".figure")].map((it) => {
        const canvas = it.querySelector("canvas");
        return [it.clientWidth - canvas.clientWidth, it.clientHeight - canvas.clientHeight];
      }));
    assert.ok(sizes.flat().every((it) => Math.abs(it) <= 1), JSON.stringify(sizes));
  };
  await assertFilled();
  await page.setViewportSize({ width: 1300, height: 760 });
  await eventually(assertFilled);
  await page.setViewportSize({ width: 500, height: 900 });
  await page.setViewportSize({ width: 1600, height: 1000 });
  await eventually(assertFilled);
  assert.deepEqual(problems, []);
  await close();
});

test("on a phone, tabs switch panels and all can be used with a finger", async () => {
  const { page, problems, close } = await openLive(browser, "", PHONE);
  const names = ["Attention", "Lens", "Paths", "A and B", "Attribution", "Next"];
  for (const name of names) {
    const tab = page.getByRole("tab", { name, exact: true });
    await tab.tap();
    await settled(page);
    assert.equal(await tab.getAttribute("aria-selected"), "true");
    const shown = await boxes(page, [".panel", ".rail"]);
    assert.equal(shown.length, 1, `${name} alone is shown`);
    assertWithin(shown, PHONE.viewport);
    await assertNoScroll(page);
    if (name !== "Next") {
      const parts = await boxes(page, [".panel.current .plot", ".panel.current .legend", ".top", ".prompt", ".tabs", ".status"]);
      assert.equal(parts.length, 6);
      assertWithin(parts, PHONE.viewport);
      assertApart(parts);
      const [plot] = parts;
      assert.ok(200 < plot.right - plot.left && 200 < plot.bottom - plot.top, "the plot has room");
    }
  }
  const small = await page.locator(".token, .tabs button").evaluateAll((all) =>
    all.map((it) => it.getBoundingClientRect()).filter((it) => it.width < 44 || it.height < 44).length);
  assert.equal(small, 0, "targets of less than 44 pixels");

  await page.locator(".token").nth(4).tap();
  await settled(page);
  assert.equal(await lockedToken(page), 4);
  await page.getByRole("tab", { name: "Lens" }).tap();
  await settled(page);
  await page.touchscreen.tap(...(await pointIn(panel(page, "lens").locator(".figure"), 0.9, 0.96)));
  await settled(page);
  assert.equal((await place(page)).depth, "emb", "a tap on a figure locks");
  await page.getByRole("button", { name: "The stream at L2", exact: true }).tap();
  await settled(page);
  assert.equal((await place(page)).depth, "L2");
  await type(page, "Anna put the");
  assert.equal(await page.locator(".token").count(), 4);
  assert.deepEqual(problems, []);
  await close();
});

test("at four times the size of letters everything can still be reached", async () => {
  // 1440 × 900 at 400 %.
  const viewport = { width: 360, height: 640 };
  const { page, close } = await openLive(browser, "", { viewport, hasTouch: true, isMobile: true });
  await assertNoScroll(page);
  assert.equal((await boxes(page, [".panel"])).length, 1);
  assertWithin(await boxes(page, [".panel", ".tabs", ".status"]), viewport);
  await close();
});

test("light and dark, by the device and by the button, which is remembered", async () => {
  const paper = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await openLive(browser, "", { ...DESKTOP, colorScheme: "light" });
  const dark = await openLive(browser, "", { ...DESKTOP, colorScheme: "dark" });
  assert.equal(await paper(light.page), "rgb(252, 252, 251)");
  assert.equal(await paper(dark.page), "rgb(17, 20, 23)");
  const figure = (page) => panel(page, "attention").locator(".figure").screenshot();
  const before = await figure(light.page);
  await light.page.getByRole("button", { name: "Light or dark" }).click();
  await light.page.mouse.move(720, 10);
  await settled(light.page);
  assert.equal(await paper(light.page), "rgb(17, 20, 23)");
  const after = await figure(light.page);
  assert.ok(!after.equals(before));
  assert.ok(after.equals(await figure(dark.page)), "figures change with it");
  await light.page.reload();
  await settled(light.page);
  assert.equal(await paper(light.page), "rgb(17, 20, 23)");
  assert.deepEqual([...light.problems, ...dark.problems], []);
  await Promise.all([light.close(), dark.close()]);
});

test("a device that turns dark takes the page with it", async () => {
  const { page, close } = await openLive(browser, "", { ...DESKTOP, colorScheme: "light" });
  const figure = () => panel(page, "lens").locator(".figure").screenshot();
  const before = await figure();
  await page.emulateMedia({ colorScheme: "dark" });
  await eventually(async () => assert.ok(!(await figure()).equals(before)), 5000);
  const { page: other, close: closeOther } = await openLive(browser, "", { ...DESKTOP, colorScheme: "dark" });
  await settled(page);
  assert.ok((await figure()).equals(await panel(other, "lens").locator(".figure").screenshot()));
  await Promise.all([close(), closeOther()]);
});

test("nothing moves by itself where less motion is asked for", async () => {
  const { page, close } = await openLive(browser, "", { ...DESKTOP, reducedMotion: "reduce" });
  await type(page, "Anna put the lantern");
  const moving = await page.evaluate(() => {
    const all = [...document.querySelectorAll("*")];
    const slow = all.filter((it) => getComputedStyle(it).transitionDuration.split(",").some((it) => 0 < parseFloat(it)));
    return [slow.map((it) => it.className), document.getAnimations().length];
  });
  assert.deepEqual(moving, [[], 0]);
  await close();
});

for (const [name, options, fragment] of [
  ["light", { ...DESKTOP, colorScheme: "light" }, ""],
  ["dark", { ...DESKTOP, colorScheme: "dark" }, "#v=1&side=norms&basis=words&attention=overlay"],
  ["on a phone", PHONE, ""],
  ["at 768 × 1024", { viewport: { width: 768, height: 1024 } }, "#v=1&model=tales-mamba2"],
  ["of a network without a map", DESKTOP, "#v=1&model=parity-gru"],
  ["beside another", DESKTOP, "#v=1&beside=tales-mamba2"],
  ["with an unknown word and a notice", DESKTOP, "#v=2&prompt=Anna+put+the+lantrn&attention=steps"],
]) {
  test(`axe finds no fault: ${name}`, async () => {
    const { page, close } = await openLive(browser, fragment, options);
    await page.evaluate(readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8"));
    const found = await page.evaluate(async () => {
      const { violations } = await axe.run(document, { resultTypes: ["violations"] });
      return violations.flatMap((it) => it.nodes.map((node) => `${it.id}: ${node.target} ${node.any[0]?.message ?? it.help}`));
    });
    assert.deepEqual(found, []);
    await close();
  });
}

/** How a file of each panel is called. */
const FILES = { main: "attention", second: "residual-paths", lower: "logit-lens", middle: "a-and-b", side: "attribution" };
/** Rows of a file with more than the panel's table, which is of the cursor alone. */
const WHOLE = {
  main: (n) => (n * (n + 1)) / 2,
  lower: (n) => 9 * n,
  second: (n) => 9 * n,
};

/** Cells of comma-separated values as RFC 4180 has them. */
function cells(csv) {
  const rows = csv.trimEnd().split("\r\n");
  return rows.map((row) =>
    [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((it) => it[1]?.replaceAll('""', '"') ?? it[2]));
}

async function download(page, act) {
  const [file] = await Promise.all([page.waitForEvent("download"), act()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
}

test("every panel has a title, a line, a legend, its table, and both as files", async () => {
  const prompt = 'Anna put the "lantern", <b> & so in the barn. Tom looked for the lantern in the';
  const { page, problems, close } = await openLive(browser, `#${new URLSearchParams({ v: "1", prompt })}`, DESKTOP);
  const digest = new URLSearchParams(new URL(page.url()).hash.slice(1)).get("digest");
  assert.match(digest, /^[0-9a-f]{12}$/);
  for (const name of PANELS) {
    const it = panel(page, name);
    assert.notEqual((await it.locator("h2").textContent()).trim(), "", `${name} has a title`);
    assert.notEqual((await it.locator("header p").textContent()).trim(), "", `${name} says what it shows`);
    assert.notEqual((await it.locator(".legend").textContent()).trim(), "", `${name} has a legend`);
    const save = async (kind) => {
      await it.locator("summary").click();
      return download(page, () => it.getByRole("button", { name: kind, exact: true }).click());
    };
    const picture = await save("SVG");
    await page.keyboard.press("Escape");
    if (await it.locator("details[open]").count()) await it.locator("summary").click();
    const values = await save("CSV");
    if (await it.locator("details[open]").count()) await it.locator("summary").click();
    const file = `undercurrent-${FILES[name]}-tales-${digest}`;
    assert.deepEqual([picture.name, values.name], [`${file}.svg`, `${file}.csv`]);

    await press(page, name, "Table of the same numbers");
    const table = await eventually(async () => {
      const rows = await tableOf(page, name);
      assert.ok(2 < rows.length, `${name} has a table`);
      return rows;
    });
    const plain = (rows) => rows.map((row) => row.map((it) => it.replaceAll("−", "-")));
    if (WHOLE[name]) assert.equal(cells(values.text).length - 1, WHOLE[name](await page.locator(".token").count()), `${name}: the file is the whole figure`);
    else assert.deepEqual(plain(cells(values.text)), plain(table), `${name}: the file is the table`);

    const parsed = await page.evaluate((svg) => {
      const it = new DOMParser().parseFromString(svg, "image/svg+xml");
      const root = it.documentElement;
      return { root: root.nodeName, fault: it.querySelector("parsererror")?.textContent, text: root.textContent,
        n: root.querySelectorAll("*").length };
    }, picture.text);
    assert.deepEqual([parsed.root, parsed.fault], ["svg", undefined], name);
    assert.ok(5 < parsed.n, `${name} has marks`);
    const said = parsed.text.replace(/\s+/g, " ");
    assert.ok(said.includes(digest), `${name}'s caption has the digest`);
    assert.ok(said.includes("<b> & so"), `${name}'s caption has the prompt: ${said.slice(-300)}`);
    assert.ok(said.includes((await statusText(page)).split(" Lens after")[0]), `${name}'s caption has the cursor's reading: ${said.slice(-300)}`);
    const [heading, legend] = await Promise.all([it.locator("h2").textContent(), it.locator(".legend > span:not(.ramp)").allTextContents()]);
    for (const part of [heading.trim(), ...legend]) assert.ok(said.includes(part.trim()), `${name}: “${part}” in ${said}`);
  }
  // Weights are written as exact as they are: those of a query add up to one.
  const it = panel(page, "attention");
  await it.locator("summary").click();
  const weights = cells((await download(page, () => it.getByRole("button", { name: "CSV", exact: true }).click())).text).slice(1);
  const sums = new Map();
  for (const row of weights) sums.set(row[2], (sums.get(row[2]) ?? 0) + Number(row[6]));
  for (const [query, sum] of sums) assert.ok(Math.abs(sum - 1) < 1e-5, `query ${query}: ${sum}`);
  // Some numbers of the figures stand in the tables too.
  const rows = await tableOf(page, "lens");
  const { depth, said } = await place(page);
  assert.equal(rows.find((it) => it[0] === depth)[1], said);

  const next = await download(page, () => page.locator(".next").getByRole("button", { name: "CSV" }).click());
  const listed = cells(next.text);
  assert.equal(listed[1][0], await page.locator(".next-row .word").first().textContent());
  const total = listed.slice(1).reduce((sum, it) => sum + Number(it[1]), 0);
  assert.ok(Math.abs(total - 1) < 0.0005 * listed.length, `probabilities add up to ${total}`);
  assert.deepEqual(problems, []);
  await close();
});

test("the exported picture is the one on the page", async () => {
  const { page, close } = await openLive(browser, "#v=1&attention=map", DESKTOP);
  const it = panel(page, "attention");
  await it.locator("summary").click();
  const { text } = await download(page, () => it.getByRole("button", { name: "SVG", exact: true }).click());
  const svg = Buffer.from(text);
  const png = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/svg+xml;base64,${base64}`;
    await image.decode();
    const sheet = new OffscreenCanvas(image.width, image.height);
    sheet.getContext("2d").drawImage(image, 0, 0);
    const bytes = new Uint8Array(await (await sheet.convertToBlob()).arrayBuffer());
    return btoa(Array.from(bytes, (it) => String.fromCharCode(it)).join(""));
  }, svg.toString("base64"));
  const { n, largestShare } = await colours(page, Buffer.from(png, "base64"));
  assert.ok(10 < n && largestShare < 0.95, `${n} colours, ${largestShare} of one`);

  await press(page, "attention", "calculation");
  await settled(page);
  if (!(await it.locator("details[open]").count())) await it.locator("summary").click();
  await it.getByRole("button", { name: "SVG", exact: true }).click();
  await page.getByText("export it as CSV").waitFor({ timeout: 5000 });
  await close();
});
