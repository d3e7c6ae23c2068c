// Kiosks: the ill ones on top, and what an admin does with them.
import { ago, alarms, ask, attempt, clock, confirmed, count, data, el, has, minute, note, place, say, table } from "./common.js";

const EVERY_MS = 5_000;
const where = (gate) => `${place(gate.venue)}${gate.area === gate.venue ? "" : ` · ${place(gate.area)}`} · ${gate.code} · ${gate.id}`;

async function refresh() {
  await attempt(async () => {
    const said = chosen() ? null : await ask("GET", "/kiosks");
    if (said && !chosen()) render(said);
  });
  setTimeout(refresh, EVERY_MS);
}

// Somebody is choosing in an open row, perhaps since the question went out: new rows would close it under their hand.
const chosen = () => document.querySelector("#kiosks details[open]");

function render(said) {
  const now = Date.parse(said.as_of);
  document.getElementById("alarms").replaceChildren(alarms(said.alarms));
  document.getElementById("refused").replaceChildren(refused(said.refused_enrolments, now));
  const columns = ["state", "kiosk", "gate", "heard", "backlog", "clock", "readings"].map((key) => say(key));
  if (data.admin) columns.push("");
  const rows = said.kiosks.map((kiosk) => Object.assign(
    [state(kiosk), name(kiosk), gate(kiosk), kiosk.heard ? ago(kiosk.heard, now) : say("never"), missing(kiosk), time(kiosk), readings(kiosk),
      ...(data.admin ? [deeds(kiosk)] : [])],
    { className: kiosk.troubles.includes("cut_off") ? "gone" : kiosk.troubles.length ? "ill" : "" }));
  document.getElementById("kiosks").replaceChildren(
    said.kiosks.length ? table(columns, rows) : el("p", { class: "quiet" }, say("no_kiosks")));
}

/** Wrong enrolment codes of the last hour: a kiosk that was typed wrong, or a stranger who guesses. */
const refused = ({ attempts, addresses, last }, now) => (attempts === 0 ? ""
  : el("p", { class: "problem" }, `▲ ${say("enrol.refused", { n: attempts, addresses, ago: ago(last, now) })} `,
    data.admin && el("a", { href: "/settings#trail" }, say("enrol.refused.who"))));

const state = (kiosk) => kiosk.troubles.length
  ? el("strong", {}, `${kiosk.troubles.includes("cut_off") ? "✕" : "▲"} ${kiosk.troubles.flatMap((one) => troubleTexts(kiosk, one)).join(" · ")}`)
  : el("span", {}, `● ${say("well")}`);

/** Of a printer it is shown what somebody has to do there. */
function troubleTexts({ readings }, trouble) {
  if (trouble !== "printer") return [say(`trouble.${trouble}`)];
  const cause = `printer.printer_${readings.printer}`;
  const keeps = readings.printer === "ok" ? [] : [say(has(cause) ? cause : "trouble.printer")];
  return [...keeps, ...(readings.prints_in_doubt ? [say("printer.in_doubt", { n: readings.prints_in_doubt })] : [])];
}

const name = (kiosk) => el("span", {}, kiosk.name === kiosk.gate ? "" : `${kiosk.name} `, el("code", {}, kiosk.device.slice(0, 8)));

const gate = (kiosk) => kiosk.gate === null ? say("spare")
  : el("span", {}, kiosk.area ? `${place(kiosk.venue)}${kiosk.area === kiosk.venue ? "" : ` · ${place(kiosk.area)}`} ` : "", el("strong", {}, data.gates.find((one) => one.id === kiosk.gate)?.code ?? ""), " ", el("code", {}, kiosk.gate));

const missing = (kiosk) => (kiosk.missing ? `▲ ${count(kiosk.missing)}` : kiosk.silent ? say("unknown_missing") : "0");

function time(kiosk) {
  const { source, error_ms: error, disagree } = kiosk.clock;
  if (disagree) return `▲ ${say("trouble.clock_disagrees")}`;
  if (source === null) return say("clock.none");
  return `${say(`clock.${source}`)} ±${error < 1000 ? `${count(error)} ms` : `${count(Math.round(error / 1000))} s`}`;
}

/** What the kiosk says of itself, as far as it is of use to people: what it does not have, or is not, is left out. */
function readings(kiosk) {
  const told = [];
  for (const [key, value] of Object.entries(kiosk.readings)) {
    if (!has(`health.${key}`) || value === null || value === false || value === "none") continue;
    if (key === "printer" && value !== "ok") continue; // that is in the kiosk's state
    const word = typeof value === "number" ? Math.round(value)
      : has(`health.${value}`) ? say(`health.${value}`) : value;
    told.push(say(`health.${key}`, { v: word }));
  }
  const { opening } = kiosk;
  if (opening) told.push(say(opening.good ? "opening.good" : "opening.bad", { at: minute(opening.at), n: opening.not_good.length }));
  return el("span", { class: "quiet" }, told.join(" · ") || "–");
}

function deeds(kiosk) {
  if (kiosk.troubles.includes("cut_off")) return "";
  const choice = el("select", { "aria-label": say("gate"), change: () => choice.value && assign(kiosk, choice.value) },
    el("option", { value: "" }, say("choose_gate")),
    ...data.gates.map((gate) => el("option", { value: gate.id }, where(gate))));
  return el("details", {}, el("summary", {}, say("change")),
    el("p", { class: "deeds" }, choice,
      kiosk.seats_lost ? el("button", { click: () => giveSeats(kiosk) }, say("give_seats", { n: kiosk.seats_lost })) : "",
      el("button", { click: () => cutOff(kiosk) }, say("cut_off"))));
}

async function giveSeats(kiosk) {
  const seats = kiosk.seats_lost;
  if (!(await confirmed(say("give_seats.sure", { n: seats })))) return;
  await attempt(async () => {
    await ask("POST", `/kiosks/${kiosk.device}/seats`, { area: kiosk.area, seats });
    note(`✓ ${say("give_seats.done", { gate: kiosk.gate, n: seats })}`);
    render(await ask("GET", "/kiosks"));
  });
}

async function assign(kiosk, gate) {
  const done = await attempt(() => ask("POST", `/kiosks/${kiosk.device}/gate`, { gate, was: kiosk.gate }));
  if (done) note(`✓ ${kiosk.name || kiosk.device.slice(0, 8)} → ${gate}`);
  render(await ask("GET", "/kiosks"));
}

async function cutOff(kiosk) {
  if (!(await confirmed(say("cut_off.sure")))) return;
  await attempt(async () => {
    await ask("POST", `/kiosks/${kiosk.device}/cut-off`, {});
    render(await ask("GET", "/kiosks"));
  });
}

const form = document.getElementById("enrol");
if (form) {
  form.gate.append(el("option", { value: "" }, say("spare")), ...data.gates.map((gate) => el("option", { value: gate.id }, where(gate))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const code = await attempt(() => ask("POST", "/kiosks/code", { gate: form.gate.value || null }));
    if (!code) return;
    const shown = document.getElementById("code");
    shown.hidden = false;
    shown.replaceChildren(
      el("img", { alt: "QR", class: "qr", src: `data:image/svg+xml,${encodeURIComponent(code.qr)}` }),
      el("p", {}, say("enrol.show", { time: clock(code.expires) })),
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
      el("p", {}, say("network.show")));
    network.password.value = "";
  });
  document.getElementById("network-code").addEventListener("toggle", ({ target }) => {
    if (!target.open) document.getElementById("network-shown").replaceChildren();
  });
}

refresh();
