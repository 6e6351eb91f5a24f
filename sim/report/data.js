// What the page shows: the JSON of page_data.cc made into runs with events, arrows and bands.
// Nothing here changes once it is read.
"use strict";

// Lane 0 is the run's own, then come its nodes, then its clients: as in page_data.cc.
function laneName(run, lane) {
  if (lane === 0) return "run";
  return lane <= run.nodes ? "n" + (lane - 1) : "c" + (lane - 1 - run.nodes);
}

// Of two runs on one page.
function letterOf(run) {
  return data.runs.length === 1 ? "" : run.index === 0 ? " A" : " B";
}

function laneKind(run, lane) {
  if (lane === 0) return "run";
  return lane <= run.nodes ? "node" : "client";
}

function sums(steps) {
  const values = new Float64Array(steps.length);
  let sum = 0;
  steps.forEach((step, i) => { values[i] = sum += step; });
  return values;
}

function groupByEvent(rows, count) {
  const groups = Array.from({ length: count }, () => []);
  for (const row of rows) {
    if (row.at >= 0) groups[row.at].push(row);
  }
  return groups;
}

// A run with its strings looked up. `at` is always an index of its events.
function readRun(page, raw, index) {
  const text = (i) => page.strings[i];
  const events = raw.events;
  const run = Object.assign({}, raw, { index, count: events.kind.length });
  run.time = sums(events.time);
  run.draws = sums(events.draws);
  for (const column of ["cause", "lane", "life", "shard", "kind", "digest"])
    run[column] = events[column];
  run.phase = events.phase.map(text);
  run.brought = events.brought.map(text);
  run.last = run.first + run.count - 1;
  run.causeAt = run.cause.map((number) => (number >= run.first ? number - run.first : -1));
  run.messages = raw.messages.map(([at, arrived, late, from, to, fate, name, body, bytes]) => (
    { at, arrived: arrived === 1, late: late === 1, from: from + 1, to: to + 1,
      fate, name: text(name), body: text(body), bytes }));
  const notes = raw.notes.map(([at, who, what]) => ({ at, who: text(who), what: text(what) }));
  run.beginning = notes.filter((note) => note.at < 0);
  run.notesOf = groupByEvent(notes, run.count);
  run.messagesOf = groupByEvent(run.messages, run.count);
  run.loses = run.messagesOf.map((messages) => messages.some((message) => !message.arrived));
  run.missed = run.messagesOf.map((messages) => messages.some(
    (message) => message.arrived && page.fates[message.fate] !== "arrived"));
  run.faults = raw.faults.map(([kind, what, event, begin, end]) => (
    { kind: text(kind), what: text(what), event, begin, end }))
    .filter((fault) => fault.end >= run.time[0] && fault.begin <= run.time[run.count - 1]);
  run.downs = raw.downs.map(([node, why, event, begin, end]) => (
    { lane: node + 1, why: text(why), event, begin, end: end < 0 ? Infinity : end }));
  run.violations = raw.violations.map(([property, event, time, what]) => (
    { property, event, time, what }));
  run.effects = Array.from({ length: run.count }, () => []);
  run.causeAt.forEach((cause, at) => { if (cause >= 0) run.effects[cause].push(at); });
  run.phases = phasesOf(run);
  run.arrows = arrowsOf(page, run);
  run.searchText = searchTexts(page, run);
  return run;
}

function phasesOf(run) {
  const phases = [];
  run.phase.forEach((name, at) => {
    const last = phases[phases.length - 1];
    if (last && last.name === name) last.end = at;
    else phases.push({ name, begin: at, end: at });
  });
  return phases;
}

// style: message, late, lost, client, cause. A lost one ends before its lane.
function arrowsOf(page, run) {
  const arrows = [];
  for (let at = 0; at < run.count; ++at) {
    let carried = false;
    for (const message of run.messagesOf[at]) {
      const cause = run.causeAt[at];
      const gone = !message.arrived || page.fates[message.fate] !== "arrived";
      carried = carried || message.arrived;
      arrows.push({
        at, from: message.from, to: message.to,
        begin: message.arrived && cause >= 0 ? cause : at,
        open: message.arrived && cause < 0,
        style: gone ? "lost" : message.late ? "late" : "message",
        why: gone ? page.fates[message.fate] : message.late ? "overtaken" : "",
        atOnce: !message.arrived, name: message.name, message });
    }
    const cause = run.causeAt[at];
    if (carried || cause < 0 || run.lane[cause] === run.lane[at]) continue;
    const kind = page.kinds[run.kind[at]];
    const called = kind === "request" || kind === "reply";
    arrows.push({ at, from: run.lane[cause], to: run.lane[at], begin: cause, open: false,
                  style: called ? "client" : "cause", why: "", atOnce: false,
                  name: called ? kind : "" });
  }
  return arrows;
}

// What an event is called in one line.
function titleOf(run, at) {
  return run.brought[at] || data.kinds[run.kind[at]];
}

function searchTexts(page, run) {
  const texts = [];
  for (let at = 0; at < run.count; ++at) {
    const parts = ["#" + (run.first + at), laneName(run, run.lane[at]),
                   page.kinds[run.kind[at]], run.brought[at]];
    for (const message of run.messagesOf[at]) {
      parts.push(message.name, message.body, page.fates[message.fate]);
    }
    for (const note of run.notesOf[at]) parts.push(note.who, note.what);
    texts.push(parts.join(" ").toLowerCase());
  }
  return texts;
}

function readPage(raw) {
  const page = { kinds: raw.kinds, fates: raw.fates, strings: raw.strings, differs: raw.differs };
  page.runs = raw.runs.map((run, index) => readRun(page, run, index));
  page.first = Math.min(...page.runs.map((run) => run.first));
  page.last = Math.max(...page.runs.map((run) => run.last));
  return page;
}

const data = readPage(JSON.parse(document.getElementById("data").textContent));
