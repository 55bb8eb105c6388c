// Looks at the HTML report as a person does: what is shown, found, opened and read.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";

import * as browser from "../browser/browser.mjs";
import { Crosscheck, endAll } from "../browser/process.mjs";
import { SCREENS, faint, look } from "./page.mjs";

const folder = mkdtempSync(join(tmpdir(), "crosscheck-html-"));
const limit = { timeout: 240_000 };
const page = join(folder, "every/report.html");
let person, hostile, report;

// What would be markup, if anybody took it for that.
const STRIKES = `</script><script>window.struck = 'body'</script><!-- <img src=x onerror="window.struck = 'img'"> ]]> \u202e`;

before(async () => {
  hostile = createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "text/html", "X-Hostile": "<script>window.struck = 'header'</script>" });
    response.end(STRIKES);
  });
  await new Promise((resolve) => hostile.listen(0, "127.0.0.1", resolve));
  cpSync(join(import.meta.dirname, "every"), join(folder, "every"), { recursive: true });
  const more = ["--compare", "next", "--verbose", "--report", "json=report.json"];
  await run("every", more, 3);
  report = JSON.parse(readFileSync(join(folder, "every/report.json"), "utf8"));
  person = await browser.open();
}, limit);

async function stop() {
  endAll();
  await person?.close();
  hostile?.close();
  hostile?.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
}

after(stop);
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]]) {
  process.once(signal, () => stop().finally(() => process.exit(code)));
}

/** Runs the specs of a folder, and has the page put down. */
async function run(name, more, code) {
  const env = { PATH: process.env.PATH, HOME: folder, HOSTILE_URL: `http://127.0.0.1:${hostile.address().port}` };
  const crosscheck = new Crosscheck(["run", "--report", "html=report.html", ...more], env, join(folder, name));
  assert.equal(await crosscheck.ends(), code, crosscheck.output);
}

const tests = (holds) => report.cases.filter(holds).map((one) => one.test);
const sorted = (list) => [...list].sort();
const textOf = (element) => element.evaluate((own) => own.innerText);
/** The texts of what is in an element by a selector. */
const texts = (element, selector) => element.$$eval(selector, (all) => all.map((one) => one.textContent));

test("the summary says what the run came to", limit, () =>
  look(person, page, async (page) => {
    const { summary } = report;
    const flaky = tests((one) => one.flaky).length;
    const quarantined = tests((one) => one.quarantined).length;
    const heading = await page.heading();
    for (const part of [
      `${summary.failed} failed`, `${summary.errored} errored`, `${summary.passed} passed`, `${summary.skipped} skipped`,
      `${flaky} flaky`, `${quarantined} quarantined`, `${summary.differing} with differences`,
    ]) {
      assert(heading.includes(part), `${part}: ${heading}`);
    }
    assert((await page.tab.title()).startsWith(heading.slice(2, 10)));
    assert.match(await page.text(), new RegExp(`${summary.cases} cases in .* on demo`));
    assert.deepEqual(sorted(await page.names()), sorted(tests(() => true)));
    // What did not pass comes first.
    const bad = tests((one) => ["failed", "errored"].includes(one.outcome));
    assert.deepEqual((await page.names()).slice(0, bad.length), bad);
  }));

test("buttons show the cases of some outcomes, and all again", limit, () =>
  look(person, page, async (page) => {
    const failed = (one) => one.outcome === "failed";
    await page.only("failed");
    assert.deepEqual(sorted(await page.names()), sorted(tests(failed)));
    await page.only("flaky");
    assert.deepEqual(sorted(await page.names()), sorted(tests((one) => failed(one) || one.flaky)));
    assert.match(await page.text(), new RegExp(`${tests(failed).length + 1} of ${report.cases.length} cases`));
    await page.only("failed");
    assert.deepEqual(await page.names(), ["comes and goes"]);
    await page.tab.click("#count button");
    assert.equal((await page.names()).length, report.cases.length);
    for (const group of ["errored", "skipped", "passed"]) {
      await page.only(group);
      assert.deepEqual(sorted(await page.names()), sorted(tests((one) => one.outcome === group)));
      await page.only(group);
    }
    await page.only("quarantined");
    assert.deepEqual(await page.names(), ["is known to fail"]);
  }));

