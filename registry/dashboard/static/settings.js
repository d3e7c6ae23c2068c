// Settings: accounts, sessions, tokens, webhooks, the end of a day, a new desk key, the trail of changes.
import { ask, attempt, confirmed, el, has, listed, minute, note, placeName, t, table } from "./common.js";
import { download, followJob, jobProblem } from "./jobs.js";
import { by, logins, on, remove } from "./own_access.js";

document.getElementById("attempts").addEventListener("click", () => attempt(() => download("/export/jobs", document.getElementById("made"))));

async function tokens() {
  const answer = await attempt(() => ask("GET", "/tokens"));
  if (!answer) return;
  by("tokens").replaceChildren(answer.tokens.length ? table(["", "", "", ""], answer.tokens.map((token) => [
    token.label, t(`account.${token.access}`), minute(token.made),
    el("button", { click: () => remove(`/tokens/${token.id}`, tokens) }, t("remove"))])) : "");
}

async function hooks() {
  const answer = await attempt(() => ask("GET", "/webhooks"));
  if (!answer) return;
  by("hooks").replaceChildren(answer.hooks.length ? table(["", "", ""], answer.hooks.map((hook) => [
    hook.url,
    hook.trouble ? el("strong", { class: "problem" }, `▲ ${hook.trouble} · ${t("hook.behind", { n: hook.behind })}`)
      : hook.behind ? t("hook.behind", { n: hook.behind }) : `● ${t("hook.even")}`,
    el("button", { click: () => remove(`/webhooks/${hook.id}`, hooks) }, t("remove"))])) : "");
}

async function accounts() {
  const answer = await attempt(() => ask("GET", "/accounts"));
  if (!answer) return;
  by("accounts").replaceChildren(table(["", "", "", ""], answer.accounts.map((one) => {
    const role = el("select", { "aria-label": t("accounts.role"), change: () => change(one, role.value) },
      ...["viewer", "desk", "admin"].map((name) => el("option", { value: name, selected: name === one.role }, t(`account.${name}`))));
    return [one.name, role, minute(one.set), el("button", { click: () => leave(one.name) }, t("remove"))];
  })));
  const { account } = by("password"), chosen = account.value;
  account.replaceChildren(...answer.accounts.map((one) =>
    el("option", { value: one.name, "data-version": one.version, selected: one.name === chosen }, one.name)));
}

async function change(account, role) {
  await attempt(() => ask("POST", `/accounts/${encodeURIComponent(account.name)}/role`, { role, was: account.role }));
  await accounts();
}

async function leave(name) {
  if (!(await confirmed(t("accounts.sure", { name })))) return;
  await remove(`/accounts/${encodeURIComponent(name)}`, accounts);
  await logins();
}

const KNOWN = { access: "account", role: "account", kind: "conflict", answer: "reading" };
const PLACES = ["venue", "area"];
/** What a change was about, in the reader's words; lines of an earlier version have one text. */
function about(line) {
  const said = Object.entries(line.details).map(([name, value]) => {
    const field = (one) => (one !== "extra" && has(`import.field.${one}`) ? t(`import.field.${one}`) : t(one));
    const named = name === "fields" ? listed(value.split(", ").map(field)) : PLACES.includes(name) ? placeName(value)
      : has(`${KNOWN[name]}.${value}`) ? t(`${KNOWN[name]}.${value}`) : value;
    const text = has(`trail.of.${name}`) ? t(`trail.of.${name}`, { v: named }) : `${name} ${named}`;
    return name === "code" ? el("a", { href: `/people#${value}` }, line.ref ? `${text} (${line.ref})` : text) : text;
  });
  return said.length ? el("span", {}, ...said.flatMap((one, at) => (at ? [" · ", one] : [one]))) : line.subject;
}

let oldest = null;
async function trail() {
  const answer = await attempt(() => ask("GET", `/trail?limit=50${oldest === null ? "" : `&before=${oldest}`}`));
  if (!answer) return;
  by("earlier").hidden = answer.lines.length < 50;
  if (answer.lines.length === 0) return;
  oldest = answer.lines.at(-1).number;
  by("trail").append(table(["", "", "", ""], answer.lines.map((line) => [
    minute(line.at), has(`trail.who.${line.who}`) ? t(`trail.who.${line.who}`) : line.who, has(`did.${line.what}`) ? t(`did.${line.what}`) : line.what.replaceAll("_", " "), about(line)])));
}

on("token", async (form) => {
  const made = await ask("POST", "/tokens", { label: form.label.value, access: form.access.value });
  by("new-token").replaceChildren(`${t("token.once")} `, el("code", {}, made.token));
  form.reset();
  await tokens();
});

on("hook", async (form) => {
  const made = await ask("POST", "/webhooks", { url: form.url.value });
  by("new-hook").replaceChildren(`${t("hook.secret")} `, el("code", {}, made.signing_secret),
    made.warning && el("p", { class: "problem" }, `▲ ${made.warning}`));
  form.reset();
  await hooks();
});

on("account", async (form) => {
  const name = form.elements.name.value.trim();
  await ask("POST", "/accounts", { name, role: form.elements.role.value, password: form.elements.password.value });
  form.reset();
  note(`✓ ${t("accounts.done", { name })}`);
  await accounts();
});

on("password", async (form) => {
  const { value: account, selectedOptions: [{ dataset: { version } }] } = form.account;
  try {
    await ask("POST", "/password", { account, password: form.password.value, version });
  } finally {
    await accounts();
  }
  form.password.value = "";
  note(`✓ ${t("password.done")}`);
});

on("desk", async () => {
  const { staff } = await ask("GET", "/staff");
  const holders = staff.filter((one) => one.unlocks !== "nothing").map((one) => one.ref);
  const lost = holders.length ? t("desk.cards_lost", { n: holders.length, refs: listed(holders.slice(0, 20)) }) : t("desk.no_cards");
  if (!(await confirmed(`${t("desk.sure")} ${lost}`))) return;
  const job = await followJob((await ask("POST", "/desk-key/jobs", {})).id, by("desk-job"));
  if (job.state === "done") note(`✓ ${t("desk.done", { n: job.result.cards })}`);
  else by("desk-job").replaceChildren(el("p", { class: "problem", role: "alert" }, `▲ ${jobProblem(job)}`));
});

by("earlier").addEventListener("click", trail);
accounts();
tokens();
hooks();
trail();
