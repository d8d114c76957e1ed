// Express, unmodified: routing, parameters, bodies, errors, streams.
import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import { pipeline, Transform } from "node:stream";
import { createGzip } from "node:zlib";
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as wait } from "node:timers/promises";
import express from "express";
import files from "./published-files" with { type: "file" };

const app = express();
const store = new AsyncLocalStorage();
const served = new EventEmitter();
let count = 0;
served.on("served", () => count++);

app.set("etag", "strong");
app.use((request, response, next) => {
  response.on("finish", () => served.emit("served"));
  store.run(request.get("x-request-id") ?? "none", next);
});
app.use(express.json());
app.use(express.urlencoded({ extended: true }));

const users = express.Router({ mergeParams: true });
users.get("/:id", (request, response) => response.json({ id: request.params.id, query: request.query }));
users.param("id", (request, response, next, id) => (id === "0" ? response.sendStatus(404) : next()));
app.use("/users", users);

app.use("/static", express.static(files));
app.get("/", (request, response) => response.send("hello from Express\n"));
app.post("/echo", (request, response) => response.status(201).json(request.body));
app.get("/stored", async (request, response) => {
  await wait(5);
  response.type("text").send(store.getStore());
});
app.get("/cookies", (request, response) =>
  response.cookie("a", "1", { httpOnly: true }).cookie("b", "2").redirect("/"),
);
app.get("/fails", () => {
  throw new Error("meant to");
});
app.get("/rejects", async () => {
  await null;
  throw Object.assign(new Error("also meant"), { status: 409 });
});
app.post("/digest", (request, response) => {
  const hash = createHash("sha256");
  request.pipe(hash).on("finish", () => response.send(hash.read().toString("hex")));
});
app.post("/upper", (request, response, next) => {
  const upper = new Transform({ transform: (piece, _, done) => done(null, String(piece).toUpperCase()) });
  pipeline(request, upper, response, (error) => error && next(error));
});
app.get("/packed", (request, response) => {
  response.set({ "content-encoding": "gzip", "content-type": "text/plain" });
  const gzip = createGzip();
  gzip.pipe(response);
  gzip.end("packed ".repeat(1000));
});
app.get("/ip", (request, response) => response.json([request.ip, request.socket.remoteFamily]));
app.get("/count", (request, response) => response.json({ count }));
app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  response.status(error.status ?? 500).json({ error: error.message });
});

app.listen(3000);
