// Settings: accounts, sessions, tokens, webhooks, the end of a day, a new desk key, the trail of changes.
import { ask, attempt, confirmed, data, el, has, listed, minute, note, say, table } from "./common.js";
import { followJob, jobProblem } from "./jobs.js";
import { by, logins, on, remove } from "./own_access.js";

async function tokens() {
  const said = await attempt(() => ask("GET", "/tokens"));
  if (!said) return;
  by("tokens").replaceChildren(said.tokens.length ? table(["", "", "", ""], said.tokens.map((token) => [
    token.label, say(`account.${token.access}`), minute(token.made),
    el("button", { click: () => remove(`/tokens/${token.id}`, tokens) }, say("remove"))])) : "");
}

async function hooks() {
  const said = await attempt(() => ask("GET", "/webhooks"));
  if (!said) return;
  by("hooks").replaceChildren(said.hooks.length ? table(["", "", ""], said.hooks.map((hook) => [
    hook.url,
    hook.trouble ? el("strong", { class: "problem" }, `▲ ${hook.trouble} · ${say("hook.behind", { n: hook.behind })}`)
      : hook.behind ? say("hook.behind", { n: hook.behind }) : `● ${say("hook.even")}`,
    el("button", { click: () => remove(`/webhooks/${hook.id}`, hooks) }, say("remove"))])) : "");
}

async function accounts() {
  const said = await attempt(() => ask("GET", "/accounts"));
  if (!said) return;
  by("accounts").replaceChildren(table(["", "", "", ""], said.accounts.map((one) => {
    const role = el("select", { "aria-label": say("accounts.role"), change: () => change(one, role.value) },
      ...["viewer", "desk", "admin"].map((name) => el("option", { value: name, selected: name === one.role }, say(`account.${name}`))));
    return [one.name, role, minute(one.set), el("button", { click: () => leave(one.name) }, say("remove"))];
  })));
  const { account } = by("password"), chosen = account.value;
  account.replaceChildren(...said.accounts.map((one) =>
    el("option", { value: one.name, "data-version": one.version, selected: one.name === chosen }, one.name)));
}

async function change(account, role) {
  await attempt(() => ask("POST", `/accounts/${encodeURIComponent(account.name)}/role`, { role, was: account.role }));
  await accounts();
}

async function leave(name) {
  if (!(await confirmed(say("accounts.sure", { name })))) return;
  await remove(`/accounts/${encodeURIComponent(name)}`, accounts);
  await logins();
}

let oldest = null;
async function trail() {
  const said = await attempt(() => ask("GET", `/trail?limit=50${oldest === null ? "" : `&before=${oldest}`}`));
  if (!said) return;
  by("earlier").hidden = said.lines.length < 50;
  if (said.lines.length === 0) return;
  oldest = said.lines.at(-1).number;
  by("trail").append(table(["", "", "", ""], said.lines.map((line) => [
    minute(line.at), has(`trail.who.${line.who}`) ? say(`trail.who.${line.who}`) : line.who, has(`did.${line.what}`) ? say(`did.${line.what}`) : line.what.replaceAll("_", " "), line.subject])));
}

on("token", async (form) => {
  const made = await ask("POST", "/tokens", { label: form.label.value, access: form.access.value });
  by("new-token").replaceChildren(`${say("token.once")} `, el("code", {}, made.token));
  form.reset();
  await tokens();
});

on("hook", async (form) => {
  const made = await ask("POST", "/webhooks", { url: form.url.value });
  by("new-hook").replaceChildren(`${say("hook.secret")} `, el("code", {}, made.signing_secret),
    made.warning && el("p", { class: "problem" }, `▲ ${made.warning}`));
  form.reset();
  await hooks();
});

on("account", async (form) => {
  const name = form.elements.name.value.trim();
  await ask("POST", "/accounts", { name, role: form.elements.role.value, password: form.elements.password.value });
  form.reset();
  note(`✓ ${say("accounts.done", { name })}`);
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
  note(`✓ ${say("password.done")}`);
});

on("desk", async () => {
  const { staff } = await ask("GET", "/staff");
  const holders = staff.filter((one) => one.unlocks !== "nothing").map((one) => one.ref);
  const lost = holders.length ? say("desk.cards_lost", { n: holders.length, refs: listed(holders.slice(0, 20)) }) : say("desk.no_cards");
  if (!(await confirmed(`${say("desk.sure")} ${lost}`))) return;
  const job = await followJob((await ask("POST", "/desk-key/jobs", {})).id, by("desk-job"));
  if (job.state === "done") note(`✓ ${say("desk.done", { n: job.result.cards })}`);
  else by("desk-job").replaceChildren(el("p", { class: "problem", role: "alert" }, `▲ ${jobProblem(job)}`));
});

by("earlier").addEventListener("click", trail);
accounts();
tokens();
hooks();
trail();
