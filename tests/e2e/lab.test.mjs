// Labs: the stage of tiles, what is right, the networks, claims, the link, and what is said where
// something does not come.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { colours, eventually, openLive, settled } from "./page.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const json = (path) => JSON.parse(readFileSync(new URL(`../../assets/labs/${path}`, import.meta.url)));
const lab = (page) => page.locator(".lab");
const tile = (page, n) => page.locator(`[data-place=tile${n}]`);
const now = (page) => lab(page).locator(".lab-now").textContent();
const hash = (page) => page.evaluate(() => decodeURIComponent(location.hash));
const tries = (page) => lab(page).locator(".tries button");
const net = (page, name) => page.locator(".net").filter({ has: page.getByText(name, { exact: true }) });

/** The rows of a tile's table, headings first. */
const table = (page, n) =>
  tile(page, n).locator("tr").evaluateAll((rows) =>
    rows.map((row) => [...row.cells].map((cell) => cell.textContent)),
  );

/** What the network says and what is right; the mark has to agree with both. */
async function verdict(page) {
  const text = await now(page);
  const found = text.match(/says (\S+); the answer is (\S+) (right|wrong)/);
  assert.ok(found, text);
  assert.equal(found[3] === "right", found[1] === found[2], text);
  return found[2];
}

test("a lab opens from the menu with its tiles, and every one of them is drawn", async () => {
  const { page, problems, close } = await openLive(browser);
  await page.locator(".labs > summary").click();
  await page.locator(".labs button", { hasText: "Parity" }).click();
  await eventually(async () => assert.equal(await verdict(page), "odd"));
  assert.match(await hash(page), /lab=parity/);
  for (const n of [1, 2, 3, 4]) {
    await eventually(async () => {
      const figure = tile(page, n).locator(".figure");
      assert.ok(5 < (await colours(page, await figure.screenshot())).n, `tile ${n}`);
    });
  }
  assert.equal(await tile(page, 3).locator(".of").textContent(), "deltanet-negative");
  assert.deepEqual(problems, []);
  await close();
});

test("a link of a lab alone brings its first network, its first prompt and what was measured", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=recall");
  await eventually(async () => assert.equal(await verdict(page), "r"));
  assert.match(await hash(page), /model=recall-transformer/);
  await tile(page, 1).getByRole("button", { name: "Table of the same numbers" }).click();
  const rows = await table(page, 1);
  assert.equal(rows[0].length - 1, json("recall/lab.json").networks.length + 0, JSON.stringify(rows[0]));
  // What stands there is the mean over the seeds of the file.
  const { runs } = json("recall/measured.json");
  const values = runs
    .filter((it) => it.network === "transformer")
    .map((it) => it.values.find((it) => it.measure === "whole" && it.at.letters === 20).value);
  const mean = (100 * values.reduce((a, b) => a + b)) / values.length;
  const column = rows[0].indexOf("transformer");
  const cell = rows.find((row) => row[0].startsWith("20"))[column];
  assert.ok(Math.abs(parseFloat(cell) - mean) < 0.0501, `${cell}, not ${mean}`);
  assert.deepEqual(problems, []);
  await close();
});

test("the legend exchanges the network that runs, seed by seed, on one prompt", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=parity&prompt=1 0 1 1");
  await net(page, "gru").click();
  await eventually(async () => assert.match(await now(page), /^parity-gru says/));
  assert.equal(await net(page, "gru").getAttribute("aria-pressed"), "true");
  await page.locator(".seeds button", { hasText: "2" }).click();
  await eventually(async () => assert.match(await now(page), /^parity\/gru-2 says/));
  assert.match(await hash(page), /model=parity\/gru-2/);
  assert.equal(await page.locator("#prompt").inputValue(), "1 0 1 1");
  await settled(page);
  assert.deepEqual(problems, []);
  await close();
});

