// Where everything is: which lanes and kinds of events are shown, and how numbers of events, times
// and lanes become places on the canvas. Time goes downwards.
"use strict";

const kBlameRoom = data.runs.some((run) => run.blame) ? 70 : 0;
const kGutter = 140 + kBlameRoom;  // at the left: phases, numbers and times, the curve of blame
const kHeadHeight = 30;  // the names of the lanes
const kMapWidth = 14;    // the whole run at the right
const kRowHeight = 17;
const kRowHeightMax = 80;
const kHiddenAtFirst = ["tick", "end_turn", "disk", "check"];

const view = {
  byTime: false,
  rowHeight: kRowHeight,
  widthFactor: 1,
  x: 0,
  y: 0,
  width: 800,   // of the canvas
  height: 600,
  hiddenKinds: new Set(kHiddenAtFirst.map((name) => data.kinds.indexOf(name))),
  hiddenLanes: new Set(),  // "run:lane"
  selected: null,          // { run, at }
  hits: [],                // likewise
  hit: -1,
};

const laneKey = (run, lane) => run.index + ":" + lane;

// Lanes in which nothing happens are hidden at first, and clients that only think.
function hideIdleLanes() {
  const think = data.kinds.indexOf("think");
  for (const run of data.runs) {
    const busy = new Set([0]);
    for (let at = 0; at < run.count; ++at) {
      if (run.kind[at] !== think || run.notesOf[at].length > 0) busy.add(run.lane[at]);
    }
    for (const message of run.messages) busy.add(message.from).add(message.to);
    for (let lane = 1; lane <= run.nodes + run.clients; ++lane) {
      if (!busy.has(lane)) view.hiddenLanes.add(laneKey(run, lane));
    }
  }
}

// What is chosen is shown, also where its kind or lane is not.
function isVisible(run, at) {
  return isPicked(run, at) || isWanted(run, at);
}

function isPicked(run, at) {
  return view.selected !== null && view.selected.run === run && view.selected.at === at;
}

// Its kind and its lane are.
function isWanted(run, at) {
  return layout.wanted[run.index][at] === 1;
}

// Made anew when what is shown changes. One row for each number of an event that is shown in some
// run, or that lost a message: what is lost must be seen.
const layout = {
  wanted: [],       // of each run and event
  rows: null,       // before each number, and after the last
  total: 0,
  lanes: [],        // from the left
  lane: new Map(),  // by laneKey()
  lines: [],        // of each run and lane: its place; NaN: hidden
  width: 0,
  begin: 0,         // times
  end: 1,
};

function findWanted(run) {
  const lanes = [];
  for (let lane = 0; lane <= run.nodes + run.clients; ++lane)
    lanes.push(!view.hiddenLanes.has(laneKey(run, lane)));
  const kinds = data.kinds.map((_, kind) => !view.hiddenKinds.has(kind));
  return Uint8Array.from(run.kind, (kind, at) => (kinds[kind] && lanes[run.lane[at]] ? 1 : 0));
}

function layRows() {
  const count = data.last - data.first + 1;
  layout.wanted = data.runs.map(findWanted);
  layout.rows = new Float64Array(count + 1);
  for (let i = 0; i < count; ++i) {
    const shown = data.runs.some((run) => {
      const at = data.first + i - run.first;
      return at >= 0 && at < run.count && (isVisible(run, at) || run.loses[at]);
    });
    layout.rows[i + 1] = layout.rows[i] + (shown ? 1 : 0);
  }
  layout.total = Math.max(1, layout.rows[count]);
  layout.begin = Math.min(...data.runs.map((run) => run.time[0]));
  layout.end = Math.max(...data.runs.map((run) => run.time[run.count - 1]), layout.begin + 1);
}

