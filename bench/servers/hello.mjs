// The rival: the same answer from Node's own HTTP server.
import http from "node:http";

const server = http.createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  response.setHeader("content-type", "text/plain;charset=UTF-8");
  response.end(`hello from ${pathname}\n`);
});
server.listen(Number(process.argv[3]), process.argv[2], () => console.log("listening on"));
