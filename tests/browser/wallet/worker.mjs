// A page's worker as the wallet's place: it may wait for the test's device.
import openVerifier, * as verifier from "./node_modules/sen-verifier/sen_verifier.js";
import openWallet, * as wallet from "./node_modules/sen-wallet/sen_wallet.js";
import { answering } from "./calls.mjs";
import { portsOf } from "./ports.mjs";

const ports = portsOf((words) => {
  const call = new XMLHttpRequest();
  call.open("POST", "/device", false);
  call.send(JSON.stringify(words));
  return JSON.parse(call.responseText);
});

await Promise.all([openWallet(), openVerifier()]);
const answer = answering({ wallet, verifier, ports, Wallet: wallet.Wallet, keys: ports.keys });
onmessage = async ({ data: { number, ...asked } }) => postMessage({ number, ...(await answer(asked)) });
postMessage({ ready: true });
