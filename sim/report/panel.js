// The panel beside the diagram: all that is known of one event, and the head of the page. Whatever
// comes from the run is put in as text, never as HTML.
"use strict";

// element("p.bad", "text", child ...)
function element(what, ...children) {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag);
  made.className = classes.join(" ");
  made.append(...children);
  return made;
}

function linkTo(run, at, text) {
  const link = element("a", text);
  link.addEventListener("click", () => select(run, at, true));
  return link;
}

function rowOfTable(name, ...values) {
  return element("tr", element("td", name), element("td", ...values));
}

const milliseconds = (us) => (us / 1000).toFixed(3) + " ms";

// ---- the head

function showHead() {
  const head = document.getElementById("head");
  data.runs.forEach((run) => {
    const part = head.appendChild(element("div"));
    const title = element("h1", run.scenario + " ", element("span.seed", "seed " + run.seed));
    if (data.runs.length > 1) title.prepend(letterOf(run).trim() + ": ");
    const bad = run.violations.length > 0;
    const outcome = bad ? "VIOLATION" : run.whole ? run.outcome : "a part of the run";
    title.append(element("span.outcome" + (bad ? ".bad" : ""), outcome));
    part.append(title);
    for (const violation of run.violations.slice(0, 3)) {
      part.append(element("p.violated", element("b", violation.property), ": " + violation.what));
    }
    part.append(element("p.muted", run.record + ": events " + run.first + " to " + run.last +
        (run.whole ? "" : " of a longer run") + ", " + run.nodes + " machines, " + run.clients +
        " clients, " + milliseconds(run.time[run.count - 1] - run.time[0])));
    if (run.parting !== "") {
      part.append(element("p.warn", "This is not the run that was recorded: " + run.parting));
    }
  });
  if (data.runs.length > 1 && data.differs === 0)
    head.append(element("div", element("p", "No event differs.")));
  document.title = "VorDB: " + data.runs.map((run) => run.scenario + " " + run.seed).join(", ");
}

// ---- one event

// A word of a command line, whatever the name of the file is.
function shellWord(text) {
  return /^[\w.\/+=:@-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'";
}

function replayCommand(run, number) {
  return "vordb-sim replay " + shellWord(run.record) + " --until " + number +
         " --verbose --from-event " + number;
}

function describe(run, at) {
  return "#" + (run.first + at) + " " + laneName(run, run.lane[at]) + " " + titleOf(run, at);
}

// From the event back to what a client asked for, or to the beginning.
function causesOf(run, at) {
  const chain = [];
  for (let cause = run.causeAt[at]; cause >= 0; cause = run.causeAt[cause]) {
    chain.push(cause);
    if (laneKind(run, run.lane[cause]) === "client" &&
        data.kinds[run.kind[cause]] === "think") break;
  }
  return chain;
}

function listOf(run, events) {
  const list = element("ol");
  const most = 60;
  for (const at of events.slice(0, most)) {
    const item = element("li", linkTo(run, at, describe(run, at)));
    const note = run.notesOf[at][0];
    if (laneKind(run, run.lane[at]) === "client" && note) {
      item.append(element("span.muted", " " + note.what));
    }
    list.append(item);
  }
  if (events.length > most) list.append(element("li", "and " + (events.length - most) + " more"));
  return list;
}

function describeMessage(run, message) {
  const fate = data.fates[message.fate] + (message.late ? ", overtaken by a later one" : "");
  const part = element("div",
      element("h2", message.arrived ? "message" : "message that it sent and that is lost"),
      element("table",
          rowOfTable("name", message.name),
          rowOfTable("way", laneName(run, message.from) + " to " + laneName(run, message.to)),
          rowOfTable("fate", fate),
          rowOfTable("bytes", String(message.bytes))));
  if (message.body !== "") part.append(element("pre", message.body));
  return part;
}

function showEvent() {
  const panel = document.getElementById("event");
  panel.replaceChildren();
  if (view.selected === null) {
    panel.append(element("h2", "Event"), element("p.muted", "Click an event or an arrow."));
    return;
  }
  const { run, at } = view.selected;
  const number = run.first + at;
  const violated = run.violations.filter((violation) => violation.event === number);
  panel.append(element("h2", "#" + number + " " + data.kinds[run.kind[at]]));
  for (const violation of violated) {
    panel.append(element("p.violated", element("b", violation.property), ": " + violation.what));
  }
  const table = element("table",
      rowOfTable("time", milliseconds(run.time[at])),
      rowOfTable("phase", run.phase[at]),
      rowOfTable("lane", laneName(run, run.lane[at]) +
          (laneKind(run, run.lane[at]) === "node"
              ? ", shard " + run.shard[at] + ", life " + run.life[at] : "")));
  if (data.runs.length > 1) table.prepend(rowOfTable("run", run.record));
  if (run.brought[at] !== "") table.append(rowOfTable("brings", run.brought[at]));
  table.append(rowOfTable("decisions", run.draws[at] + " before it"),
               rowOfTable("digest", run.digest[at] === 0 ? "none" : run.digest[at]));
  panel.append(table);
  for (const message of run.messagesOf[at]) panel.append(describeMessage(run, message));
  if (run.notesOf[at].length > 0) {
    panel.append(element("h2", "what came of it"),
        element("ul", ...run.notesOf[at].map((note) =>
            element("li", element("b", note.who), " " + note.what))));
  }
  const chain = causesOf(run, at);
  panel.append(element("h2", "causes, the nearest first"));
  if (chain.length > 0) panel.append(listOf(run, chain));
  const oldest = chain.length > 0 ? chain[chain.length - 1] : at;
  if (run.cause[oldest] === 0) panel.append(element("p.muted", "the beginning of the run"));
  else if (run.causeAt[oldest] < 0)
    panel.append(element("p.muted", "#" + run.cause[oldest] + ", before this page"));
  panel.append(element("h2", "consequences"));
  if (run.effects[at].length > 0) panel.append(listOf(run, run.effects[at]));
  else panel.append(element("p.muted", "none on this page"));
  panel.append(element("h2", "run it up to here"),
               element("pre.command", replayCommand(run, number)));
  document.getElementById("panel").scrollTop = 0;
}

// `jump`: brings it onto the canvas. Its lane is shown from now on, its kind only for it.
function select(run, at, jump) {
  const lane = laneKey(run, run.lane[at]);
  if (view.hiddenLanes.delete(lane)) showLegend();
  view.selected = { run, at };
  relay();
  if (jump) scrollTo(run, at);
  showEvent();
  drawSoon();
}

function selectNothing() {
  view.selected = null;
  relay();
  showEvent();
  drawSoon();
}
