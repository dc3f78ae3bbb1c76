// Lessons. The one on states: each step sets the stage and repeats a number of the run. And those
// from files and addresses: what they may hold, what is said of their faults, what is not run.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { eventually, noticed, openLive, panel, settled, STORY, tokens, type } from "./page.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const lesson = (page) => page.locator(".lesson");
const open = (page) => page.getByRole("button", { name: "Lesson", exact: true }).click();
const press = (page, name) => lesson(page).getByRole("button", { name, exact: true }).click();
const now = (page) => lesson(page).locator(".now").textContent();
const heading = (page) => lesson(page).locator("h3").textContent();
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
  await lesson(page).locator("h3").waitFor();
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
    headings.add(await heading(page));
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
  await press(page, "Back");
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
  assert.match(await hash(page), /do=write\.0\.0@7-10\+scale\+0/);
  assert.deepEqual(problems, []);
  await close();
});

const HEAD = "---\ntitle: Test\nminutes: 3\nmodel: tales\nversion: 1\n---\n";
const fence = (key, text) => `\`\`\`${key}\n${text}\n\`\`\`\n`;

/** A lesson with every block. */
const WHOLE = `${HEAD}
# Where the answer comes from

One *head* reads **barn**, $\\frac{a}{b} < 1$ and

$$h_t = \\bar A_t h_{t-1}$$

- first
- second, with \`code\` and [a link](https://example.org/paper)

${fence("stage", `prompt=${STORY}\na=barn&b=garden&layer=0&head=3&pos=15`)}
${fence("spotlight", "lens")}
${fence("observe", `{model}: head {head}, L{layer} reads “{token(source)}” with {weight}; A − B is {a_minus_b}`)}
${fence("predict", "What happens to **barn** without that head?\n- It grows\n- It becomes improbable *\n- It stays the most probable {top == \"barn\"}")}
The reveal.

${fence("further", "- [Elsewhere](https://example.org/)")}
# Switch it off

${fence("task", "Ablate head 1.1 at every position.")}
${fence("check", "cut(\"head.1.1\") and n_interventions == 1\nand a_minus_b < 7")}
${fence("hint", "Look at layer 1.")}
${fence("hint", "It is the button **Ablate head**.")}
${fence("show", `prompt=${STORY}\na=barn&b=garden&layer=0&head=3&pos=15\ndo=head.1.1 scale 0`)}
`;

/** Drops a file on the page, as a reader does. */
async function drop(page, text, name = "test.md") {
  const data = await page.evaluateHandle(
    ([text, name]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name, { type: "text/markdown" }));
      return transfer;
    },
    [text, name],
  );
  await page.dispatchEvent("body", "dragover", { dataTransfer: data });
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
}

/** The page with a lesson that was dropped on it. */
async function openDropped(text, options = {}) {
  const visit = await openLive(browser, "", options);
  await drop(visit.page, text);
  await lesson(visit.page).waitFor();
  return visit;
}

test("a lesson that is dropped is read, with its formulas, and points at a panel", async () => {
  const { page, problems, close } = await openDropped(WHOLE);
  assert.equal(await heading(page), "Where the answer comes from");
  assert.match(await lesson(page).locator("header").textContent(), /Lesson: Test.*step 1 of 2/);
  assert.match(await hash(page), /lesson=file:test\.md/);
  assert.equal(await lesson(page).locator(".faults").count(), 0);
  // MathML, drawn: a fraction is higher than a letter.
  const MATHML = "http://www.w3.org/1998/Math/MathML";
  const formulas = await lesson(page).locator("math").evaluateAll((all) => all.map((it) => it.namespaceURI));
  assert.deepEqual(formulas, [MATHML, MATHML]);
  const height = (name) => lesson(page).locator(name).first().evaluate((it) => it.getBoundingClientRect().height);
  assert.ok(1.4 * (await height("mfrac mi")) < (await height("mfrac")));
  assert.match(await lesson(page).locator("math").first().textContent(), /</);
  assert.equal(await lesson(page).locator("mfrac").count(), 1);
  assert.equal(await lesson(page).locator("li").filter({ hasText: "second, with code" }).count(), 1);
  assert.equal(await lesson(page).locator("a[href='https://example.org/paper'][rel~=noopener]").count(), 1);

  assert.deepEqual(await page.locator(".panel.spotlit").evaluateAll((all) => all.map((it) => it.dataset.panel)), ["lens"]);
  await show(page, "Show it", async () => assert.match(await hash(page), /layer=0&head=3&pos=15/));
  await eventually(async () =>
    assert.match(await now(page), /^now: tales: head 3, L0 reads “barn” with 0\.\d+; A − B is [\d.]+$/));
  await press(page, "Close the lesson");
  assert.equal(await page.locator(".panel.spotlit").count(), 0);
  assert.deepEqual(problems, []);
  await close();
});

