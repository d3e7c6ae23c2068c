// Who came: totals for everybody, and for the help desk the people of a session or a day, to read and to download.
import { ask, attempt, count, counted, data, el, listed, note, placeName, t, table } from "./common.js";
import { download } from "./jobs.js";

const path = (query) => `/attendance/people?${new URLSearchParams(query)}`;
const percent = new Intl.NumberFormat(data.language, { style: "percent", maximumFractionDigits: 1 });

function links(title, query) {
  if (!data.desk) return "";
  return el("span", { class: "actions" },
    el("button", { click: () => people(title, query), "aria-label": `${t("attendance.show")}: ${title}` }, t("attendance.show")),
    ...["xlsx", "csv"].map((format) =>
      el("button", { click: () => file({ ...query, format, language: data.language }), "aria-label": `${format.toUpperCase()}: ${title}` }, format.toUpperCase())));
}

function file(query) {
  const made = document.getElementById("made");
  made.scrollIntoView({ block: "nearest" });
  attempt(() => download(`/attendance/people/jobs?${new URLSearchParams(query)}`, made));
}

function head(totals) {
  const box = (key, number, more = "") => el("div", {}, el("dt", {}, t(key)), el("dd", {}, count(number), " ", el("small", {}, more)));
  document.getElementById("head").replaceChildren(
    box("attendance.registered", totals.registered, totals.online ? t("attendance.online", { n: totals.online }) : ""),
    box("attendance.arrived", totals.arrived, totals.on_site ? percent.format((totals.on_site - totals.missing) / totals.on_site) : ""),
    box(totals.days.every((one) => one.phase === "over") ? "attendance.no_show" : "attendance.not_yet", totals.missing));
  const others = totals.arrived - (totals.on_site - totals.missing);
  const notes = [["attendance.others", others], ["attendance.erased", totals.erased]].filter(([, n]) => n);
  document.getElementById("notes").textContent = notes.map(([key, n]) => t(key, { n })).join(" ");
}

async function refresh() {
  const [totals, headcount] = await attempt(() => Promise.all(["/attendance", "/headcount"].map((path) => ask("GET", path)))) ?? [];
  if (!totals) return;
  const uncounted = new Set(headcount.areas.filter((area) => !counted(area)).map((area) => area.id));
  note(t("as_of", { time: totals.as_of.slice(11, 19) }));
  head(totals);
  const words = (...keys) => keys.flat().map((key) => t(key)).concat(data.desk ? [""] : []);
  const some = (rows, ...keys) => keys.filter((key) => rows.some((one) => one[key] > 0)); // columns that are nearly always empty
  const extra = some(totals.sessions, "no_longer");
  document.getElementById("sessions").replaceChildren(table(
    words("attendance.session", "attendance.booked", "attendance.booked_and_came", "attendance.no_show", extra.map((key) => `attendance.${key}`), "attendance.unbooked", "attendance.came"),
    totals.sessions.map((one) => {
      const name = data.sessions[one.session] ?? one.session;
      const { area } = data.session_at[one.session] ?? {};
      const known = one.came > 0 || !uncounted.has(area);
      const figure = (number) => (known ? count(number) : "–");
      const booking = one.booked === null ? ["–", "–", "–"] : [count(one.booked), figure(one.booked_and_came), known ? absent(one) : "–"];
      const remark = one.phase === "cancelled" ? t("attendance.status.cancelled") : known ? "" : t("not_counted");
      return [remark ? el("span", {}, name, el("br"), el("span", { class: "quiet" }, remark)) : name, ...booking,
        ...extra.map((key) => figure(one[key])), figure(one.unbooked), el("strong", {}, figure(one.came)), ...(data.desk ? [links(name, { session: one.session })] : [])];
    })));
  const more = some(totals.days, "no_longer", "unregistered");
  document.getElementById("days").replaceChildren(table(
    words("attendance.place", "attendance.registered", "attendance.registered_and_came", "attendance.no_show", more.map((key) => `attendance.${key}`), "attendance.came"),
    totals.days.map((one) => {
      const name = `${placeName(one.venue)} · ${one.day}`;
      return [name, count(one.registered), count(one.arrived), absent(one), ...more.map((key) => count(one[key])), el("strong", {}, count(one.came)),
        ...(data.desk ? [links(name, { venue: one.venue, day: one.day })] : [])];
    })));
}

/** Who was expected and did not come; while it lasts, has not come yet. */
function absent(one) {
  if (one.phase === "over") return count(one.no_show);
  return one.phase === "running" ? t("attendance.not_yet_n", { n: one.no_show }) : "–";
}

async function people(title, query) {
  const answer = await attempt(() => ask("GET", path(query)));
  if (!answer) return;
  const shown = document.getElementById("people");
  const time = (instant) => (instant ? instant.slice(11, 16) : "–");
  shown.hidden = false;
  shown.replaceChildren(el("h2", {}, title),
    answer.people.length ? table(
      ["name", "organisation", "attendance.ref", "attendance.status", "attendance.first_in", "attendance.last_out", "attendance.minutes"].map((key) => t(key)),
      answer.people.map((one) => [
        el("a", { href: `/people#${one.code}` }, one.name || one.ref), one.organisation, one.ref, t(`attendance.status.${one.status}`),
        time(one.first_in), one.no_exit_scan ? t("attendance.no_exit") : time(one.last_out), one.first_in && one.minutes !== null ? count(one.minutes) : "–"]))
      : el("p", { class: "quiet" }, t("attendance.nobody")),
    answer.nameless ? el("p", { class: "quiet" }, t("attendance.nameless", { n: answer.nameless })) : "");
  shown.scrollIntoView();
  shown.focus();
}

const hybrid = document.getElementById("hybrid");
document.getElementById("broadcast").hidden = !data.desk;
hybrid.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const answer = await ask("POST", "/attendance/hybrid", hybrid.list.files[0]);
    const words = ["on_site", "both", "online", "neither"].map((key) => t(`attendance.hybrid.${key}`, { n: answer[key] }));
    const others = ["on_site", "both", "online"].map((key) => [key, answer[`unregistered_${key}`]]).filter(([, n]) => n);
    const lines = [t("attendance.hybrid.registered", { n: answer.registered, list: words.join(" · ") })];
    if (others.length) lines.push(t("attendance.hybrid.unregistered", { list: others.map(([key, n]) => t(`attendance.hybrid.${key}`, { n })).join(" · ") }));
    for (const key of ["unknown", "ambiguous"]) {
      const some = answer[key];
      const shown = listed(some.slice(0, 20)) + (some.length > 20 ? " …" : "");
      if (some.length) lines.push(t(`attendance.hybrid.${key}`, { n: some.length, list: shown }));
    }
    document.getElementById("hybrid-result").replaceChildren(...lines.map((line) => el("p", {}, line)));
  });
});

refresh();
