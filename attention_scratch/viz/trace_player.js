// Plays a trace of a CUDA block, a warp at a time: source, lanes, memory. An anywidget's module;
// on a page without a kernel, model.get("trace") returns what a cell exported.

const STATES = ["read", "write", "atomic", "wait", "go", "meet", "go", "done"];
const GLYPHS = { read: "R", write: "W", atomic: "A", wait: "‖", go: "→", meet: "⇄", done: "✓" };
const MEANING = {
  read: "reads", write: "writes", atomic: "updates atomically", wait: "waits", go: "goes on",
  meet: "meets the others", done: "is done", idle: "is idle",
};
const HEADINGS = [
  "global memory: a row is 128 bytes, four sectors of eight words",
  "shared memory: a row is 32 words, a column a bank",
  "constant memory: a row is 32 words",
  "memory: a row is 32 words",
];
const SHARED = 1, MILLISECONDS = 1100, FEW_ROWS = 8;
const TOKENS = new RegExp(
  String.raw`(?<comment>\/\/.*|\/\*.*?\*\/)|(?<string>"[^"]*")|\b(?<keyword>__\w+__|extern|template` +
  String.raw`|typename|struct|const|constexpr|static|inline|void|bool|char|short|int|long|unsigned` +
  String.raw`|float|double|auto|if|else|for|while|do|return|break|continue|using|__\w+)\b`, "g");

function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const range = n => Array.from({ length: n }, (_, i) => i);
const has = (mask, lane) => (mask >>> lane) & 1;

// The lanes that take part in a step, each with the byte it touches.
function accesses(step) {
  const lanes = range(32).filter(lane => has(step.n, lane));
  if (step.k > 2) return [];
  return lanes.map((lane, i) => [lane, step.f ? step.f[0] + i * step.f[1] : step.o[i]]);
}

// Lanes by 4-byte word, and by bank: `lanes` on it, `words` they want of it.
function layout(step) {
  const words = new Map(), banks = range(32).map(() => ({ lanes: new Set(), words: new Set() }));
  for (const [lane, offset] of accesses(step)) {
    for (let word = offset >> 2; word <= (offset + step.z - 1) >> 2; word++) {
      words.set(word, [...(words.get(word) ?? []), lane]);
      banks[word & 31].lanes.add(lane);
      banks[word & 31].words.add(word);
    }
  }
  return { words, banks, rows: [...new Set([...words.keys()].map(word => word >> 5))].sort((a, b) => a - b) };
}

function stateOf(step, lane, threads) {
  if (lane >= threads) return "none";
  if (has(step.n, lane)) return step.k === 5 && !step.p ? "wait" : STATES[step.k];
  return has(step.w, lane) ? "wait" : has(step.d, lane) ? "done" : "idle";
}

function sourceView(text) {
  const lines = text.split("\n").map((line, i) => {
    const code = make("span", { className: "text" });
    let end = 0;
    for (const found of line.matchAll(TOKENS)) {
      const kind = Object.keys(found.groups).find(name => found.groups[name]);
      code.append(line.slice(end, found.index), make("span", { className: kind }, found[0]));
      end = found.index + found[0].length;
    }
    code.append(line.slice(end));
    return make("div", { className: "line" }, make("span", { className: "number" }, `${i + 1}`), code);
  });
  const view = make("div", { className: "source", tabIndex: 0, role: "group", "aria-label": "Source" });
  view.append(make("div", { className: "lines" }, ...lines));
  let marked = null;
  const show = number => {
    marked?.classList.remove("now");
    marked = lines[number - 1];
    if (!marked) return;
    marked.classList.add("now");
    const height = marked.offsetHeight, above = (view.clientHeight / height - 1) >> 1;
    view.scrollTop = marked.offsetTop - above * height;
  };
  return { view, show };
}

