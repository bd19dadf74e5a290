// action/main.ts
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as join3 } from "node:path";

// src/source/errors.ts
var REMEDIES = {
  truncated: "the file is shorter than it says: download or copy it again",
  malformed: "the file is damaged or was written by another program: export or download it again",
  "wrong-format": "give a model file: `opcount --help` lists the formats that are read",
  unsupported: "export the model in another way, for example to ONNX or with torch.export",
  limit: "no real model is known to be so large: if this one is, please report it",
  cycle: "a graph cannot use a result before it is made: export the model again",
  shape: "give input shapes that the model takes (--input NAME=1x3x224x224), or export it again",
  "free-symbol": "give the dimension a number: --bind NAME=8, or a whole shape with --input",
  argument: "`opcount --help` lists options and how they are written",
  internal: "this is a fault of opcount, not of the model: please report it, with the file if you can"
};
var ModelError = class extends Error {
  constructor(code, message, details = {}) {
    super(message, details.cause === void 0 ? void 0 : { cause: details.cause });
    this.kind = "ModelError";
    this.name = "ModelError";
    this.code = code;
    this.format = details.format ?? null;
    this.at = details.at ?? {};
    this.hint = details.hint ?? REMEDIES[code];
  }
};

// src/wire/hidden.ts
var PLAIN = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2070-\u20cf\u2100-\u22ff]*$/;
function escapeHidden(text) {
  if (PLAIN.test(text)) return text;
  return text.replace(
    new RegExp("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Default_Ignorable_Code_Point}\\u2800]|\\p{M}(?<=\\p{M}{6})", "gu"),
    escapeOf
  );
}
function escapeOf(c) {
  if (c === "\n") return "\\n";
  if (c === "\r") return "\\r";
  if (c === "	") return "\\t";
  return Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
}

// src/source/by-name.ts
function byName(entries) {
  return Object.assign(/* @__PURE__ */ Object.create(null), entries);
}
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/report/encode.ts
function shapeOut(shape, { extent }) {
  return shape == null ? null : shape.map(extent);
}

