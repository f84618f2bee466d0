// What this page remembers when everything else is gone: the offline bundle, who logged in last, and which codes were
// seen. No name or number of a patient goes in here.

const opened = new Promise((resolve, reject) => {
  const request = indexedDB.open("sen-desk", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("kept", { keyPath: "name" });
    request.result.createObjectStore("seen", { keyPath: "key" });
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** Runs one transaction; done only when it is on the disk. */
async function within(name, mode, work) {
  const database = await opened;
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, mode, { durability: "strict" });
    const request = work(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? request?.error);
  });
}

export const store = {
  keep: (name, value) => within("kept", "readwrite", (kept) => kept.put({ name, value })),
  kept: async (name) => (await within("kept", "readonly", (kept) => kept.get(name)))?.value,
  forget: (name) => within("kept", "readwrite", (kept) => kept.delete(name)),
  /** Adds a sighting; fails where its key is there already, so that of two tabs one is told it is new. */
  addSeen: (entry) => within("seen", "readwrite", (seen) => seen.add(entry)),
  putSeen: (entry) => within("seen", "readwrite", (seen) => seen.put(entry)),
  dropSeen: (key) => within("seen", "readwrite", (seen) => seen.delete(key)),
  seen: () => within("seen", "readonly", (seen) => seen.getAll()),
};
