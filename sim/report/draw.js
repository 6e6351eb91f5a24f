// Draws what can be seen of the diagram, from the back to the front: what bands.js has, arrows,
// events and their texts.
"use strict";

const canvas = document.getElementById("diagram");
const pen = canvas.getContext("2d");
// What the last drawing showed: for tests, and for whoever clicks.
const drawn = { events: [], arrows: [] };

const bottomY = () => view.height;
const rightX = () => view.width - kMapWidth;

function clipTo(x, y, width, height, draw) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  draw();
  pen.restore();
}

// ---- arrows

// Where it begins and ends on the canvas; null: it cannot be seen.
function placeOf(run, arrow) {
  const x0 = xOf(run, arrow.from), x1 = xOf(run, arrow.to);
  if (x0 === null || x1 === null) return null;
  const y1 = yOf(run, arrow.at);
  let y0 = yOf(run, arrow.begin);
  // What was sent before the page begins comes from its upper edge; a loss is seen at once.
  if (arrow.open) y0 = y1 - view.rowHeight * 1.5;
  const place = { run, arrow, x0, y0, x1, y1 };
  if (arrow.style === "lost") {
    const short = 0.78;
    if (arrow.atOnce) place.y1 = y0 + Math.min(view.rowHeight, 14);
    place.x1 = x0 + (x1 - x0) * short;
    if (!arrow.atOnce) place.y1 = y0 + (y1 - y0) * short;
  }
  const top = Math.min(place.y0, place.y1), bottom = Math.max(place.y0, place.y1);
  return bottom < kHeadHeight || top > bottomY() ? null : place;
}

// Too small for heads and shapes: thousands of them may be in sight.
const isSmall = () => view.rowHeight < 3;

