// What lies behind and around the events: bands of phases and faults, the lanes with their gaps,
// heads, numbers, the lines of violations, and the whole run in small at the right.
"use strict";

// ---- bands

function runEdges(run) {
  const lanes = layout.lanes.filter((lane) => lane.run === run);
  if (lanes.length === 0) return null;
  const last = lanes[lanes.length - 1];
  return { left: kGutter + lanes[0].left - view.x,
           right: kGutter + last.left + last.width - view.x, lanes };
}

function fillPale(colour, alpha, x, y, width, height) {
  pen.globalAlpha = alpha;
  pen.fillStyle = colour;
  pen.fillRect(x, y, width, height);
  pen.globalAlpha = 1;
}

// Faults that last get a column each in the lane of the run, so that none hides another.
function faultColumns(run) {
  const ends = [];
  const bands = [];
  for (const fault of run.faults) {
    if (fault.end <= fault.begin) continue;
    let column = ends.findIndex((end) => end <= fault.begin);
    if (column < 0) column = ends.length;
    ends[column] = fault.end;
    bands.push({ fault, column });
  }
  return { bands, columns: Math.max(1, ends.length) };
}

function drawFaults(run, places) {
  const edges = runEdges(run);
  const lane = layout.lane.get(laneKey(run, 0));
  if (!edges) return;
  const { bands, columns } = faultColumns(run);
  for (const { fault, column } of bands) {
    const begin = fault.event >= run.first && fault.event <= run.last
        ? yOf(run, fault.event - run.first) : yOfRow(rowOfTime(run, fault.begin));
    const end = Math.max(yOfRow(rowOfTime(run, fault.end)), begin + 2);
    if (end < kHeadHeight || begin > bottomY()) continue;
    fillPale(colours.fault, 0.09, edges.left, begin, edges.right - edges.left, end - begin);
    if (!lane) continue;
    const room = lane.width * 0.74;
    const width = room / columns;
    const x = kGutter + lane.left - view.x + 4 + column * width;
    fillPale(colours.fault, 0.22, x, begin, width - 3, end - begin);
    pen.strokeStyle = colours.fault;
    pen.setLineDash([]);
    pen.lineWidth = 1;
    pen.strokeRect(x + 0.5, begin, width - 4, end - begin);
    drawBandText(fault.kind + ": " + fault.what, x + 4, Math.max(begin, kHeadHeight), width - 10,
                 Math.min(end, bottomY()), places);
  }
}

// Words in lines, as many as fit between top and bottom; along the band where it is narrow.
function drawBandText(text, x, top, width, bottom, places) {
  pen.font = kFont;
  if (width < 40) {
    if (width < 8 || bottom - top < 40) return;
    pen.save();
    pen.translate(x + width / 2 + 2, top + 6);
    pen.rotate(Math.PI / 2);
    write(pen, fitted(pen, text, bottom - top - 12), 0, 0, colours.ink, false);
    pen.restore();
    return;
  }
  let y = top + 9;
  let line = "";
  const flush = () => {
    if (line === "" || y + 7 > bottom) return;
    write(pen, fitted(pen, line, width), x, y, colours.ink, false);
    places.take(x, y - 7, width, 14);
    y += 14;
  };
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : line + " " + word;
    if (line !== "" && pen.measureText(longer).width > width) {
      flush();
      line = word;
    } else {
      line = longer;
    }
  }
  flush();
}

function drawPhases(run, x, width) {
  run.phases.forEach((phase, i) => {
    const top = yOfRow(view.byTime ? rowOf(run, phase.begin)
                                   : layout.rows[run.first + phase.begin - data.first]);
    const bottom = yOfRow(view.byTime ? rowOf(run, phase.end)
                                      : layout.rows[run.first + phase.end + 1 - data.first]);
    if (bottom < kHeadHeight || top > bottomY()) return;
    pen.fillStyle = i % 2 === 0 ? colours.phase : colours.rule;
    pen.fillRect(x, top, width, Math.max(bottom - top, 1));
    const from = Math.max(top, kHeadHeight), to = Math.min(bottom, bottomY());
    if (to - from < 34) return;
    pen.save();
    pen.translate(x + width / 2, from + 6);
    pen.rotate(Math.PI / 2);
    pen.font = kFont;
    write(pen, fitted(pen, phase.name, to - from - 10), 0, 0, colours.muted, false);
    pen.restore();
  });
}

// ---- lanes

function drawLanes() {
  for (const lane of layout.lanes) {
    const x = Math.round(kGutter + lane.line - view.x) + 0.5;
    pen.strokeStyle = colours.lane;
    pen.lineWidth = 1.2;
    const downs = lane.run.downs.filter((down) => down.lane === lane.lane && lane.kind === "node");
    let top = Math.max(kHeadHeight, yOfRow(0));
    const end = Math.min(bottomY(), yOfRow(layout.total));
    for (const down of downs) {
      const begin = down.event >= lane.run.first && down.event <= lane.run.last
          ? yOf(lane.run, down.event - lane.run.first) : yOfRow(rowOfTime(lane.run, down.begin));
      const back = Number.isFinite(down.end)
          ? yOfRow(rowOfTime(lane.run, down.end)) + (view.byTime ? 0 : view.rowHeight / 2) : end;
      drawLaneLine(x, top, Math.min(begin, end), lane.kind === "run");
      drawDown(lane, down, x, begin, back);
      top = Math.max(top, back);
    }
    drawLaneLine(x, top, end, lane.kind === "run");
    if (lane.first && lane.run.index > 0) {
      pen.strokeStyle = colours.ink;
      pen.setLineDash([]);
      const edge = Math.round(kGutter + lane.left - view.x) + 0.5;
      pen.beginPath();
      pen.moveTo(edge, kHeadHeight);
      pen.lineTo(edge, bottomY());
      pen.stroke();
    }
  }
}