test("the search finds ids, messages, tags, URLs and bodies", limit, () =>
  look(person, page, async (page) => {
    const found = {
      "OUTCOMES.yaml::cannot": ["cannot connect"],
      "expected 201": ["fails with a word", tests((one) => one.file.endsWith("hostile.yaml"))[0]],
      smoke: ["passes"],
      "redirect/2": ["goes round"],
      "glass hammer": ["takes several steps"],
      "window.struck = 'body'": tests((one) => one.file.endsWith("hostile.yaml")),
    };
    for (const [words, names] of Object.entries(found)) {
      await page.search(words);
      assert.deepEqual(sorted(await page.names()), sorted(names), words);
    }
    await page.search("no such thing anywhere");
    assert.deepEqual(await page.names(), []);
    assert.match(await page.text(), /None of \d+ cases is like that/);
  }));

test("the list can be ordered", limit, () =>
  look(person, page, async (page) => {
    await page.tab.select("#order", "plan");
    assert.deepEqual(await page.names(), tests(() => true));
    await page.tab.select("#order", "slow");
    const slowest = report.cases.reduce((one, other) => (other.duration_ms > one.duration_ms ? other : one));
    assert.equal((await page.names())[0], slowest.test);
    await page.tab.select("#order", "begun");
    const first = report.cases.reduce((one, other) => (other.started_ms < one.started_ms ? other : one));
    assert.equal((await page.names())[0], first.test);
  }));

test("a failure shows its difference, its line, and what was sent and received", limit, () =>
  look(person, page, async (page) => {
    const body = await page.open("fails with a JSON diff");
    const [removed, added] = [await texts(body, ".removed:not(.legend *)"), await texts(body, ".added:not(.legend *)")];
    assert(removed.some((line) => line.startsWith("- ") && line.includes('"A-18"')), removed.join("\n"));
    assert(added.some((line) => line.startsWith("+ ") && line.includes('"A-17"')), added.join("\n"));
    assert((await texts(body, ".removed mark")).some((mark) => mark.includes("8")));
    assert.deepEqual(await texts(body, ".diff .legend span"), ["- expected", "+ actual"]);
    const [code] = await texts(body, ".code");
    assert.match(code, /--> specs\/outcomes\.yaml:\d+:\d+/);
    assert.match(code, /\^/);
    const parts = await texts(body, ".part > summary");
    assert.match(parts[0], /^Request: GET http:\/\/127\.0\.0\.1:\d+\/widgets\/1/);
    assert.match(parts[1], /^Response: 200 · HTTP\/1\.1/);
    const shown = await textOf(body);
    assert.match(shown, /content-type: application\/json/i);
    assert.match(shown, /"name": "Left-handed screwdriver",\n/);
    assert.match(shown, /first byte [\d.]+ ms/);
    assert((await body.$$(".bar i")).length >= 1);
    // The request is folded until somebody wants it.
    await (await body.$(".part > summary")).click();
    assert(await body.$eval(".part", (part) => part.open));
  }));

test("texts are compared word by word, and snapshots with what was approved", limit, () =>
  look(person, page, async (page) => {
    const text = await page.open("fails with a text diff");
    assert((await texts(text, ".removed mark")).length > 0);
    const snapshot = await page.open("is not what was approved");
    const lines = await texts(snapshot, ".diff div");
    assert(lines.some((line) => line.startsWith("- ") && line.includes("11.5")), lines.join("\n"));
    assert(lines.some((line) => line.startsWith("+ ") && line.includes("12.5")), lines.join("\n"));
    assert.match(await textOf(snapshot), /crosscheck review/);
    const missing = await page.open("has no snapshot yet");
    assert.match(await textOf(missing), /is not there, expected an approved snapshot/);
  }));

test("targets that answer otherwise are told apart by their names", limit, () =>
  look(person, page, async (page) => {
    await page.only("with differences");
    assert.equal((await page.names()).length, report.summary.differing);
    const body = await page.open("is not what was approved");
    assert((await texts(body, ".diff .legend span")).includes("+ next"));
    assert.match(await textOf(body), /compared: 1 response, in .* on the base and .* elsewhere/);
    assert((await texts(body, ".diff .added")).some((line) => line.includes("13.9")));
  }));

test("attempts, redirects, steps and bytes are shown", limit, () =>
  look(person, page, async (page) => {
    const flaky = await page.open("comes and goes");
    const attempts = await texts(flaky, ".attempts li");
    assert.equal(attempts.length, 2);
    assert.match(attempts[0], /attempt 1 of 3 .*503/);
    const round = await page.open("goes round");
    const hops = await texts(round, ".hops li");
    assert.equal(hops.length, 3);
    assert.match(hops[0], /^GET \S+\/redirect\/3 → 302/);
    assert.match(await textOf(round), /redirects [\d.]+ ms\nfirst byte [\d.]+ ms\ncontent [\d.]+ ms\ntotal/);
    const binary = await page.open("is no text");
    assert.match(await textOf(binary), /Binary, in Base64:\niVBORw0KGgo/);
    const several = await page.open("takes several steps");
    const steps = await several.$$eval(".step", (all) => all.map((one) => [one.querySelector("summary").textContent, one.open]));
    assert.deepEqual(steps.map(([, open]) => open), [false, true]);
    assert.match(steps[1][0], /step 2: read it back/);
    const skipped = await page.open("is skipped");
    assert.match(await textOf(skipped), /not now/);
    const errored = await page.open("cannot connect");
    assert.match(await textOf(errored), /refused/);
    const quarantined = await page.open("is known to fail");
    assert.match(await textOf(quarantined), /PAY-17/);
  }));

