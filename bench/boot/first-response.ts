/** One request on a new connection: what every row is timed to. */
import { connect } from "node:net";

const REQUEST = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/** Resolves when the whole response has come, which must be a 200 with a body. */
export function firstResponse(port: number, limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(REQUEST));
    const end = (problem?: string): void => {
      socket.destroy();
      if (problem === undefined) resolve();
      else reject(new Error(problem));
    };
    socket.setNoDelay(true);
    socket.setTimeout(limitMs, () => end(`no response within ${limitMs / 1000} s`));
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      const length = bodyLength(text);
      const head = text.indexOf("\r\n\r\n");
      if (head >= 0 && text.length >= head + 4 + length) {
        end(text.startsWith("HTTP/1.1 200") ? undefined : `answered ${text.slice(0, 12)}`);
      }
    });
    socket.on("error", (error) => end(error.message));
    socket.on("close", () => end("the connection was closed without a response"));
  });
}

/** Of a response whose length is told, or whose chunks end by an empty one. */
function bodyLength(text: string): number {
  const told = /content-length: *(\d+)/i.exec(text);
  if (told !== null) return Number(told[1]);
  return text.endsWith("\r\n0\r\n\r\n") ? 0 : Infinity;
}
