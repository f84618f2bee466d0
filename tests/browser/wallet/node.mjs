// Node as the wallet's place: this process blocks while a worker of its own asks the test's device.
import { MessageChannel, Worker, receiveMessageOnPort } from "node:worker_threads";
import * as verifier from "sen-verifier";
import * as wallet from "sen-wallet";
import { answering } from "./calls.mjs";
import { portsOf } from "./ports.mjs";

const asker = `
  const { workerData: { port, signal, device } } = require("node:worker_threads");
  port.on("message", async (words) => {
    const answer = await fetch(device, { method: "POST", body: JSON.stringify(words) }).then((answer) => answer.json(), () => ({ failure: true }));
    port.postMessage(answer);
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  });`;

const { port1, port2 } = new MessageChannel();
const signal = new Int32Array(new SharedArrayBuffer(4));
new Worker(asker, { eval: true, workerData: { port: port2, signal, device: process.argv[2] }, transferList: [port2] });
const ports = portsOf((words) => {
  Atomics.store(signal, 0, 0);
  port1.postMessage(words);
  Atomics.wait(signal, 0, 0);
  return receiveMessageOnPort(port1).message;
});

const answer = answering({ wallet, verifier, ports, Wallet: wallet.Wallet, keys: ports.keys });
process.on("message", async ({ number, ...asked }) => process.send({ number, ...(await answer(asked)) }));
process.send({ ready: true });