test("every prompt is judged by the rules of the task, and one that is no row says why", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=parity");
  await page.fill("#prompt", "1 0 1 1 0 1");
  await eventually(async () => assert.equal(await verdict(page), "even"));
  await page.fill("#prompt", "1 0 odd");
  await eventually(async () => assert.match(await now(page), /no row: write only 0 and 1/));
  await tries(page).filter({ hasText: "trained on 20" }).first().click();
  await eventually(async () => assert.match(await now(page), /40 steps, beyond the 20 of training/));
  await verdict(page);
  const before = await page.locator("#prompt").inputValue();
  await lab(page).getByRole("button", { name: "New row" }).click();
  await eventually(async () => assert.notEqual(await page.locator("#prompt").inputValue(), before));
  await eventually(async () => assert.match(await now(page), /20 steps, no more than in training/));
  assert.deepEqual(problems, []);
  await close();
});

test("claims stand with theirs, ours and their test, as the file has them", async () => {
  const { page, close } = await openLive(browser, "#v=1&lab=parity");
  const claims = lab(page).locator(".claims li");
  const wanted = json("parity/lab.json").claims;
  await eventually(async () => assert.equal(await claims.count(), wanted.length));
  for (const [at, claim] of wanted.entries()) {
    const text = await claims.nth(at).textContent();
    for (const part of [claim.text, claim.theirs, claim.test, claim.expect ?? "met"]) {
      assert.ok(text.includes(part), `${part} is not in ${text}`);
    }
    assert.match(text, /ours-?[\d.]+/);
  }
  await claims.first().locator("summary").click();
  assert.ok(await claims.first().locator("code").isVisible());
  await close();
});

test("the workspace is one press away, with the same network, prompt and cursor", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=parity&prompt=1 0 1 1&pos=2&layer=1");
  await lab(page).getByRole("button", { name: "Workspace" }).click();
  await eventually(async () => assert.match(await hash(page), /tile=workspace/));
  assert.equal(await page.locator("[data-place=main]").count(), 1);
  assert.match(await hash(page), /lab=parity.*prompt=1\+0\+1\+1.*layer=1.*pos=2/);
  await page.reload();
  await settled(page);
  await page.getByRole("button", { name: "Back to the lab" }).click();
  await eventually(async () => assert.equal(await tile(page, 1).count(), 1));
  await lab(page).getByRole("button", { name: "Close the lab" }).click();
  await eventually(async () => assert.ok(!(await hash(page)).includes("lab=")));
  assert.deepEqual(problems, []);
  await close();
});

test("a tile is maximised by key and link, its cursor is on a layer of its own", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=parity&tile=1!");
  await eventually(async () => assert.equal(await tile(page, 1).evaluate((it) => it.classList.contains("maximised")), true));
  const figure = tile(page, 1).locator(".figure");
  const token = () => page.locator(".token.locked").first().textContent();
  const at = await token();
  await figure.focus();
  await page.keyboard.press("ArrowRight");
  const first = await figure.getAttribute("aria-label");
  await page.keyboard.press("ArrowRight");
  await eventually(async () => assert.notEqual(await figure.getAttribute("aria-label"), first));
  assert.equal(await token(), at, "the page's cursor stays");
  await page.keyboard.press("m");
  await eventually(async () => assert.ok(!(await hash(page)).includes("tile=")));
  assert.deepEqual(problems, []);
  await close();
});

test("a lab and a comparison are open together", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=parity&model=parity-gru&beside=parity-mamba&prompt=1 0 1");
  await eventually(async () => assert.equal(await page.locator(".column").count(), 2));
  await eventually(async () => assert.match(await now(page), /parity-gru says/));
  assert.deepEqual(problems, []);
  await close();
});

test("labs that do not come are said, and fetched again", async () => {
  const where = "**/labs/index.bin";
  const before = (page) => page.route(where, (route) => route.fulfill({ status: 404, body: "" }));
  const visit = await browser.open("#v=1&lab=parity", { before });
  const { page } = visit;
  await eventually(async () => assert.match(await page.locator(".tiles .absent").textContent(), /answers 404/));
  await page.unroute(where);
  await page.locator(".tiles").getByRole("button", { name: "Try again" }).click();
  await eventually(async () => assert.equal(await verdict(page), "odd"));
  await visit.close();
});

