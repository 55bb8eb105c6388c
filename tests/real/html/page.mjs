// The HTML report, as a person sees and uses it.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

import { Visit } from "../browser/browser.mjs";

/** A phone and a desktop, light and dark. */
export const SCREENS = [
  { name: "phone-light", width: 390, height: 844, scheme: "light" },
  { name: "phone-dark", width: 390, height: 844, scheme: "dark" },
  { name: "desktop-light", width: 1280, height: 900, scheme: "light" },
  { name: "desktop-dark", width: 1280, height: 900, scheme: "dark" },
];
const DESKTOP = SCREENS[2];

/** The page that somebody looks at. */
export class Report extends Visit {
  heading() {
    return this.tab.$eval("h1", (heading) => heading.innerText);
  }

  /** The rows that are there: of each its text, and whether it is open. */
  rows() {
    return this.tab.$$eval("#cases .case", (rows) =>
      rows.map((row) => ({ name: row.querySelector("b").textContent, open: row.ariaExpanded === "true" })),
    );
  }

  async names() {
    return (await this.rows()).map((row) => row.name);
  }

  /** Presses one of the buttons that say which cases are shown. */
  async only(group) {
    await this.tab.click(`#outcomes [data-group="${group}"]`);
  }

  /** Types into the search in place of what is there. */
  async search(text) {
    await this.tab.$eval("#search", (input) => input.select());
    await this.tab.keyboard.press("Backspace");
    await this.tab.type("#search", text);
  }

  /** Opens the only case whose name begins so, and gives what is shown of it. */
  async open(name) {
    const rows = await this.tab.$$("#cases .case");
    const names = await this.names();
    const found = rows.filter((_, at) => names[at].startsWith(name));
    assert.equal(found.length, 1, `${name}: ${names}`);
    await found[0].click();
    const id = await found[0].evaluate((row) => row.getAttribute("aria-controls"));
    return this.tab.$(`#${id}`);
  }

  /** Opens everything that can be opened. */
  async openAll() {
    await this.tab.$$eval("#cases .case[aria-expanded=false]", (rows) => rows.forEach((row) => row.click()));
    await this.tab.$$eval("details", (all) => all.forEach((one) => (one.open = true)));
    await this.tab.waitForSelector("#lanes i");
  }
}

/** Opens a report, has somebody look at it, and checks that it asked for nothing and ran nothing but its own. */
export async function look(person, path, work, { width, height, scheme } = DESKTOP, address = "") {
  const url = pathToFileURL(path).href;
  const asked = [];
  const wrong = [];
  const prepare = async (tab) => {
    tab.on("request", (request) => asked.push(request.url().replace(/#.*/, "")));
    tab.on("pageerror", (error) => wrong.push(error.message));
    tab.on("console", (message) => wrong.push(message.text()));
    tab.on("dialog", (dialog) => {
      wrong.push(`it said ${dialog.message()}`);
      dialog.dismiss();
    });
    await tab.setViewport({ width, height, deviceScaleFactor: width < 500 ? 2 : 1 });
    await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  };
  return person.at(
    url + address,
    async (page) => {
      const result = await work(page);
      assert.deepEqual(wrong, []);
      assert.deepEqual(new Set(asked), new Set([url]));
      assert.equal(await page.tab.evaluate(() => window.struck), undefined, "hostile text ran a script");
      return result;
    },
    { Visited: Report, prepare },
  );
}

/** The texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3). */
export function faint() {
  const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const told = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    const [one, other] = [getComputedStyle(node).color, behind(node)].map(luminance).sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) told.add(`${ratio.toFixed(2)}: ${node.tagName}.${node.className} ${walker.currentNode.data.slice(0, 40)}`);
  }
  return [...told];
}
