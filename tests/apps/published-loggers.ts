// A logger of lines to descriptors 1 and 2, by itself and as Fastify's, unmodified.
import Fastify from "fastify";
import pino from "pino";

const log = pino({ base: { app: "notes" }, redact: ["token"], timestamp: false });
const complaints = pino({ base: undefined, timestamp: false }, pino.destination({ dest: 2, sync: false }));

const fastify = Fastify({ loggerInstance: log });
fastify.get("/notes/:id", async (request) => {
  request.log.info({ token: "secret" }, "asked for %s", "wörter");
  complaints.child({ id: request.params.id }).warn("none");
  return {};
});
await fastify.listen();
