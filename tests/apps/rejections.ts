/** Promises that nobody listens to, in a server of node:http whose handler is async, and in one of its timers. */
import { createServer } from "node:http";

async function work(): Promise<never> {
  await null;
  throw new RangeError("nobody listens");
}

createServer(async (request, response) => {
  if (request.url === "/fails") await work();
  if (request.url === "/later") setTimeout(() => void work(), 1);
  else response.end("fine");
}).listen();
