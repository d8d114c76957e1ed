// Published packages, unmodified, each behind a path of one server.
import { createHash } from "node:crypto";
import { createSchema, createYoga } from "graphql-yoga";
import { Hono } from "hono";
import { jwt, sign } from "hono/jwt";
import { streamSSE } from "hono/streaming";
import { AutoRouter, error } from "itty-router";
import * as jose from "jose";
import { h } from "preact";
import { render } from "preact-render-to-string";
import { z } from "zod";

const SECRET = "a secret of thirty-two characters!!";
const JOSE_KEY = new TextEncoder().encode(SECRET);

const hono = new Hono().basePath("/hono");
hono.get("/users/:id{[0-9]+}", (c) =>
  c.json({ id: Number(c.req.param("id")), sort: c.req.query("sort") ?? null }),
);
hono.post("/echo", async (c) => c.json(await c.req.json(), 201));
hono.get("/token", async (c) => c.text(await sign({ sub: "ann", exp: 4102444800 }, SECRET, "HS256")));
hono.use("/private/*", jwt({ secret: SECRET, alg: "HS256" }));
hono.get("/private/me", (c) => c.json(c.get("jwtPayload")));
hono.get("/ip", (c) => {
  const { address, family } = c.env.requestIP(c.req.raw);
  return c.json([address, family]);
});
hono.get("/ticks", (c) =>
  streamSSE(c, async (stream) => {
    for (let id = 0; id < 3; id++)
      await stream.writeSSE({ id: String(id), event: "tick", data: `tick ${id}` });
  }),
);

const itty = AutoRouter({ base: "/itty" });
itty
  .get("/hello/:name", ({ params }) => ({ hello: params.name }))
  .get("/text", () => "text")
  .get("/teapot", () => error(418, "short and stout"));

const notes = [{ id: "1", text: "buy milk" }];
const yoga = createYoga({
  logging: false,
  schema: createSchema({
    typeDefs: `
      type Note { id: ID!, text: String! }
      type Query { note(id: ID!): Note, notes: [Note!]! }
      type Mutation { add(text: String!): Note! }`,
    resolvers: {
      Query: { note: (_, { id }) => notes.find((note) => note.id === id), notes: () => notes },
      Mutation: {
        add(_, { text }) {
          const note = { id: String(notes.length + 1), text };
          notes.push(note);
          return note;
        },
      },
    },
  }),
});

const Page = ({ title, items }: { title: string; items: string[] }) =>
  h(
    "html",
    null,
    h(
      "body",
      { class: "page" },
      h("h1", null, title),
      h(
        "ul",
        null,
        items.map((item) => h("li", { key: item }, item)),
      ),
    ),
  );

const Order = z.object({
  email: z.email(),
  count: z.coerce.number().int().positive(),
  tags: z.array(z.string()).default([]),
});

async function order(request: Request): Promise<Response> {
  const { success, data, error } = Order.safeParse(await request.json());
  return success
    ? Response.json(data)
    : Response.json(
        error.issues.map(({ path, code }) => [path.join("."), code]),
        { status: 422 },
      );
}

/** Signs with one key, verifies with it, and refuses what was changed. */
async function tokens(): Promise<Response> {
  const token = await new jose.SignJWT({ role: "admin" })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("bob")
    .setExpirationTime("2h")
    .setIssuedAt()
    .sign(JOSE_KEY);
  const { payload } = await jose.jwtVerify(token, JOSE_KEY);
  const changed = await jose.jwtVerify(`${token.slice(0, -2)}AA`, JOSE_KEY).catch((reason) => reason.code);
  const { publicKey, privateKey } = await jose.generateKeyPair("EdDSA", { crv: "Ed25519" });
  const signed = await new jose.CompactSign(JOSE_KEY).setProtectedHeader({ alg: "EdDSA" }).sign(privateKey);
  const opened = await jose.compactVerify(signed, publicKey);
  return Response.json([payload.sub, payload.role, changed, opened.payload.length]);
}

/** Hashes what is sent while it comes: never all of it in memory. */
async function upload(request: Request): Promise<Response> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of request.body!) {
    hash.update(piece);
    size += piece.length;
  }
  return Response.json({ size, sha256: hash.digest("hex") });
}

function echoSocket(): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.addEventListener("message", ({ data }) => server.send(data));
  return new Response(null, { status: 101, webSocket: client });
}

/** As of an identity provider: its keys and a token come, what the token says goes. */
async function rsaToken(request: Request): Promise<Response> {
  const { keys, token } = await request.json();
  const found = await jose
    .jwtVerify(token, jose.createLocalJWKSet({ keys }))
    .catch((reason) => ({ payload: reason.code }));
  return Response.json(found.payload);
}

const ROUTES: Record<string, (request: Request, env: object) => Response | Promise<Response>> = {
  hono: (request, env) => hono.fetch(request, env),
  itty: (request) => itty.fetch(request),
  graphql: (request) => yoga.fetch(request),
  page: () =>
    new Response(`<!DOCTYPE html>${render(h(Page, { title: "Notes & more", items: ["a", "<b>"] }))}`, {
      headers: { "content-type": "text/html" },
    }),
  order,
  tokens,
  rsa: rsaToken,
  upload,
  chat: echoSocket,
};

export default {
  fetch(request: Request, env: object): Response | Promise<Response> {
    const route = ROUTES[new URL(request.url).pathname.split("/")[1]!];
    return route === undefined ? new Response("nothing here", { status: 404 }) : route(request, env);
  },
};
