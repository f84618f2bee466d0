// Keeps the page itself at hand, so that it opens when the desk's server is gone. Answers of the API are never kept here.
const CACHE = "sen-page-1";
/** How long the server may take before the kept copy serves, in milliseconds. */
const PATIENCE = 1500;
const WANTED = ["/", ...["style.css", "icon.svg", "manifest.webmanifest", "app.js", "now.js", "server.js", "session.js", "words.js", "reasons.js", "scan.js", "api.js", "shapes.js", "dom.js", "banners.js", "twoway.js", "serial.js",
  "verdict.js", "store.js", "offline.js", "camera.js", "capture.js", "lists.js", "loop.js", "sound.js"].map((name) => `/assets/${name}`)];
/** A desk may have been set up without these. */
const WELCOME = ["sen_verifier.js", "sen_verifier_bg.wasm", "zxing.js", "zxing_share.js", "zxing_reader.wasm"].map((name) => `/assets/web/${name}`);

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(WANTED.map((path) => new Request(path, { cache: "reload" })));
    await Promise.all(WELCOME.map((path) => cache.add(new Request(path, { cache: "reload" })).catch(() => undefined)));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const ours = origin === self.location.origin && (pathname === "/" || pathname.startsWith("/assets/"));
  if (event.request.method === "GET" && ours) event.respondWith(freshOrKept(event.request));
});

/** The server's copy where it answers soon, so that an update of the desk reaches the page; else the one that is kept. */
async function freshOrKept(request) {
  const cache = await caches.open(CACHE);
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (fresh.ok) await cache.put(request, fresh.clone());
    return fresh;
  } catch {
    return (await cache.match(request, { ignoreSearch: true })) ?? Response.error();
  }
}