// src/report/late-node.ts
function headOut(node, encode) {
  const { count } = encode;
  const { kind, name, path, type, calls, unknown } = node;
  const output = shapeOut(node.output, encode);
  const params = count(node.params);
  const [macs, flops] = [count(node.tally.macs), count(node.tally.flops)];
  const [readBytes, writeBytes] = [count(node.readBytes), count(node.writeBytes)];
  const { stored } = storedOut(node.stored, encode);
  return stored === void 0 ? { kind, name, path, type, calls, output, params, macs, flops, readBytes, writeBytes, unknown } : { kind, name, path, type, calls, output, params, macs, flops, readBytes, writeBytes, unknown, stored };
}
function storedOut(stored, encode) {
  if (stored === void 0) return {};
  const { buffers, bytes: bytes2, dtypes, shape } = stored;
  return {
    stored: { buffers: encode.count(buffers), bytes: encode.count(bytes2), dtypes, shape: shapeOut(shape, encode) }
  };
}
var LateNode = class _LateNode {
  #tree;
  #encode;
  #clean;
  #children = null;
  constructor(tree, encode, clean = (head) => head) {
    const head = clean(headOut(tree, encode));
    this.kind = head.kind;
    this.name = head.name;
    this.path = head.path;
    this.type = head.type;
    this.calls = head.calls;
    this.output = head.output;
    this.params = head.params;
    this.macs = head.macs;
    this.flops = head.flops;
    this.readBytes = head.readBytes;
    this.writeBytes = head.writeBytes;
    this.unknown = head.unknown;
    if (head.stored !== void 0) this.stored = head.stored;
    this.#tree = tree;
    this.#encode = encode;
    this.#clean = clean;
  }
  get children() {
    this.#children ??= this.#tree.children.map((child) => new _LateNode(child, this.#encode, this.#clean));
    return this.#children;
  }
  /** The same with its texts, and those of all below it, as `clean` makes them. */
  cleaned(clean) {
    return new _LateNode(this.#tree, this.#encode, clean);
  }
  /** Another part of the model, shown as this one is. */
  of(tree) {
    return new _LateNode(tree, this.#encode, this.#clean);
  }
  /** The tree that it shows, for questions about all of its nodes. */
  get tree() {
    return this.#tree;
  }
};

// src/report/numbers.ts
var DECIMAL = [
  [1e15, "P"],
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"]
];
var BINARY = [
  [2 ** 50, "PiB"],
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"]
];
function grouped(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}
function quantity(count, mode = "auto") {
  if (typeof count === "string") return formula(count, (n2) => quantity(n2, mode));
  if (mode === "raw") return Number.isInteger(Number(count)) ? grouped(count) : String(count);
  const n = Number(count);
  if (mode === "auto") {
    const [size2, prefix] = prefixOf(n, DECIMAL);
    return prefix === "" ? grouped(count) : `${(n / size2).toFixed(3)} ${prefix}`;
  }
  const size = mode === "G" ? 1e9 : 1e6;
  return `${fixedTo(n / size)} ${mode}`;
}
function fixedTo(n) {
  if (n === 0 || Math.abs(n) >= 0.1) return n.toFixed(3);
  return n.toFixed(Math.min(20, 2 - Math.floor(Math.log10(Math.abs(n)))));
}
function bytes(count, mode = "auto") {
  if (typeof count === "string") return formula(count, (n2) => bytes(n2, mode));
  if (mode === "raw") return `${grouped(count)} B`;
  const n = Number(count);
  if (mode !== "auto") return `${fixedTo(n / (mode === "G" ? 2 ** 30 : 2 ** 20))} ${mode}iB`;
  const [size, prefix] = prefixOf(n, BINARY);
  return prefix === "" ? `${grouped(count)} B` : `${(n / size).toFixed(1)} ${prefix}`;
}
function prefixOf(n, units) {
  return units.find(([size]) => Math.abs(n) >= size * 0.9999995) ?? [1, ""];
}
var MAX_TERMS = 3;
function formula(text, show2) {
  const terms = termsOf(text);
  const shown2 = terms.slice(0, MAX_TERMS).map(({ sign, factor, rest }, i) => {
    const body = rest === "" ? show2(factor) : factor === 1n ? rest : `${show2(factor)}\xB7${rest.replaceAll("*", "\xB7").replaceAll("\xB7\xB7", "^")}`;
    return i === 0 ? sign < 0 ? `\u2212${body}` : body : `${sign < 0 ? " \u2212 " : " + "}${body}`;
  });
  return shown2.join("") + (terms.length > MAX_TERMS ? " + \u2026" : "");
}
function topLevelTerms(text) {
  const terms = [];
  let depth = 0;
  let from = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (c === "(") depth++;
    else if (c === ")") depth--;
    else if (depth === 0 && (text.startsWith(" + ", i) || text.startsWith(" - ", i))) {
      terms.push(text.slice(from, i));
      from = i + 1;
    }
  }
  return [...terms, text.slice(from)];
}
function termsOf(text) {
  return topLevelTerms(text).map((term) => {
    const [, sign, body = ""] = /^([+-] |-?)(.*)$/s.exec(term) ?? [];
    const match = /^(\d+)(?:\*(.*))?$/s.exec(body);
    return {
      sign: sign?.startsWith("-") ? -1 : 1,
      factor: match === null ? 1n : BigInt(match[1]),
      rest: match === null ? body : match[2] ?? ""
    };
  });
}

// src/report/shown.ts
var MAX_NAME = 240;
var MAX_MESSAGE = 4e3;
function shown(text, most = MAX_NAME) {
  const safe = escapeHidden(text.length > 4 * most ? `${text.slice(0, 2 * most)}${text.slice(-2 * most)}` : text);
  if (safe.length <= most) return safe;
  const head = Math.ceil((most - 1) * 0.6);
  return `${whole(safe.slice(0, head))}\u2026${whole(safe.slice(safe.length - (most - 1 - head)))}`;
}
var ESCAPE = "\x1B";
var PRINTED = new RegExp(`(${ESCAPE}\\[[\\d;]*m|[\\n\\r\\t]+)`);
var UNFINISHED = new RegExp(`${ESCAPE}(?:\\[[\\d;]{0,32})?$`);
function whole(text) {
  return text.replace(/[\ud800-\udbff]$/, "").replace(/^[\udc00-\udfff]/, "");
}

// src/report/shown-data.ts
var NAMES = /* @__PURE__ */ new Set(["name", "path", "type", "op", "producer", "format", "title", "written"]);
var SENTENCES = /* @__PURE__ */ new Set(["why", "message", "fails", "text", "line"]);
function shownData(value, most = MAX_NAME) {
  return visit(value, null, most);
}
function visit(value, cut, most) {
  if (typeof value === "string") return cut === null ? escapeHidden(value) : shown(value, cut);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof LateNode) return value.cleaned((head) => visit(head, null, most));
  if (Array.isArray(value)) {
    let copy2 = null;
    for (let i = 0; i < value.length; i++) {
      const next = visit(value[i], cut, most);
      if (next === value[i]) continue;
      copy2 ??= [...value];
      copy2[i] = next;
    }
    return copy2 ?? value;
  }
  const keys = Object.keys(value);
  let copy = null;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const before = value[key];
    const after = typeof before === "object" || typeof before === "string" ? visit(before, NAMES.has(key) ? most : SENTENCES.has(key) ? MAX_MESSAGE : null, most) : before;
    const label = shown(key, most);
    if (copy === null && (after !== before || label !== key)) copy = Object.entries(value).slice(0, i);
    copy?.push([label, after]);
  }
  return copy === null ? value : Object.fromEntries(copy);
}