function memoryView(trace) {
  const heading = make("p", { className: "heading" });
  const grid = make("div", { className: "memory", role: "img" });
  const cell = (className, row, column, text = "", span = 1) => {
    const style = `grid-row:${row};grid-column:${column}/span ${span}`;
    return make("div", { className, style }, text);
  };
  const height = rows => rows * (rows > FEW_ROWS ? 12 : 21) + 42;
  const reserve = steps => {
    const most = Math.max(0, ...steps.map(step => layout(step).rows.length).map(height));
    grid.parentElement.style.minHeight = `${most + 28}px`;
  };
  const show = step => {
    const { words, banks, rows } = layout(step), array = trace.arrays[step.a], cells = [];
    grid.classList.toggle("many", rows.length > FEW_ROWS);
    grid.classList.toggle("shared", step.s === SHARED);
    heading.textContent = rows.length ? `${array ? `${array.name}, ` : ""}${HEADINGS[step.s]}` : "";
    grid.hidden = !rows.length;
    grid.setAttribute("aria-label", `${heading.textContent}. ${step.t}`);
    const top = step.s === SHARED ? 2 : 1; // the grid's row of the first row of words
    const placeOf = word => [top + rows.indexOf(word >> 5), (word & 31) + 2];
    if (step.s === SHARED) {
      cells.push(cell("label", 1, 1, "lanes"), cell("label", rows.length + 2, 1, "bank"));
      banks.forEach((bank, i) => {
        const count = bank.lanes.size, conflict = bank.words.size > 1 ? " conflict" : "";
        cells.push(cell(`count${conflict}`, 1, i + 2, count ? `${count}` : ""));
        cells.push(cell(`bank${i % 4 ? " minor" : ""}`, rows.length + 2, i + 2, `${i}`));
      });
    }
    rows.forEach((row, r) => {
      const first = array ? Math.max(0, Math.ceil((row * 128 - array.base) / array.element)) : row * 32;
      const label = rows.length > FEW_ROWS && r % 4 ? "" : `[${first}]`;
      cells.push(cell("label", r + top, 1, label), cell("strip", r + top, 2, "", 32));
    });
    const state = STATES[step.k];
    for (const sector of new Set(step.s === 0 ? [...words.keys()].map(word => word >> 3) : [])) {
      cells.push(cell(`sector ${state}`, ...placeOf(sector << 3), "", 8));
    }
    for (const [word, lanes] of words) {
      const text = lanes.length > 1 ? `${lanes.length}×` : `${lanes[0]}`;
      cells.push(cell(`word ${state}`, ...placeOf(word), text));
    }
    grid.replaceChildren(...cells);
  };
  return { view: make("div", {}, heading, grid), show, reserve };
}

function tableView(trace) {
  const body = make("tbody");
  const head = ["lane", "does", "element", "byte"].map(name => make("th", { scope: "col" }, name));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...head)), body);
  const scroll = { className: "scroll", tabIndex: 0, role: "group", "aria-label": "What each lane does, table" };
  const view = make("details", {}, make("summary", {}, "What each lane does"), make("div", scroll, table));
  let latest = null;
  const fill = () => {
    if (!view.open || !latest) return;
    const [step, threads] = latest, bytes = new Map(accesses(step)), array = trace.arrays[step.a];
    body.replaceChildren(...range(threads).map(lane => {
      const byte = bytes.get(lane);
      const element = byte === undefined || !array ? "" : `${array.name}[${(byte - array.base) / array.element}]`;
      const cells = [MEANING[stateOf(step, lane, threads)], element, `${byte ?? ""}`];
      return make("tr", {}, make("th", { scope: "row" }, `${lane}`), ...cells.map(text => make("td", {}, text)));
    }));
  };
  view.addEventListener("toggle", fill);
  return { view, show: (step, threads) => { latest = [step, threads]; fill(); } };
}

