// Arrivals over the day: a bar for each few minutes, people in above the line and out below it; hatched where it is not
// known yet.
import { count, t } from "./common.js";

const SVG = "http://www.w3.org/2000/svg";
const MOST_BARS = 96;
const HEIGHT = 60;

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The wall time of minute `at` after an instant that the registry has written in the event's zone. */
function timeAfter(begins, at) {
  const minutes = Number(begins.slice(11, 13)) * 60 + Number(begins.slice(14, 16)) + at;
  const two = (n) => String(n).padStart(2, "0");
  return `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

/** The bars of an area: the last ones that fit, at least an hour of them. */
function bars(report, area) {
  const all = area.entries.map((entries, at) => ({ entries, exits: area.exits[at], at: at * report.step_min }));
  const shown = all.slice(-MOST_BARS);
  const unknown = area.unknown_from === null ? Infinity : (Date.parse(area.unknown_from) - Date.parse(report.begins)) / 60_000;
  return shown.map((bar) => ({ ...bar, unknown: bar.at + report.step_min > unknown }));
}

/** The chart of one area. */
export function chart(report, area) {
  const shown = bars(report, area);
  const slots = Math.max(12, shown.length);
  const most = Math.max(0, ...shown.map((bar) => bar.entries));
  const up = Math.max(1, most);
  const down = Math.max(0, ...shown.map((bar) => bar.exits));
  const scale = HEIGHT / (up + down);
  const zero = up * scale;
  const width = 100 / slots;
  const parts = [];
  shown.forEach((bar, at) => {
    const x = at * width;
    const box = { x: x + width * 0.1, width: width * 0.8 };
    if (bar.unknown) parts.push(svg("rect", { class: "unknown", x, width, y: 0, height: HEIGHT }));
    if (bar.entries) parts.push(svg("rect", { class: "in", ...box, y: zero - bar.entries * scale, height: bar.entries * scale }));
    if (bar.exits) parts.push(svg("rect", { class: "out", ...box, y: zero, height: bar.exits * scale }));
  });
  parts.push(svg("line", { class: "axis", x1: 0, x2: 100, y1: zero, y2: zero }));
  const last = shown.at(-1);
  const words = t("chart.about", {
    from: timeAfter(report.begins, shown[0].at), to: timeAfter(report.begins, last.at + report.step_min), most: count(most), step: report.step_min,
  });
  const figure = document.createElement("figure");
  figure.className = "chart";
  const picture = svg("svg", { viewBox: `0 0 100 ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words }, hatch(), ...parts);
  const caption = document.createElement("figcaption");
  for (const text of [timeAfter(report.begins, shown[0].at), t("chart.most", { n: most, step: report.step_min }), timeAfter(report.begins, shown[0].at + slots * report.step_min)]) {
    const label = document.createElement("span");
    label.textContent = text;
    caption.append(label);
  }
  figure.append(picture, caption);
  return figure;
}

function hatch() {
  const pattern = svg("pattern", { id: "hatch", width: 2, height: 6, patternUnits: "userSpaceOnUse" }, svg("line", { x1: 0, y1: 6, x2: 2, y2: 0 }));
  return svg("defs", {}, pattern);
}
