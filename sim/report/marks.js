// The signs of the diagram: a shape for each kind of event, heads of arrows, and text that is only
// put where nothing else stands.
"use strict";

const kFont = '11px system-ui, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif';
const kBold = "600 " + kFont;
const kTextHeight = 12;

let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "panel", "ink", "muted", "rule", "lane", "message", "late", "lost",
                      "client", "cause", "fault", "violation", "phase", "pick", "hit"]) {
    colours[name] = style.getPropertyValue("--" + name).trim();
  }
}

// Of each kind its outline in a square from -1 to 1, whether it is filled, and its colour.
const kShapes = {
  boot: { points: [[0, -1.2], [1.1, 0.9], [-1.1, 0.9]], filled: true, colour: "ink" },
  tick: { circle: 0.6, filled: false, colour: "muted" },
  end_turn: { line: [[-0.9, 0], [0.9, 0]], colour: "muted" },
  local_message: { circle: 0.7, filled: true, colour: "muted" },
  peer_message: { circle: 0.95, filled: true, colour: "message" },
  disk: { points: [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]], colour: "muted" },
  completion: { points: [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]], filled: true,
                colour: "muted" },
  request: { points: [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]], filled: true, colour: "client" },
  reply: { points: [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]], filled: false, colour: "client" },
  disconnect: { cross: 0.9, colour: "client" },
  think: { circle: 0.85, filled: false, colour: "client" },
  lost: { cross: 0.9, colour: "lost" },
  fault: { points: [[-1.1, -0.9], [1.1, -0.9], [0, 1.2]], filled: true, colour: "fault" },
  check: { line: [[-0.9, 0], [-0.2, 0.8], [1, -0.8]], colour: "muted" },
  operator: { points: [[-1.2, 0], [-0.6, -1], [0.6, -1], [1.2, 0], [0.6, 1], [-0.6, 1]],
              filled: false, colour: "ink" },
};

function drawCross(pen, x, y, size) {
  pen.beginPath();
  pen.moveTo(x - size, y - size);
  pen.lineTo(x + size, y + size);
  pen.moveTo(x + size, y - size);
  pen.lineTo(x - size, y + size);
  pen.stroke();
}

function drawMark(pen, kind, x, y, size) {
  const shape = kShapes[kind] || kShapes.tick;
  const colour = colours[shape.colour];
  pen.strokeStyle = colour;
  pen.lineWidth = 1.4;
  pen.setLineDash([]);
  if (shape.cross) return drawCross(pen, x, y, size * shape.cross);
  pen.beginPath();
  if (shape.circle) pen.arc(x, y, size * shape.circle, 0, 2 * Math.PI);
  for (const [dx, dy] of shape.points || shape.line || []) pen.lineTo(x + dx * size, y + dy * size);
  if (shape.line) return pen.stroke();
  pen.closePath();
  pen.fillStyle = shape.filled ? colour : colours.paper;
  pen.fill();
  pen.stroke();
}

const kStyles = {
  message: { colour: "message", dash: [], width: 1.2, head: "full" },
  late: { colour: "late", dash: [7, 3], width: 1.6, head: "open" },
  lost: { colour: "lost", dash: [2, 3], width: 1.4, head: "cross" },
  client: { colour: "client", dash: [], width: 1, head: "open" },
  cause: { colour: "cause", dash: [1, 3], width: 1, head: "open" },
};

function drawHead(pen, style, x, y, angle, size) {
  pen.setLineDash([]);
  if (style.head === "cross") return drawCross(pen, x, y, size * 0.6);
  const wing = (turn) => [x - size * 1.4 * Math.cos(angle + turn),
                          y - size * 1.4 * Math.sin(angle + turn)];
  const [left, right] = [wing(0.38), wing(-0.38)];
  pen.beginPath();
  pen.moveTo(...left);
  pen.lineTo(x, y);
  pen.lineTo(...right);
  if (style.head === "full") {
    pen.closePath();
    pen.fillStyle = pen.strokeStyle;
    pen.fill();
  }
  pen.stroke();
}

// The line of an arrow from one place to the other, stopping short of the mark it points at.
function drawArrow(pen, style, x0, y0, x1, y1, gap, strong) {
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const x = x1 - gap * Math.cos(angle), y = y1 - gap * Math.sin(angle);
  pen.strokeStyle = colours[style.colour];
  pen.lineWidth = style.width + (strong ? 1.4 : 0);
  pen.setLineDash(style.dash);
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x, y);
  pen.stroke();
  drawHead(pen, style, x, y, angle, strong ? 7 : 5.5);
}

// Rectangles that are taken, in bands of some height so that few are compared.
class Places {
  constructor() { this.bands = new Map(); }

  static each(y, height, visit) {
    for (let band = Math.floor(y / 64); band <= Math.floor((y + height) / 64); ++band) visit(band);
  }
  isFree(x, y, width, height) {
    let free = true;
    Places.each(y, height, (band) => {
      for (const other of this.bands.get(band) || []) {
        if (x < other.x + other.width && other.x < x + width &&
            y < other.y + other.height && other.y < y + height) free = false;
      }
    });
    return free;
  }
  take(x, y, width, height) {
    Places.each(y, height, (band) => {
      if (!this.bands.has(band)) this.bands.set(band, []);
      this.bands.get(band).push({ x, y, width, height });
    });
  }
}

// As much of the text as fits into the width; "" where it is not worth it.
function fitted(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(text.slice(0, middle) + "\u2026").width <= width) low = middle;
    else high = middle - 1;
  }
  return low >= 4 ? text.slice(0, low) + "\u2026" : "";
}

// Text with its middle at `y`; on a rim of paper where lines may run below it.
function write(pen, text, x, y, colour, rim) {
  pen.textBaseline = "middle";
  if (rim) {
    pen.strokeStyle = colours.paper;
    pen.setLineDash([]);
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeText(text, x, y);
  }
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

// Like write(), if there is room; whether there was.
function writeIfFree(pen, places, text, x, y, colour) {
  const width = pen.measureText(text).width;
  if (text === "" || !places.isFree(x, y - kTextHeight / 2, width, kTextHeight)) return false;
  places.take(x - 2, y - kTextHeight / 2, width + 4, kTextHeight);
  write(pen, text, x, y, colour, true);
  return true;
}
