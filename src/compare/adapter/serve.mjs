/**
 * The entry of a Skerry app under plain Node: `node serve.mjs PORT ADDRESS`. Bundled with the app.
 *
 * An app that exports a handler is served by `node:http`, with requests and responses as the Web has them; one that
 * calls `listen` of `node:http` itself does so, at the port given here whatever it asks for. Says `listening PORT`.
 */
import { createServer, Server } from "node:http";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";

const [port = "0", address = "127.0.0.1"] = process.argv.slice(2);
/** In a guest nobody looks from outside: it tells of itself once it has answered. */
const TELLS = process.env.SKERRY_TELL === "1";
const listen = Server.prototype.listen;

Server.prototype.listen = function (...words) {
  const callback = words.find((word) => typeof word === "function");
  this.once("listening", () => process.stdout.write(`listening ${this.address().port}\n`));
  if (TELLS) this.once("request", (_request, response) => response.once("finish", tell));
  return listen.call(this, { port: Number(port), host: address }, callback);
};

const app = await import("skerry:entry");
const handler = app.default;
if (typeof handler?.fetch === "function") createServer(answer).listen();

async function answer(incoming, outgoing) {
  try {
    const response = await handler.fetch(requestOf(incoming), process.env, {
      waitUntil: (work) => void Promise.resolve(work).catch(console.error),
      passThroughOnException() {},
    });
    const { status, headers, body } = response;
    const fields = [...headers].filter(([name]) => name !== "set-cookie");
    const cookies = headers.getSetCookie();
    outgoing.writeHead(status, {
      ...Object.fromEntries(fields),
      ...(cookies.length === 0 ? {} : { "set-cookie": cookies }),
    });
    if (body === null) outgoing.end();
    else
      Readable.fromWeb(body)
        .on("error", () => outgoing.destroy())
        .pipe(outgoing);
  } catch (error) {
    console.error(error);
    if (!outgoing.headersSent) outgoing.writeHead(500);
    outgoing.end();
  }
}

function requestOf(incoming) {
  const { method, url, headers, headersDistinct } = incoming;
  const hasBody = method !== "GET" && method !== "HEAD";
  const fields = Object.entries(headersDistinct).flatMap(([name, values]) =>
    values.map((value) => [name, value]),
  );
  return new Request(new URL(url, `http://${headers.host ?? "localhost"}`), {
    method,
    headers: fields,
    ...(hasBody ? { body: Readable.toWeb(incoming), duplex: "half" } : {}),
  });
}

function tell() {
  const read = (name) => {
    try {
      return readFileSync(`/proc/${name}`, "latin1");
    } catch {
      return "";
    }
  };
  const calls = read("kallsyms")
    .split("\n")
    .filter((line) => line.includes(" __x64_sys_"))
    .join("\n");
  const told = { maps: read("self/maps"), memory: read("meminfo"), calls };
  process.stdout.write(`told ${Buffer.from(JSON.stringify(told)).toString("base64")}\n`);
}