// One path for all of a style, which is many times faster than one each.
function drawBareLines(places) {
  pen.globalAlpha = 0.35;
  pen.setLineDash([]);
  for (const [name, style] of Object.entries(kStyles)) {
    if (name === "lost") continue;
    pen.strokeStyle = colours[style.colour];
    pen.lineWidth = style.width;
    pen.beginPath();
    for (const { arrow, x0, y0, x1, y1 } of places) {
      if (arrow.style !== name) continue;
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
    }
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

// A message that came and met nobody has not been received.
function markOf(run, at) {
  return run.missed[at] ? "lost" : data.kinds[run.kind[at]];
}

function drawDots(run, shown) {
  for (const { at, x, y } of shown) {
    const shape = kShapes[markOf(run, at)];
    pen.fillStyle = colours[shape.colour];
    pen.fillRect(x - 1.5, y - 1, 3, 2);
  }
}

function drawArrows(run) {
  const places = [];
  for (const arrow of run.arrows) {
    const place = placeOf(run, arrow);
    if (place) places.push(place);
  }
  const small = isSmall();
  if (small) drawBareLines(places);
  for (const place of places) {
    const { arrow } = place;
    const strong = isPicked(run, arrow.at) || (isPicked(run, arrow.begin) && !arrow.atOnce);
    if (small && arrow.style !== "lost" && !strong) continue;
    if (!small && !isVisible(run, arrow.begin)) drawOrigin(place);
    const gap = arrow.style === "lost" || small ? 0 : 6;
    drawArrow(pen, kStyles[arrow.style], place.x0, place.y0, place.x1, place.y1, gap, strong);
  }
  drawn.arrows.push(...places);
  return places;
}

// The event that sent it is hidden; that something left there is not.
function drawOrigin({ arrow, x0, y0 }) {
  pen.fillStyle = colours[kStyles[arrow.style].colour];
  pen.beginPath();
  pen.arc(x0, y0, 2, 0, 2 * Math.PI);
  pen.fill();
}

// In the middle of the line if there is room, else nearer to one of its ends.
function labelArrow(place, places) {
  const { arrow, x0, y0, x1, y1 } = place;
  if (arrow.name === "" || arrow.style === "cause") return;
  const text = arrow.why === "" ? arrow.name : arrow.name + " (" + arrow.why + ")";
  const colour = colours[kStyles[arrow.style].colour];
  for (const words of text === arrow.name ? [text] : [text, arrow.name]) {
    const width = pen.measureText(words).width;
    if (width > Math.abs(x1 - x0) - 14) continue;
    for (const share of [0.5, 0.62, 0.38, 0.72, 0.28]) {
      const x = x0 + (x1 - x0) * share - width / 2, y = y0 + (y1 - y0) * share;
      if (x < Math.min(x0, x1) + 6 || x + width > Math.max(x0, x1) - 6) continue;
      if (y < kHeadHeight + 8) continue;
      if (writeIfFree(pen, places, words, x, y, colour)) return;
    }
  }
}

// ---- events

const isLabelled = () => view.rowHeight >= 10;

function drawEvents(run, places) {
  const size = Math.max(1.2, Math.min(4.2, view.rowHeight * 0.3));
  const hits = new Set(view.hits.filter((hit) => hit.run === run).map((hit) => hit.at));
  const shown = [];
  for (let at = 0; at < run.count; ++at) {
    if (!isVisible(run, at)) continue;
    const y = yOf(run, at);
    if (y < kHeadHeight - 4 || y > bottomY() + 4) continue;
    const x = xOf(run, run.lane[at]);
    shown.push({ run, at, x, y });
    if (isLabelled()) places.take(x - size - 2, y - size, 2 * size + 4, 2 * size);
    if (hits.has(at)) drawHalo(x, y, size + 4, colours.hit);
    if (isPicked(run, at)) drawHalo(x, y, size + 6, colours.pick);
  }
  if (isSmall()) drawDots(run, shown);
  else for (const { at, x, y } of shown) drawMark(pen, markOf(run, at), x, y, size);
  drawn.events.push(...shown);
  return shown;
}

function drawHalo(x, y, radius, colour) {
  pen.fillStyle = colour;
  pen.strokeStyle = colours.ink;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
}

// Their shape says it all, or their arrow does.
const kSilent = ["peer_message", "tick", "end_turn", "disk", "check", "think"];

// What clients, faults and the run say is worth more than the kind of the event.
function briefOf(run, at) {
  const kind = data.kinds[run.kind[at]];
  const lane = run.lane[at];
  const notes = run.notesOf[at];
  if (lane === 0 && notes.length > 0) {
    return notes.map((note) => note.who + (note.what === "" ? "" : ": " + note.what)).join("; ");
  }
  if (lane > run.nodes && notes.length > 0)
    return notes[notes.length - 1].what.replace(/^call \d+ /, "");
  if (kSilent.includes(kind)) return "";
  return titleOf(run, at);
}

function labelEvent({ run, at, x, y }, places) {
  const lane = layout.lane.get(laneKey(run, run.lane[at]));
  const brief = briefOf(run, at);
  if (brief === "") return;
  if (lane.kind === "run") {
    const text = fitted(pen, brief, lane.width * 0.78);
    writeIfFree(pen, places, text, x - 9 - pen.measureText(text).width, y, colours.muted);
    return;
  }
  const room = lane.left + lane.width + kGutter - view.x - x - 14;
  writeIfFree(pen, places, fitted(pen, brief, room), x + 9, y, colours.muted);
}

// ---- all of it

function draw() {
  drawn.events = [];
  drawn.arrows = [];
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, view.width, view.height);
  const places = new Places();
  clipTo(0, kHeadHeight, kGutter - 6, view.height, () => {
    data.runs.forEach((run, i) => drawPhases(run, 2 + i * 15, 14));
    const numbers = new Places();
    for (const run of data.runs) {
      drawNumbers(run, 4 + data.runs.length * 14, numbers);
      if (run.blame) drawBlameCurve(run);
    }
  });
  clipTo(kGutter - 6, kHeadHeight, rightX() - kGutter + 6, view.height, () => {
    for (const run of data.runs) drawFaults(run, places);
    drawLanes();
    for (const run of data.runs) {
      const arrows = drawArrows(run);
      const events = drawEvents(run, places);
      pen.font = kFont;
      if (isLabelled()) {
        for (const place of arrows) labelArrow(place, places);
        for (const event of events) labelEvent(event, places);
      }
      if (run.blame) drawBlameLines(run);
      drawMarkLines(run);
    }
  });
  drawHeads();
  drawMap();
}

let planned = false;
function drawSoon() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    draw();
  });
}

function resize() {
  const box = canvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  view.width = Math.max(box.width, 200);
  view.height = Math.max(box.height, 100);
  canvas.width = Math.round(view.width * ratio);
  canvas.height = Math.round(view.height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  layLanes();
  clampView();
  draw();
}