test("a damaged index and a lab that is not there are refused in words", async () => {
  const body = Buffer.from([3, 9, 9, 9, 9, 9]);
  const before = (page) => page.route("**/labs/index.bin", (route) => route.fulfill({ body }));
  const damaged = await browser.open("#v=1&lab=parity", { before });
  await eventually(async () => assert.match(await damaged.page.locator(".tiles .absent").textContent(), /index of labs is damaged/));
  await damaged.close();
  const { page, close } = await openLive(browser, "#v=1&lab=hologram&model=parity-gru&prompt=1 0");
  await eventually(async () => assert.match(await page.locator(".notice").first().textContent(), /no lab “hologram”/));
  assert.equal(await page.locator("[data-place=main]").count(), 1, "the workspace stands");
  await close();
});

test("on a phone the tiles, the text and the networks are within reach", async () => {
  const options = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const { page, problems, close } = await openLive(browser, "#v=1&lab=parity", options);
  await page.getByRole("tab", { name: "Text" }).click();
  await eventually(async () => assert.equal(await verdict(page), "odd"));
  await page.getByRole("tab", { name: /Right answers/ }).click();
  await eventually(async () => assert.ok(await tile(page, 1).locator(".figure").isVisible()));
  await net(page, "gru").click();
  await eventually(async () => assert.match(await hash(page), /model=parity-gru/));
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `${width} px wide`);
  assert.deepEqual(problems, []);
  await close();
  // A link that maximises a tile shows it.
  const one = await openLive(browser, "#v=1&lab=parity&tile=1!", options);
  await eventually(async () => assert.ok(await tile(one.page, 1).locator(".figure").isVisible()));
  assert.equal(await one.page.getByRole("tab", { name: /Right answers/ }).getAttribute("aria-selected"), "true");
  await one.close();
});

test("beliefs: a study reads the stream, the points stand beside the true ones, controls with them", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=mess3");
  const legend = (n) => tile(page, n).locator(".legend").textContent();
  await eventually(async () => assert.match(await legend(2), /R² trained 0\.99\d+, untrained 0\.9\d+, shuffled [−-]?0\.0\d+/));
  for (const n of [1, 2]) {
    const label = await tile(page, n).locator(".figure").getAttribute("aria-label");
    assert.match(label, /200\d|20\d\d/, `tile ${n}: ${label}`);
    assert.ok(20 < (await colours(page, await tile(page, n).locator(".figure").screenshot())).n);
  }
  // The band of the prompt has the number, its control, and the true belief under each token.
  const band = page.locator(".prompt");
  assert.match(await band.locator(".frame").textContent(), /R² of the belief.*blocks\.3\.resid_post0\.9\d+untrained 0\.9\d+/);
  const parts = await band.locator(".token .shares").evaluateAll((all) => all.map((bar) => [...bar.children].map((it) => parseFloat(it.style.width))));
  assert.equal(parts.length, await band.locator(".token").count());
  for (const widths of parts) assert.ok(Math.abs(widths.reduce((sum, it) => sum + it, 0) - 100) < 0.5, String(widths));
  assert.deepEqual(parts[0], [33.3, 33.3, 33.3], "before the first letter every state is as likely");
  assert.ok(90 < parts.at(-1)[0], "six times A: state 1");
  // The exact distribution, the network's, and Bayes' from what is read agree here.
  const rows = () => lab(page).locator(".exact tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].slice(1).map((cell) => parseFloat(cell.textContent))));
  await eventually(async () => {
    for (const [exact, said, read] of await rows()) {
      assert.ok(Math.abs(exact - said) < 0.05 && Math.abs(exact - read) < 0.05, `${exact} ${said} ${read}`);
    }
  });
  // On other rows the numbers are others, and say the same.
  const before = await legend(2);
  await lab(page).getByRole("button", { name: "Fit on other rows" }).click();
  await eventually(async () => {
    const after = await legend(2);
    assert.match(after, /R² trained 0\.99\d+/);
    assert.notEqual(after, before);
  });
  // Another belief is set, and what comes next follows Bayes, not the words.
  await lab(page).getByRole("button", { name: "certain of state 3" }).click();
  await eventually(async () => {
    const [a, , c] = await rows();
    assert.ok(a[1] < 0.25 && 0.6 < c[1], JSON.stringify([a, c]));
    assert.ok(Math.abs(c[1] - c[2]) < 0.1, "the network follows Bayes");
    assert.ok(0.6 < a[0], "the words say something else");
  });
  assert.match(await hash(page), /set\+fact\(belief:0,0,1\)/);
  await lab(page).getByRole("button", { name: "as it was" }).click();
  await eventually(async () => assert.ok(!(await hash(page)).includes("fact(")));
  assert.deepEqual(problems, []);
  await close();
});

