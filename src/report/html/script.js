'use strict';
const run = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const SIGNS = { passed: '✓', failed: '✗', errored: '!', skipped: '–', flaky: '↻' };
// How many rows are drawn at a time: ten thousand at once would take seconds.
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

const count = (n) => n.toLocaleString('en-US');
const time = (ms) => (ms < 10 ? ms.toFixed(1) + ' ms' : ms < 1000 ? Math.round(ms) + ' ms' : (ms / 1000).toFixed(2) + ' s');
const size = (bytes) => (bytes < 1000 ? bytes + ' B' : bytes < 1e6 ? (bytes / 1e3).toFixed(1) + ' kB' : (bytes / 1e6).toFixed(1) + ' MB');
const plural = (n, word) => count(n) + ' ' + word + (n === 1 ? '' : 's');

// --- What is known of a case ---

const isBad = (c) => c.outcome === 'failed' || c.outcome === 'errored';
const kind = (c) => (c.flaky ? 'flaky' : c.outcome);
const problems = (c) => c.steps.flatMap((step) => step.problems);
const differs = (c) => problems(c).some((problem) => problem.differing);
const headline = (c) => c.reason || (problems(c)[0] || {}).message || '';

// Outcomes, and what a case of any outcome can be besides: the counts are those that the terminal shows.
const GROUPS = {
  failed: (c) => c.outcome === 'failed',
  errored: (c) => c.outcome === 'errored',
  passed: (c) => c.outcome === 'passed',
  skipped: (c) => c.outcome === 'skipped',
  flaky: (c) => c.flaky,
  quarantined: (c) => c.quarantined,
  'with differences': differs,
};
const targets = new Set();
run.cases.forEach((c, index) => {
  c.index = index;
  targets.add(c.target);
});

// What is searched in, made once for each case.
const texts = new Map();
function text(c) {
  if (!texts.has(c)) {
    const said = problems(c).flatMap((problem) => [problem.message, ...problem.diff.flatMap((line) => line.pieces.map(([, piece]) => piece))]);
    const body = (side) => (side.body || {}).text || '';
    const sent = c.steps.flatMap(({ title, attempts, exchange: x }) => [title, ...attempts, ...(x ? [...x.hops.map((hop) => hop.url), x.request.url, body(x.request), body(x.response)] : [])]);
    texts.set(c, [c.id, c.suite || '', c.reason || '', ...c.tags, ...said, ...sent].join('\n').toLowerCase());
  }
  return texts.get(c);
}

// --- The head ---

function head() {
  const counts = Object.entries(GROUPS).map(([name, holds]) => [name, run.cases.filter(holds).length]).filter(([, n]) => n);
  const title = counts.map(([name, n]) => count(n) + ' ' + name).join(', ') || 'no cases';
  const worst = ['errored', 'failed', 'passed'].find((outcome) => run.cases.some((c) => c.outcome === outcome)) || 'skipped';
  document.title = title + ' · crosscheck';
  $('headline').replaceChildren(el('span', { class: worst, 'aria-hidden': 'true' }, SIGNS[worst] + ' '), title);
  const started = run.started ? new Date(run.started).toLocaleString() : '';
  const facts = [plural(run.cases.length, 'case') + ' in ' + time(run.duration_ms), targets.size ? 'on ' + [...targets].join(', ') : '', started, 'crosscheck ' + run.tool.version];
  if (run.interrupted) facts.unshift(run.interrupted === 'killed' ? 'killed before its end' : 'interrupted by ' + run.interrupted);
  if (run.missing) facts.unshift('not all of it: missing shard ' + run.missing.shards.join(', ') + ' of ' + run.missing.total);
  if (run.shard) facts.unshift('shard ' + run.shard.number + ' of ' + run.shard.total);
  $('facts').textContent = facts.filter(Boolean).join(' · ');
  $('share').setAttribute('aria-label', title);
  for (const name of ['failed', 'errored', 'flaky', 'passed', 'skipped']) {
    const n = run.cases.filter((c) => kind(c) === name).length;
    if (n) $('share').append(el('span', { style: `flex:${n};background:var(--${name})`, title: count(n) + ' ' + name }));
  }
  for (const [name, n] of counts) {
    const press = (event) => {
      const button = event.currentTarget;
      button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') === 'false'));
      show();
    };
    const sign = SIGNS[name] ? el('span', { class: name, 'aria-hidden': 'true' }, SIGNS[name] + ' ') : null;
    $('outcomes').append(el('button', { type: 'button', 'aria-pressed': 'false', 'data-group': name, onclick: press }, sign, count(n) + ' ' + name));
  }
}

