// @ts-check
import { fill, h, newId } from "./dom.js";
import { form } from "./form.js";
import { T } from "./texts.js";

/**
 * Asks before a change, in a dialog that names what is changed. The change runs in the dialog, so that its error is shown
 * there. Resolves to `true` if it was made.
 * @param {object} options
 * @param {string} options.title
 * @param {import("./dom.js").Child[]} options.text
 * @param {string} options.confirm
 * @param {string} options.busy
 * @param {string} [options.waitingFor]
 * @param {boolean} [options.danger]
 * @param {import("./form.js").Field[]} [options.fields]
 * @param {(values: Record<string, any>) => Promise<void>} options.run
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text, confirm, busy, waitingFor, danger, fields = [], run }) {
  return new Promise((resolve) => {
    let made = false;
    const id = newId("dialog");
    const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { "aria-labelledby": id }));
    const asked = form({
      fields, submit: confirm, busy, waitingFor, danger,
      cancel: { label: T.cancel, run: () => asked.element.hasAttribute("aria-busy") || dialog.close() },
      onSubmit: async (values) => {
        // A second Esc would close it although the first was refused.
        dialog.setAttribute("closedby", "none");
        try {
          await run(values);
        } finally {
          dialog.removeAttribute("closedby");
        }
        made = true;
        dialog.close();
      },
    });
    fill(dialog, h("h2", { id }, title), h("div", { class: "stack" }, text.map((one) => (one instanceof Node ? one : h("p", {}, one))), asked.element));
    dialog.addEventListener("cancel", (event) => asked.element.hasAttribute("aria-busy") && event.preventDefault());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(made);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
