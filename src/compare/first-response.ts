/** One request on a new connection: what every kind is timed to. */
import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Resolves when the whole response has come, whatever it says. */
export function firstResponse(port: number, limitMs: number, path = "/"): Promise<Answer> {
  const request = `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    const end = (outcome: Answer | string): void => {
      socket.destroy();
      if (typeof outcome === "string") reject(new Error(outcome));
      else resolve(outcome);
    };
    socket.setNoDelay(true);
    socket.setTimeout(limitMs, () => end(`no response within ${limitMs / 1000} s`));
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      const answer = wholeAnswer(text);
      if (answer !== undefined) end(answer);
    });
    socket.on("error", (error) => end(error.message));
    socket.on("close", () => end("the connection was closed without a response"));
  });
}

/** Throws where the server did not answer with 200: what it says is then no measure of the app. */
export async function firstSuccess(port: number, limitMs: number): Promise<void> {
  const { status } = await firstResponse(port, limitMs);
  if (status !== 200) throw new Error(`answered ${status}`);
}

/** A response whose length is told, or whose chunks end by an empty one. Latin-1 stands for bytes. */
export function wholeAnswer(text: string): Answer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [head, body] = [text.slice(0, end), text.slice(end + 4)];
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) {
    const sizeBytes = Number(length);
    return body.length < sizeBytes ? undefined : { status, body: body.slice(0, sizeBytes) };
  }
  if (/^transfer-encoding: *chunked/im.test(head)) {
    const joined = joinChunks(body);
    return joined === undefined ? undefined : { status, body: joined };
  }
  return status === 204 || status === 304 ? { status, body: "" } : undefined;
}

function joinChunks(body: string): string | undefined {
  let joined = "";
  for (let at = 0; ;) {
    const lineEnd = body.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const sizeBytes = Number.parseInt(body.slice(at, lineEnd), 16);
    if (!(sizeBytes > 0)) return sizeBytes === 0 ? joined : undefined;
    if (body.length < lineEnd + 2 + sizeBytes + 2) return undefined;
    joined += body.slice(lineEnd + 2, lineEnd + 2 + sizeBytes);
    at = lineEnd + 2 + sizeBytes + 2;
  }
}
