// The rival: routing and JSON on Node's own HTTP server.
import http from "node:http";

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const id = Number(/^\/users\/(\d+)$/.exec(pathname)?.[1]);
  const user = { id, name: `user ${id}`, tags: ["a", "b", "c"], verbose: searchParams.has("verbose") };
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(user));
});
server.listen(Number(process.argv[3]), process.argv[2], () => console.log("listening on"));
