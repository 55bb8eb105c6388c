// A person with a browser: headless Chromium, driven through npm's puppeteer-core.
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";

import { load } from "./packages.mjs";

const shots = process.env.CROSSCHECK_SCREENSHOTS;

// Who starts the browser ends it, whatever the signal.
const OURS = { handleSIGINT: false, handleSIGTERM: false };

/** Starts the browser. */
export async function open() {
  const puppeteer = await load("puppeteer-core");
  const args = [
    "--disable-background-networking",
    "--no-first-run",
    // A page that names something on the net waits for nothing.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  ];
  // Chromium's sandbox is not for root, as whom CI may run.
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  const { CHROMIUM: executablePath } = process.env;
  return new Person(await puppeteer.default.launch({ executablePath, args, pipe: true, ...OURS }));
}

class Person {
  #browser;

  constructor(browser) {
    this.#browser = browser;
  }

  close() {
    return this.#browser.close();
  }

  /**
   * Opens a page in a browser that remembers nothing, and does something there.
   * `prepare` has the tab before it goes anywhere; `Visited` is what the work gets to see.
   */
  async at(url, work, { Visited = Visit, prepare } = {}) {
    const context = await this.#browser.createBrowserContext();
    try {
      const tab = await context.newPage();
      tab.setDefaultTimeout(20_000);
      await prepare?.(tab);
      await tab.goto(url);
      return await work(new Visited(tab));
    } finally {
      await context.close();
    }
  }
}

/** What a person does on a page. */
export class Visit {
  /** Puppeteer's own page. */
  tab;

  constructor(tab) {
    this.tab = tab;
  }

  /** What a person reads. */
  text() {
    return this.tab.evaluate(() => document.body.innerText);
  }

  /** Waits until something is to be read. */
  reads(text) {
    return this.tab.waitForFunction((text) => document.body.innerText.includes(text), {}, text);
  }

  get url() {
    return this.tab.url();
  }

  /** Clicks, and waits for the page that this leads to. */
  async click(selector) {
    await Promise.all([this.tab.waitForNavigation(), this.tab.click(selector)]);
  }

  type(selector, text) {
    return this.tab.type(selector, text);
  }

  /** A picture for people, where they said that they want one. */
  async shoot(name, options = {}) {
    if (!shots) return;
    mkdirSync(shots, { recursive: true });
    await this.tab.screenshot({ path: resolve(shots, `${name}.png`), ...options });
  }
}
