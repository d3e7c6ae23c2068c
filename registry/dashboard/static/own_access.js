// One's own password, and open sessions: on the page of one's account, and among the settings.
import { ask, attempt, el, minute, note, t, table } from "./common.js";

export const by = (id) => document.getElementById(id);

export const on = (id, work) => by(id).addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => work(event.target));
});

export async function remove(path, refresh) {
  await attempt(() => ask("DELETE", path));
  await refresh();
}

export async function logins() {
  const answer = await attempt(() => ask("GET", "/logins"));
  if (!answer) return;
  by("logins").replaceChildren(answer.logins.length ? table(["", "", "", "", ""], answer.logins.map((one) => [
    one.account, one.own ? el("strong", {}, t("logins.own")) : one.address, browser(one.browser),
    t("logins.seen", { time: minute(one.seen) }),
    el("button", { click: () => remove(`/logins/${one.id}`, logins) }, t("logins.end"))])) : "");
}

/** The name of a browser and its system, out of what it calls itself. */
function browser(agent) {
  const name = /(Firefox|Edg|OPR|Chrome|Safari)\/[\d.]+/.exec(agent);
  const system = /\(([^;)]+)/.exec(agent);
  return [name ? name[0].replace(/\.[\d.]+$/, "") : agent.slice(0, 30), system ? system[1] : ""].filter(Boolean).join(" · ");
}

on("own", async (form) => {
  await ask("POST", "/own-password", { old: form.old.value, password: form.password.value });
  form.reset();
  note(`✓ ${t("password.done")}`);
  await logins();
});

logins();
