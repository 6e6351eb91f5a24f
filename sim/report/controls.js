// What the reader does: search, show and hide, move, zoom, and choose. Begins the page.
"use strict";

const byId = (id) => document.getElementById(id);

// ---- search

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  view.hits = [];
  view.hit = -1;
  if (words.length > 0) {
    for (const run of data.runs) {
      run.searchText.forEach((line, at) => {
        if (words.every((word) => line.includes(word))) view.hits.push({ run, at });
      });
    }
  }
  if (view.hits.length > 0) step(1);
  showFound(text);
  drawSoon();
}

function showFound(text) {
  byId("found").textContent = text.trim() === "" ? ""
      : view.hits.length === 0 ? "none" : (view.hit + 1) + " of " + view.hits.length;
}

// To the next hit, or with -1 to the one before.
function step(by) {
  if (view.hits.length === 0) return;
  view.hit = (view.hit + by + view.hits.length) % view.hits.length;
  const { run, at } = view.hits[view.hit];
  select(run, at, true);
  showFound(byId("search").value);
}

// ---- what is shown

function checkbox(checked, change, ...label) {
  const box = element("input");
  box.type = "checkbox";
  box.checked = checked;
  box.addEventListener("change", () => change(box.checked));
  return element("label", box, ...label);
}

function sample(paint) {
  const small = element("canvas");
  const ratio = window.devicePixelRatio || 1;
  small.width = 34 * ratio;
  small.height = 16 * ratio;
  const brush = small.getContext("2d");
  brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  paint(brush);
  return small;
}

function setShown(set, key, shown) {
  const row = rowOfY(view.height / 2);
  const share = row / layout.total;
  if (shown) set.delete(key);
  else set.add(key);
  relay();
  view.y = share * layout.total * view.rowHeight + kHeadHeight - view.height / 2;
  clampView();
  drawSoon();
}

function legendOfKinds() {
  const part = element("div");
  data.kinds.forEach((name, kind) => {
    const count = data.runs.reduce(
        (sum, run) => sum + run.kind.filter((other) => other === kind).length, 0);
    if (count === 0) return;
    const label = checkbox(!view.hiddenKinds.has(kind),
                           (shown) => setShown(view.hiddenKinds, kind, shown),
                           sample((brush) => drawMark(brush, name, 17, 8, 4.5)),
                           name.replaceAll("_", " "), element("span.count", String(count)));
    label.dataset.kind = name;
    part.append(label);
  });
  return part;
}

function legendOfArrows() {
  const names = { message: "message between nodes",
                  late: "message overtaken by one that was sent later",
                  lost: "message that is lost; the text says why",
                  client: "request or reply of a client", cause: "another cause" };
  return Object.keys(names).map((style) => element("div.row", sample((brush) => {
    drawArrow(brush, kStyles[style], 2, 8, style === "lost" ? 26 : 32, 8, 0, false);
  }), names[style]));
}

function legendOfBands() {
  const band = (alpha) => sample((brush) => {
    brush.globalAlpha = alpha;
    brush.fillStyle = colours.fault;
    brush.fillRect(2, 1, 30, 14);
  });
  const line = (colour) => sample((brush) => {
    brush.strokeStyle = colour;
    brush.lineWidth = 2;
    drawCross(brush, 6, 8, 4);
    brush.setLineDash([6, 4]);
    brush.beginPath();
    brush.moveTo(12, 8);
    brush.lineTo(33, 8);
    brush.stroke();
  });
  const rows = [element("div.row", band(0.3), "a fault, over the time that it lasts"),
                element("div.row", sample((brush) => {
                  brush.strokeStyle = colours.fault;
                  brush.lineWidth = 2;
                  brush.beginPath();
                  brush.moveTo(8, 8);
                  brush.lineTo(26, 8);
                  brush.stroke();
                }), "a node stops; no line: it is down"),
                element("div.row", line(colours.violation), "a property is violated")];
  if (data.runs.length > 1)
    rows.push(element("div.row", line(colours.late), "the first event that differs"));
  return rows;
}

function legendOfLanes() {
  const columns = element("div.columns");
  for (const run of data.runs) {
    for (let lane = 0; lane <= run.nodes + run.clients; ++lane) {
      const key = laneKey(run, lane);
      columns.append(checkbox(!view.hiddenLanes.has(key),
                              (shown) => setShown(view.hiddenLanes, key, shown),
                              laneName(run, lane) + letterOf(run)));
    }
  }
  return columns;
}

function showLegend() {
  byId("legend").replaceChildren(
      element("h2", "Kinds of events, and how many"), legendOfKinds(),
      element("h2", "Arrows"), ...legendOfArrows(),
      element("h2", "Bands and marks"), ...legendOfBands(),
      element("h2", "Lanes"), legendOfLanes());
}

function setSpacing(byTime) {
  const middle = { run: data.runs[0], at: 0 };
  const seen = drawn.events[drawn.events.length >> 1] || middle;
  const kept = view.selected || seen;
  view.byTime = byTime;
  byId("by-time").checked = byTime;
  byId("by-steps").checked = !byTime;
  scrollTo(kept.run, kept.at);
  drawSoon();
}

// ---- choosing

function distanceToSegment(x, y, { x0, y0, x1, y1 }) {
  const dx = x1 - x0, dy = y1 - y0;
  const length = dx * dx + dy * dy || 1;
  const share = Math.min(Math.max(((x - x0) * dx + (y - y0) * dy) / length, 0), 1);
  return Math.hypot(x - x0 - share * dx, y - y0 - share * dy);
}

