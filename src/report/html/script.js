'use strict';
const run = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const OUTCOMES = ['failed', 'errored', 'flaky', 'passed', 'skipped'];
const SIGNS = { passed: '✓', failed: '✗', errored: '!', skipped: '–', flaky: '↻' };
const PAGE = 200;

// Everything that came from a server goes in as text, and never as markup.
function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === 'class') node.className = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const kind = (c) => (c.flaky ? 'flaky' : c.outcome);
const time = (ms) => (ms < 10 ? ms.toFixed(1) + ' ms' : ms < 1000 ? Math.round(ms) + ' ms' : (ms / 1000).toFixed(2) + ' s');
const size = (bytes) => (bytes < 1000 ? bytes + ' B' : bytes < 1e6 ? (bytes / 1e3).toFixed(1) + ' kB' : (bytes / 1e6).toFixed(1) + ' MB');
const problems = (c) => c.steps.flatMap((step) => step.problems);
const headline = (c) => c.reason || (problems(c)[0] || {}).message || '';

function counts() {
  const of = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0]));
  for (const c of run.cases) of[kind(c)] += 1;
  return of;
}

function head() {
  const of = counts();
  const parts = OUTCOMES.filter((outcome) => of[outcome]).map((outcome) => of[outcome] + ' ' + outcome);
  const title = parts.join(', ') || 'no cases';
  document.title = title + ' · crosscheck';
  $('headline').textContent = title;
  const started = run.started ? new Date(run.started).toLocaleString() : '';
  const facts = [run.summary.cases + ' cases in ' + time(run.duration_ms), started, 'crosscheck ' + run.tool.version];
  if (run.interrupted) facts.unshift('interrupted by ' + run.interrupted);
  $('facts').textContent = facts.filter(Boolean).join(' · ');
  $('share').setAttribute('aria-label', title);
  for (const outcome of OUTCOMES) {
    if (!of[outcome]) continue;
    $('share').append(el('span', { style: `flex:${of[outcome]};background:var(--${outcome})`, title: of[outcome] + ' ' + outcome }));
    const button = el('button', { type: 'button', class: outcome, 'aria-pressed': 'true', 'data-outcome': outcome }, SIGNS[outcome] + ' ' + of[outcome] + ' ' + outcome);
    button.addEventListener('click', () => {
      button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') === 'false'));
      show();
    });
    $('outcomes').append(button);
  }
}

// What is searched in, made once for each case.
const texts = new Map();
function text(c) {
  if (!texts.has(c)) {
    const bodies = c.steps.flatMap((step) => (step.exchange ? [step.exchange.request.url, (step.exchange.response.body || {}).text || ''] : []));
    texts.set(c, [c.id, c.reason || '', ...c.tags, ...problems(c).map((p) => p.message), ...bodies].join('\n').toLowerCase());
  }
  return texts.get(c);
}

