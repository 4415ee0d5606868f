// Attention to look around in: pick a layer, a head and a query token. An anywidget's module; on a
// page without a kernel, model.get("attention") returns what a cell exported.

const LEVELS = 255, NAMED = 3;
const BLUE = [42, 134, 200]; // seen well on white and on black, so that it fits every theme

export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const range = n => Array.from({ length: n }, (_, i) => i);
const percent = level => {
  const share = Math.floor((200 * level + LEVELS) / (2 * LEVELS));
  return share === 0 && level ? "under 1 %" : `${share} %`;
};

// rows(layer, head, query) -> T levels of 0 to 255, from the bytes a cell packed.
function reader({ tokens, heads, causal, weights }) {
  const bytes = typeof weights === "string" ? Uint8Array.from(atob(weights), c => c.charCodeAt(0)) : weights;
  const T = tokens.length, size = causal ? (T * (T + 1)) / 2 : T * T;
  return (layer, head, query) => {
    const first = (layer * heads + head) * size + (causal ? (query * (query + 1)) / 2 : query * T);
    const row = new Uint8Array(T);
    row.set(bytes.subarray(first, first + (causal ? query + 1 : T)));
    return row;
  };
}

const byWeight = row => range(row.length).filter(key => row[key]).sort((a, b) => row[b] - row[a] || a - b);

function sentence(tokens, row, layer, head, query) {
  const token = place => `${place} “${tokens[place]}”`;
  const keys = byWeight(row), others = keys.slice(NAMED);
  const named = keys.slice(0, NAMED).map(key => `${token(key)} ${percent(row[key])}`).join(", ");
  const rest = others.length
    ? `; ${others.length} more key${others.length > 1 ? "s" : ""}: ${percent(others.reduce((sum, key) => sum + row[key], 0))}`
    : "";
  return `Layer ${layer}, head ${head}. Query ${token(query)} looks at ${named || "nothing"}${rest}.`;
}

// A group of buttons of which one is chosen: one tab stop, arrows move the choice.
function choice(properties, buttons, columns, picked) {
  const group = make("div", { role: "radiogroup", ...properties }, ...buttons);
  const choose = number => {
    buttons.forEach((button, i) => {
      button.setAttribute("aria-checked", `${i === number}`);
      button.tabIndex = i === number ? 0 : -1;
    });
  };
  buttons.forEach((button, i) => {
    button.setAttribute("role", "radio");
    button.onclick = () => picked(i);
    button.onkeydown = event => {
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
      const to = { Home: 0, End: buttons.length - 1 }[event.key] ?? (step === undefined ? undefined : i + step);
      if (to === undefined) return;
      event.preventDefault();
      if (!buttons[to]) return;
      picked(to);
      buttons[to].focus();
    };
  });
  return { group, choose };
}

// A head's whole map: a pixel a weight, as dense as the weight is large.
function map(rows) {
  const T = rows.length, canvas = make("canvas", { width: T, height: T });
  const context = canvas.getContext("2d"), image = context.createImageData(T, T);
  rows.forEach((row, query) => row.forEach((level, key) => {
    image.data.set([...BLUE, level], 4 * (query * T + key));
  }));
  context.putImageData(image, 0, 0);
  return canvas;
}

// { tokens, layers, heads, causal, weights, start }; weights as bytes, or as base64 of them.
export function showAttention(attention, el) {
  const { tokens, layers, heads } = attention;
  const rowOf = reader(attention), T = tokens.length;
  let [layer, head, query] = attention.start;

  const says = make("p", { className: "says", "aria-live": "polite" });
  const strip = choice({ className: "strip", "aria-label": "Query token" }, tokens.map((token, i) =>
    make("button", { type: "button", className: "token", "aria-label": `${i} ${token}` },
      make("span", { className: "percent" }), make("span", { className: "well" }, make("i", { className: "bar" })),
      make("span", { className: "text" }, token), make("small", {}, `${i}`))), 1, i => show(layer, head, i));
  const grid = choice({ className: "maps", "aria-label": "Layer and head", style: `--heads:${heads}` },
    range(layers * heads).map(i => {
      const [l, h] = [Math.floor(i / heads), i % heads];
      const marker = make("i", { className: "here" });
      return make("button", { type: "button", className: "map", "aria-label": `Layer ${l}, head ${h}`, title: `Layer ${l}, head ${h}` },
        map(range(T).map(q => rowOf(l, h, q))), marker);
    }), heads, i => show(Math.floor(i / heads), i % heads, query));
  const body = make("tbody");
  const table = make("table", {}, make("thead", {}, make("tr", {},
    ...["key", "token", "weight"].map(name => make("th", { scope: "col" }, name)))), body);
  const scroll = { className: "scroll", tabIndex: 0, role: "group", "aria-label": "Weights of this query, table" };
  const details = make("details", {}, make("summary", {}, "Weights of this query"), make("div", scroll, table));

  function show(...chosen) {
    [layer, head, query] = chosen;
    const row = rowOf(layer, head, query), text = sentence(tokens, row, layer, head, query);
    if (says.textContent !== text) says.textContent = text;
    strip.choose(query);
    grid.choose(layer * heads + head);
    strip.group.querySelectorAll(".token").forEach((button, key) => {
      const level = row[key];
      button.classList.toggle("unseen", level === 0);
      button.querySelector(".percent").textContent = level * 200 >= LEVELS ? percent(level) : "";
      button.querySelector(".bar").style.height = `${(100 * level) / LEVELS}%`;
    });
    el.style.setProperty("--query", (query + 0.5) / T);
    fill(row);
  }

  function fill(row) {
    if (!details.open) return;
    body.replaceChildren(...byWeight(row).map(key => make("tr", {}, make("th", { scope: "row" }, `${key}`),
      make("td", {}, tokens[key]), make("td", {}, percent(row[key])))));
  }

  details.addEventListener("toggle", () => fill(rowOf(layer, head, query)));
  const across = range(heads).map(h => make("span", {}, heads > 4 ? `${h}` : `head ${h}`));
  const down = range(layers).map(l => make("span", {}, `layer ${l}`));
  const maps = make("div", { className: "heads", style: `--heads:${heads};--layers:${layers}` },
    make("div", { className: "across", "aria-hidden": "true" }, ...across),
    make("div", { className: "down", "aria-hidden": "true" }, ...down), grid.group);
  el.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab: these keys are ours
  el.replaceChildren(says, strip.group, maps, details);
  show(layer, head, query);
}

export default { render: ({ model, el }) => showAttention(model.get("attention"), el) };