// From the left: of each run its own lane, its clients, its nodes.
function layLanes() {
  // The run's own lane has the texts of faults.
  const told = data.runs.some((run) => run.faults.length > 0);
  const wants = { run: told ? 1.7 : 1.2, client: 1.25, node: 1.8 };
  const lanes = [];
  for (const run of data.runs) {
    const order = [0];
    for (let client = 0; client < run.clients; ++client) order.push(1 + run.nodes + client);
    for (let node = 0; node < run.nodes; ++node) order.push(1 + node);
    for (const lane of order) {
      if (view.hiddenLanes.has(laneKey(run, lane))) continue;
      lanes.push({ run, lane, kind: laneKind(run, lane), first: lane === order[0] });
    }
  }
  const room = view.width - kGutter - kMapWidth - 12;
  const wanted = lanes.reduce((sum, lane) => sum + wants[lane.kind], 0);
  const unit = Math.max(room / Math.max(wanted, 1), 26) * view.widthFactor;
  let x = 0;
  layout.lane = new Map();
  for (const lane of lanes) {
    lane.width = wants[lane.kind] * unit;
    lane.left = x;
    // An event has its text at the right: its line stands left of the middle.
    lane.line = x + lane.width * (lane.kind === "run" ? 0.82 : 0.34);
    x += lane.width;
    layout.lane.set(laneKey(lane.run, lane.lane), lane);
  }
  layout.lines = data.runs.map((run) => new Float64Array(run.nodes + run.clients + 1).fill(NaN));
  for (const lane of lanes) layout.lines[lane.run.index][lane.lane] = lane.line;
  layout.lanes = lanes;
  layout.width = x;
}

function relay() {
  layRows();
  layLanes();
  clampView();
}

// The place in rows, from the top of the run. Of an event that is not shown: between its
// neighbours.
function rowOf(run, at) {
  if (view.byTime) return rowOfTime(run, run.time[at]);
  const i = run.first + at - data.first;
  return layout.rows[i] + (layout.rows[i + 1] - layout.rows[i]) / 2;
}

function rowOfTime(run, time) {
  if (view.byTime) {
    const share = (time - layout.begin) / (layout.end - layout.begin);
    return Math.min(Math.max(share, 0), 1) * layout.total;
  }
  const at = firstFrom(run.time, time);
  return at < run.count ? layout.rows[run.first + at - data.first]
                        : layout.rows[run.last - data.first + 1];
}

// The first index whose value is at least this one.
function firstFrom(values, least) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

const yOfRow = (row) => kHeadHeight + row * view.rowHeight - view.y;
const rowOfY = (y) => (y + view.y - kHeadHeight) / view.rowHeight;
const yOf = (run, at) => yOfRow(rowOf(run, at));

// null: the lane is hidden.
function xOf(run, lane) {
  const line = layout.lines[run.index][lane];
  return Number.isNaN(line) ? null : kGutter + line - view.x;
}

function smallestRow() {
  return Math.min(kRowHeight, (view.height - kHeadHeight - 8) / layout.total);
}

function clampView() {
  // In true time all of a burst shares one row's height.
  const largest = view.byTime ? kRowHeightMax * 200 : kRowHeightMax;
  view.rowHeight = Math.min(Math.max(view.rowHeight, smallestRow()), largest);
  const tall = layout.total * view.rowHeight + kHeadHeight + 44 - view.height;
  const wide = layout.width + kGutter + kMapWidth - view.width;
  view.y = Math.max(0, Math.min(view.y, tall));
  view.x = Math.max(0, Math.min(view.x, wide));
}

// What lies at `y` stays there.
function zoomRows(factor, y) {
  const row = rowOfY(y);
  view.rowHeight *= factor;
  clampView();
  view.y = kHeadHeight + row * view.rowHeight - y;
  clampView();
}

function zoomLanes(factor, x) {
  const before = (x - kGutter + view.x) / Math.max(layout.width, 1);
  view.widthFactor = Math.min(Math.max(view.widthFactor * factor, 1), 8);
  layLanes();
  view.x = before * layout.width - x + kGutter;
  clampView();
}

// Brings an event into the upper middle of the canvas.
function scrollTo(run, at) {
  view.y = rowOf(run, at) * view.rowHeight - view.height * 0.4;
  const lane = layout.lane.get(laneKey(run, run.lane[at]));
  if (lane && (lane.line < view.x || lane.line > view.x + view.width - kGutter - kMapWidth)) {
    view.x = lane.line - view.width / 2;
  }
  clampView();
}