test("hostile text is text", limit, () =>
  look(person, page, async (page) => {
    const [name] = tests((one) => one.file.endsWith("hostile.yaml"));
    const body = await page.open(name.slice(0, 20));
    await page.openAll();
    const shown = await textOf(body);
    assert(shown.includes("</script><script>window.struck = 'body'</script><!--"), shown);
    assert(shown.includes("<script>window.struck = 'header'</script>"), shown);
    assert((await texts(body, ".at button")).includes("<i>tag</i>"));
    assert.equal(await page.tab.$("#cases :is(script, img, u, i:not(.bar i, .timings i))"), null);
    assert.equal((await page.tab.$$("script")).length, 2);
    await page.tab.select("#order", "plan");
    assert((await page.text()).includes("</script><script>window.struck = 'suite'</script>"));
  }));

test("the timeline shows what ran when, and leads to it", limit, () =>
  look(person, page, async (page) => {
    await page.tab.click("#timeline > summary");
    await page.tab.waitForSelector("#lanes i");
    const begun = report.cases.filter((one) => one.started_ms !== null);
    const bars = await page.tab.$$eval("#lanes i", (all) => all.map((bar) => [bar.title, bar.getBoundingClientRect().left]));
    assert.equal(bars.length, begun.length);
    const first = begun.reduce((one, other) => (other.started_ms < one.started_ms ? other : one));
    const leftmost = Math.min(...bars.map(([, left]) => left));
    assert(bars.find(([title]) => title.startsWith(first.id))[1] === leftmost);
    await page.only("skipped");
    // By its place: hostile ids are no selectors.
    const at = report.cases.findIndex((one) => one.test === "goes round");
    await page.tab.$eval(`#lanes [data-case="${at}"]`, (bar) => bar.click());
    assert((await page.rows()).find((row) => row.name === "goes round").open);
  }));

test("the keyboard is enough, and what has the focus is seen", limit, () =>
  look(person, page, async (page) => {
    const { keyboard } = page.tab;
    const focused = () =>
      page.tab.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        const name = document.activeElement.id || document.activeElement.className || document.activeElement.tagName;
        return { name, seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
      });
    const passed = [];
    for (let press = 0; press < 40 && !passed.includes("case"); press += 1) {
      await keyboard.press("Tab");
      const { name, seen } = await focused();
      assert(seen, `${name} has the focus, and nobody sees it`);
      passed.push(name);
    }
    for (const name of ["BUTTON", "search", "order", "SUMMARY", "case"]) assert(passed.includes(name), passed.join());
    await keyboard.press("Enter");
    assert((await page.rows())[0].open);
    await keyboard.press("Enter");
    assert(!(await page.rows())[0].open);
    await keyboard.press("/");
    await keyboard.type("smoke");
    assert.deepEqual(await page.names(), ["passes"]);
  }));

test("what can be used has a name for who does not see it", limit, () =>
  look(person, page, async (page) => {
    await page.openAll();
    const nameless = [];
    const visit = (node) => {
      const asked = ["button", "searchbox", "combobox", "image", "heading", "list", "DisclosureTriangle"];
      if (asked.includes(node.role) && !node.name && node.role !== "list") nameless.push(node);
      for (const child of node.children ?? []) visit(child);
    };
    visit(await page.tab.accessibility.snapshot());
    assert.deepEqual(nameless, []);
    assert.equal(await page.tab.$eval("html", (html) => html.lang), "en");
    const ids = await page.tab.$$eval("[id]", (all) => all.map((one) => one.id));
    assert.equal(new Set(ids).size, ids.length);
  }));

