// Logs crosscheck in to an OpenID provider, as a person with a browser does, and runs specs/real/oidc.yaml
// with what came of it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout } from "node:timers/promises";

import * as browser from "../browser/browser.mjs";
import { Crosscheck, endAll } from "../browser/process.mjs";
import * as oidc from "./provider.mjs";

const folder = mkdtempSync(join(tmpdir(), "crosscheck-oidc-"));
const limit = { timeout: 120_000 };
let provider, person, demo;

before(async () => {
  provider = await oidc.start();
  person = await browser.open();
  const served = start(["demo", "--listen", "127.0.0.1:0"]);
  [demo] = await served.says(/http:\/\/127\.0\.0\.1:\d+/);
}, limit);

async function stop() {
  endAll();
  await person?.close();
  provider?.close();
  rmSync(folder, { recursive: true, force: true });
}

after(stop);
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]]) {
  process.once(signal, () => stop().finally(() => process.exit(code)));
}

// A user of a story's own: nobody has logged in to anything yet.
const homeOf = (story) => join(folder, story);
const tokensOf = (story) => join(homeOf(story), ".local/share/crosscheck/tokens.json");

/** Starts crosscheck as the user of a story. */
function start(command, story = "nobody", more = {}) {
  const env = {
    PATH: process.env.PATH,
    HOME: homeOf(story),
    NO_COLOR: "1",
    OIDC_URL: provider.url,
    OIDC_CLIENT_SECRET: oidc.SECRET,
    OIDC_REFRESH_TOKEN: "",
    DEMO_URL: demo,
    ...more,
  };
  return new Crosscheck(command, env);
}

/** Waits for its end: that has an exit code, and shows no credential. */
async function ended(process, code) {
  const status = await process.ends();
  assert.equal(status, code, process.output);
  for (const secret of provider.state.secrets) {
    assert(!process.output.includes(secret), `a credential was shown:\n${process.output}`);
  }
  return process.output;
}

const CONFIG = ["--config", "tests/real/oidc/crosscheck.yaml"];

/** Runs the tests of some tags on a target. All is shown that can be: credentials must not be. */
function run(story, target, tags, { cache, code = 0, env } = {}) {
  const chosen = tags.flatMap((tag) => ["--tag", tag]);
  const tokens = cache ? ["--token-cache", cache] : [];
  const command = ["run", "specs/real/oidc.yaml", ...CONFIG, "--target", target, ...chosen, ...tokens, "--verbose"];
  return ended(start(command, story, env), code);
}

/** The provider's pages. */
class Login extends browser.Visit {
  /** Logs in, and stands before the page that asks for consent. */
  async logIn() {
    await this.shoot("login");
    await this.type("[name=login]", oidc.PERSON);
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
}

/** Runs `crosscheck login`, and has a person go where it says. */
async function login(story, connection, visit, { code = 0, env } = {}) {
  const process = start(["login", connection, "--no-browser", ...CONFIG], story, env);
  const [, url] = await process.says(/^ +(http:\S+)$/m);
  await person.at(url, (page) => visit(page, process), { Visited: Login });
  return ended(process, code);
}

/** Logs in and says yes, until crosscheck's own page says that this was it. */
async function consented(page) {
  await page.logIn();
  await page.consent();
  await page.reads("You can close this tab and go back to the terminal");
  // Neither the code nor a token stays in the browser's history.
  assert.match(page.url, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
}

/** What a file holds of its only connection. */
function kept(file) {
  const { tokens } = JSON.parse(readFileSync(file, "utf8"));
  const [token, ...others] = Object.values(tokens);
  assert.deepEqual(others, []);
  return token;
}

/** Does something while access tokens live for a second, and lets that pass. */
async function shortly(work) {
  provider.state.lives = 1;
  try {
    await work();
    await setTimeout(provider.state.lives * 1000);
  } finally {
    provider.state.lives = 3600;
  }
}

/** How many token requests of some grants something takes; none is refused, but for some errors. */
async function requests(grants, work, errors = []) {
  const counts = () => Object.fromEntries(Object.keys(grants).map((grant) => [grant, provider.count(grant)]));
  const begun = counts();
  const refused = provider.state.refused.length;
  const result = await work();
  const after = counts();
  for (const grant of Object.keys(grants)) after[grant] -= begun[grant];
  assert.deepEqual(after, grants);
  const others = provider.state.refused.slice(refused).filter((error) => !errors.includes(error));
  assert.deepEqual(others, []);
  return result;
}

for (const client of ["body", "basic"]) {
  test(`client_credentials, with the secret as ${client}`, limit, async () => {
    const output = await requests({ client_credentials: 1 }, () => run("machine", client, ["client", "crowd"]));
    assert.match(output, /18 passed/);
  });
}

test("a wrong secret is refused, and the error says where it stands", limit, async () => {
  const env = { OIDC_CLIENT_SECRET: "wrong-secret" };
  const output = await run("machine", "basic", ["client"], { code: 3, env });
  assert.match(output, /invalid_client/);
  assert.match(output, /tests\/real\/oidc\/crosscheck\.yaml:\d+/);
});

test("a refresh token that CI has as a secret stands in for a login", limit, async () => {
  const env = { CI: "true", OIDC_REFRESH_TOKEN: await provider.refreshToken("code") };
  await requests({ refresh_token: 1 }, () => run("ci", "secret-of-ci", ["person", "crowd"], { env }));
  // It was good once, and without a cache nothing is kept.
  const output = await run("ci", "secret-of-ci", ["person"], { env, code: 3 });
  assert.match(output, /invalid_grant/);
});

test("a refresh token that changes is kept before it is used", limit, async () => {
  const env = { CI: "true", OIDC_REFRESH_TOKEN: await provider.refreshToken("code") };
  const cache = join(folder, "cache.json");
  const again = (tags) => run("ci", "secret-of-ci", tags, { env, cache });
  await shortly(() => again(["person"]));
  const first = kept(cache).refresh_token;
  assert.notEqual(first, env.OIDC_REFRESH_TOKEN);
  await requests({ refresh_token: 1 }, () => again(["person", "crowd"]));
  assert.notEqual(kept(cache).refresh_token, first);
  // Now it is good for an hour.
  await requests({ refresh_token: 0 }, () => again(["person"]));
});

test("authorization_code: somebody logs in once, and runs need nobody", limit, async () => {
  const before = await run("ada", "code", ["person"], { code: 3 });
  assert.match(before, /crosscheck login code/);

  const visit = async (page) => {
    await consented(page);
    await page.shoot("done");
  };
  const said = await requests({ authorization_code: 1 }, () => login("ada", "code", visit));
  assert.match(said, /Logged in to `code` as ada/);
  const file = tokensOf("ada");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(file)).mode & 0o777, 0o700);
  const status = await ended(start(["login", "code", "--status", ...CONFIG], "ada"), 0);
  assert.match(status, /^code: logged in/m);

  await requests({ authorization_code: 0, refresh_token: 0 }, () => run("ada", "code", ["person", "crowd"]));
  // It was revoked: 401, and the same again with another token.
  await provider.revoke();
  await requests({ refresh_token: 1 }, () => run("ada", "code", ["person"]));

  await ended(start(["logout", "code", ...CONFIG], "ada"), 0);
  assert(!readFileSync(file, "utf8").includes("refresh_token"));
  await run("ada", "code", ["person"], { code: 3 });
});