// --- Which cases are shown, and in which order ---

const pressed = () => [...document.querySelectorAll('#outcomes [aria-pressed=true]')].map((button) => button.dataset.group);
const press = (groups) => document.querySelectorAll('#outcomes button').forEach((button) => button.setAttribute('aria-pressed', String(groups.includes(button.dataset.group))));

// Headings and cases, in the order in which they stand below one another.
function chosen() {
  const groups = pressed();
  const words = $('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const list = run.cases.filter((c) => (!groups.length || groups.some((name) => GROUPS[name](c))) && words.every((word) => text(c).includes(word)));
  const order = $('order').value;
  if (order === 'slow') return list.sort((a, b) => b.duration_ms - a.duration_ms);
  if (order === 'begun') return list.sort((a, b) => (a.started_ms ?? Infinity) - (b.started_ms ?? Infinity) || a.index - b.index);
  if (order === 'plan') return byFile(list);
  const bad = list.filter(isBad);
  return bad.length ? [...bad, ...byFile(list.filter((c) => !isBad(c)))] : byFile(list);
}

function byFile(cases) {
  const files = new Map();
  for (const c of cases) files.get(c.file)?.push(c) || files.set(c.file, [c]);
  return [...files].flatMap(([file, own]) => [{ file, own }, ...own.map((c) => ({ c }))]);
}

let entries = [], shown = 0;
function show() {
  entries = chosen();
  shown = 0;
  $('cases').replaceChildren();
  const n = entries.filter((entry) => !entry.own).length;
  const all = run.cases.length;
  const clear = el('button', { type: 'button', onclick: () => { press([]); $('search').value = ''; show(); $('search').focus(); } }, 'Show all');
  $('count').replaceChildren(...(n === all ? [] : [n ? `${count(n)} of ${plural(all, 'case')} ` : `None of ${plural(all, 'case')} is like that. `, clear]));
  more();
  remember(null);
}

function more() {
  const next = entries.slice(shown, shown + PAGE);
  $('cases').append(...next.map((entry) => (entry.own ? heading(entry) : row(entry.c || entry, !entry.c))));
  shown += next.length;
  const left = entries.slice(shown).filter((entry) => !entry.own).length;
  $('more').hidden = !left;
  $('more').textContent = 'Show more: ' + count(left) + ' left';
}

function heading({ file, own }) {
  const name = own[0].suite;
  const suite = name && !file.startsWith(name) ? ' · ' + name : '';
  return el('li', { class: 'file' }, el('h2', {}, file), el('span', { class: 'dim' }, plural(own.length, 'case') + suite));
}

// --- A case ---

function row(c, withFile) {
  const badges = [
    targets.size > 1 ? c.target : null,
    c.flaky ? 'flaky' : null,
    c.quarantined ? 'quarantined' : null,
    differs(c) ? 'differs' : null,
  ].filter(Boolean).map((badge) => el('span', { class: 'badge' }, badge));
  const small = headline(c);
  const body = 'body-' + c.index;
  const button = el('button', { type: 'button', class: 'case', 'aria-expanded': 'false', 'aria-controls': body },
    el('span', { class: kind(c), role: 'img', 'aria-label': kind(c) }, SIGNS[kind(c)]),
    el('span', {}, el('b', {}, c.test), ...badges, small ? el('small', {}, ...prose(small.split('\n')[0])) : null, withFile ? el('small', { class: 'from' }, c.file + ':' + c.line) : null),
    el('time', {}, c.outcome === 'skipped' ? '' : time(c.duration_ms)));
  const item = el('li', { id: 'case-' + c.index }, button);
  button.addEventListener('click', () => {
    const open = button.getAttribute('aria-expanded') === 'true';
    button.setAttribute('aria-expanded', String(!open));
    if (open) item.lastChild.remove();
    else item.append(details(c, body));
    remember(open ? null : c);
  });
  return item;
}

function details(c, id) {
  const tag = (name) => el('button', { type: 'button', class: 'badge', title: 'Search for this tag', onclick: () => { $('search').value = name; show(); $('search').focus(); } }, name);
  const at = [c.file + ':' + c.line, 'target ' + c.target, c.started_ms === null ? '' : 'began at ' + time(c.started_ms), c.quarantined ? 'quarantined' : ''];
  const parts = [
    el('p', { class: 'dim at' }, at.filter(Boolean).join(' · '), ...c.tags.map(tag)),
    c.reason ? el('p', { class: 'message' }, ...prose(c.reason)) : null,
    c.comparison && (c.comparison.left_out || c.comparison.responses) ? comparison(c.comparison) : null,
    ...c.steps.map((s) => step(s, c.steps.length)),
  ];
  if (!c.steps.length && !c.reason) parts.push(el('p', { class: 'dim' }, 'Every step passed. With -v, what was sent and received is shown here.'));
  return el('div', { class: 'body', id }, ...parts);
}

function step(s, all) {
  const open = all === 1 || s.outcome !== 'passed' || s.attempts.length;
  return el('details', { class: 'step', ...(open ? { open: '' } : {}) },
    el('summary', {}, el('span', { class: s.outcome, role: 'img', 'aria-label': s.outcome }, SIGNS[s.outcome]), ' step ' + s.step + (s.title ? ': ' + s.title : '') + ' ', el('span', { class: 'dim' }, time(s.duration_ms))),
    s.attempts.length ? el('ol', { class: 'attempts', 'aria-label': 'Attempts before the last one' }, ...s.attempts.map((attempt) => el('li', {}, ...prose(attempt)))) : null,
    ...s.problems.flatMap((problem) => problemOf(problem, s.outcome)),
    s.exchange ? exchange(s.exchange) : null);
}

// A sentence, in which names stand between backticks.
const prose = (sentence) => sentence.split(/(`[^`]+`)/).map((piece) => (/^`[^`]+`$/.test(piece) ? el('code', {}, piece.slice(1, -1)) : piece));

// Lines of the spec without the indentation that all of them have: a phone has no room for it.
function outdented(frame) {
  const code = /^( *[0-9]* *\|)( *)(?=\S)/;
  const indents = frame.map((line) => code.exec(line)?.[2].length).filter((indent) => indent !== undefined);
  const less = Math.max(0, Math.min(...indents) - 1);
  return frame.map((line) => line.replace(code, (_, gutter, indent) => gutter + indent.slice(less)));
}

// Whoever reads a long line wants to see what is marked in it.
function inView(pre) {
  requestAnimationFrame(() => {
    const caret = [...pre.querySelectorAll('b')].find((b) => b.textContent);
    if (caret && caret.offsetLeft + caret.offsetWidth > pre.clientWidth) pre.scrollLeft = caret.offsetLeft - pre.clientWidth / 3;
  });
  return pre;
}

// The sentence, the line of the spec with its caret, what to do about it, and the difference.
function problemOf(p, outcome) {
  const lines = p.drawn.split('\n');
  const from = lines.findIndex((line) => /^ *--> /.test(line));
  const frame = from < 0 ? [] : lines.slice(from).filter((line) => !/^ *= help: /.test(line));
  while (frame.length && /^[ |]*$/.test(frame[frame.length - 1])) frame.pop();
  const edge = (p.differing ? 'different' : outcome);
  const drawn = outdented(frame).map((line) => {
    const caret = /^ *\| *\^/.test(line) ? line.indexOf('^') : line.length;
    return el('span', {}, line.slice(0, caret), el('b', { class: edge }, line.slice(caret)), '\n');
  });
  return [
    el('p', { class: 'message ' + edge + '-edge' }, ...prose(p.message)),
    frame.length ? inView(el('pre', { class: 'code', role: 'group', 'aria-label': 'Line of the spec' }, ...drawn)) : null,
    ...p.help.map((help) => el('p', { class: 'help' }, 'help: ', ...prose(help))),
    p.diff.length ? diff(p) : null,
  ];
}

function diff({ diff: lines, differing }) {
  const [base, target] = differing ? [differing.base, differing.target] : ['expected', 'actual'];
  const sign = { same: '  ', removed: '- ', added: '+ ', gap: '  ' };
  const draw = (line) => el('div', { class: line.kind }, el('span', {}, sign[line.kind]), el('span', {}, ...line.pieces.map(([changed, piece]) => (changed && line.kind !== 'same' ? el('mark', {}, piece) : piece))));
  const legend = el('div', { class: 'legend' }, el('span', { class: 'removed' }, '- ' + base), ' ', el('span', { class: 'added' }, '+ ' + target));
  return el('pre', { class: 'diff', role: 'group', 'aria-label': 'Difference: - ' + base + ', + ' + target }, legend, ...lines.map(draw));
}

function comparison(x) {
  const [base, ...others] = x.times_ms.map(time);
  const noise = [...new Set(x.noise.map((noisy) => noisy.at))];
  const compared = `compared: ${plural(x.responses, 'response')}, in ${base} on the base and ${others.join(', ')} elsewhere`;
  return el('p', { class: 'dim' }, ...prose(x.left_out || compared), noise.length ? ' · the base differs from itself at ' + noise.join(', ') : '');
}

// --- What was sent and received ---

function exchange(x) {
  const hop = (h) => el('li', {}, h.method + ' ' + h.url + ' → ', el('b', {}, String(h.status)), ' ', el('span', { class: 'dim' }, time(h.duration_ms)));
  return el('div', { class: 'exchange' },
    bar(x.timings_ms, x.hops),
    x.hops.length ? el('ol', { class: 'hops', 'aria-label': 'Redirects' }, ...x.hops.map(hop)) : null,
    part(['Request: ' + x.request.method + ' ' + x.request.url], x.request, false),
    part(['Response: ', el('b', {}, String(x.response.status)), ' · ' + x.response.version + (x.remote ? ' · ' + x.remote : '')], x.response, true));
}

function part(title, side, open) {
  const body = side.body;
  const headers = side.headers.map(([name, value]) => el('div', {}, el('b', {}, name + ': '), value));
  const content = body && (body.text === null ? 'Binary, in Base64:\n' + body.base64 : pretty(body)) + (body.cut ? '\n… ' + size(body.size) + ' in all' : '');
  return el('details', { class: 'part', ...(open ? { open: '' } : {}) },
    el('summary', {}, ...title, body ? ' · ' + size(body.size) : ''),
    headers.length ? el('pre', { class: 'headers', role: 'group', 'aria-label': 'Headers' }, ...headers) : null,
    body ? el('pre', { role: 'group', 'aria-label': 'Body' }, content) : null);
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

// The total has the redirects in it; all else is of the last request.
function bar(t, hops) {
  const redirects = hops.reduce((sum, hop) => sum + hop.duration_ms, 0);
  const before = redirects + (t.dns || 0) + (t.connect || 0) + (t.tls || 0);
  const parts = [['hop', 'redirects', redirects], ['dns', 'DNS', t.dns], ['connect', 'connect', t.connect], ['tls', 'TLS', t.tls], ['wait', 'first byte', t.first_byte], ['receive', 'content', Math.max(0, t.total - before - t.first_byte)]];
  const real = parts.filter(([, , ms]) => ms);
  const told = real.map(([, label, ms]) => label + ' ' + time(ms)).join(', ');
  return el('div', { class: 'timings' },
    el('div', { class: 'bar', role: 'img', 'aria-label': 'Timings: ' + told }, ...real.map(([name, label, ms]) => el('i', { class: name, style: `flex:${ms}`, title: label + ' ' + time(ms) }))),
    el('p', { class: 'dim' }, ...real.map(([name, label, ms]) => el('span', {}, el('i', { class: name }), label + ' ' + time(ms))), el('span', {}, 'total ' + time(t.total))));
}

// --- The timeline ---

// Cases that overlap lie under one another, each in the first lane that is free.
function timeline() {
  const begun = run.cases.filter((c) => c.started_ms !== null).sort((a, b) => a.started_ms - b.started_ms);
  const end = Math.max(run.duration_ms, ...begun.map((c) => c.started_ms + c.duration_ms), 0.001);
  const lanes = [], drawn = document.createDocumentFragment();
  for (const c of begun) {
    let lane = lanes.findIndex((free) => free <= c.started_ms);
    if (lane < 0) lane = lanes.push(0) - 1;
    lanes[lane] = c.started_ms + c.duration_ms;
    drawn.append(el('i', {
      class: kind(c), title: c.id + ' · ' + time(c.duration_ms), 'data-case': c.index,
      style: `left:${(c.started_ms / end) * 100}%;width:${(c.duration_ms / end) * 100}%;top:${lane * 12 + 6}px`,
    }));
  }
  $('lanes').append(drawn);
  $('lanes').style.height = lanes.length * 12 + 10 + 'px';
  $('lanes').setAttribute('aria-label', `${plural(begun.length, 'case')} in ${time(end)}, up to ${count(lanes.length)} side by side; ordered as they began, the list below says the same`);
  $('axis').append(...[0, 1, 2, 3, 4].map((quarter) => el('span', {}, time((end * quarter) / 4))));
}

// --- What is kept in the address, so that a link leads to what one looks at ---

let opened = null;
function remember(c = opened) {
  opened = c;
  const state = new URLSearchParams();
  if (pressed().length) state.set('only', pressed().join(','));
  if ($('search').value) state.set('search', $('search').value);
  if ($('order').value !== 'first') state.set('order', $('order').value);
  if ($('timeline').open) state.set('timeline', 'open');
  if (c) state.set('case', c.id);
  // Where a page has no address of its own, there is nothing to keep.
  try { history.replaceState(null, '', '#' + state); } catch { return; }
}

function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  const id = state.get('case');
  press((state.get('only') || '').split(','));
  $('search').value = state.get('search') || '';
  if (state.get('order')) $('order').value = state.get('order');
  $('timeline').open = state.has('timeline');
  show();
  const c = id && run.cases.find((own) => own.id === id);
  const bad = run.cases.filter(isBad);
  if (c) reveal(c);
  else if (bad.length === 1 && !location.hash.slice(1)) toggle(bad[0]);
}

// Opens a case that may be anywhere in the list, or not in it at all.
function reveal(c) {
  if (!$('case-' + c.index)) {
    press([]);
    $('search').value = c.id;
    show();
    while (!$('case-' + c.index) && !$('more').hidden) more();
  }
  toggle(c);
  const item = $('case-' + c.index);
  if (!item) return;
  const { top } = item.getBoundingClientRect();
  // What is seen already stays where it is.
  if (top < $('controls').offsetHeight || top > innerHeight * 0.75) item.scrollIntoView();
  item.firstChild.focus({ preventScroll: true });
}

function toggle(c) {
  const button = $('case-' + c.index)?.firstChild;
  if (button?.getAttribute('aria-expanded') === 'false') button.click();
}

$('timeline').addEventListener('toggle', timeline, { once: true });
$('timeline').addEventListener('toggle', () => remember());
$('lanes').addEventListener('click', (event) => {
  const c = run.cases[event.target.dataset.case];
  if (c) reveal(c);
});
$('search').addEventListener('input', show);
$('order').addEventListener('change', show);
$('more').addEventListener('click', () => {
  const last = $('cases').lastChild;
  more();
  // What was there keeps its place, and the keyboard goes on from it.
  (last.nextSibling?.querySelector('button') || last.nextSibling?.nextSibling?.querySelector('button'))?.focus({ preventScroll: true });
});
$('controls').addEventListener('submit', (event) => event.preventDefault());
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
  event.preventDefault();
  $('search').focus();
});
head();
recall();
