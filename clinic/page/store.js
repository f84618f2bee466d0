// What this page remembers when everything else is gone: the offline bundle, who logged in last, which codes were seen,
// and the checks that the server does not know of yet. A patient's data are kept with such a check alone, and no longer
// than until the server has it.

const opened = new Promise((resolve, reject) => {
  const request = indexedDB.open("sen-desk", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("kept", { keyPath: "name" });
    request.result.createObjectStore("seen", { keyPath: "key" });
    request.result.createObjectStore("waiting", { keyPath: "id" });
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** Runs one transaction over these stores; done only when it is on the disk. */
async function within(names, mode, work) {
  const database = await opened;
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(names, mode, { durability: "strict" });
    const request = work(...names.map((name) => transaction.objectStore(name)));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? request?.error);
  });
}

export const store = {
  keep: (name, value) => within(["kept"], "readwrite", (kept) => kept.put({ name, value })),
  kept: async (name) => (await within(["kept"], "readonly", (kept) => kept.get(name)))?.value,
  forget: (name) => within(["kept"], "readwrite", (kept) => kept.delete(name)),
  putSeen: (entries) => within(["seen"], "readwrite", (seen) => entries.forEach((entry) => seen.put(entry))),
  /** Forgets the sightings that were to be kept until before this time (milliseconds). */
  purgeSeen: (before) =>
    within(["seen"], "readwrite", (seen) => {
      const each = seen.openCursor();
      each.onsuccess = () => {
        const cursor = each.result;
        if (!cursor) return;
        if (Date.parse(cursor.value.keep_until) < before) cursor.delete();
        cursor.continue();
      };
    }),
  seen: () => within(["seen"], "readonly", (seen) => seen.getAll()),
  /** A check and its sighting at once. Fails where the sighting is there already: of two tabs, one is told it is new. */
  addCheck: (check, sighting) =>
    within(["waiting", "seen"], "readwrite", (waiting, seen) => {
      if (sighting) seen.add(sighting);
      return waiting.put(check);
    }),
  putWaiting: (check) => within(["waiting"], "readwrite", (waiting) => waiting.put(check)),
  dropWaiting: (ids) => within(["waiting"], "readwrite", (waiting) => ids.forEach((id) => waiting.delete(id))),
  waiting: () => within(["waiting"], "readonly", (waiting) => waiting.getAll()),
};