test("what follows a prediction is shown when the reader has chosen", async () => {
  const { page, close } = await openDropped(WHOLE);
  const reveal = lesson(page).getByText("The reveal.");
  const choice = (text) => lesson(page).locator(".choices button").filter({ hasText: text });
  assert.equal(await reveal.count(), 0);
  assert.equal(await lesson(page).locator(".further").count(), 0);
  assert.equal(await lesson(page).locator(".choices .right").count(), 0);
  await choice("It grows").click();
  assert.ok(await reveal.isVisible());
  assert.ok(await lesson(page).locator(".further a").isVisible());
  assert.equal(await choice("It grows").getAttribute("aria-pressed"), "true");
  // One answer is right by its mark, one because the run says so.
  await eventually(async () => {
    assert.match(await lesson(page).locator(".verdict-line").textContent(), /Not so/);
    assert.equal(await lesson(page).locator(".choices .right").count(), 2);
  });
  // The choice is still there after a step away.
  await press(page, "Next");
  await press(page, "Back");
  assert.ok(await reveal.isVisible());
  await close();
});

test("a task is done when the reader's own run says so; hints come one by one, then it is shown", async () => {
  const { page, problems, close } = await openDropped(WHOLE);
  await show(page, "Show it", async () => assert.match(await hash(page), /layer=0/));
  await press(page, "Next");
  const status = () => lesson(page).locator(".task .status-word").textContent();
  assert.equal(await lesson(page).locator(".task .status-word").getAttribute("aria-live"), "polite");
  await eventually(async () => assert.equal(await status(), "not done"));
  // By hand: another head does not do it, this one does.
  const edit = async (text) => {
    await page.evaluate((text) => {
      const parts = new URLSearchParams(location.hash.slice(1));
      if (text) parts.set("do", text);
      else parts.delete("do");
      location.hash = `#${parts}`;
    }, text);
    await settled(page);
  };
  await edit("head.1.0 scale 0");
  assert.equal(await status(), "not done");
  await edit("head.1.1 scale 0");
  await eventually(async () => assert.equal(await status(), "Done."));
  await edit("");
  await eventually(async () => assert.equal(await status(), "not done"));

  const hints = lesson(page).locator(".hints li");
  assert.equal(await hints.count(), 0);
  await press(page, "Hint");
  assert.deepEqual(await hints.allTextContents(), ["Look at layer 1."]);
  await press(page, "Next hint");
  assert.equal(await hints.count(), 2);
  await press(page, "Show me");
  await settled(page);
  await eventually(async () => assert.equal(await status(), "Done."));
  assert.deepEqual(problems, []);
  await close();
});

test("a reader who left the step is told so, and comes back", async () => {
  const { page, close } = await openLive(browser, "#v=1&lesson=states");
  await lesson(page).locator("h3").waitFor();
  const left = lesson(page).locator(".left button");
  await show(page, "Show it", async () => assert.match(await hash(page), /model=tales-mamba2/));
  assert.equal(await left.count(), 0);
  await type(page, "Anna put the");
  assert.match(await lesson(page).locator(".left").textContent(), /You left the step/);
  await press(page, "Return");
  await settled(page);
  assert.equal(await page.inputValue("#prompt"), STORY);
  assert.equal(await left.count(), 0);
  // Looking around is not leaving.
  await page.keyboard.press("Escape");
  await panel(page, "lens").getByRole("button", { name: "Table of the same numbers" }).click();
  assert.equal(await left.count(), 0);
  await close();
});

