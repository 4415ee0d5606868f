// The live demo: type an expression; a small transformer answers it here, in the browser. An
// anywidget's module; on a page without a kernel, model.get("model") returns what a cell exported.

import { make, showAttention } from "../viz/attention_explorer.js";
import { decoder, readTensors, softmax } from "./decoder.js";
import { check, evaluate, parse, spell } from "./expression.js";

const LONGEST = 3; // tokens of an answer: two digits and <eos>
const CANDIDATES = 3; // candidates for each token of the answer

const sure = share => (share >= 0.9995 ? "100 %" : share < 0.0005 ? "under 0.1 %" : `${(100 * share).toFixed(1)} %`);

// The answer of greedy decoding, and how sure the model was of each of its tokens.
function answer(forward, ids, tokens) {
  const steps = [], all = [...ids], eos = tokens.indexOf("<eos>");
  for (;;) {
    const { logits, weights } = forward(all), shares = [...softmax(logits.at(-1))];
    const ranked = shares.map((share, id) => ({ share, id })).sort((a, b) => b.share - a.share);
    steps.push(ranked);
    const best = ranked[0].id;
    if (best === eos || steps.length === LONGEST) {
      const said = best === eos ? all : [...all, best];
      return { text: said.slice(ids.length).map(id => tokens[id]).join(""), steps, read: all, weights };
    }
    all.push(best);
  }
}

// Attention as the explorer takes it: 0 to 255, row by row up to the diagonal.
function explored(weights, tokens, start) {
  const levels = weights.flat().flatMap(rows => rows.flatMap((row, t) => [...row.subarray(0, t + 1)]));
  return {
    tokens, layers: weights.length, heads: weights[0].length, causal: true, start,
    weights: Uint8Array.from(levels, weight => Math.round(255 * weight)),
  };
}

function render({ model, el }) {
  const { config, tensors, tokens, task, tasks, examples } = model.get("model");
  const forward = decoder(config, readTensors(Uint8Array.from(atob(tensors), c => c.charCodeAt(0))));

  const number = document.querySelectorAll(".as-demo input").length; // names stay apart on a page with two
  const [box, fault] = [`expression-${number}`, `fault-${number}`];
  const input = make("input", {
    id: box, type: "text", value: examples[0], spellcheck: false, autocomplete: "off", autocapitalize: "off",
    "aria-describedby": fault,
  });
  const wrong = make("p", { id: fault, className: "fault", role: "alert" });
  const form = make("form", { className: "ask" }, make("label", { htmlFor: box }, "Expression"), input,
    make("button", { type: "submit" }, "Answer"));
  const tries = make("div", { className: "examples", role: "group", "aria-label": "Examples" },
    ...examples.map(text => make("button", { type: "button", onclick: () => { input.value = text; run(); } }, text)));
  const says = make("p", { className: "answer", "aria-live": "polite" });
  const candidates = make("ol", { className: "steps", "aria-label": "How sure it was of each token" });
  const attention = make("div", { className: "as-explorer" });
  const results = make("div", {}, says, candidates,
    make("p", { className: "title" }, "Where it looked"), attention);

  function show(expression) {
    const question = spell(expression), ids = question.map(word => tokens.indexOf(word));
    const { text, steps, read, weights } = answer(forward, ids, tokens), right = `${evaluate(expression)}`;
    says.replaceChildren("The model answers ", make("b", {}, text || "nothing"),
      text === right ? ". That is right." : `. That is wrong: it is ${right}.`);
    says.classList.toggle("wrong", text !== right);
    candidates.replaceChildren(...steps.map((ranked, i) => make("li", {},
      make("span", { className: "after" }, `after ${tokens[read[ids.length + i - 1]]}`),
      ...ranked.slice(0, CANDIDATES).map(({ share, id }) => make("span", { className: "candidate" },
        make("b", {}, tokens[id]), ` ${sure(share)}`)))));
    const chosen = [...attention.querySelectorAll(".map")].findIndex(map => map.getAttribute("aria-checked") === "true");
    const head = chosen < 0 ? config.layers * config.heads - 1 : chosen;
    const start = [Math.floor(head / config.heads), head % config.heads, ids.length - 1];
    showAttention(explored(weights, read.map(id => tokens[id]), start), attention);
  }

  function run() {
    let message = "";
    try {
      const expression = parse(input.value, task.largest);
      check(expression, task, tasks);
      show(expression);
    } catch (error) {
      message = error.message;
    }
    wrong.textContent = message;
    input.setAttribute("aria-invalid", `${message !== ""}`);
    results.hidden = message !== "";
  }

  form.onsubmit = event => {
    event.preventDefault();
    run();
  };
  el.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab: these keys are ours
  el.replaceChildren(form, wrong, tries, results);
  run();
}

export default { render, decoder, readTensors, parse, check, evaluate, spell, answer };
