// The rival of `examples/http-native`: the same 13 bytes from Node's own HTTP server.
import http from "node:http";

const server = http.createServer((_request, response) => {
  response.setHeader("content-type", "text/plain");
  response.end("hello, world\n");
});
server.listen(Number(process.argv[3]), process.argv[2], () => console.log("listening on"));
