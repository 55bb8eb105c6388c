// Drives the YAML language server over standard input and output, as an editor does, with the
// schema of specs: every key and matcher must complete, and show its description on hover.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [server, schemaPath] = process.argv.slice(2);
const schema = JSON.parse(readFileSync(schemaPath, "utf8"));
const child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });

let nextId = 1;
const waiting = new Map();
let buffer = Buffer.alloc(0);

child.stdout.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.subarray(0, end).toString())[1]);
    if (buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.subarray(end + 4, end + 4 + length).toString());
    buffer = buffer.subarray(end + 4 + length);
    receive(message);
  }
});

function write(message) {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message });
  child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

function receive(message) {
  if (message.method && message.id !== undefined) {
    // What the server asks of an editor: its settings, and the like.
    const result = message.method === "workspace/configuration" ? message.params.items.map(() => settings.yaml) : null;
    write({ id: message.id, result });
  } else if (waiting.has(message.id)) {
    waiting.get(message.id)(message.result);
    waiting.delete(message.id);
  }
}

function ask(method, params) {
  const id = nextId++;
  write({ id, method, params });
  return new Promise((resolve) => waiting.set(id, resolve));
}

const settings = {
  yaml: {
    completion: true,
    hover: true,
    validate: true,
    schemas: { [pathToFileURL(schemaPath).href]: ["*.spec.yaml"] },
    schemaStore: { enable: false },
  },
};

await ask("initialize", { processId: process.pid, rootUri: null, capabilities: { workspace: { configuration: true } } });
write({ method: "initialized", params: {} });
write({ method: "workspace/didChangeConfiguration", params: { settings } });

let documents = 0;
async function at(text, request) {
  // `|` marks the cursor.
  const offset = text.indexOf("|");
  const before = text.slice(0, offset).split("\n");
  const uri = `file:///t${documents++}.spec.yaml`;
  write({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text: text.replace("|", "") } } });
  const position = { line: before.length - 1, character: before.at(-1).length };
  return ask(request, { textDocument: { uri }, position });
}

async function completions(text) {
  const result = await at(text, "textDocument/completion");
  return new Map((result?.items ?? []).map((item) => [item.label, item]));
}

// The server reads the schema when it first needs it.
for (let tries = 0; tries < 50 && (await completions("d|\n")).size === 0; tries += 1);

let failed = 0;
let passed = 0;
function check(holds, what) {
  if (holds) passed += 1;
  else {
    failed += 1;
    console.error(`FAILED: ${what}`);
  }
}

const properties = (name) => Object.entries(schema.definitions[name].properties);
const places = {
  suite: (key) => `${key}|\n`,
  test: (key) => `tests:\n  - name: t\n    ${key}|\n`,
  step: (key) => `tests:\n  - name: t\n    steps:\n      - name: s\n        ${key}|\n`,
  options: (key) => `tests:\n  - name: t\n    request:\n      ${key}|\n`,
  matcher: (key) => `tests:\n  - name: t\n    request: GET /\n    expect:\n      body:\n        ${key}|\n`,
};
// `expect` is a definition with several forms; the map is the last.
schema.definitions.expectations = schema.definitions.expect.anyOf.at(-1);
places.expectations = (key) => `tests:\n  - name: t\n    request: GET /\n    expect:\n      ${key}|\n`;

for (const [name, place] of Object.entries(places)) {
  const offered = await completions(place(""));
  for (const [key, value] of properties(name)) {
    // A key that is there already is not offered again.
    const there = key === "name" && name !== "suite";
    check(there || offered.has(key), `\`${key}\` does not complete in ${name}`);
    const hover = await at(place(`${key[0]}|${key.slice(1)}: `).replace(/\|([^|]*)\|/, "|$1"), "textDocument/hover");
    const text = JSON.stringify(hover?.contents ?? "");
    const words = value.description.replace(/[^A-Za-z ]+/g, " ").trim().split(/\s+/).slice(0, 3);
    check(there || words.every((word) => text.includes(word)), `\`${key}\` in ${name} shows no description on hover: ${text}`);
  }
}

console.log(`language server: ${passed} passed, ${failed} failed`);
child.kill();
process.exit(failed === 0 ? 0 : 1);