// src/report/escape.ts
var MARKDOWN = byName({
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "@": "&#64;",
  ":": "&#58;",
  "\n": " "
});
var MARKUP = /(@|(?:[#!%$]|\bGH-)(?=\d)|\bwww(?=\.))|:(?=\/\/)|[\\|`*_[\]<>~&$\n]/gi;
function markdownText(text) {
  return text.replace(MARKUP, (found, begins) => {
    const safe = MARKDOWN[found] ?? (/[\\|`*_[\]~$]/.test(found) ? `\\${found}` : found);
    return begins === void 0 ? safe : `${safe}&#8203;`;
  });
}
var ENTITIES = byName({
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
});

// src/wire/json.ts
var TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
var LONG_INTEGER = /^-?\d{16,}$/;
function parseExact(text) {
  if (!/[\s:,[-]\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text.replace(TOKEN, (found) => LONG_INTEGER.test(found) ? `"${found}"` : found));
}

// src/check/hosts.ts
function githubText(checked) {
  const lines = checked.flatMap(({ name, model, checks, error }) => [
    ...checks.filter((v) => !v.passed).map(
      (v) => `::error file=${property(inRepository(model))},title=${property(`opcount: ${name}`)}::${data(v.text)}`
    ),
    ...error === void 0 ? [] : [
      `::error file=${property(inRepository(model))},title=${property(`opcount: ${name}`)}::${data(error.message)}`
    ]
  ]);
  if (lines.length === 0)
    lines.push(`::notice title=opcount::${data(`${checked.map((c) => c.name).join(", ")}: within budget`)}`);
  return `${lines.join("\n")}
`;
}
function inRepository(model) {
  return model.replaceAll("\\", "/").replace(/^(?:\.\/+)+/, "");
}
var data = (text) => text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
var property = (text) => data(text).replace(/:/g, "%3A").replace(/,/g, "%2C");

// action/command-data.ts
var commandData = (text) => text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");

// src/check/measures.ts
var NO_GRAPH = "the file holds weights and no graph";
var MEASURES = [
  { id: "macs", title: "MACs", of: (r) => r.totals.macs, show: quantity, missing: NO_GRAPH },
  { id: "flops", title: "FLOPs", of: (r) => r.totals.flops, show: quantity, missing: NO_GRAPH },
  { id: "params", title: "params", of: (r) => r.totals.params, show: quantity, missing: "" },
  {
    id: "weights",
    title: "weights",
    of: (r) => r.serving?.weightBytes ?? r.totals.weightBytes,
    show: bytes,
    missing: ""
  },
  {
    id: "peak",
    title: "peak activations",
    of: (r) => r.totals.peakActivationBytes,
    show: bytes,
    missing: "free dimensions leave it open (bind them), or the file holds weights and no graph"
  },
  {
    id: "cache",
    title: "KV cache",
    of: (r) => r.serving?.cacheBytesAtContext ?? null,
    show: bytes,
    missing: "only language models keep one"
  },
  {
    id: "training",
    title: "training peak",
    of: (r) => r.training?.peakBytes ?? null,
    show: bytes,
    missing: "free dimensions leave it open (bind them), or the file holds weights and no graph"
  }
];

// src/check/markdown.ts
function changeText(is, was, show2) {
  if (typeof is !== "bigint" || typeof was !== "bigint" || is === was) return "";
  const sign = is > was ? "+" : "\u2212";
  const size = is > was ? is - was : was - is;
  const share = was === 0n ? "" : ` (${sign}${(Number(10000n * size / was) / 100).toFixed(2)} %)`;
  return `${sign}${show2(size)}${share}`;
}

// action/comment.ts
var MARKER = "<!-- opcount -->";
var MOST = 65536;
var CUT = "\n\nThere is more: see the summary of the job.\n";
function inComment(text) {
  if (text.length <= MOST) return text;
  const fold = "</details>";
  const kept = text.slice(0, text.lastIndexOf("\n", MOST - CUT.length - fold.length - 2));
  const open = kept.includes("<details>") && !kept.includes(fold);
  return `${kept}${open ? `

${fold}` : ""}${CUT}`;
}
function commentText(given, costs, base, baseRef) {
  const checked = shownData(given);
  const failed = checked.filter((c) => !c.passed);
  const rows = Object.entries(costs.models).flatMap(
    ([name, now]) => rowsOf(name, now, base?.models[name], base !== null)
  );
  const gone = base === null ? [] : Object.keys(base.models).filter((name) => costs.models[name] === void 0);
  const changed = rows.filter((row) => row.changed).map((row) => row.text);
  const same = rows.filter((row) => !row.changed).map((row) => row.text);
  const against = base === null ? "" : ` against \`${(baseRef ?? "").replace(/`/g, "'")}\``;
  return [
    MARKER,
    `### opcount: ${failed.length === 0 ? "budgets are kept" : `${failed.length} of ${checked.length} models over budget`}`,
    "",
    ...failed.flatMap(failuresOf),
    ...failed.length === 0 ? [] : [""],
    ...changed.length === 0 ? baseRef === null ? [] : [base === null ? "The base branch was not counted." : `Nothing changes${against}.`, ""] : [`What changes${against}:`, "", ...HEAD, ...changed, ""],
    ...gone.map((name) => `${markdownText(shown(name))} is no longer there.`),
    ...same.length === 0 ? [] : ["<details><summary>All other numbers</summary>", "", ...HEAD, ...same, "", "</details>", ""]
  ].join("\n");
}
var HEAD = ["| model | | now | before | change |", "|:--|:--|--:|--:|--:|"];
function failuresOf({ name, checks, error }) {
  const why = [...checks.filter((v) => !v.passed).map((v) => v.text), ...error === void 0 ? [] : [error.message]];
  return why.map((text) => `- \u274C **${markdownText(name)}**: ${markdownText(text)}`);
}
function rowsOf(name, now, before, counted) {
  const title = markdownText(shown(name));
  return MEASURES.flatMap((measure) => {
    const [is, was] = [now.counts[measure.id], before?.counts[measure.id]];
    if (is === void 0) return [];
    const cells = [
      title,
      measure.title,
      show(measure, is),
      was === void 0 ? counted ? "new" : "" : show(measure, was)
    ];
    return [
      { text: `| ${[...cells, changeText(is, was, measure.show)].join(" | ")} |`, changed: counted && is !== was }
    ];
  });
}
var show = (measure, count) => typeof count === "bigint" ? measure.show(count) : markdownText(shown(count));

// action/github.ts
var PAGES = 30;
async function writeComment({ api, repository, pull, token }, body) {
  if (pull === null) return null;
  if (token === "") return "there is no token";
  const comments = `${api}/repos/${repository}/issues/${pull.number}/comments`;
  const ask = (url, method, data2) => fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept: "application/vnd.github+json",
      "content-type": "application/json",
      "user-agent": "opcount"
    },
    signal: AbortSignal.timeout(3e4),
    ...data2 === void 0 ? {} : { body: JSON.stringify(data2) }
  });
  try {
    let own;
    for (let page = 1; page <= PAGES && own === void 0; page++) {
      const answer2 = await ask(`${comments}?per_page=100&page=${page}`, "GET");
      if (!answer2.ok) return `the comments cannot be read: ${answer2.status}`;
      const list = await answer2.json();
      own = list.find((comment) => comment.body?.startsWith(MARKER) === true);
      if (list.length < 100) break;
    }
    const answer = own === void 0 ? await ask(comments, "POST", { body }) : await ask(`${api}/repos/${repository}/issues/comments/${own.id}`, "PATCH", { body });
    return answer.ok ? null : `the comment cannot be written: ${answer.status}`;
  } catch (error) {
    return `${api} does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}

// action/inputs.ts
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
function inputsOf(env) {
  const input = (name, otherwise = "") => env[`INPUT_${name.toUpperCase()}`]?.trim() || otherwise;
  const folder = resolve(env["GITHUB_WORKSPACE"] ?? ".", input("working-directory", "."));
  return {
    folder,
    config: input("config"),
    compare: input("compare", "true") !== "false",
    comment: input("comment", "true") !== "false",
    token: input("token"),
    command: commandOf(input("command"), folder),
    pull: pullOf(env["GITHUB_EVENT_PATH"]),
    repository: env["GITHUB_REPOSITORY"] ?? "",
    api: env["GITHUB_API_URL"] ?? "https://api.github.com"
  };
}
function commandOf(given, folder) {
  if (given !== "") return given.split(/\s+/);
  const own = join(folder, "node_modules/opcount/dist/opcount.js");
  if (existsSync(own)) return [process.execPath, own];
  return [process.platform === "win32" ? "npx.cmd" : "npx", "--yes", "opcount"];
}
function pullOf(path) {
  if (path === void 0 || !existsSync(path)) return null;
  const event = JSON.parse(readFileSync(path, "utf8"));
  const pull = event.pull_request;
  return pull === void 0 ? null : { number: pull.number, baseSha: pull.base.sha, baseRef: pull.base.ref };
}

// action/run.ts
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync as existsSync2, mkdirSync, readFileSync as readFileSync2, realpathSync, symlinkSync } from "node:fs";
import { dirname, join as join2, relative } from "node:path";

// src/check/baseline.ts
function baselineFrom(text, file) {
  const data2 = parsed(text, file);
  if (isRecord(data2["models"]))
    return {
      models: byName(
        Object.fromEntries(Object.entries(data2["models"]).map(([name2, e]) => [name2, entryFrom(e, name2, file)]))
      )
    };
  const { totals, model, inputs } = data2;
  if (!isRecord(totals))
    throw new ModelError("argument", `the baseline ${file} has neither models nor the totals of a report`, {
      hint: `write it again: opcount check <model> --baseline ${file} --update`
    });
  const name = isRecord(model) && typeof model["name"] === "string" ? model["name"] : "";
  const counts = { ...totals, weights: totals["weightBytes"], peak: totals["peakActivationBytes"] };
  const entry = entryFrom({ ...counts, inputs: inputsFrom(inputs) }, name, file);
  return { models: byName({ [name]: entry }), ofReport: true };
}
function entryFrom(value, name, file) {
  if (!isRecord(value)) throw broken(file, `"${name}" is not an object`);
  const counts = {};
  for (const { id } of MEASURES) {
    const count = value[id];
    if (count === void 0 || count === null) continue;
    if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) counts[id] = BigInt(count);
    else if (typeof count === "string") counts[id] = /^\d+$/.test(count) ? BigInt(count) : count;
    else throw broken(file, `"${id}" of "${name}" is neither a count nor a formula`);
  }
  const inputs = value["inputs"];
  if (inputs === void 0 || inputs === null) return { inputs: null, counts };
  if (!isRecord(inputs) || Object.values(inputs).some((v) => typeof v !== "string"))
    throw broken(file, `"inputs" of "${name}" does not give a shape for each input`);
  return { inputs: byName({ ...inputs }), counts };
}
function inputsFrom(inputs) {
  if (!Array.isArray(inputs)) return null;
  const pairs = inputs.map((i) => {
    if (!isRecord(i) || typeof i["name"] !== "string") return null;
    return [i["name"], `${Array.isArray(i["shape"]) ? i["shape"].join("x") : "?"} ${String(i["dtype"])}`];
  });
  return pairs.includes(null) ? null : Object.fromEntries(pairs);
}
function parsed(text, file) {
  let data2;
  try {
    data2 = parseExact(text);
  } catch (error) {
    throw new ModelError("argument", `the baseline ${file} is not JSON: ${error.message}`, {
      hint: `write it again: opcount check <model> --baseline ${file} --update`,
      cause: error
    });
  }
  if (!isRecord(data2)) throw broken(file, "it is not an object");
  return data2;
}
var broken = (file, why) => new ModelError("argument", `the baseline ${file}: ${why}`, {
  hint: `write it again: opcount check <model> --baseline ${file} --update`
});

// action/run.ts
function check(inputs, folder, costs) {
  const data2 = JSON.parse(opcount(inputs, folder, "--format", "json"));
  return { checked: data2.models, costs: costsIn(inputs, folder, costs) };
}
function costsIn(inputs, folder, costs) {
  opcount(inputs, folder, "--format", "json", "--baseline", costs, "--update", "--quiet");
  return baselineFrom(readFileSync2(costs, "utf8"), costs);
}
function opcount(inputs, folder, ...args) {
  const [program = "", ...before] = inputs.command;
  const config = inputs.config === "" ? [] : ["--config", inputs.config];
  const shell = program.endsWith(".cmd");
  const all = [...before, "check", ...config, ...args];
  const done = spawnSync(program, shell ? all.map((word) => `"${word}"`) : all, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, NO_COLOR: "1" },
    shell
  });
  if (done.error !== void 0) throw new Error(`${program} cannot be run: ${done.error.message}`);
  if (![0, 1, 3, 4].includes(done.status ?? -1) || done.stdout.trim() === "")
    throw new Error(done.stderr.trim() || `opcount check ended with ${done.status}`);
  return done.stdout;
}
var CONFIGS = [...["json", "ts", "mts", "js", "mjs"].map((end) => `opcount.config.${end}`), "package.json"];
function checkBase(inputs, temp) {
  const { pull } = inputs;
  if (pull === null || !/^[0-9a-f]{40,64}$/.test(pull.baseSha)) return null;
  const folder = realpathSync(inputs.folder);
  const git = (...args) => {
    const done = spawnSync("git", ["-c", "safe.directory=*", ...args], { cwd: folder, encoding: "utf8" });
    return done.status === 0 ? done.stdout.trim() : null;
  };
  const top = git("rev-parse", "--show-toplevel");
  if (top === null) return null;
  const tree = join2(temp, "base");
  if (git("cat-file", "-e", `${pull.baseSha}^{commit}`) === null)
    git("fetch", "--no-tags", "--depth=1", "origin", pull.baseSha);
  if (git("worktree", "add", "--detach", "--force", tree, pull.baseSha) === null) return null;
  try {
    const there = join2(tree, relative(top, folder));
    const config = inputs.config || CONFIGS.find((name) => existsSync2(join2(folder, name)));
    if (config === void 0) return null;
    mkdirSync(dirname(join2(there, config)), { recursive: true });
    copyFileSync(join2(folder, config), join2(there, config));
    const packages = join2(folder, "node_modules");
    if (existsSync2(packages) && !existsSync2(join2(there, "node_modules")))
      symlinkSync(packages, join2(there, "node_modules"), "junction");
    return costsIn(inputs, there, join2(temp, "base.json"));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    console.log(`::warning title=opcount::the base branch was not counted: ${commandData(text)}`);
    return null;
  } finally {
    git("worktree", "remove", "--force", tree);
  }
}

// action/main.ts
async function main() {
  const inputs = inputsOf(process.env);
  const temp = mkdtempSync(join3(process.env["RUNNER_TEMP"] ?? tmpdir(), "opcount-"));
  const report = join3(temp, "report.md");
  try {
    const { checked, costs } = check(inputs, inputs.folder, join3(temp, "head.json"));
    const base = inputs.compare ? checkBase(inputs, temp) : null;
    const text = commentText(checked, costs, base, inputs.pull?.baseRef ?? null);
    writeFileSync(report, text);
    process.stdout.write(githubText(shownData(checked)));
    append("GITHUB_STEP_SUMMARY", text);
    const passed = checked.every((c) => c.passed);
    append("GITHUB_OUTPUT", `passed=${passed}
report=${report}
`);
    const unsaid = inputs.comment ? await writeComment(inputs, inComment(text)) : null;
    if (unsaid !== null) console.log(`::warning title=opcount::no comment was written: ${unsaid}`);
    process.exitCode = passed ? 0 : 1;
  } finally {
    rmSync(join3(temp, "base"), { recursive: true, force: true });
  }
}
function append(variable, text) {
  const file = process.env[variable];
  if (file) appendFileSync(file, text);
}
main().catch((error) => {
  const text = error instanceof Error ? error.message : String(error);
  console.log(`::error title=opcount::${commandData(text)}`);
  process.exitCode = 1;
});