// The event or else the arrow that lies there: { run, at }, or null.
function thingAt(x, y) {
  let best = null, least = 9;
  for (const event of drawn.events) {
    const distance = Math.hypot(event.x - x, event.y - y);
    if (distance < least) [best, least] = [event, distance];
  }
  if (best) return { run: best.run, at: best.at };
  least = 5;
  for (const place of drawn.arrows) {
    const distance = distanceToSegment(x, y, place);
    if (distance < least) [best, least] = [place, distance];
  }
  return best ? { run: best.run, at: best.arrow.at } : null;
}

function clickAt(x, y) {
  const thing = thingAt(x, y);
  if (thing) return select(thing.run, thing.at, false);
  selectNothing();
}

// The next event that is shown, in the run of the chosen one.
function walk(by) {
  const start = view.selected || { run: data.runs[0], at: -by };
  let at = start.at + by;
  while (at >= 0 && at < start.run.count && !isWanted(start.run, at)) at += by;
  if (at >= 0 && at < start.run.count) select(start.run, at, true);
}

function goToViolation() {
  for (const run of data.runs) {
    for (const violation of run.violations) {
      const at = violation.event - run.first;
      if (at >= 0 && at < run.count) return select(run, at, true);
    }
  }
}

function goToDifference() {
  for (const run of data.runs) {
    const at = data.differs - run.first;
    if (data.differs > 0 && at >= 0 && at < run.count) return select(run, at, true);
  }
}

function zoomBy(factor) {
  zoomRows(factor, view.height / 2);
  drawSoon();
}

function showWhole() {
  view.rowHeight = 0;
  view.y = 0;
  clampView();
  drawSoon();
}

// ---- mouse and keys

function place(event) {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function moveBy(dx, dy) {
  view.x += dx;
  view.y += dy;
  clampView();
  drawSoon();
}

function moveToMap(y) {
  view.y = y / view.height * layout.total * view.rowHeight - view.height / 2;
  clampView();
  drawSoon();
}

function onWheel(event) {
  event.preventDefault();
  const { x, y } = place(event);
  const factor = Math.exp(-event.deltaY * 0.002);
  if ((event.ctrlKey || event.metaKey) && event.shiftKey) zoomLanes(factor, x);
  else if (event.ctrlKey || event.metaKey) zoomRows(factor, y);
  else if (event.shiftKey) moveBy(event.deltaY, 0);
  else moveBy(event.deltaX, event.deltaY);
  drawSoon();
}

function listenToMouse() {
  let drag = null;
  canvas.addEventListener("wheel", onWheel, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    const at = place(event);
    drag = { from: at, last: at, moved: false, map: at.x > view.width - kMapWidth };
    if (drag.map) moveToMap(at.y);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (drag === null) {
      canvas.style.cursor = thingAt(at.x, at.y) ? "pointer" : "";
      return;
    }
    if (drag.map) return moveToMap(at.y);
    drag.moved = drag.moved || Math.hypot(at.x - drag.from.x, at.y - drag.from.y) > 4;
    if (!drag.moved) return;
    canvas.classList.add("drags");
    moveBy(drag.last.x - at.x, drag.last.y - at.y);
    drag.last = at;
  });
  canvas.addEventListener("pointerup", (event) => {
    canvas.classList.remove("drags");
    const { x, y } = place(event);
    if (drag && !drag.moved && !drag.map) clickAt(x, y);
    drag = null;
  });
}

const kKeys = {
  ArrowDown: () => moveBy(0, 60), ArrowUp: () => moveBy(0, -60),
  ArrowRight: () => moveBy(60, 0), ArrowLeft: () => moveBy(-60, 0),
  PageDown: () => moveBy(0, view.height * 0.85), PageUp: () => moveBy(0, -view.height * 0.85),
  Home: () => moveBy(0, -Infinity), End: () => moveBy(0, Infinity),
  "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "-": () => zoomBy(0.8), 0: showWhole,
  j: () => walk(1), k: () => walk(-1), n: () => step(1), N: () => step(-1),
  v: goToViolation, d: goToDifference, t: () => setSpacing(!view.byTime),
  "/": () => byId("search").focus(),
  Escape: selectNothing,
};

function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.target === byId("search")) {
      if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") canvas.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in kKeys)) return;
    event.preventDefault();
    kKeys[event.key]();
  });
}

function listenToTools() {
  const on = (id, act) => byId(id).addEventListener("click", act);
  byId("search").addEventListener("input", () => search(byId("search").value));
  on("next", () => step(1));
  on("previous", () => step(-1));
  on("by-time", () => setSpacing(true));
  on("by-steps", () => setSpacing(false));
  on("smaller", () => zoomBy(0.8));
  on("larger", () => zoomBy(1.25));
  on("fit", showWhole);
  on("violation", goToViolation);
  on("difference", goToDifference);
  byId("violation").hidden = data.runs.every((run) => run.violations.length === 0);
  byId("difference").hidden = data.differs === 0;
}

// "#event=120" opens the page at this event.
function goToFragment() {
  const match = /^#event=(\d+)$/.exec(location.hash);
  const run = data.runs[0];
  const at = match ? Number(match[1]) - run.first : -1;
  if (at >= 0 && at < run.count) select(run, at, true);
  else if (data.differs > 0) goToDifference();
}

function begin() {
  readColours();
  hideIdleLanes();
  relay();
  showHead();
  showEvent();
  showLegend();
  listenToMouse();
  listenToKeys();
  listenToTools();
  resize();
  goToFragment();
  window.addEventListener("resize", resize);
  window.addEventListener("hashchange", goToFragment);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readColours();
    showLegend();
    drawSoon();
  });
}

begin();
