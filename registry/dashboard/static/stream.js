// The event stream of the headcount: shared by all tabs where the browser can, else this tab's own.

/** Call `take(name, data)` for each event: headcount, alive, error. */
export function listen(take) {
  if (!("SharedWorker" in window)) {
    own(take);
    return;
  }
  const worker = new SharedWorker(new URL("live_worker.js", import.meta.url), { name: "headcount" });
  worker.port.addEventListener("message", ({ data }) => take(data.name, data.data));
  worker.addEventListener("error", () => own(take), { once: true });
  worker.port.start();
  addEventListener("pagehide", () => worker.port.postMessage("bye"));
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

function own(take) {
  const source = new EventSource("/api/v1/headcount/stream");
  for (const name of ["headcount", "alive"]) {
    source.addEventListener(name, (event) => take(name, JSON.parse(event.data)));
  }
  source.addEventListener("error", () => {
    take("error");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => own(take), 30_000);
  });
}
