// Kiosks: those in trouble on top, and what an admin does with them.
import { ago, alarms, ask, attempt, clock, confirmed, count, data, el, fullPlace, has, minute, note, t, table } from "./common.js";

const EVERY_MS = 5_000;
const where = (gate) => `${fullPlace(gate.area, gate.venue)} · ${gate.code} · ${gate.id}`;

async function refresh() {
  await attempt(async () => {
    const list = chosen() ? null : await ask("GET", "/kiosks");
    if (list && !chosen()) render(list);
  });
  setTimeout(refresh, EVERY_MS);
}

// Somebody is choosing in an open row, perhaps since the question went out: new rows would close it under their hand.
const chosen = () => document.querySelector("#kiosks details[open]");

function render(list) {
  const now = Date.parse(list.as_of);
  document.getElementById("alarms").replaceChildren(alarms(list.alarms));
  document.getElementById("refused").replaceChildren(refused(list.refused_enrolments, now));
  const columns = ["state", "kiosk", "gate", "heard", "backlog", "clock", "readings"].map((key) => t(key));
  if (data.admin) columns.push("");
  const rows = list.kiosks.map((kiosk) => Object.assign(
    [state(kiosk), name(kiosk), gate(kiosk), kiosk.heard ? ago(kiosk.heard, now) : t("never"), missing(kiosk), time(kiosk), readings(kiosk),
      ...(data.admin ? [actions(kiosk)] : [])],
    { className: kiosk.troubles.includes("cut_off") ? "gone" : kiosk.troubles.length ? "trouble" : "" }));
  document.getElementById("kiosks").replaceChildren(
    list.kiosks.length ? table(columns, rows) : el("p", { class: "quiet" }, t("no_kiosks")));
}

/** Wrong enrolment codes of the last hour: a kiosk that was typed wrong, or a stranger who guesses. */
const refused = ({ attempts, addresses, last }, now) => (attempts === 0 ? ""
  : el("p", { class: "problem" }, `▲ ${t("enrol.refused", { n: attempts, addresses, ago: ago(last, now) })} `,
    data.admin && el("a", { href: "/settings#trail" }, t("enrol.refused.who"))));

const state = (kiosk) => kiosk.troubles.length
  ? el("strong", {}, `${kiosk.troubles.includes("cut_off") ? "✕" : "▲"} ${kiosk.troubles.flatMap((one) => troubleTexts(kiosk, one)).join(" · ")}`)
  : el("span", { class: "when" }, `● ${t("well")}`);

/** Of a printer it is shown what somebody has to do there. */
function troubleTexts({ readings }, trouble) {
  if (trouble !== "printer") return [t(`trouble.${trouble}`)];
  const cause = `printer.printer_${readings.printer}`;
  const keeps = readings.printer === "ok" ? [] : [t(has(cause) ? cause : "trouble.printer")];
  return [...keeps, ...(readings.prints_in_doubt ? [t("printer.in_doubt", { n: readings.prints_in_doubt })] : [])];
}

const name = (kiosk) => el("span", {}, kiosk.name === kiosk.gate ? "" : `${kiosk.name} `, el("code", {}, kiosk.device.slice(0, 8)));

const gate = (kiosk) => kiosk.gate === null ? t("spare")
  : el("span", {}, kiosk.area ? `${fullPlace(kiosk.area, kiosk.venue)} ` : "", el("strong", {}, data.gates.find((one) => one.id === kiosk.gate)?.code ?? ""), " ", el("code", {}, kiosk.gate));

// What is on its way, as always on a busy day, is no trouble.
const missing = (kiosk) => (kiosk.missing ? `${kiosk.troubles.includes("backlog") ? "▲ " : ""}${count(kiosk.missing)}` : kiosk.silent ? t("unknown_missing") : "0");

function time(kiosk) {
  const { source, error_ms: error, disagree } = kiosk.clock;
  if (disagree) return `▲ ${t("trouble.clock_disagrees")}`;
  if (source === null) return t("clock.none");
  return el("span", {}, `${t(`clock.${source}`)} `, el("span", { class: "when" }, `±${error < 100 ? `${count(error)} ms` : `${count(Math.round(error / 100) / 10)} s`}`));
}

