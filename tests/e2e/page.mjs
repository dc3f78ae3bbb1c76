// What the tests do with the page, and what they read from it.

/** The prompt of a first visit. */
export const STORY = "Anna put the lantern in the barn. Tom looked for the lantern in the";

/** A prompt after which much may come. */
export const OPEN_END = "Anna put the";

const PATIENCE_MS = 60_000;

/** Opens the page and waits until its first picture is whole; options as of the harness. */
export async function openLive(browser, fragment = "", { before, ...options } = {}) {
  const visit = await browser.open(fragment, {
    ...options,
    async before(page) {
      await page.addInitScript(listenToEngine);
      await before?.(page);
    },
  });
  await settled(visit.page);
  return visit;
}

/**
 * Runs in the page before its own scripts: keeps what goes to the engine and what comes back in
 * `engineLine`, and with each canvas the `kind` of its context. Kinds of messages are their first
 * byte: postcard's number of the variant.
 */
export function listenToEngine() {
  const RUN = 1, LOOK = 2, OPENED = 2, RAN = 3, SEEN = 4, FAILED = 5;
  const line = { workers: [], sent: [], got: [], owedRun: 0, owedLook: false, lastAt: 0 };
  window.engineLine = line;
  const varint = (bytes) => {
    let value = 0;
    for (let at = 1; at < 10; at++) {
      value += (bytes[at] & 127) * 128 ** (at - 1);
      if (bytes[at] < 128) return value;
    }
    return value;
  };
  window.Worker = class extends Worker {
    constructor(...words) {
      super(...words);
      line.workers.push(this);
      line.owedRun = 0;
      line.owedLook = false;
      this.addEventListener("message", ({ data: bytes }) => {
        line.lastAt = performance.now();
        line.got.push({ kind: bytes[0], at: line.lastAt });
        if (bytes[0] === RAN && line.owedRun <= varint(bytes)) line.owedRun = 0;
        if (bytes[0] === SEEN) line.owedLook = false;
        if (bytes[0] === FAILED) [line.owedRun, line.owedLook] = [0, false];
        if (bytes[0] === OPENED) line.opened = true;
      });
    }
    postMessage(bytes, ...rest) {
      line.lastAt = performance.now();
      line.sent.push({ kind: bytes[0], at: line.lastAt });
      if (bytes[0] === RUN) [line.owedRun, line.owedLook] = [varint(bytes), false];
      if (bytes[0] === LOOK) line.owedLook = true;
      super.postMessage(bytes, ...rest);
    }
  };
  // A canvas keeps the kind of context that it first gave.
  const give = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    const context = give.call(this, kind, ...rest);
    if (context) this.kind ??= kind;
    return context;
  };
}

/** Waits until the page is live, nothing is owed by the engine, and the page has drawn. */
export async function settled(page, ms = PATIENCE_MS) {
  const isQuiet = () => {
    const line = window.engineLine;
    const isLive = document.querySelector(".live .dot.on") !== null;
    return isLive && !line.owedRun && !line.owedLook && 120 < performance.now() - line.lastAt;
  };
  await page.waitForFunction(isQuiet, null, { polling: 40, timeout: ms });
  await drawn(page);
}

/** Waits until what is known has been drawn. */
export function drawn(page) {
  const twoFrames = () =>
    new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return page.evaluate(twoFrames);
}

/** Tries `check` again and again until it throws nothing, and gives what it gave. */
export async function eventually(check, ms = PATIENCE_MS) {
  const end = Date.now() + ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (end < Date.now()) throw error;
      await new Promise((done) => setTimeout(done, 60));
    }
  }
}

/** Puts `text` in place of the prompt and waits for its picture. */
export async function type(page, text) {
  await page.fill("#prompt", text);
  await settled(page);
}

/** How many messages of the page the engine has had. */
export const asked = (page) => page.evaluate(() => engineLine.sent.length);

export const statusText = (page) => page.locator(".status output").textContent();

/** What the status line says, in parts; `null` where it says something else. */
export async function place(page) {
  const text = await statusText(page);
  const found = text.match(
    /^Head (\d+)\.(\d+) at “(.*?)” \((\d+)\): (?:(\d+) % on “(.*?)” \((\d+)\)|not read yet)\.(?: Lens after (.+?): “(.*)” ([\d.]+)\.)?$/,
  );
  if (!found) return null;
  const number = (it) => (it === undefined ? undefined : Number(it));
  return {
    layer: number(found[1]),
    head: number(found[2]),
    word: found[3],
    pos: number(found[4]),
    percent: number(found[5]),
    sourceWord: found[6],
    source: number(found[7]),
    depth: found[8],
    said: found[9],
    prob: number(found[10]),
  };
}

/** The texts of the token chips. */
export const tokens = (page) => page.locator(".token span").allTextContents();

/** Which chip is locked. */
export const lockedToken = (page) =>
  page.evaluate(() => [...document.querySelectorAll(".token")].findIndex((it) => it.matches(".locked")));