function drawLaneLine(x, top, bottom, faint) {
  if (bottom <= top) return;
  pen.setLineDash(faint ? [1, 4] : []);
  pen.beginPath();
  pen.moveTo(x, top);
  pen.lineTo(x, bottom);
  pen.stroke();
}

// A gap in the lane, with a bar where the node stopped.
function drawDown(lane, down, x, begin, back) {
  if (down.event === 0 || begin < kHeadHeight || begin > bottomY()) return;
  pen.strokeStyle = colours.fault;
  pen.lineWidth = 2;
  pen.setLineDash([]);
  pen.beginPath();
  pen.moveTo(x - 8, begin + 5);
  pen.lineTo(x + 8, begin + 5);
  pen.stroke();
  pen.lineWidth = 1.2;
  pen.strokeStyle = colours.lane;
  if (view.rowHeight < 9) return;
  pen.font = kFont;
  write(pen, fitted(pen, down.why, lane.width * 0.5), x + 11, begin + 6, colours.fault, true);
}

// ---- around it

function drawNumbers(run, x, places) {
  pen.font = kFont;
  for (let at = 0; at < run.count; ++at) {
    if (!isVisible(run, at)) continue;
    const y = yOf(run, at);
    if (y < kHeadHeight + 4 || y > bottomY()) continue;
    if (!places.isFree(x, y - 7, 10, 14)) continue;
    places.take(x, y - 7, 10, 14);
    const number = String(run.first + at);
    const time = (run.time[at] / 1000).toFixed(3);
    write(pen, number, x + 38 - pen.measureText(number).width, y, colours.ink, false);
    write(pen, time, x + 102 - pen.measureText(time).width, y, colours.muted, false);
  }
}

// A line over the whole width of the run.
function drawMarkLine(run, at, colour, text) {
  const edges = runEdges(run);
  const y = yOf(run, at);
  if (!edges || y < kHeadHeight || y > bottomY()) return;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6;
  pen.setLineDash([6, 4]);
  pen.beginPath();
  pen.moveTo(edges.left, y + 8);
  pen.lineTo(edges.right, y + 8);
  pen.stroke();
  pen.font = kBold;
  pen.lineWidth = 2.4;
  pen.setLineDash([]);
  pen.strokeStyle = colour;
  drawCross(pen, edges.left + 12, y + 8, 5);
  write(pen, fitted(pen, text, edges.right - edges.left - 40), edges.left + 24, y + 17, colour,
        true);
}

function drawMarkLines(run) {
  const told = new Set();
  for (const violation of run.violations) {
    const at = violation.event - run.first;
    if (at < 0 || at >= run.count || told.has(at)) continue;
    told.add(at);
    drawMarkLine(run, at, colours.violation, violation.property + ": " + violation.what);
  }
  const at = data.differs - run.first;
  if (data.differs > 0 && at >= 0 && at < run.count) {
    drawMarkLine(run, at, colours.late, "event " + data.differs + ": the first that differs");
  }
}

function drawHeads() {
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, view.width, kHeadHeight);
  pen.strokeStyle = colours.ink;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.beginPath();
  pen.moveTo(0, kHeadHeight - 0.5);
  pen.lineTo(rightX(), kHeadHeight - 0.5);
  pen.stroke();
  pen.font = kFont;
  write(pen, "event", 12 + data.runs.length * 14, kHeadHeight / 2, colours.muted, false);
  write(pen, "time ms", 68 + data.runs.length * 14, kHeadHeight / 2, colours.muted, false);
  if (kBlameRoom > 0) write(pen, "fails", kBlameLeft, kHeadHeight / 2, colours.violation, false);
  clipTo(kGutter - 6, 0, rightX() - kGutter + 6, kHeadHeight, () => {
    pen.font = "600 13px system-ui, Arial, sans-serif";
    for (const lane of layout.lanes) {
      const name = laneName(lane.run, lane.lane) + (lane.kind === "run" ? letterOf(lane.run) : "");
      const width = pen.measureText(name).width;
      const x = kGutter + lane.line - view.x;
      // The run's own lane has its room at the left of its line.
      write(pen, name, x - (lane.kind === "run" ? width - 4 : width / 2), kHeadHeight / 2,
            colours.ink, false);
    }
  });
}

// The whole run at the right: faults, violations, hits, and what is on the canvas.
function drawMap() {
  const x = rightX();
  const height = view.height;
  const whole = Math.max(layout.total, 1);
  pen.fillStyle = colours.panel;
  pen.fillRect(x, 0, kMapWidth, height);
  const bar = (begin, end, colour, alpha) =>
    fillPale(colour, alpha, x + 1, begin / whole * height, kMapWidth - 2,
             Math.max((end - begin) / whole * height, 2));
  for (const run of data.runs) {
    for (const fault of run.faults)
      bar(rowOfTime(run, fault.begin), rowOfTime(run, fault.end), colours.fault, 0.4);
    for (const violation of run.violations) {
      const at = violation.event - run.first;
      if (at >= 0 && at < run.count) bar(rowOf(run, at), rowOf(run, at), colours.violation, 1);
    }
  }
  for (const hit of view.hits) {
    const row = rowOf(hit.run, hit.at);
    bar(row, row, colours.late, 0.8);
  }
  pen.strokeStyle = colours.ink;
  pen.lineWidth = 1.2;
  pen.setLineDash([]);
  const top = view.y / view.rowHeight / whole * height;
  const size = (height - kHeadHeight) / view.rowHeight / whole * height;
  pen.strokeRect(x + 1, top, kMapWidth - 2, Math.min(size, height - top));
}
