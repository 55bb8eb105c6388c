// A person with a browser: headless Chromium, driven through npm's puppeteer-core.
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";

import { load } from "./packages.mjs";
import { PERSON } from "./provider.mjs";

const shots = process.env.CROSSCHECK_SCREENSHOTS;

// Who starts the browser ends it, whatever the signal.
const OURS = { handleSIGINT: false, handleSIGTERM: false };

/** Starts the browser. */
export async function open() {
  const puppeteer = await load("puppeteer-core");
  const args = [
    "--disable-background-networking",
    "--no-first-run",
    // The provider's pages name a font on the net, for which nothing should wait.
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

  /** Opens a page where nobody is logged in yet, and does something there. */
  async at(url, work) {
    const context = await this.#browser.createBrowserContext();
    try {
      const tab = await context.newPage();
      tab.setDefaultTimeout(20_000);
      await tab.goto(url);
      return await work(new Visit(tab));
    } finally {
      await context.close();
    }
  }
}

class Visit {
  #tab;

  constructor(tab) {
    this.#tab = tab;
  }

  /** What a person reads. */
  text() {
    return this.#tab.evaluate(() => document.body.innerText);
  }

  /** Waits until something is to be read. */
  reads(text) {
    return this.#tab.waitForFunction((text) => document.body.innerText.includes(text), {}, text);
  }

  get url() {
    return this.#tab.url();
  }

  /** Clicks, and waits for the page that this leads to. */
  async click(selector) {
    await Promise.all([this.#tab.waitForNavigation(), this.#tab.click(selector)]);
  }

  type(selector, text) {
    return this.#tab.type(selector, text);
  }

  /** Logs in on the provider's page, and stands before the one that asks for consent. */
  async logIn() {
    await this.shoot("login");
    await this.type("[name=login]", PERSON);
    await this.type("[name=password]", "correct horse");
    await this.click("[type=submit]");
  }

  /** Says yes to what the client wants. */
  async consent() {
    await this.shoot("consent");
    await this.click("[type=submit]");
  }

  /** Says no to it. */
  async cancel() {
    await this.click('a[href$="/abort"]');
  }

  /** A picture for people, where they said that they want one. */
  async shoot(name) {
    if (!shots) return;
    mkdirSync(shots, { recursive: true });
    await this.#tab.screenshot({ path: resolve(shots, `${name}.png`) });
  }
}
