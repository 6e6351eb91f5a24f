// With #selftest the page checks itself, as cmake/page_test.sh has it do in a browser: the title
// becomes PASS and how much was seen, or FAIL and why.
"use strict";

function expect(holds, what) {
  if (!holds) throw new Error(what);
}

function kindBox(name) {
  return document.querySelector('#legend label[data-kind="' + name + '"] input');
}

function setKind(name, shown) {
  const box = kindBox(name);
  if (box && box.checked !== shown) box.click();
}

function testAllDrawn() {
  for (const box of document.querySelectorAll("#legend input")) {
    if (!box.checked) box.click();
  }
  showWhole();
  draw();
  const all = data.runs.reduce((sum, run) => sum + run.count, 0);
  expect(drawn.events.length === all, "drew " + drawn.events.length + " of " + all + " events");
  const arrows = data.runs.reduce((sum, run) => sum + run.arrows.length, 0);
  expect(drawn.arrows.length === arrows, "drew " + drawn.arrows.length + " of " + arrows +
         " arrows");
  const painted = new Set(pen.getImageData(0, 0, canvas.width, canvas.height).data);
  expect(painted.size > 4, "the canvas is blank");
  return all;
}

function testFilter() {
  const tick = data.kinds.indexOf("tick");
  const ticks = data.runs.reduce(
      (sum, run) => sum + run.kind.filter((kind) => kind === tick).length, 0);
  expect(ticks > 0, "the run has no ticks");
  const before = drawn.events.length;
  setKind("tick", false);
  draw();
  expect(drawn.events.length === before - ticks, "hiding ticks hid something else");
  expect(drawn.events.every(({ run, at }) => run.kind[at] !== tick), "a hidden tick is drawn");
  setKind("tick", true);
}

function testCulling() {
  view.rowHeight = kRowHeight;
  view.y = 0;
  clampView();
  draw();
  const most = Math.ceil(view.height / kRowHeight) + 2;
  expect(drawn.events.length <= most * data.runs.length, "drew what cannot be seen");
  expect(drawn.events.length > 0, "drew nothing");
}

function testSearch() {
  const run = data.runs[0];
  const last = run.count - 1;
  byId("search").value = "#" + (run.first + last);
  byId("search").dispatchEvent(new Event("input"));
  expect(view.hits.some((hit) => hit.run === run && hit.at === last), "search finds no number");
  draw();
  expect(drawn.events.some((event) => event.at === view.selected.at), "the hit is not in sight");
  byId("search").value = "no such words in any run";
  byId("search").dispatchEvent(new Event("input"));
  expect(view.hits.length === 0, "search finds what is not there");
  byId("search").value = "";
  byId("search").dispatchEvent(new Event("input"));
}

function testClick() {
  selectNothing();
  draw();
  const event = drawn.events.find(({ run, at, y }) => run.effects[at].length > 0 &&
                                                      y > kHeadHeight + 20);
  expect(event !== undefined, "no event in sight has a consequence");
  const box = canvas.getBoundingClientRect();
  const at = { clientX: box.left + event.x, clientY: box.top + event.y, pointerId: 1 };
  canvas.setPointerCapture = () => {};
  canvas.dispatchEvent(new PointerEvent("pointerdown", at));
  canvas.dispatchEvent(new PointerEvent("pointerup", at));
  const text = byId("event").textContent;
  expect(text.includes("#" + (event.run.first + event.at) + " "), "a click opens no panel");
  expect(text.includes("--until " + (event.run.first + event.at)), "the panel has no command");
  byId("event").querySelector("a").click();
  expect(view.selected.at !== event.at, "a link of the panel leads nowhere");
}

function testSpacing() {
  const run = data.runs[0];
  setSpacing(true);
  draw();
  const last = rowOf(run, run.count - 1);
  expect(last <= layout.total + 0.001, "true time leaves the page");
  for (let at = 1; at < run.count; ++at)
    expect(rowOf(run, at) >= rowOf(run, at - 1), "time goes upwards");
  setSpacing(false);
}

function testDifference() {
  if (data.differs === 0) return;
  selectNothing();
  byId("difference").click();
  expect(view.selected.run.first + view.selected.at === data.differs, "the difference is missed");
}

// The curve and its lines are drawn, each in its colour.
function testBlame() {
  for (const run of data.runs.filter((run) => run.blame)) {
    const { forks, curve, jumps } = run.blame;
    expect(curve[curve.length - 1][1] === forks, "the curve does not end where all fail");
    expect(jumps.length > 0, "nothing is to blame");
    showWhole();
    draw();
    const ratio = window.devicePixelRatio || 1;
    const strip = pen.getImageData(kBlameLeft * ratio, kHeadHeight * ratio, kBlameWidth * ratio,
                                   canvas.height - kHeadHeight * ratio).data;
    const paper = strip.filter((_, i) => i % 4 === 1 && strip[i] > 240).length;
    expect(paper > 0 && paper < strip.length / 4, "the curve is not drawn");
  }
}

// How long one drawing takes where everything can be seen.
function timeOfDrawing() {
  showWhole();
  const begin = performance.now();
  for (let i = 0; i < 5; ++i) draw();
  return (performance.now() - begin) / 5;
}

function selfTest() {
  try {
    const all = testAllDrawn();
    testFilter();
    testCulling();
    testSearch();
    testClick();
    testSpacing();
    testDifference();
    testBlame();
    document.title = "PASS " + all + " events, " + Math.round(timeOfDrawing()) + " ms to draw all";
  } catch (error) {
    document.title = "FAIL: " + error.message;
  }
}

if (location.hash === "#selftest") selfTest();
