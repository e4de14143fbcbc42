// @ts-check
import { ApiError, messageOf } from "./api.js";
import { announce, fill, h, newId } from "./dom.js";
import { T } from "./texts.js";

/**
 * @typedef {{ value: string, label: string }} Choice
 * @typedef {object} Field
 * @property {string} name member of the request
 * @property {string} label
 * @property {string} [hint]
 * @property {"text" | "email" | "password" | "number" | "decimal" | "date" | "select" | "checkbox"} [type]
 * @property {boolean} [required]
 * @property {Choice[]} [choices] of a select
 * @property {string} [empty] text of a select's first choice, which has no value
 * @property {string | number | boolean} [value]
 * @property {number} [max] characters, or the largest number
 * @property {number} [min] the smallest number
 * @property {boolean} [counter] shows how many characters are left
 * @property {string} [autocomplete]
 * @property {boolean} [wide] over both columns
 * @property {boolean} [bare] without the mark of an optional field
 * @property {(field: FormField) => void} [onChange]
 *
 * @typedef {object} FormField
 * @property {HTMLElement} element
 * @property {HTMLInputElement | HTMLSelectElement} control
 * @property {(text: string) => void} setProblem
 * @property {(choices: Choice[], empty?: string) => void} setChoices keeps the chosen value if it is still among them
 * @property {(shown: boolean) => void} show a hidden field has no value
 * @property {(hint: string) => void} setHint
 *
 * @typedef {object} Form
 * @property {HTMLElement} element
 * @property {(name: string) => FormField} field
 * @property {() => Record<string, any>} values
 * @property {(fields: Record<string, string>, message?: string) => void} setProblems
 */

/** What was typed and not sent, by form. It survives the change of page and the reload; secrets are left out. */
const DRAFTS = "portal.draft.";

/** After this time a person is told that the answer takes longer. */
const SLOW = 3_000;

/**
 * A form. It keeps what was typed until it is sent, sends once however often the button is pressed, and shows the answer's
 * errors at their fields.
 * @param {object} options
 * @param {Field[]} options.fields
 * @param {string} options.submit
 * @param {string} options.busy text of the button while it is sent
 * @param {string} [options.waitingFor] who is waited for
 * @param {string} [options.draft] name under which the values are kept
 * @param {boolean} [options.columns]
 * @param {boolean} [options.danger] Cancel has the focus first, so that a key pressed twice confirms nothing
 * @param {Node[]} [options.before] above the buttons
 * @param {{ label: string, href?: string, run?: () => void }} [options.cancel]
 * @param {(values: Record<string, any>) => Promise<void>} options.onSubmit
 * @returns {Form}
 */