export const notices = (page) => page.locator(".notice[role=alert] span").allTextContents();

/** Waits for a notice that has all of `parts` in it. */
export function noticed(page, ...parts) {
  const has = (wanted) =>
    [...document.querySelectorAll(".notice[role=alert]")].some((it) =>
      wanted.every((part) => it.textContent.includes(part)),
    );
  return page.waitForFunction(has, parts, { timeout: PATIENCE_MS });
}

/** A panel of the stage by its name in links. */
/** What usually stands in a place, and the place. */
const PLACES = { attention: "main", paths: "second", lens: "lower", chart: "middle", side: "side" };

export const panel = (page, name) => page.locator(`[data-place=${PLACES[name] ?? name}]`);

/** Everything that the reader sees of the state, to compare two visits. */
export function sight(page) {
  return page.evaluate(() => {
    const texts = (selector) => [...document.querySelectorAll(selector)].map((it) => it.textContent);
    const values = (selector) => [...document.querySelectorAll(selector)].map((it) => it.value);
    return {
      prompt: document.querySelector("#prompt").value,
      tokens: texts(".token span"),
      locked: texts(".token.locked"),
      source: texts(".token.source"),
      pressed: [...texts(".panel [aria-pressed=true]"), ...values(".panel header select")],
      layer: texts(".layer.chosen .layer-name"),
      dots: [...document.querySelectorAll(".dot-button.locked")].map((it) => it.title),
      frame: values(".slot"),
      headline: texts(".headline b"),
      status: texts(".status output"),
      next: texts(".next-row"),
      sites: texts(".panel h2"),
      abouts: texts(".panel header p"),
      legends: texts(".panel .legend"),
      maximised: [...document.querySelectorAll(".panel.maximised")].map((it) => it.dataset.panel),
      sampling: values(".sampling input, .seed input"),
      words: values(".own-words input"),
      skipsFirst: document.querySelector(".switch input")?.checked,
    };
  });
}

/** Rows of a panel's table as texts, headings first. The panel has to show its table. */
export const tableOf = (page, name) =>
  panel(page, name).locator(".table tr").evaluateAll((rows) =>
    rows.map((row) => [...row.cells].map((cell) => cell.textContent)),
  );

/** Presses the button in a panel's header that has this name, or chooses it from a menu there. */
export async function press(page, name, button) {
  const header = panel(page, name).locator("header");
  // Menus of views go by names, the menu of panels by ids under their names.
  const entries = header.locator("select option").filter({ hasText: new RegExp(`^${button}$`) });
  const named = header.locator(`select option[value="${button}"]`);
  const option = (await named.count()) ? named : entries;
  const isThere = 0 < (await option.count());
  if (isThere) {
    const value = await option.first().getAttribute("value");
    await option.first().locator("..").selectOption(value);
  }
  if (!isThere) await header.getByRole("button", { name: button, exact: true }).click();
}

/** What is chosen in the menus of a panel's header, from left to right. */
export const chosen = (page, name) =>
  panel(page, name).locator("header .line select").evaluateAll((all) => all.map((it) => it.value));

/** Which panel stands in a place. */
export const standing = (page, name) => panel(page, name).getAttribute("data-panel");

/** A point of an element: `across` and `down` are shares of its size. */
export async function pointIn(locator, across, down) {
  const box = await locator.boundingBox();
  return [box.x + across * box.width, box.y + down * box.height];
}

/**
 * How a picture is made up: size, how many colours, and the share of the most frequent one.
 * The browser itself decodes the PNG.
 */
export function colours(page, png) {
  return page.evaluate(async (base64) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const sheet = new OffscreenCanvas(image.width, image.height).getContext("2d");
    sheet.drawImage(image, 0, 0);
    const pixels = new Uint32Array(sheet.getImageData(0, 0, image.width, image.height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    return { n: counts.size, largestShare: Math.max(...counts.values()) / pixels.length };
  }, png.toString("base64"));
}

/** The share of pixels in which two pictures of one size differ by more than `most` of 255. */
export function difference(page, one, other, most = 24) {
  return page.evaluate(
    async ([pngs, most]) => {
      const read = async (base64) => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
        const sheet = new OffscreenCanvas(image.width, image.height).getContext("2d");
        sheet.drawImage(image, 0, 0);
        return sheet.getImageData(0, 0, image.width, image.height);
      };
      const [a, b] = [await read(pngs[0]), await read(pngs[1])];
      if (a.width !== b.width || a.height !== b.height) return 1;
      let n = 0;
      for (let at = 0; at < a.data.length; at += 4) {
        if ([0, 1, 2].some((it) => most < Math.abs(a.data[at + it] - b.data[at + it]))) n += 1;
      }
      return n / (a.width * a.height);
    },
    [[one.toString("base64"), other.toString("base64")], most],
  );
}