test("what a login brought is refreshed when it has ended", limit, async () => {
  await shortly(() => login("late", "code", consented));
  const first = kept(tokensOf("late")).refresh_token;
  await requests({ refresh_token: 1 }, () => run("late", "code", ["person", "crowd"]));
  assert.notEqual(kept(tokensOf("late")).refresh_token, first);
  await requests({ refresh_token: 0 }, () => run("late", "code", ["person"]));
});

test("whoever comes back with another state is sent away, and the login goes on", limit, async () => {
  const said = await login("patient", "code", async (page, process) => {
    const [, back] = await process.says(/^Waiting at (\S+)/m);
    await person.at(`${back}?code=stolen&state=guessed`, async (stranger) => {
      await stranger.reads("This is not the login that was begun");
      await stranger.shoot("stranger");
    });
    assert.equal((await fetch(`${back}?error=access_denied`)).status, 400);
    assert(process.isRunning);
    await consented(page);
  });
  assert.match(said, /warning: someone came back from another login/);
});

test("whoever says no in the browser is told in the terminal", limit, async () => {
  const visit = async (page) => {
    await page.logIn();
    await page.cancel();
    await page.reads("The login failed");
    await page.shoot("denied");
  };
  const said = await requests({ authorization_code: 0 }, () => login("no", "code", visit, { code: 1 }));
  assert.match(said, /the login was refused: `access_denied`/);
  assert.match(said, /tests\/real\/oidc\/crosscheck\.yaml:\d+/);
  await run("no", "code", ["person"], { code: 3 });
});

test("a server that is not the one that was asked gets no code", limit, async () => {
  const visit = async (page) => {
    await page.logIn();
    await page.consent();
    await page.reads("The login failed");
  };
  const env = { OIDC_ISSUER: "https://elsewhere.example" };
  const said = await requests({ authorization_code: 0 }, () => login("astray", "code", visit, { code: 3, env }));
  assert.match(said, /the login came back from `http:\/\/127\.0\.0\.1:\d+`/);
});

/** Enters the code of a device. */
async function enterCode(page, process) {
  const [, code] = await process.says(/^ +([A-Z]{4}-[A-Z]{4})$/m);
  await page.type("[name=user_code]", code);
  await page.shoot("device");
  await page.click("[type=submit]");
}

test("device_code: the code is entered in a browser elsewhere", limit, async () => {
  const visit = async (page, process) => {
    await enterCode(page, process);
    await page.click("button[autofocus]");
    await page.logIn();
    await page.consent();
    await page.reads("Sign-in Success");
  };
  const said = await requests({ device_code: 1 }, () => login("device", "device", visit), ["authorization_pending"]);
  assert.match(said, /Logged in to `device` as ada/);
  await requests({ refresh_token: 0 }, () => run("device", "device", ["person", "crowd"]));
  await provider.revoke();
  await requests({ refresh_token: 1 }, () => run("device", "device", ["person"]));
});

test("device_code: whoever says no is told in the terminal", limit, async () => {
  const visit = async (page, process) => {
    await enterCode(page, process);
    await page.click("[name=abort]");
  };
  const said = await login("no-device", "device", visit, { code: 1 });
  assert.match(said, /`access_denied`/);
});

test("implicit: the fragment is handed over, with a warning", limit, async () => {
  const said = await requests({ authorization_code: 0 }, () => login("implicit", "implicit", consented));
  assert.match(said, /warning: .*RFC 9700/);
  await run("implicit", "implicit", ["person", "crowd"]);
});

test("implicit: with `token` alone, from the demo API", limit, async () => {
  await login("demo", "demo", async (page) => {
    await page.shoot("demo");
    await page.click("[value=allow]");
    await page.reads("You can close this tab and go back to the terminal");
  });
  await run("demo", "demo", ["demo"]);
});