test("the time band goes back through training, and everything follows", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=mess3&prompt=A A A");
  const said = async () => parseFloat(await lab(page).locator(".exact tbody td").nth(1).textContent());
  const band = page.locator(".time");
  await eventually(async () => assert.match(await band.textContent(), /Checkpoint 19 of 19/));
  const end = await said();
  await band.locator("input").fill("0");
  await eventually(async () => assert.match(await hash(page), /ckpt=0/));
  await eventually(async () => assert.ok(0.2 < Math.abs((await said()) - end), "before training it says something else"));
  await eventually(async () => assert.match(await tile(page, 2).locator(".legend").textContent(), /R² trained 0\.9[0-6]/));
  await page.locator("#prompt").blur();
  await page.keyboard.press("Shift+ArrowRight");
  await eventually(async () => assert.match(await hash(page), /ckpt=10/));
  await band.getByRole("button", { name: "Finished weights" }).click();
  await eventually(async () => assert.ok(!(await hash(page)).includes("ckpt")));
  await eventually(async () => assert.ok(Math.abs((await said()) - end) < 1e-3));
  assert.deepEqual(problems, []);
  await close();
});

test("only where corners are beliefs can one be set: RRXOR draws axes of a plane", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=rrxor");
  await eventually(async () => assert.match(await tile(page, 2).locator(".legend").textContent(), /R² trained 0\.\d+, untrained/));
  assert.equal(await lab(page).getByRole("button", { name: /certain of/ }).count(), 0);
  assert.deepEqual(problems, []);
  await close();
});

test("the steps of a lab set its stage, ask, check what the reader did, and stand in the link", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=mess3&step=6");
  const step = lab(page).locator(".body > h3").first();
  await eventually(async () => assert.match(await step.textContent(), /acts on its belief/));
  const foot = (name) => lab(page).locator("footer").getByRole("button", { name, exact: true });
  await foot("Hint").click();
  await eventually(async () => assert.match(await lab(page).textContent(), /below the table/));
  await foot("Show me").click();
  await eventually(async () => assert.match(await hash(page), /set\+fact\(belief:0.9,0.05,0.05\)/));
  await eventually(async () => assert.match(await lab(page).textContent(), /interventions: 1/));
  await eventually(async () => assert.ok(await lab(page).locator(".task.done, .done").count()));
  await foot("Back").click();
  await eventually(async () => assert.match(await step.textContent(), /grows with training/));
  assert.match(await hash(page), /lab=mess3.*step=5/);
  // The stage is set within the lab, with its step of training.
  await foot("Show it").click().catch(() => lab(page).getByRole("button", { name: "Show it" }).click());
  await eventually(async () => assert.match(await hash(page), /ckpt=50/));
  assert.match(await hash(page), /lab=mess3.*step=5/);
  // The key goes on, and closing the lab leaves no step behind.
  await page.locator("#prompt").blur();
  await page.keyboard.press("n");
  await eventually(async () => assert.match(await step.textContent(), /acts on its belief/));
  await lab(page).getByRole("button", { name: "Close the lab" }).click();
  await eventually(async () => assert.doesNotMatch(await hash(page), /lab=|step=/));
  assert.deepEqual(problems, []);
  await close();
});

test("coins: the network stands beside Laplace's rule, and bits have a curve of their own", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lab=coins&prompt=heads heads tails heads");
  const rows = () => lab(page).locator(".exact tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].slice(1, 3).map((cell) => parseFloat(cell.textContent))));
  await eventually(async () => {
    const [[exact, said]] = await rows();
    assert.ok(Math.abs(exact - 4 / 6) < 1e-3 && Math.abs(said - exact) < 0.03, `${exact} ${said}`);
  });
  await tile(page, 4).getByRole("button", { name: "Table of the same numbers" }).click();
  await eventually(async () => assert.match((await table(page, 4)).flat().join(" "), /positions/));
  assert.deepEqual(problems, []);
  await close();
});
