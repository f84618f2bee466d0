// Begins a question, shows its code, and looks how it stands until it is over.
const at = (id) => document.getElementById(id);
const kind = document.body.dataset.kind;
const address = { portal: "/portal/start", bank: "/bank/start", atm: "/atm/start" }[kind];
// In the order in which they are shown.
const labels = {
  name: "Họ tên / name", number: "Số định danh / number", account_level: "Mức tài khoản / account level",
  authentication_level: "Mức xác thực / authentication level", proven_by: "Xác minh bằng / proven by",
  amount: "Số tiền / amount", receipt: "Biên lai / receipt", bank: "Ngân hàng / bank", terminal: "Máy / machine",
  place: "Địa điểm / place", at: "Lúc / at", balance: "Số dư / balance",
};
const bases = { attested: "khóa được chứng thực / attested key", claimed: "ví tự khai / the wallet's own word" };
const proofs = { wallet: "ví điện tử / wallet", chip: "chip" };
const titles = {
  portal: ["Đã đăng nhập", "Signed in"], bank: ["Đã xác minh khách hàng", "Customer known"], atm: ["Mời nhận tiền", "Please take the cash"],
};
const written = {
  amount: (value) => money(value),
  balance: (value) => money(value),
  at: (value) => new Date(value).toLocaleString("vi-VN"),
  authentication_level: ({ level, basis }) => `${level}, ${bases[basis]}`,
  proven_by: (value) => proofs[value],
};
/** No record of a reading is longer, in bytes. */
const LONGEST_RECORD = 300_000;
const money = (value) => `${value.toLocaleString("vi-VN")} ₫`;

async function post(path, content) {
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(content) });
  return { ok: answer.ok, ...(await answer.json()) };
}

function words(element, vietnamese, english) {
  const small = document.createElement("small");
  small.lang = "en";
  small.textContent = english;
  element.replaceChildren(vietnamese, small);
}

function over(className, vietnamese, english, result = {}) {
  for (const id of ["start", "ask", "number"]) at(id).hidden = true;
  const box = document.createElement("div");
  box.className = className;
  words(box, vietnamese, english);
  const list = document.createElement("dl");
  for (const [name, label] of Object.entries(labels)) {
    const value = result[name] ?? null;
    if (value === null) continue;
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = label;
    text.textContent = written[name]?.(value) ?? value;
    list.append(term, text);
  }
  if (list.childElementCount) box.append(list);
  at("state").replaceChildren(box);
  at("again").hidden = false;
  localStorage.removeItem("view");
}

/** True when it is over. */
function show(answer) {
  if (answer.state === "refused") return over("refused", answer.vi, answer.en), true;
  if (answer.state === "done") return over("done", ...titles[kind], answer.result), true;
  if (answer.state === "connected") {
    at("ask").hidden = true;
    at("number").hidden = !answer.number;
    at("digits").textContent = answer.number ?? "";
    words(at("state"), "Điện thoại đã kết nối. Hãy xem và đồng ý trên điện thoại.", "The phone has connected. Read and agree on the phone.");
    return false;
  }
  if (answer.state === "waiting") {
    if (at("code").hidden) words(at("state"), "Đang chờ ứng dụng.", "Waiting for the app.");
    else words(at("state"), "Quét mã bằng ứng dụng.", "Scan the code with the app.");
    return false;
  }
  return over("refused", "Hãy bắt đầu lại.", answer.error_description ?? "Please begin again."), true;
}

async function watch(view, code) {
  for (;;) {
    const answer = await post("/asking/state", { view, code }).catch(() => ({}));
    // Whatever else is no word on how it stands, a busy server's among them: the bank may pay all the same.
    if ((answer.state || answer.error === "request_unknown") && show(answer)) return;
    await new Promise((done) => setTimeout(done, 500));
  }
}

async function begin(content) {
  if (kind === "atm") content.terminal = at("terminal").value;
  const begun = await post(address, content);
  if (!begun.ok) return over("refused", "Không bắt đầu được.", begun.error_description);
  at("start").hidden = true;
  at("ask").hidden = false;
  // Made by our own server of our own link.
  at("code").innerHTML = begun.qr;
  at("link").href = begun.link;
  const here = content.other_screen === false;
  at("code").hidden = here;
  if (here) words(at("link"), "Mở ứng dụng trên thiết bị này", "Open the app on this device");
  // The wallet on this device opens a new tab, which goes on with it.
  if (here) localStorage.setItem("view", begun.view);
  // Not only once the first look is answered.
  show({ state: "waiting" });
  await watch(begun.view);
}

for (const button of document.querySelectorAll("[data-start]")) {
  button.addEventListener("click", () => begin(JSON.parse(button.dataset.start)));
}
/** The octets of a file in base64url. */
async function octets(file) {
  const text = Array.from(new Uint8Array(await file.arrayBuffer()), (octet) => String.fromCharCode(octet)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

let nonce = "";
at("chip")?.addEventListener("click", async () => {
  const given = await post("/bank/evidence/start", {});
  if (!given.ok) return over("refused", "Không bắt đầu được.", given.error_description);
  ({ nonce } = given);
  at("command").textContent = `sen card read --evidence record.cose --nonce ${given.nonce_hex} ...`;
  at("chip").hidden = true;
  at("reading").hidden = false;
});
at("reading")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = at("record").files;
  if (!file || file.size > LONGEST_RECORD) return over("refused", "Tệp này không phải bản ghi đọc thẻ.", "This file is no record of a reading.");
  const answer = await post("/bank/evidence", { nonce, record: await octets(file), face_compared: at("compared").checked });
  if (!answer.ok) return over("refused", answer.vi ?? "Không xác minh được.", answer.error_description);
  over("done", ...titles.bank, answer);
});

at("again").addEventListener("click", () => location.assign(location.pathname));

const code = new URLSearchParams(location.search).get("code");
const view = localStorage.getItem("view");
if (code && view) {
  history.replaceState(null, "", location.pathname);
  at("start").hidden = true;
  watch(view, code);
}
