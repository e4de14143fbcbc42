// @ts-check
// The findings of the last audits as bars, with their figures beside them.
import { h } from "./dom.js";
import { time } from "./format.js";
import { T } from "./texts.js";

const A = T.audit;

/** The drawing's units: the place of one audit, the height of the longest bar, and the room for a number above it. */
const [STEP, HEIGHT, ROOM] = [24, 96, 16];

/** Audits that the portal keeps. A bar has the same width however many there are. */
const PLACES = 13;

/** @typedef {{ finishedAt: string, organizations: number, additions: number, findings: number }} Run */

/** @param {Run[]} runs oldest first, at least one */
export const figures = (runs) => h("section", { class: "card" }, h("h2", {}, A.runs), h("div", { class: "figures" }, chart(runs),
  h("ul", { "aria-label": A.listOfRuns }, runs.toReversed().map((run) => h("li", {},
    h("strong", {}, A.findings(run.findings)), ` ${time(run.finishedAt)}`, h("span", { class: "second" }, A.compared(run.organizations, run.additions)))))));

/** @param {Run[]} runs */
function chart(runs) {
  const most = Math.max(1, ...runs.map(({ findings }) => findings));
  const bars = runs.flatMap(({ findings }, index) => {
    const height = HEIGHT * findings / most;
    const top = ROOM + HEIGHT - height;
    return [
      svg("rect", { x: index * STEP + 4, y: top, width: STEP - 8, height }),
      svg("text", { x: (index + .5) * STEP, y: top - 4, "text-anchor": "middle" }, findings),
    ];
  });
  const ground = ROOM + HEIGHT + .5;
  return svg("svg", { class: "chart", viewBox: `0 0 ${PLACES * STEP} ${ground + 1}`, role: "img", "aria-label": A.chart(runs.length, runs[0].findings, runs[runs.length - 1].findings) },
    ...bars, svg("path", { d: `M0 ${ground}h${PLACES * STEP}` }));
}

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | number)} children */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  for (const child of children) element.append(child instanceof Node ? child : String(child));
  return element;
}