test("faults are told by line, and the rest of the lesson works", async () => {
  const text = `${HEAD.replace("minutes: 3", "minutes: few")}# One

${fence("stge", "model=tales")}
${fence("stage", `prompt=${STORY}\nhologram=on\nlayer=1`)}
${fence("observe", "probability(top)")}
$\\nothing{x}$ and the rest

${fence("observe", "layer")}`;
  const { page, problems, close } = await openDropped(text);
  const rows = await lesson(page).locator(".faults li").allTextContents();
  assert.equal(rows.length, 5, rows.join("\n"));
  for (const [at, said] of [
    [0, /^line 3.*“few” is no number of minutes/],
    [1, /^line 9.*`stge` is no key.*stage, spotlight/],
    [2, /^line 14.*does not know “hologram”/],
    [3, /^line 20.*observe cannot be read.*`probability` is not known/],
    [4, /^line 23.*\\nothing.*cannot be read/],
  ]) assert.match(rows[at], said);
  assert.match(await lesson(page).textContent(), /5 faults in this lesson/);
  await show(page, "Show it", async () => {
    assert.match(await hash(page), /layer=1/);
    assert.equal(await now(page), "now: 1");
  });
  await drop(page, "no lesson", "picture.png");
  await noticed(page, "picture.png", "is no lesson");
  await drop(page, "", "empty.md");
  await eventually(async () => assert.match(await lesson(page).locator(".faults").textContent(), /no head.*no step/));
  assert.deepEqual(problems, []);
  await close();
});

test("nothing that a lesson holds is run", async () => {
  const evil = `${HEAD}# <img src=x onerror="window.ran=1">

<script>window.ran = 1</script>

<img src=x onerror="window.ran=1"> [go](javascript:window.ran=1) ![p](https://elsewhere.example/p.png)

$\\text{<img src=x onerror=window.ran=1>}$ $\\operatorname{<img src=x onerror=window.ran=1>}$

${fence("task", "<iframe src='javascript:window.ran=1'></iframe>")}
${fence("stage <svg onload=window.ran=1>", "prompt=<img src=x onerror=window.ran=1>")}
${fence("stage <svg onload=window.ran=1>", "prompt=a")}`;
  const { page, problems, close } = await openDropped(evil, { before: (page) => page.addInitScript("window.ran = 0") });
  await settled(page);
  const foreign = "script, img, iframe, svg:not(.icon), a[href^=javascript], [onerror], [onload]";
  assert.equal(await lesson(page).locator(foreign).count(), 0);
  assert.match(await lesson(page).textContent(), /<script>window\.ran = 1<\/script>/);
  await lesson(page).locator(".scenes button, footer button:not(:disabled)").first().click();
  assert.equal(await page.evaluate(() => window.ran), 0);
  assert.deepEqual(problems, []);
  await close();
});

test("on a phone a link with a lesson opens on it, behind a tab of its own", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lesson=states", { viewport: { width: 390, height: 844 }, hasTouch: true });
  const tab = (name) => page.getByRole("tab", { name, exact: true });
  await lesson(page).locator("h3").waitFor();
  assert.equal(await tab("Lesson").getAttribute("aria-selected"), "true");
  // What the step points at is what is shown next.
  await press(page, "Show it");
  await settled(page);
  assert.equal(await tab("State").getAttribute("aria-selected"), "true");
  assert.ok(await panel(page, "paths").isVisible());
  await tab("Lesson").click();
  await press(page, "Close the lesson");
  assert.equal(await tab("Next").count(), 1);
  assert.deepEqual(problems, []);
  await close();
});

