// @ts-check
// Elements are made here and nowhere from markup: a text of a vendor or a person is always a text node.

/** @typedef {Node | string | number | null | undefined | false | ChildList} Child */
/** @typedef {readonly Child[]} ChildList */
/** @typedef {Record<string, unknown>} Attributes */

/**
 * Returns a new element. `onclick` and the like are listeners, `true` is an attribute without a value, and null, undefined
 * and `false` are none.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  add(element, children);
  return element;
}

/**
 * @param {Node} parent
 * @param {ChildList} children
 */
function add(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(parent, child);
    else parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * Replaces the children of an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
}

let ids = 0;

/** Returns an id that no other element of the page has. @param {string} prefix */
export const newId = (prefix) => `${prefix}-${++ids}`;

/** Tells a screen reader. @param {string} text */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = text;
}

/** Shows a message at the bottom of the window for a while, in place of an earlier one. A screen reader reads it there. @param {string} text @param {string} close */
export function toast(text, close) {
  const remove = () => {
    if (shown.contains(document.activeElement)) document.getElementById("main")?.focus();
    shown.remove();
  };
  const shown = h("div", { class: "toast" }, h("span", {}, text), h("button", { type: "button", "aria-label": close, onclick: remove }, "×"));
  document.getElementById("toasts")?.replaceChildren(shown);
  setTimeout(remove, 12_000);
}
