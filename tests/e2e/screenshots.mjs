// Pictures of the page in its states: `node tests/e2e/screenshots.mjs FOLDER [NAME …]`.
// For looking at by people; no test reads them.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./harness.mjs";
import { listenToEngine, openLive, panel, settled, STORY } from "./page.mjs";

const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const DARK = { colorScheme: "dark" };

const link = (parts) => `#${new URLSearchParams({ v: "1", prompt: STORY, ...parts })}`;
const click = (selector) => (page) => page.locator(selector).click();
const tab = (name) => (page) => page.getByRole("tab", { name, exact: true }).click();

/** A lesson with every block, its question answered and a hint opened. */
async function lessonOfEverything(page) {
  const block = (key, text) => `\`\`\`${key}\n${text}\n\`\`\`\n`;
  const text = `---\ntitle: Where the answer comes from\nversion: 1\nmodel: tales\nminute: 3\n---
# Switch it off\n\nIf that head matters, **barn** should lose its lead over *garden*: the head adds
$\\Delta = \\frac{1}{n}\\sum_i w_i$ to it, see [the paper](https://example.org), and \`head.2.1\` is its name.\n
$$h_t = \\bar A_t h_{t-1} + \\bar B_t x_t$$\n
- first\n- second\n\n${block("stage", `prompt=${STORY}\na=barn&b=garden&layer=2&head=1&pos=15`)}${block("spotlight", "main")}
${block("predict", "What happens to the lead?\n- It grows\n- It stays within 0.3\n- It falls by more than 1 *")}
${block("task", "Ablate head 2.1 at every position.")}${block("check", 'cut("head.2.1")')}
${block("observe", "A − B is {a_minus_b}")}${block("hint", "Look at layer 2.")}${block("hint", "Press it.")}
${block("further", "- [Elhage et al. 2021](https://transformer-circuits.pub/2021/framework)")}\n# Put it back\n\nDone.`;
  await page.locator(".lesson input[type=file]").setInputFiles({ name: "test.md", mimeType: "text/markdown", buffer: Buffer.from(text) });
  await page.locator(".lesson .choices button").nth(1).click();
  await page.locator(".lesson footer button").nth(1).click();
}