function render({ model, el }) {
  const trace = model.get("trace");
  let warp = trace.warps[0], at = 0, timer = null;

  const button = (label, glyph) => make("button", { type: "button", "aria-label": label, title: label }, glyph);
  const back = button("Step back", "◂"), forward = button("Step forward", "▸"), play = button("Play", "Play");
  const slider = make("input", { type: "range", min: 0, step: 1, "aria-label": "Step" });
  const place = make("span", { className: "place", "aria-hidden": "true" });
  const blocks = new Set(trace.warps.map(w => w.block)).size;
  const nameOf = w => `${blocks > 1 ? `Block ${w.block}, warp` : "Warp"} ${w.warp}`;
  const select = make("select", { "aria-label": "Warp" }, ...trace.warps.map((w, i) => make("option", { value: i }, nameOf(w))));
  const says = make("p", { className: "says", "aria-live": "polite" });
  const lanes = make("div", { className: "lanes", role: "img" });
  const source = sourceView(trace.source), memory = memoryView(trace), table = tableView(trace);
  const key = ["read", "write", "atomic", "wait", "meet", "done"]
    .filter(state => trace.warps.some(w => w.steps.some(step => range(32).some(i => stateOf(step, i, w.lanes) === state))))
    .map(state => make("span", {}, make("i", { className: `lane ${state}` }, GLYPHS[state]), ` ${MEANING[state]}`));

  function show(number) {
    at = Math.min(Math.max(number, 0), warp.steps.length - 1);
    const step = warp.steps[at];
    slider.max = warp.steps.length - 1;
    slider.value = at;
    slider.setAttribute("aria-valuetext", `step ${at + 1} of ${warp.steps.length}`);
    place.textContent = `${at + 1} / ${warp.steps.length}`;
    says.replaceChildren(
      make("b", {}, `Step ${at + 1} of ${warp.steps.length}: `), step.t,
      step.r ? make("span", { className: step.r.includes("-way") ? "remark conflict" : "remark" }, ` (${step.r})`) : "");
    source.show(step.l);
    lanes.replaceChildren(...range(32).map(lane => {
      const state = stateOf(step, lane, warp.lanes);
      return make("div", { className: `lane ${state}` }, make("small", {}, `${lane}`), GLYPHS[state] ?? "");
    }));
    lanes.setAttribute("aria-label", `Lanes. ${step.t}`);
    memory.show(step);
    table.show(step, warp.lanes);
    back.disabled = at === 0;
    forward.disabled = at === warp.steps.length - 1;
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
    play.textContent = "Play";
    play.setAttribute("aria-label", "Play");
    play.title = "Play";
    says.setAttribute("aria-live", "polite");
  }

  function tick() {
    if (!el.isConnected || at === warp.steps.length - 1) return stop();
    show(at + 1);
    timer = setTimeout(tick, MILLISECONDS);
  }

  function go(number) {
    stop();
    show(number);
  }

  back.onclick = () => go(at - 1);
  forward.onclick = () => go(at + 1);
  play.onclick = () => {
    if (timer) return go(at);
    if (at === warp.steps.length - 1) show(0);
    says.setAttribute("aria-live", "off"); // not a word a second
    play.textContent = "Pause";
    play.setAttribute("aria-label", "Pause");
    play.title = "Pause";
    timer = setTimeout(tick, MILLISECONDS);
  };
  slider.oninput = () => go(Number(slider.value));
  select.onchange = () => {
    warp = trace.warps[select.value];
    memory.reserve(warp.steps);
    go(at);
  };
  const bar = make("div", { className: "bar", role: "group", "aria-label": "Player" });
  bar.append(...(trace.warps.length > 1 ? [select] : []), back, play, forward, slider, place);
  bar.onkeydown = event => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: Infinity }[event.key];
    if (to === undefined || event.target.tagName !== "BUTTON") return;
    event.preventDefault();
    go(to);
  };
  el.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab: these keys are ours
  el.replaceChildren(bar, says, source.view, lanes, make("p", { className: "key" }, ...key), memory.view, table.view);
  memory.reserve(warp.steps);
  show(0);
  return stop;
}

export default { render };
