// Expressions of the operations task: read with the errors of attention_scratch's parser, spelled
// as token ids, and evaluated. An expression is { name, operands }, an operand one or a number.

const DEEPEST = 16, QUOTED = 60;
const PIECE = /\s*(?:(?<name>[A-Za-z_]+)|(?<number>-?[0-9]+)|(?<mark>[(),]))/y;
const MEANING = {
  First: values => values[0],
  Second: values => values[1],
  Last: values => values.at(-1),
  Max: values => Math.max(...values),
  Min: values => Math.min(...values),
};
const OPERATIONS = Object.keys(MEANING);

class InputError extends Error {
  constructor(field, given, expected, remedy) {
    super(`${field}: got ${given}; expected ${expected}. ${remedy}`);
  }
}

// A text as Python's repr() writes it.
function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escapes = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", [mark]: `\\${mark}` };
  return mark + [...text].map(sign => escapes[sign] ?? sign).join("") + mark;
}

// How alike two words are, from 0 to 1: difflib's ratio (Ratcliff & Obershelp 1988).
function alike(a, b) {
  const common = (a, b) => {
    let best = [0, 0, 0];
    for (let i = 0; i < a.length; i++) {
      for (let j = 0; j < b.length; j++) {
        let size = 0;
        while (i + size < a.length && j + size < b.length && a[i + size] === b[j + size]) size++;
        if (size > best[0]) best = [size, i, j];
      }
    }
    const [size, i, j] = best;
    return size && size + common(a.slice(0, i), b.slice(0, j)) + common(a.slice(i + size), b.slice(j + size));
  };
  return (2 * common(a, b)) / (a.length + b.length);
}

function nearest(name) {
  if (name.length > 20) return null;
  const word = name[0].toUpperCase() + name.slice(1).toLowerCase();
  const rated = OPERATIONS.map(known => [alike(known, word), known]).filter(([ratio]) => ratio >= 0.6);
  return rated.sort(([a, x], [b, y]) => b - a || (x < y ? 1 : -1))[0]?.[1] ?? null;
}