/** Name, options, fragment, what to do before the picture. */
const LIVE = [
  ["desktop-light", DESKTOP],
  ["desktop-dark", { ...DESKTOP, ...DARK }],
  ["narrow-1100", { viewport: { width: 1100, height: 700 } }],
  ["wide-1920", { viewport: { width: 1920, height: 1080 } }],
  ["phone-light", PHONE],
  ["phone-dark", { ...PHONE, ...DARK }],
  ...["Lens", "Paths", "A and B", "Stream", "Next"].map((name) =>
    [`phone-tab-${name.replaceAll(" ", "-").toLowerCase()}`, PHONE, "", tab(name)]),
  ...["map", "heads", "overlay", "lines", "steps"].map((it) => [`attention-${it}`, DESKTOP, link({ attention: it })]),
  ["attention-skipfirst", DESKTOP, link({ skipfirst: "on" })],
  ...["prob", "rank", "entropy", "kl", "ab"].map((it) => [`lens-${it}`, DESKTOP, link({ lens: it })]),
  ...["sample", "frame", "words"].map((it) => [`basis-${it}`, DESKTOP, link({ basis: it })]),
  ["norms-and-rank", DESKTOP, link({ side: "norms", chart: "rank" })],
  ["tables", DESKTOP, "", async (page) => {
    for (const name of ["attention", "paths", "lens", "chart", "side"]) {
      await panel(page, name).getByRole("button", { name: "Table of the same numbers" }).click();
    }
  }],
  ["export-menu", DESKTOP, "", (page) => panel(page, "lens").locator("summary").click()],
  ...["attention", "paths", "lens", "chart", "side"].map((it) => [`maximised-${it}`, DESKTOP, link({ maximised: it })]),
  ["help", DESKTOP, "", (page) => page.keyboard.press("?")],
  ["model-card", DESKTOP, "", click(".model summary")],
  ["empty-prompt", DESKTOP, link({ prompt: "" })],
  ["empty-prompt-phone", PHONE, link({ prompt: "" })],
  ["unknown-words", DESKTOP, link({ prompt: "Anna put the lantrn in the xylophone and the brn" })],
  ["only-unknown-words", DESKTOP, link({ prompt: "Qwrtz xyzzy 🦊 plugh" })],
  ["too-long", DESKTOP, link({ prompt: `${STORY} barn. `.repeat(12) })],
  ["next-all", DESKTOP, "", click(".next .text-tool >> nth=0")],
  ["hover", DESKTOP, "", async (page) => {
    await page.locator(".token").nth(5).hover();
    await settled(page);
  }],
  ["locked", DESKTOP, link({ pos: "7", layer: "2", head: "1", source: "3", depth: "4" })],
  ["states", DESKTOP, link({ model: "tales-mamba2", layer: "1", head: "2", side: "memory" })],
  ["states-dark", { ...DESKTOP, ...DARK }, link({ model: "tales-mamba2", layer: "1", head: "2", side: "memory" })],
  ["states-phone", PHONE, link({ model: "tales-mamba2" })],
  ...["Step size", "State", "Attribution", "Next"].map((name) =>
    [`states-phone-tab-${name.toLowerCase()}`, PHONE, link({ model: "tales-mamba2", cut: "head.1.2" }), tab(name)]),
  ["states-heads", DESKTOP, link({ model: "tales-hybrid", attention: "heads" })],
  ["states-steps", DESKTOP, link({ model: "tales-mamba2", attention: "steps" })],
  ["states-maximised", DESKTOP, link({ model: "tales-mamba2", maximised: "paths" })],
  ["faces", DESKTOP, link({ model: "tales-mamba2", second: "faces" })],
  ["forgotten", DESKTOP, link({ model: "tales-mamba2", layer: "1", head: "2", cut: "state.1.2.9" })],
  ...[["", DESKTOP], ["-dark", { ...DESKTOP, ...DARK }]].map(([name, options]) =>
    [`interventions${name}`, options, link({ attention: "heads", a: "barn", b: "garden", layer: "2", head: "1", blocks: "0,1,2,2,3",
      do: "head.2.1 scale 0;~mlp.1 set mean;blocks.1.resid_post@15 add 6 token(barn)-token(garden)" })]),
  ["hybrid-dark", { ...DESKTOP, ...DARK }, link({ model: "tales-hybrid", layer: "2", head: "1" })],
  ...[["light", DESKTOP], ["dark", { ...DESKTOP, ...DARK }], ["1280", { viewport: { width: 1280, height: 720 } }], ["phone", PHONE]].flatMap(([name, options]) => [
    [`lesson-show-${name}`, options, "#v=1&lesson=states&lesson.step=5", (page) => page.locator(".lesson footer button").nth(1).click()],
    [`lesson-whole-${name}`, options, "#v=1&lesson=file:test.md", lessonOfEverything],
  ]),
  ["lesson", DESKTOP, "", (page) => page.getByRole("button", { name: "Lesson" }).click()],
  ["lesson-phone", PHONE, "", (page) => page.getByRole("button", { name: "Lesson" }).click()],
  ["notices", DESKTOP, `${link({ hologram: "on", digest: "0123", layer: "many" })}`.replace("v=1", "v=2")],
];

const [folder, ...names] = process.argv.slice(2);
if (!folder) {
  console.error("say where to: node tests/e2e/screenshots.mjs FOLDER [NAME …]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const browser = await launch();
const wanted = (name) => names.length === 0 || names.some((it) => name.startsWith(it));

async function keep(visit, name) {
  await visit.page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(`${name}.png${visit.problems.map((it) => `\n  ${it}`).join("")}`);
  await visit.close();
}

for (const [name, options, fragment = "", act] of LIVE) {
  if (!wanted(name)) continue;
  try {
    const visit = await openLive(browser, fragment, options);
    await act?.(visit.page);
    await settled(visit.page);
    await keep(visit, name);
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
}

for (const [name, options] of [["loading", DESKTOP], ["loading-phone", PHONE]]) {
  if (!wanted(name)) continue;
  // The weights never come, so the page stays as it is while they are on their way.
  let stop;
  const visit = await browser.open("", {
    ...options,
    async before(page) {
      await page.addInitScript(listenToEngine);
      await page.route("**/weights.safetensors*", () => new Promise((done) => (stop = done)));
    },
  });
  await visit.page.getByText("The model arrives").first().waitFor();
  await keep(visit, name);
  stop?.();
}

if (wanted("failed")) {
  const visit = await browser.open("", {
    ...DESKTOP,
    before: (page) => page.route("**/weights.safetensors*", (route) => route.fulfill({ status: 404, body: "" })),
  });
  await visit.page.locator(".notice[role=alert]").waitFor();
  await keep(visit, "failed");
}

await browser.close();
