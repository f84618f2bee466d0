// Credo asks its own authorization server for keys; Node's fetch cannot be given a root made at run time.
import { request } from "node:https"

/** A `fetch` that believes this root alone, once there is one. */
export function fetchUnder(root) {
  return (address, { method = "GET", headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const options = { method, headers: Object.fromEntries(new Headers(headers)), ca: root() }
      const asked = request(address, options, (answer) => {
        const pieces = []
        answer.on("data", (piece) => pieces.push(piece))
        answer.on("end", () => {
          const content = answer.statusCode === 204 ? null : Buffer.concat(pieces)
          resolve(new Response(content, { status: answer.statusCode, headers: answer.headers }))
        })
      })
      asked.on("error", reject)
      asked.end(body?.toString())
    })
}
