// Logs crosscheck in to an OpenID provider, as a person with a browser does, and runs specs/real/oidc.yaml
// with what came of it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout } from "node:timers/promises";

import * as browser from "./browser.mjs";
import { Crosscheck, endAll } from "./process.mjs";
import * as oidc from "./provider.mjs";

const folder = mkdtempSync(join(tmpdir(), "crosscheck-oidc-"));
const limit = { timeout: 120_000 };
let provider, person, demo;

before(async () => {
  provider = await oidc.start();
  person = await browser.open();
}, limit);

after(async () => {
  endAll();
  await person?.close();
  provider?.close();
  rmSync(folder, { recursive: true, force: true });
});

process.once("SIGTERM", () => {
  endAll();
  process.exit(143);
});

/** Starts crosscheck where nobody has ever logged in, but for the tokens in a cache of some name. */
function start(command, more = {}) {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    NO_COLOR: "1",
    OIDC_URL: provider.url,
    OIDC_CLIENT_SECRET: oidc.SECRET,
    DEMO_URL: demo,
    ...more,
  };
  return new Crosscheck(command, env);
}

const CONFIG = ["--config", "tests/real/oidc/crosscheck.yaml"];
const cacheOf = (name) => join(folder, `${name}.json`);
const cached = (name) => ["--token-cache", cacheOf(name)];

/** Runs crosscheck to its end, which has an exit code, and shows no credential. */
async function ran(command, code, env) {
  return ended(start(command, env), code);
}

async function ended(process, code) {
  const status = await process.ends();
  assert.equal(status, code, process.output);
  for (const secret of provider.state.secrets) {
    assert(!process.output.includes(secret), `a credential was shown:\n${process.output}`);
  }
  return process.output;
}

/** Runs the tests of some tags on a target. Everything is shown that can be: credentials must not be. */
function run(target, tags, { cache, code = 0, env } = {}) {
  const chosen = tags.flatMap((tag) => ["--tag", tag]);
  const tokens = cache ? cached(cache) : [];
  const command = ["run", "specs/real/oidc.yaml", ...CONFIG, "--target", target, ...chosen, ...tokens, "--verbose"];
  return ran(command, code, env);
}

/** What a cache holds of a connection. */
function kept(cache) {
  const { tokens } = JSON.parse(readFileSync(cacheOf(cache), "utf8"));
  const [token, ...others] = Object.values(tokens);
  assert.deepEqual(others, []);
  return token;
}

/** How many token requests of some grants something takes; none may be refused meanwhile. */
async function requests(grants, work) {
  const counts = () => Object.fromEntries(Object.keys(grants).map((grant) => [grant, provider.count(grant)]));
  const begun = counts();
  const refused = provider.state.refused.length;
  const result = await work();
  const after = counts();
  for (const grant of Object.keys(grants)) after[grant] -= begun[grant];
  assert.deepEqual(after, grants);
  assert.deepEqual(provider.state.refused.slice(refused), []);
  return result;
}

/** Passes the time that an access token lives: none that was issued before is good afterwards. */
const expiry = () => setTimeout(provider.state.lives * 1000);

for (const client of ["body", "basic"]) {
  test(`client_credentials, with the secret as ${client}`, limit, async () => {
    const output = await requests({ client_credentials: 1 }, () => run(client, ["client", "crowd"]));
    assert.match(output, /18 passed/);
  });
}

test("a wrong secret is refused, and the error says where it stands", limit, async () => {
  const output = await run("basic", ["client"], { code: 3, env: { OIDC_CLIENT_SECRET: "wrong-secret" } });
  assert.match(output, /invalid_client/);
  assert.match(output, /tests\/real\/oidc\/crosscheck\.yaml:\d+/);
});

test("a refresh token that CI has as a secret stands in for a login", limit, async () => {
  const env = { CI: "true", OIDC_REFRESH_TOKEN: await provider.refreshToken("code") };
  await requests({ refresh_token: 1 }, () => run("secret-of-ci", ["person", "crowd"], { env }));
  // It was good once, and without a cache nothing is kept.
  const output = await run("secret-of-ci", ["person"], { env, code: 3 });
  assert.match(output, /invalid_grant/);
});

test("a refresh token that changes is kept before it is used", limit, async () => {
  const env = { CI: "true", OIDC_REFRESH_TOKEN: await provider.refreshToken("code") };
  const cache = "of-ci";
  provider.state.lives = 1;
  await run("secret-of-ci", ["person"], { env, cache });
  const first = kept(cache).refresh_token;
  assert.notEqual(first, env.OIDC_REFRESH_TOKEN);
  await expiry();
  provider.state.lives = 3600;
  await requests({ refresh_token: 1 }, () => run("secret-of-ci", ["person", "crowd"], { env, cache }));
  assert.notEqual(kept(cache).refresh_token, first);
  // Now it is good for an hour.
  await requests({ refresh_token: 0 }, () => run("secret-of-ci", ["person"], { env, cache }));
  // It was revoked: 401, and once more with another.
  await provider.state.last.destroy();
  await requests({ refresh_token: 1 }, () => run("secret-of-ci", ["person"], { env, cache }));
});
