// What readers from npm find in JUnit files, compared with the JSON reports of the same runs.
//
//   check.mjs JUNIT JSON                     junit2json
//   check.mjs --merged A.xml B.xml A.json B.json   junit-report-merger

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.env.CROSSCHECK_REAL_READERS}/package.json`);
const { parse } = await import(pathToFileURL(require.resolve('junit2json')).href);
const report = (path) => JSON.parse(readFileSync(path, 'utf8'));
const name = (one) => `${one.test}@${one.target}`;
const element = { failed: 'failure', errored: 'error', skipped: 'skipped' };

async function read(junit, json) {
  const { cases, summary } = report(json);
  const { testsuite: suites, ...root } = await parse(readFileSync(junit, 'utf8'));
  const found = suites.flatMap((suite) => suite.testcase);
  assert.deepEqual(found.map((one) => one.name), cases.map(name));
  assert.deepEqual([root.tests, root.failures, root.errors], [summary.cases, summary.failed, summary.errored]);
  cases.forEach((one, at) => {
    for (const [outcome, kind] of Object.entries(element)) {
      assert.equal(Boolean(found[at][kind]?.length), one.outcome === outcome, `${name(one)}: ${kind}`);
    }
    if (one.flaky) assert.ok(found[at]['system-out']?.length, name(one));
  });
  console.log(`junit2json: ${found.length} cases in ${suites.length} suites`);
}

async function merged(files, reports) {
  const { mergeToString } = require('junit-report-merger');
  const whole = await mergeToString(files.map((path) => readFileSync(path, 'utf8')), {});
  const { testsuite: suites } = await parse(whole);
  const cases = reports.flatMap((path) => report(path).cases);
  const found = suites.flatMap((suite) => suite.testcase);
  assert.deepEqual(found.map((one) => one.name).sort(), cases.map(name).sort());
  console.log(`junit-report-merger: ${found.length} cases of ${files.length} files in one`);
}

const [first, ...more] = process.argv.slice(2);
if (first === '--merged') await merged(more.slice(0, 2), more.slice(2));
else await read(first, more[0]);