/** What the kiosk says of itself, as far as it is of use to people: what it does not have, or is not, is left out. */
function readings(kiosk) {
  const parts = [];
  for (const [key, value] of Object.entries(kiosk.readings)) {
    if (!has(`health.${key}`) || value === null || value === false || value === "none") continue;
    if (key === "printer" && value !== "ok") continue; // that is in the kiosk's state
    const word = typeof value === "number" ? Math.round(value)
      : has(`health.${value}`) ? t(`health.${value}`) : value;
    const gigabytes = key === "disk_free_mb" && value >= 1000;
    parts.push(gigabytes ? t("health.disk_free_gb", { v: Math.round(value / 1000) }) : t(`health.${key}`, { v: word }));
  }
  const { opening } = kiosk;
  if (opening) parts.push(t(opening.good ? "opening.good" : "opening.bad", { at: minute(opening.at), n: opening.not_good.length }));
  return el("span", { class: "quiet" }, parts.join(" · ") || "–");
}

function actions(kiosk) {
  if (kiosk.troubles.includes("cut_off")) return "";
  const choice = el("select", { "aria-label": t("gate"), change: () => choice.value && assign(kiosk, choice.value) },
    el("option", { value: "" }, t("choose_gate")),
    ...data.gates.map((gate) => el("option", { value: gate.id }, where(gate))));
  return el("details", {}, el("summary", {}, t("change")),
    el("p", { class: "actions" }, choice,
      kiosk.seats_lost ? el("button", { click: () => giveSeats(kiosk) }, t("give_seats", { n: kiosk.seats_lost })) : "",
      el("button", { click: () => cutOff(kiosk) }, t("cut_off"))));
}

async function giveSeats(kiosk) {
  const seats = kiosk.seats_lost;
  if (!(await confirmed(t("give_seats.sure", { n: seats })))) return;
  await attempt(async () => {
    await ask("POST", `/kiosks/${kiosk.device}/seats`, { area: kiosk.area, seats });
    note(`✓ ${t("give_seats.done", { gate: kiosk.gate, n: seats })}`);
    render(await ask("GET", "/kiosks"));
  });
}

async function assign(kiosk, gate) {
  const done = await attempt(() => ask("POST", `/kiosks/${kiosk.device}/gate`, { gate, was: kiosk.gate }));
  if (done) note(`✓ ${kiosk.name || kiosk.device.slice(0, 8)} → ${gate}`);
  render(await ask("GET", "/kiosks"));
}

async function cutOff(kiosk) {
  if (!(await confirmed(t("cut_off.sure")))) return;
  await attempt(async () => {
    await ask("POST", `/kiosks/${kiosk.device}/cut-off`, {});
    render(await ask("GET", "/kiosks"));
  });
}

const form = document.getElementById("enrol");
if (form) {
  form.gate.append(el("option", { value: "" }, t("spare")), ...data.gates.map((gate) => el("option", { value: gate.id }, where(gate))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const code = await attempt(() => ask("POST", "/kiosks/code", { gate: form.gate.value || null }));
    if (!code) return;
    const shown = document.getElementById("code");
    shown.hidden = false;
    shown.replaceChildren(
      el("img", { alt: "QR", class: "qr", src: `data:image/svg+xml,${encodeURIComponent(code.qr)}` }),
      el("p", {}, t("enrol.show", { time: clock(code.expires) })),
      el("p", {}, el("code", {}, code.text)),
      code.warning && el("p", { class: "problem" }, `▲ ${code.warning}`));
  });
}

/** The code is drawn from what is typed, and forgotten: neither this page nor the registry keeps the password. */
const network = document.getElementById("network");
if (network) {
  const open = () => { network.password.disabled = network.security.value === "open"; };
  network.security.addEventListener("change", open);
  network.addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = {
      name: network.elements.name.value, security: network.security.value,
      password: network.password.disabled ? "" : network.password.value, hidden: network.elements.hidden.checked,
    };
    const code = await attempt(() => ask("POST", "/kiosks/network-code", asked));
    if (!code) return;
    note("");
    const shown = document.getElementById("network-shown");
    shown.hidden = false;
    shown.replaceChildren(
      el("img", { alt: "QR", class: "qr", src: `data:image/svg+xml,${encodeURIComponent(code.qr)}` }),
      el("p", {}, t("network.show")));
    network.password.value = "";
  });
  document.getElementById("network-code").addEventListener("toggle", ({ target }) => {
    if (!target.open) document.getElementById("network-shown").replaceChildren();
  });
}

refresh();