test("a link leads to what one looks at", limit, async () => {
  const address = await look(person, page, async (page) => {
    await page.only("failed");
    await page.search("fails diff");
    await page.open("fails with a text diff");
    await page.tab.click("#timeline > summary");
    await page.tab.waitForFunction(() => location.hash.includes("timeline"));
    return page.tab.evaluate(() => location.hash);
  });
  const there = async (page) => {
    assert.deepEqual(sorted(await page.names()), ["fails with a JSON diff", "fails with a text diff"]);
    assert.deepEqual((await page.rows()).map((row) => row.open), [false, true]);
    await page.tab.waitForSelector("#lanes i");
  };
  await look(person, page, there, undefined, address);
});

for (const screen of SCREENS) {
  test(`on a ${screen.name.replace("-", ", ")}, everything can be read`, limit, () =>
    look(person, page, async (page) => {
      await page.shoot(`report-${screen.name}`);
      const widths = () => page.tab.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
      let [content, window] = await widths();
      assert.equal(window, screen.width);
      assert(content <= window, `${content} > ${window}`);
      await page.openAll();
      [content, window] = await widths();
      assert(content <= window, `open: ${content} > ${window}`);
      assert.deepEqual(await page.tab.evaluate(faint), []);
      // What is marked in a line of the spec is seen, however long that is.
      const hidden = () =>
        [...document.querySelectorAll(".code")].filter((code) => {
          const caret = [...code.querySelectorAll("b")].find((b) => b.textContent);
          return caret && caret.getBoundingClientRect().left > code.getBoundingClientRect().right - 5;
        }).length;
      await page.tab.waitForFunction(`(${hidden})() === 0`);
      await page.shoot(`report-${screen.name}-open`, { fullPage: true });
    }, screen));
}

/** Specs of 100 files with 100 tests each, of which one in a hundred fails. */
function writeMany() {
  mkdirSync(join(folder, "many/specs"), { recursive: true });
  writeFileSync(join(folder, "many/crosscheck.yaml"), "specs: specs\n");
  for (let file = 0; file < 100; file += 1) {
    const test = (number) => {
      const expect = number === 42 ? "{ status: 200, body: { qty: 11 } }" : "200";
      return `  - { name: "widget ${number} of ${file}", request: GET /widgets/${1 + (number % 3)}, expect: ${expect} }\n`;
    };
    const needle = `  - { name: needle ${file}, request: { method: POST, url: /echo, json: { straw: "hay-${file}-hay" } }, expect: 404 }\n`;
    const tests = Array.from({ length: 100 }, (_, number) => (number === 99 && file === 77 ? needle : test(number)));
    writeFileSync(join(folder, `many/specs/${String(file).padStart(3, "0")}.yaml`), `tests:\n${tests.join("")}`);
  }
}

test("10,000 cases stay usable", limit, async (t) => {
  writeMany();
  await run("many", ["--quiet"], 1);
  const path = join(folder, "many/report.html");
  // How long it takes is said and not judged.
  const timed = async (what, page, work) => {
    const took = await page.tab.evaluate(`(async () => {
      const start = performance.now();
      (${work})();
      // Until it has been drawn.
      await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
      return performance.now() - start;
    })()`);
    t.diagnostic(`${what}: ${Math.round(took)} ms`);
  };
  await look(person, path, async (page) => {
    const [entry] = await page.tab.evaluate(() => performance.getEntriesByType("navigation").map((own) => own.loadEventEnd));
    t.diagnostic(`page of ${(readFileSync(path).length / 1e6).toFixed(1)} MB, loaded: ${Math.round(entry)} ms`);
    assert.match(await page.heading(), /101 failed, 9,899 passed/);
    await timed("filter", page, () => document.querySelector("[data-group=failed]").click());
    assert.equal((await page.names()).length, 101);
    await timed("no filter", page, () => document.querySelector("[data-group=failed]").click());
    // What failed, and then files with their headings, up to 200 lines.
    assert.equal((await page.names()).length, 199);
    for (const [what, words, names] of [
      ["first search", "hay-77-hay", ["needle 77"]],
      ["second search", "077.yaml::widget 42", ["widget 42 of 77"]],
    ]) {
      await page.tab.$eval("#search", (input, words) => (input.value = words), words);
      await timed(what, page, () => document.querySelector("#search").dispatchEvent(new Event("input")));
      assert.deepEqual(await page.names(), names);
    }
    assert((await textOf(await page.open("widget 42 of 77"))).includes("expected 11"));
    await page.tab.click("#count button");
    await page.tab.select("#order", "plan");
    await timed("more", page, () => document.querySelector("#more").click());
    assert.equal((await page.names()).length, 400 - 4);
    await timed("timeline", page, () => document.querySelector("#timeline > summary").click());
    await page.tab.waitForSelector("#lanes i");
    assert.equal((await page.tab.$$("#lanes i")).length, 10_000);
    await page.shoot("report-10000");
  });
});
