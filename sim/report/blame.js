// How likely the failure was, from the top of the run to its end, as a curve at the left of the
// lanes; and the events whose decisions made it so, as lines over the whole run.
"use strict";

const kBlameLeft = 146;
const kBlameWidth = kBlameRoom - 14;  // for all forks

// A point's event is the first that its forks drew anew.
function blamePlace(run, event) {
  const at = Math.min(Math.max(event - run.first, 0), run.count - 1);
  return { at, y: Math.max(yOf(run, at), kHeadHeight) };
}

function drawBlameCurve(run) {
  const { forks, curve } = run.blame;
  const base = kBlameLeft;
  const xOfFailed = (failed) => base + failed / forks * kBlameWidth;
  pen.beginPath();
  pen.moveTo(base, kHeadHeight);
  let x = base, y = kHeadHeight;
  for (const [event, failed] of curve) {
    y = blamePlace(run, event).y;
    pen.lineTo(x, y);
    x = xOfFailed(failed);
    pen.lineTo(x, y);
  }
  pen.lineTo(base, y);
  pen.closePath();
  pen.globalAlpha = 0.25;
  pen.fillStyle = colours.violation;
  pen.fill();
  pen.globalAlpha = 1;
  pen.strokeStyle = colours.violation;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.stroke();
}

function drawBlameLines(run) {
  for (const [event, text] of run.blame.jumps) {
    const at = event - run.first;
    if (at >= 0 && at < run.count) drawMarkLine(run, at, colours.fault, text);
  }
}
