// One event stream for all tabs of a browser: it opens six connections to a registry and no more.
const EVENTS = ["headcount", "alive"];
const ports = new Set();
let newest = null; // the newest headcount, for a tab that opens later
let listening = false;

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function listen() {
  const source = new EventSource("/api/v1/headcount/stream");
  for (const name of EVENTS) {
    source.addEventListener(name, (event) => {
      const message = { name, data: JSON.parse(event.data) };
      if (name === "headcount") newest = message;
      tell(message);
    });
  }
  source.addEventListener("error", () => {
    tell({ name: "error" });
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 10_000);
  });
}

self.addEventListener("connect", ({ ports: [port] }) => {
  ports.add(port);
  port.addEventListener("message", () => ports.delete(port)); // the tab says that it goes
  port.start();
  if (newest) port.postMessage(newest);
  if (!listening) {
    listening = true;
    listen();
  }
});