export function parse(text, largest) {
  const whole = text, signs = [...whole], open = [];

  // Positions count characters, not JavaScript's 16-bit units.
  function mistake({ kind, text, start }, expected, remedy) {
    const at = [...whole.slice(0, start)].length;
    const found = kind === "end" ? "the text ends" : quoted([...text].length > 20 ? `${[...text].slice(0, 20).join("")}…` : text);
    const first = Math.max(0, Math.min(at - QUOTED / 2, signs.length - QUOTED));
    const part = quoted(signs.slice(first, first + QUOTED).join(""));
    const shown = `${first ? "…" : ""}${part}${first + QUOTED < signs.length ? "…" : ""}`;
    return new InputError("expression", `${found} at character ${at + 1} of ${shown}`, expected, remedy);
  }

  let position = 0;
  function next() {
    PIECE.lastIndex = position;
    const match = PIECE.exec(whole);
    if (match) {
      const kind = Object.keys(match.groups).find(name => match.groups[name] !== undefined);
      position = PIECE.lastIndex;
      return { kind, text: match.groups[kind], start: position - match.groups[kind].length };
    }
    const start = whole.length - whole.slice(position).trimStart().length;
    if (start === whole.length) return { kind: "end", text: "", start };
    const sign = String.fromCodePoint(whole.codePointAt(start));
    throw mistake({ kind: "strange", text: sign, start }, "a letter, a digit, '(', ')' or ','", "Remove it.");
  }

  function begin(piece) {
    if (!OPERATIONS.includes(piece.text)) {
      const meant = nearest(piece.text);
      throw mistake(piece, `an operation: ${OPERATIONS.join(", ")}`, meant ? `Did you mean ${meant}?` : "Take one of these.");
    }
    if (open.length === DEEPEST) {
      throw mistake(piece, `at most ${DEEPEST} levels of operations`, "Replace an inner expression by its value.");
    }
    const mark = next();
    if (mark.text !== "(") throw mistake(mark, `'(' after ${piece.text}`, `Write ${piece.text}(…).`);
    open.push({ name: piece.text, start: piece.start, parenthesis: mark.start, operands: [] });
  }

  function unclosed(piece) {
    const { name, parenthesis } = open.at(-1), at = [...whole.slice(0, parenthesis)].length + 1;
    return mistake(piece, `')' for the '(' at character ${at}`, `Close ${name}(… there.`);
  }

  function number(piece) {
    const value = piece.text.startsWith("-") ? largest + 1 : Number(piece.text);
    if (value > largest) throw mistake(piece, `an operand from 0 to ${largest}`, "Use a number in this range.");
    if (piece.text !== `${value}`) throw mistake(piece, "a number without leading zeros", `Write ${value}.`);
    return value;
  }

  // After an operand: null behind ",", the finished expression behind ")".
  function commaOrClose() {
    const piece = next();
    if (piece.text === ",") return null;
    if (piece.kind === "end") throw unclosed(piece);
    if (piece.text !== ")") throw mistake(piece, "',' or ')'", "Separate operands by commas.");
    const { name, start, operands } = open.pop(), fewest = name === "Second" ? 2 : 1;
    if (operands.length < fewest) {
      const expected = `at least ${fewest} operands for ${name}, not ${operands.length}`;
      throw mistake({ kind: "name", text: name, start }, expected, "Add one, or use First.");
    }
    return { name, operands };
  }

  // After "(" or ",": a number, the start of an operation (null), or a mistake.
  function operand() {
    const piece = next(), { name, operands } = open.at(-1);
    if (piece.kind === "name") return begin(piece), null;
    if (piece.kind === "number") {
      operands.push(number(piece));
      return commaOrClose();
    }
    if (piece.kind === "end") throw unclosed(piece);
    if (piece.text === ")" && !operands.length) {
      throw mistake(piece, `an operand: ${name}() has an empty list`, "Put a number there.");
    }
    throw mistake(piece, "a number or an operation", "Put one there, or remove a mark.");
  }

  const piece = next();
  if (piece.kind !== "name") {
    throw mistake(piece, "an operation first", `Begin with one of ${OPERATIONS.join(", ")}.`);
  }
  begin(piece);
  for (;;) {
    let closed = operand();
    while (closed) {
      if (!open.length) {
        const rest = next();
        if (rest.text === ")") throw mistake(rest, "the end: every '(' is closed already", "Remove this ')'.");
        if (rest.kind !== "end") throw mistake(rest, "the end of the expression", "Give one expression at a time.");
        return closed;
      }
      open.at(-1).operands.push(closed);
      closed = commaOrClose();
    }
  }
}

export const written = e => (typeof e === "number" ? `${e}` : `${e.name}(${e.operands.map(written).join(",")})`);
export const evaluate = e => (typeof e === "number" ? e : MEANING[e.name](e.operands.map(evaluate)));

// The largest number, the most operands of one operation, and the levels of an expression.
function sizes(e) {
  if (typeof e === "number") return [e, 0, 0];
  const inner = e.operands.map(sizes), most = i => Math.max(...inner.map(size => size[i]));
  return [most(0), Math.max(e.operands.length, most(1)), 1 + most(2)];
}

// Throws unless the expression is one of the task's: { name, largest, operands, depth }.
export function check(expression, task, tasks) {
  const given = sizes(expression), limits = of => [of.largest, of.operands, of.depth];
  const wider = tasks.find(other => limits(other).every((limit, i) => given[i] <= limit));
  ["numbers", "operands of one operation", "levels"].forEach((what, i) => {
    if (given[i] <= limits(task)[i]) return;
    throw new InputError(
      `${what} of ${written(expression)}`, given[i], `at most ${limits(task)[i]} in the task '${task.name}'`,
      wider ? `The task '${wider.name}' has such expressions.` : "No shipped task goes that far.");
  });
}

// The question in the words of the vocabulary: Max ( 4 2 , 7 ) ->
export function spell(expression) {
  const spelled = e => (typeof e === "number" ? [...`${e}`]
    : [e.name, "(", ...e.operands.flatMap((operand, i) => [...(i ? [","] : []), ...spelled(operand)]), ")"]);
  return [...spelled(expression), "->"];
}
