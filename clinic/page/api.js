// The desk's server. No personal data goes into an address; every change carries the header that a foreign page cannot
// send.

/** The server answered with an error. */
export class ServerError extends Error {
  constructor(status, code, retryAfter) {
    super(code);
    Object.assign(this, { status, code, retryAfter });
  }
}

/** Nobody answered. */
export class Unreachable extends Error {}

/** How long an answer may take, in milliseconds. */
const PATIENCE = 5000;

async function call(method, path, body, patience = PATIENCE) {
  const { content } = await exchange(method, path, body, patience, {});
  return content;
}

async function exchange(method, path, body, patience, headers) {
  const binary = body instanceof Blob;
  if (method !== "GET") headers["X-Sen-Desk"] = "1";
  if (body !== undefined) headers["Content-Type"] = binary ? body.type || "application/octet-stream" : "application/json";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined || binary ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
      cache: "no-store",
    });
  } catch {
    throw new Unreachable();
  }
  if (response.status === 204 || response.status === 304) return { content: null };
  const json = response.headers.get("content-type")?.includes("json");
  const content = await (json ? response.json() : response.text()).catch(() => null);
  if (response.ok) return { content, version: response.headers.get("etag") };
  const retryAfter = Number(response.headers.get("retry-after")) || 0;
  throw new ServerError(response.status, content?.error?.code ?? `http_${response.status}`, retryAfter);
}

export const api = {
  session: () => call("GET", "/api/session"),
  logIn: (password, clerk, desk) => call("POST", "/api/session", { password, clerk, ...(desk ? { desk } : {}) }, 20000),
  logOut: () => call("DELETE", "/api/session"),
  state: () => call("GET", "/api/state"),
  check: (id, text, duration_ms) => call("POST", "/api/checks", { id, text, duration_ms }),
  checkFrames: (id, texts) => call("POST", "/api/checks/frames", { id, texts }),
  checkPicture: (picture) => call("POST", "/api/checks/picture", picture, 15000),
  face: (id, result) => call("POST", `/api/checks/${id}/face`, { result }),
  withdrawFace: (id) => call("DELETE", `/api/checks/${id}/face`),
  entitlement: (id) => call("POST", `/api/checks/${id}/entitlement`, {}, 20000),
  lines: (id) => call("GET", `/api/checks/${id}/lines`),
  kept: (id) => call("GET", `/api/checks/${id}`),
  day: () => call("GET", "/api/day"),
  enqueue: (check) => call("POST", "/api/queue", { check }),
  queue: () => call("GET", "/api/queue"),
  moveInQueue: (id, state) => call("POST", `/api/queue/${id}`, { state }),
  ask: () => call("POST", "/api/challenges", {}),
  asked: (id) => call("GET", `/api/challenges/${id}`),
  /** The offline bundle and its version; nothing where this version is still the newest. */
  offlineBundle: async (version) => {
    const fresh = await exchange("GET", "/api/offline", undefined, 20000, version ? { "If-None-Match": version } : {});
    return fresh.content && fresh;
  },
  seenRecently: () => call("GET", "/api/seen"),
  seen: (entries) => call("POST", "/api/seen", { entries }, 20000),
};
