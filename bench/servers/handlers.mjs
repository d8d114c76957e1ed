// The rivals of the handlers in `js`: by Node's own HTTP server, each the same answer in as little as that takes.
import http from "node:http";

const ROUTE = /^\/users\/(\d+)$/;
const NOTES = Array.from({ length: 12 }, (_, index) => ({
  id: index,
  title: `note ${index} of this user`,
  tags: ["red", "green"],
}));

function send(response, type, body) {
  response.setHeader("content-type", type);
  response.end(body);
}

const text = (response, body) => send(response, "text/plain;charset=UTF-8", body);
const pathOf = (request) => new URL(request.url, "http://localhost").pathname;

const HANDLERS = {
  sync: (_request, response) => text(response, "hello"),
  headers: (request, response) => text(response, request.headers.host),
  async: async (_request, response) => text(response, "hello"),
  "async-headers": async (request, response) => text(response, request.headers.host),
  hello: (request, response) => text(response, `hello from ${pathOf(request)}\n`),
  // What the two routes of Hono's app come to, by hand.
  hono: (request, response) => {
    const path = pathOf(request);
    if (path === "/" || path.startsWith("/users/")) text(response, "hello");
    else response.writeHead(404).end();
  },
  json: (request, response) => {
    const id = Number(ROUTE.exec(pathOf(request))?.[1]);
    send(response, "application/json", JSON.stringify({ id, name: `user ${id}`, notes: NOTES }));
  },
};

const [, , address, port, name] = process.argv;
http.createServer(HANDLERS[name]).listen(Number(port), address, () => console.log("listening on"));
