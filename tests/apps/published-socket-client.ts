// A program that asks other servers by the package ws, says what it saw, and ends.
import WebSocket from "ws";

const server = process.env["SERVER"]!;

function ended(socket: WebSocket): Promise<void> {
  socket.on("error", (error: Error & { code?: string }) => console.log("error", error.message, error.code));
  return new Promise((resolve) => {
    socket.on("close", (code, reason) => {
      console.log("close", code, reason.toString(), socket.readyState);
      resolve();
    });
  });
}

const talk = new WebSocket(`${server}/echo`, ["v1", "v2"], {
  headers: { "X-Who": "us" },
  origin: "http://a.example",
});
try {
  talk.send("early");
} catch (error) {
  console.log((error as Error).message);
}
talk.on("open", () => {
  console.log("open", talk.protocol, talk.readyState === WebSocket.OPEN);
  talk.ping("there?");
});
talk.on("ping", (data) => console.log("ping", data.toString()));
talk.on("pong", (data) => {
  console.log("pong", data.toString());
  talk.send(Buffer.alloc(300_000, 7), (error) => console.log("sent", error === undefined));
});
talk.on("message", (data: Buffer, isBinary) => {
  console.log("message", data.length, isBinary);
  talk.close(1000, "bye");
});
await ended(talk);
await ended(new WebSocket(`${server}/refused`));
await ended(new WebSocket(`${server}/silent`, { handshakeTimeout: 20 }));
await ended(new WebSocket("wss://10.0.2.2/"));
const early = new WebSocket(`${server}/echo`);
early.close();
await ended(early);
for (const address of ["nothing", "ftp://a/"])
  try {
    new WebSocket(address);
  } catch (error) {
    console.log((error as Error).name, (error as Error).message);
  }
