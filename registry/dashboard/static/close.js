// The end of a day: what is still open, the day's totals to take home, and the entry that ends it.
import { ask, attempt, confirmed, count, data, el, listed, note, placeName, t, table } from "./common.js";
import { gateCode } from "./areas.js";
import { download } from "./jobs.js";

const EVERY_MS = 10_000;
const form = document.getElementById("close");
let today = "";

const line = (good, key, values, page, mark = "▲") => el("li", { class: good || mark !== "▲" ? "" : "problem" },
  el("span", {}, `${good ? "✓" : mark} ${t(key, values)}`), good ? "" : el("a", { href: page }, t("close.look")));
const gateOf = (kiosk) => (kiosk.gate ? gateCode(kiosk.gate) : kiosk.device.slice(0, 8));

async function refresh() {
  const [headcount, conflicts, attendance] = await Promise.all(
    ["/headcount", "/conflicts?limit=1", "/attendance"].map((path) => ask("GET", path)));
  if (!today) {
    today = data.days.filter((day) => day <= headcount.as_of.slice(0, 10)).at(-1) ?? data.days[0];
    form.day.value = today;
  }
  const inside = headcount.areas.filter((area) => area.parent === null).reduce((sum, area) => sum + area.inside, 0);
  // What is on its way is here in a moment; and where nobody scans out, people are always counted inside.
  const silent = headcount.silent.filter((kiosk) => kiosk.touch !== "in_flight");
  const { length: n } = silent;
  document.getElementById("open").replaceChildren(
    line(!n, n ? "close.silent" : "close.all_told", { n, kiosks: listed(silent.map(gateOf)) }, "/kiosks"),
    line(!conflicts.open, conflicts.open ? "close.conflicts" : "close.no_conflicts", { n: conflicts.open }, "/conflicts"),
    line(!inside, inside ? "close.inside" : "close.nobody", { n: inside }, "/", "○"));
  const days = attendance.days.filter((one) => one.day === form.day.value);
  const absent = days.every((one) => one.phase === "over") ? "no_show" : "not_yet";
  const more = ["no_longer", "unregistered"].filter((key) => days.some((one) => one[key]));
  document.getElementById("totals").replaceChildren(table(
    ["place", "registered", "registered_and_came", absent, ...more, "came"].map((key) => t(`attendance.${key}`)).concat(""),
    days.map((one) => [placeName(one.venue), count(one.registered), count(one.arrived), count(one.no_show), ...more.map((key) => count(one[key])),
      el("strong", {}, count(one.came)), workbook(one)])));
}

const made = document.getElementById("made");
const workbook = ({ venue, day }) => el("button", {
  type: "button", "aria-label": `XLSX: ${placeName(venue)}`,
  click: () => attempt(() => download(`/attendance/people/jobs?${new URLSearchParams({ venue, day, format: "xlsx" })}`, made)),
}, "XLSX");
document.getElementById("attempts").addEventListener("click", () => attempt(() => download("/export/jobs", made)));

form.day.append(...data.days.map((day) => el("option", { value: day }, day)));
form.day.addEventListener("change", () => attempt(refresh));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const day = form.day.value;
    if (!(await confirmed(t("close.sure", { day })))) return;
    await ask("POST", "/days/close", { day });
    note(`✓ ${t("close.done", { day })}`);
    await refresh(); // what is still missing stands there until it has come
  });
});

async function again() {
  await attempt(refresh);
  setTimeout(again, EVERY_MS);
}
again();
