// @ts-check
// The fields of a new ticket that go together: type, subtype and item.
import { T } from "./texts.js";

const S = T.settings;

/** @typedef {{ id: number, name: string }} Named */
/** @typedef {{ ticketTypes: Named[], subtypes: Named[], items: Named[], associations: { ticketType: number, subtype: number, item?: number }[] }} BoardOptions */

/** @param {Named} one */
const choice = ({ id, name }) => ({ value: String(id), label: name });

/** The choices of impact and urgency. */
export const levels = () => Object.entries(S.levels).map(([value, label]) => ({ value, label }));

/**
 * Keeps the subtypes to those of the chosen type, and the items to those of both.
 * @param {import("./form.js").Form} asked with the fields `ticketType`, `subtype` and `item`
 */
export function ticketClasses(asked) {
  /** @type {BoardOptions} */
  let board = { ticketTypes: [], subtypes: [], items: [], associations: [] };
  const chosen = (/** @type {string} */ name) => Number(asked.field(name).control.value);

  function show() {
    const kind = chosen("ticketType");
    const ofType = board.associations.filter(({ ticketType }) => ticketType === kind);
    const subtypes = board.subtypes.filter(({ id }) => ofType.some(({ subtype }) => subtype === id));
    asked.field("subtype").setChoices(subtypes.map(choice), kind ? S.connectWiseDefault : S.typeFirst);
    const subtype = chosen("subtype");
    const ofBoth = ofType.filter((one) => one.subtype === subtype);
    const items = board.items.filter(({ id }) => ofBoth.some(({ item }) => item === id));
    asked.field("item").setChoices(items.map(choice), subtype ? S.connectWiseDefault : S.subtypeFirst);
  }

  return {
    show,
    /** @param {BoardOptions} options */
    of(options) {
      board = options;
      show();
    },
    /** @param {string} text */
    clear(text) {
      board = { ticketTypes: [], subtypes: [], items: [], associations: [] };
      for (const name of ["subtype", "item"]) asked.field(name).setChoices([], text);
    },
  };
}