export function form(options) {
  const kept = options.draft ? read(options.draft) : {};
  const fields = new Map(options.fields.map((field) => [field.name, formField(field, kept[field.name])]));
  const alert = h("div", { role: "alert" });
  const progress = h("span", { class: "progress", role: "status" });
  const submit = h("button", { type: "submit", class: options.danger ? "danger" : "primary", "data-key": options.submit }, options.submit);
  const cancel = options.cancel && (options.cancel.href
    ? h("a", { class: "button", href: options.cancel.href, onclick: () => forget(options.draft) }, options.cancel.label)
    : h("button", { type: "button", autofocus: options.danger, onclick: options.cancel.run }, options.cancel.label));
  let busy = false;

  const field = (/** @type {string} */ name) => {
    const found = fields.get(name);
    if (!found) throw new Error(`no field ${name}`);
    return found;
  };

  function values() {
    /** @type {Record<string, any>} */
    const values = {};
    for (const { name, type } of options.fields) {
      const { control, element } = field(name);
      if (element.hidden) continue;
      if (type === "checkbox") values[name] = /** @type {HTMLInputElement} */ (control).checked;
      else if (control.value.trim() !== "") {
        const text = control.value.trim();
        values[name] = type === "number" || type === "decimal" ? Number(text.replace(",", ".")) : text;
      }
    }
    return values;
  }

  /** @param {Record<string, string>} problems @param {string} [message] */
  function setProblems(problems, message) {
    let first;
    const others = [];
    for (const one of fields.values()) one.setProblem("");
    for (const [name, text] of Object.entries(problems)) {
      const known = fields.get(name);
      if (known && !known.element.hidden) {
        known.setProblem(text);
        first ??= known.control;
      } else others.push(`${name}: ${text}`);
    }
    const shown = message && (others.length > 0 || !first) ? message : first ? T.form.correct : others.length ? T.form.correct : "";
    fill(alert, shown && h("div", { class: "note bad" }, h("p", {}, shown), others.length > 0 && h("ul", {}, others.map((text) => h("li", {}, text)))));
    first?.focus();
  }

  function check() {
    /** @type {Record<string, string>} */
    const problems = {};
    for (const one of options.fields) {
      const { control, element } = field(one.name);
      const problem = element.hidden ? "" : problemOf(one, control);
      if (problem) problems[one.name] = problem;
    }
    return problems;
  }

  const element = h("form", { novalidate: true, onsubmit: send, oninput: keep, onchange: keep },
    h("div", { class: options.columns ? "fields" : "" }, [...fields.values()].map((one) => one.element)),
    alert, options.before ?? [], h("div", { class: "actions" }, submit, cancel, progress));

  function keep() {
    if (options.draft && !busy) write(options.draft, options.fields, field);
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    if (busy) return;
    const problems = check();
    setProblems(problems);
    if (Object.keys(problems).length > 0) return;
    busy = true;
    submit.setAttribute("aria-disabled", "true");
    element.setAttribute("aria-busy", "true");
    fill(submit, h("span", { class: "spinner", "aria-hidden": "true" }), options.busy);
    announce(options.busy);
    const stop = waiting(progress, options.waitingFor);
    try {
      await options.onSubmit(values());
      forget(options.draft);
    } catch (error) {
      if (error instanceof ApiError) setProblems(error.fields, messageOf(error));
      else {
        setProblems({}, messageOf(error));
        console.error(error);
      }
    } finally {
      stop();
      busy = false;
      submit.removeAttribute("aria-disabled");
      element.removeAttribute("aria-busy");
      fill(submit, options.submit);
    }
  }

  return { element, field, values, setProblems };
}

/**
 * Counts the seconds beside a button once an answer is slow. Returns the function that ends it.
 * @param {HTMLElement} place
 * @param {string} [waitingFor]
 */
export function waiting(place, waitingFor = T.serviceManager) {
  const began = Date.now();
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - began) / 1000);
    if (seconds * 1000 >= SLOW) fill(place, T.form.waiting(waitingFor, seconds));
  }, 1000);
  return () => {
    clearInterval(timer);
    fill(place);
  };
}

/** @param {Field} field @param {HTMLInputElement | HTMLSelectElement} control */
function problemOf(field, control) {
  const text = control.value.trim();
  if (field.type === "checkbox") return "";
  if (text === "") return field.required ? T.form.required(field.label) : "";
  if (field.type === "email" && !/^\S+@\S+\.\S+$/.test(text)) return T.form.email;
  if (field.type === "number" || field.type === "decimal") {
    const number = Number(text.replace(",", "."));
    // A whole number has digits only: "1,000" would be read as 1.
    if (field.type === "number" && !/^\d+$/.test(text)) return T.form.number;
    // "1,250" may mean either.
    if (Number.isNaN(number) || /,\d{3}$/.test(text)) return T.form.decimal;
    const [min, max] = [field.min ?? 0, field.max ?? Infinity];
    if (number < min || number > max) return T.form.between(min, max);
    if (field.type === "decimal" && (text.split(/[.,]/)[1] ?? "").length > 4) return T.form.decimals;
    return "";
  }
  return field.max && [...text].length > field.max ? T.form.tooLong(field.max) : "";
}