function chosen() {
  const on = new Set([...document.querySelectorAll('#outcomes [aria-pressed=true]')].map((button) => button.dataset.outcome));
  const words = $('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const list = run.cases.filter((c) => on.has(kind(c)) && words.every((word) => text(c).includes(word)));
  if ($('order').value === 'slow') return list.sort((a, b) => b.duration_ms - a.duration_ms);
  const rank = (c) => (c.outcome === 'failed' || c.outcome === 'errored' ? 0 : 1);
  return list.map((c, i) => [c, i]).sort((a, b) => rank(a[0]) - rank(b[0]) || a[1] - b[1]).map(([c]) => c);
}

let list = [], shown = 0;
function show() {
  list = chosen();
  shown = 0;
  $('cases').replaceChildren();
  $('count').textContent = list.length === run.cases.length ? '' : list.length + ' of ' + run.cases.length + ' cases';
  more();
}

// A page at a time: ten thousand rows at once would take seconds.
function more() {
  const next = list.slice(shown, shown + PAGE);
  $('cases').append(...next.map(row));
  shown += next.length;
  $('more').hidden = shown >= list.length;
  $('more').textContent = 'Show more: ' + (list.length - shown) + ' left';
}

function row(c) {
  const small = headline(c) ? el('small', {}, headline(c)) : null;
  const button = el('button', { type: 'button', class: 'case', 'aria-expanded': 'false' },
    el('span', { class: kind(c) }, SIGNS[kind(c)]),
    el('span', {}, el('b', {}, c.id), small),
    el('time', {}, c.outcome === 'skipped' ? '' : time(c.duration_ms)));
  const item = el('li', { id: 'case-' + run.cases.indexOf(c) }, button);
  button.addEventListener('click', () => {
    const open = button.getAttribute('aria-expanded') === 'true';
    button.setAttribute('aria-expanded', String(!open));
    if (open) item.lastChild.remove();
    else item.append(details(c));
  });
  return item;
}

function details(c) {
  const tags = c.tags.length ? el('p', { class: 'tags' }, ...c.tags.map((tag) => el('span', {}, tag))) : null;
  const at = el('p', { class: 'dim' }, c.file + ':' + c.line + ' · target ' + c.target + (c.started_ms === null ? '' : ' · began at ' + time(c.started_ms)));
  const steps = c.steps.length ? c.steps.map(step) : [el('p', { class: 'dim' }, c.reason ? c.reason : 'Every step passed. With -v, what was sent and received is shown here.')];
  return el('div', { class: 'body' }, at, tags, ...steps);
}

function step(s) {
  return el('section', {},
    el('h3', {}, el('span', { class: s.outcome }, SIGNS[s.outcome] + ' '), 'step ' + s.step + (s.title ? ': ' + s.title : '') + ' ', el('span', { class: 'dim' }, time(s.duration_ms))),
    s.attempts.length ? el('pre', {}, s.attempts.join('\n')) : null,
    ...s.problems.flatMap((p) => [el('pre', {}, p.drawn), p.diff.length ? diff(p) : null]),
    s.exchange ? exchange(s.exchange) : null);
}

function diff({ diff: lines, differing }) {
  const [base, target] = differing ? [differing.base, differing.target] : ['expected', 'actual'];
  const sign = { same: '  ', removed: '- ', added: '+ ', gap: '  ' };
  const draw = (line) => el('div', { class: line.kind }, sign[line.kind], ...line.pieces.map(([changed, piece]) => (changed && line.kind !== 'same' ? el('mark', {}, piece) : piece)));
  const legend = differing ? el('div', { class: 'same' }, '- ' + base + '  + ' + target) : null;
  return el('pre', { class: 'diff', 'aria-label': 'Difference: - ' + base + ', + ' + target }, legend, ...lines.map(draw));
}

function exchange(x) {
  const hops = x.hops.map((hop) => hop.method + ' ' + hop.url + ' → ' + hop.status + ' · ' + time(hop.duration_ms));
  return el('div', {},
    bar(x.timings_ms),
    hops.length ? el('pre', { 'aria-label': 'Redirects' }, hops.join('\n')) : null,
    part('Request: ' + x.request.method + ' ' + x.request.url, x.request, false),
    part('Response: ' + x.response.status + ' · ' + x.response.version + (x.remote ? ' · ' + x.remote : ''), x.response, true));
}

function part(title, side, open) {
  const lines = side.headers.map(([name, value]) => name + ': ' + value).join('\n');
  const body = side.body;
  const content = body ? (body.text === null ? '(' + size(body.size) + ', Base64)\n' + body.base64 : pretty(body)) + (body.cut ? '\n… ' + size(body.size) + ' in all' : '') : '';
  const all = [lines, content].filter(Boolean).join('\n\n');
  return el('details', open ? { open: '' } : {}, el('summary', {}, title + (body ? ' · ' + size(body.size) : '')), all ? el('pre', {}, all) : null);
}

// Numbers keep their digits: only white space is changed.
function pretty(body) {
  const json = body.text.trim();
  if (body.cut || !/^[[{]/.test(json) || json.includes('\n')) return body.text;
  try { JSON.parse(json); } catch { return body.text; }
  let out = '', depth = 0, quoted = false;
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (quoted) {
      out += c;
      if (c === '\\') out += json[++i];
      else if (c === '"') quoted = false;
    } else if (c === '"') { quoted = true; out += c; }
    else if (c === '{' || c === '[') {
      const end = json.slice(i + 1).search(/\S/) + i + 1;
      if (json[end] === '}' || json[end] === ']') { out += c + json[end]; i = end; }
      else out += c + '\n' + '  '.repeat(++depth);
    } else if (c === '}' || c === ']') out += '\n' + '  '.repeat(--depth) + c;
    else if (c === ',') out += c + '\n' + '  '.repeat(depth);
    else if (c === ':') out += ': ';
    else if (!/\s/.test(c)) out += c;
  }
  return out;
}

function bar(t) {
  const before = (t.dns || 0) + (t.connect || 0) + (t.tls || 0);
  const parts = [['dns', 'DNS', t.dns], ['connect', 'connect', t.connect], ['tls', 'TLS', t.tls], ['wait', 'first byte', t.first_byte], ['receive', 'content', Math.max(0, t.total - before - t.first_byte)]];
  const real = parts.filter(([, , ms]) => ms);
  return el('div', {},
    el('div', { class: 'bar', role: 'img', 'aria-label': 'Timings' }, ...real.map(([name, label, ms]) => el('i', { class: name, style: `flex:${ms}`, title: label + ' ' + time(ms) }))),
    el('p', { class: 'legend dim', style: 'margin:0' }, ...real.map(([name, label, ms]) => el('span', {}, el('i', { class: name }), label + ' ' + time(ms))), 'total ' + time(t.total)));
}

// Cases that overlap lie under one another, each in the first lane that is free.
function timeline() {
  const begun = run.cases.filter((c) => c.started_ms !== null).sort((a, b) => a.started_ms - b.started_ms);
  const end = Math.max(run.duration_ms, ...begun.map((c) => c.started_ms + c.duration_ms), 0.001);
  const lanes = [];
  for (const c of begun.slice(0, 5000)) {
    let lane = lanes.findIndex((free) => free <= c.started_ms);
    if (lane < 0) lane = lanes.push(0) - 1;
    lanes[lane] = c.started_ms + c.duration_ms;
    $('lanes').append(el('i', {
      class: kind(c), title: c.id + ' · ' + time(c.duration_ms), 'data-case': run.cases.indexOf(c),
      style: `left:${(c.started_ms / end) * 100}%;width:${(c.duration_ms / end) * 100}%;top:${lane * 10 + 6}px`,
    }));
  }
  $('lanes').style.height = lanes.length * 10 + 10 + 'px';
}

$('lanes').addEventListener('click', (event) => {
  const c = run.cases[event.target.dataset.case];
  if (c) { $('search').value = c.id.toLowerCase(); show(); open(c); }
});
function open(c) {
  const item = $('case-' + run.cases.indexOf(c));
  if (item && item.children.length === 1) item.firstChild.click();
}

head();
show();
let drawn = false;
$('timeline').addEventListener('toggle', () => { if (!drawn) { drawn = true; timeline(); } });
$('search').addEventListener('input', show);
$('order').addEventListener('change', show);
$('more').addEventListener('click', more);
$('controls').addEventListener('submit', (event) => event.preventDefault());
const bad = list.filter((c) => c.outcome === 'failed' || c.outcome === 'errored');
if (bad.length === 1) open(bad[0]);