test("a link opens a lesson at its step, and the steps are a history", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&lesson=states&lesson.step=3");
  await eventually(async () => assert.equal(await heading(page), "How long it lasts"));
  assert.equal(await lesson(page).locator("[aria-current=step]").getAttribute("aria-label"), "Step 3: How long it lasts");
  await press(page, "Next");
  assert.match(await hash(page), /lesson=states&lesson\.step=4/);
  await page.locator("body").press("n");
  assert.match(await hash(page), /lesson\.step=5/);
  await lesson(page).getByRole("button", { name: /^Step 1: / }).click();
  assert.doesNotMatch(await hash(page), /lesson\.step/);
  await page.goBack();
  await eventually(async () => assert.equal(await heading(page), "Take a token away"));
  await press(page, "Close the lesson");
  assert.doesNotMatch(await hash(page), /lesson/);
  // The menu of lessons begins at the first step.
  await open(page);
  await lesson(page).locator("summary").click();
  await lesson(page).getByRole("button", { name: /^States/ }).click();
  assert.equal(await heading(page), "A state instead of a cache");
  assert.deepEqual(problems, []);
  await close();
});

test("a lesson of another server is fetched when the reader says so, and one that is not there is missed", async () => {
  const address = "https://lessons.example/a/test.md";
  const visit = await openLive(browser, `#v=1&lesson=${encodeURIComponent(address)}&lesson.step=2`, {
    before: (page) =>
      page.route(address, (route) =>
        route.fulfill({ body: WHOLE, headers: { "access-control-allow-origin": "*" } })),
  });
  const { page, problems, close } = visit;
  assert.match(await lesson(page).textContent(), /This link wants the lesson at lessons\.example/);
  assert.deepEqual(problems, []);
  await press(page, "Load");
  await eventually(async () => assert.equal(await heading(page), "Switch it off"));
  assert.deepEqual(problems, [`asked another server: ${address}`]);
  await close();

  const other = await openLive(browser, `#v=1&lesson=${encodeURIComponent(address)}`);
  await press(other.page, "Not now");
  assert.equal(await lesson(other.page).count(), 0);
  assert.deepEqual(other.problems, []);
  await other.page.evaluate(() => (location.hash = "#v=1&lesson=elsewhere"));
  await eventually(async () => assert.match(await lesson(other.page).textContent(), /did not arrive \(the server answers 404\)/));
  await other.page.evaluate(() => (location.hash = "#v=1&lesson=file:mine.md"));
  await eventually(async () => assert.match(await lesson(other.page).textContent(), /“mine\.md”, which no link can hold/));
  await lesson(other.page).locator("input[type=file]").setInputFiles({
    name: "mine.md",
    mimeType: "text/markdown",
    buffer: Buffer.from(WHOLE),
  });
  await eventually(async () => assert.equal(await heading(other.page), "Where the answer comes from"));
  await other.close();
});

test("a lesson fits a phone, and axe finds no fault with it", async () => {
  const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };
  for (const options of [{ colorScheme: "light" }, { colorScheme: "dark" }, PHONE]) {
    const { page, close } = await openDropped(`${WHOLE}\n${fence("stge", "x")}`, options);
    await lesson(page).locator(".choices button").first().click();
    assert.ok(await lesson(page).isVisible());
    const wide = await lesson(page).evaluate((it) =>
      [it, ...it.querySelectorAll("*")].filter((part) => part.getBoundingClientRect().right > innerWidth + 1).map((part) => part.className));
    assert.deepEqual(wide, []);
    await page.evaluate(readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8"));
    const faults = () => page.evaluate(async () => {
      const { violations } = await axe.run(document, { resultTypes: ["violations"] });
      return violations.flatMap((it) => it.nodes.map((node) => `${it.id}: ${node.target} ${node.any[0]?.message ?? it.help}`));
    });
    assert.deepEqual(await faults(), []);
    await press(page, "Next");
    await press(page, "Hint");
    await press(page, "Next hint");
    await press(page, "Show me");
    await settled(page);
    assert.deepEqual(await faults(), []);
    await close();
  }
});