/** @param {Field} field @param {unknown} kept @returns {FormField} */
function formField(field, kept) {
  const id = newId(field.name);
  const [hintId, problemId] = [`${id}-hint`, `${id}-problem`];
  const type = field.type ?? "text";
  const described = `${problemId}${field.hint || field.counter ? ` ${hintId}` : ""}`;
  const common = { id, name: field.name, "aria-describedby": described, "aria-required": field.required ? "true" : null };
  const initial = kept ?? field.value ?? "";
  /** @type {HTMLInputElement | HTMLSelectElement} */
  let control;
  if (type === "select") {
    control = /** @type {HTMLSelectElement} */ (h("select", common));
  } else {
    control = /** @type {HTMLInputElement} */ (h("input", {
      ...common,
      type: type === "number" || type === "decimal" ? "text" : type,
      inputmode: type === "number" ? "numeric" : type === "decimal" ? "decimal" : null,
      autocomplete: field.autocomplete ?? "off",
      spellcheck: type === "checkbox" ? null : "false",
    }));
    if (type === "checkbox") /** @type {HTMLInputElement} */ (control).checked = initial === true;
    else control.value = String(initial);
  }
  const problem = h("span", { class: "problem", id: problemId, hidden: true });
  const hint = h("span", { class: "hint", id: hintId, hidden: !field.hint }, field.hint);
  const label = h("label", { for: id }, field.label, !field.required && !field.bare && type !== "checkbox" && h("span", { class: "optional" }, ` ${T.form.optional}`));
  const counter = field.counter && h("span", { class: "counter", id: field.hint ? null : hintId });
  const element = type === "checkbox"
    ? h("div", { class: "field wide" }, h("div", { class: "check" }, control, h("div", {}, label, hint, problem)))
    : h("div", { class: field.wide ? "field wide" : "field" }, h("div", { class: "field-head" }, label, counter), control, hint, problem);

  /** @type {FormField} */
  const made = {
    element,
    control,
    setProblem(text) {
      fill(problem, text);
      problem.hidden = text === "";
      if (text) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    },
    setChoices(choices, empty) {
      const chosen = control.value || String(kept ?? field.value ?? "");
      const option = (/** @type {Choice} */ one) => h("option", { value: one.value, selected: one.value === chosen }, one.label);
      fill(control, h("option", { value: "" }, empty ?? field.empty ?? T.form.choose), choices.map(option));
    },
    show(shown) {
      element.hidden = !shown;
    },
    setHint(text) {
      fill(hint, text);
      hint.hidden = text === "";
      control.setAttribute("aria-describedby", `${problemId}${text ? ` ${hintId}` : ""}`);
    },
  };
  if (field.choices) made.setChoices(field.choices);
  const count = () => {
    if (!counter || !field.max) return;
    const length = [...control.value.trim()].length;
    fill(counter, T.form.counter(length, field.max));
    counter.classList.toggle("over", length > field.max);
  };
  count();
  control.addEventListener("input", () => {
    made.setProblem("");
    count();
  });
  control.addEventListener("change", () => field.onChange?.(made));
  return made;
}

/** What a person chose before. @param {string} draft @returns {Record<string, unknown>} */
export function read(draft) {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFTS + draft) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {string} draft @param {Field[]} fields @param {(name: string) => FormField} field */
function write(draft, fields, field) {
  const kept = fields.filter(({ type }) => type !== "password").map(({ name, type }) => {
    const { control } = field(name);
    return [name, type === "checkbox" ? /** @type {HTMLInputElement} */ (control).checked : control.value];
  });
  keep(draft, Object.fromEntries(kept));
}

/** Keeps what a person chose. @param {string} draft @param {Record<string, unknown>} values */
export const keep = (draft, values) => sessionStorage.setItem(DRAFTS + draft, JSON.stringify(values));

/** @param {string | undefined} draft */
export function forget(draft) {
  if (draft) sessionStorage.removeItem(DRAFTS + draft);
}
