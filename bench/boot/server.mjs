// The rival: what examples/http-native answers, from Node's own HTTP server. Arguments: port, address.
import http from "node:http";

const server = http.createServer((request, response) => {
  response.setHeader("content-type", "text/plain");
  response.end("hello, world\n");
});
server.listen(Number(process.argv[2]), process.argv[3], () =>
  console.log(`listening ${server.address().port}`),
);
