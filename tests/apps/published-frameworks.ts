// Fastify and Koa, unmodified, on Node's http: one server of the two.
import { createServer } from "node:http";
import Fastify from "fastify";
import Koa from "koa";

const fastify = Fastify({ bodyLimit: 1024 });
fastify.decorateRequest("began", 0);
fastify.addHook("onRequest", async (request) => void (request.began = 1));
fastify.addHook("onSend", async (request, reply, payload) => {
  reply.header("x-began", request.began);
  return payload;
});
const order = {
  body: { type: "object", required: ["count"], properties: { count: { type: "integer", minimum: 1 } } },
  response: { 200: { type: "object", properties: { count: { type: "integer" } } } },
};
fastify.get("/fastify/users/:id", async (request) => ({ id: request.params.id, query: request.query }));
fastify.post("/fastify/order", { schema: order }, async (request) => ({
  ...request.body,
  secret: "left out",
}));
fastify.get("/fastify/fails", async () => {
  throw Object.assign(new Error("meant to"), { statusCode: 409 });
});
fastify.register(async (plugin) => void plugin.get("/", async () => "from a plugin"), {
  prefix: "/fastify/plugin",
});

const koa = new Koa();
koa.silent = true;
koa.use(async (context, next) => {
  await next();
  context.set("x-length", String(context.length));
});
koa.use((context) => {
  if (context.path === "/koa/fails") context.throw(418, "short and stout");
  context.cookies.set("seen", "1");
  context.body = { query: context.query, agent: context.get("x-agent") };
});
const byKoa = koa.callback();

fastify.ready();
createServer((request, response) =>
  request.url.startsWith("/koa") ? byKoa(request, response) : fastify.routing(request, response),
).listen(3000);
