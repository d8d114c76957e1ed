/** Asks another server by node:http in the way that the path names, and answers what came of it. */
import http from "node:http";

const upstream = process.env["UPSTREAM"]!;

/** The whole answer, or what the request failed with. */
const whole = (request: http.ClientRequest): Promise<unknown> =>
  new Promise((resolve) => {
    const told: string[] = [];
    for (const name of ["finish", "timeout", "close"])
      request.on(name, () => {
        told.push(name);
        if (name === "close") resolve({ told });
      });
    request.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ error: error.code, message: error.message }),
    );
    request.on("response", (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", (error: NodeJS.ErrnoException) => resolve({ error: error.code }));
      response.on("end", () => {
        const { statusCode, statusMessage, headers } = response;
        const body = Buffer.concat(pieces).toString();
        const shown = body.length > 1000 ? body.length : body;
        resolve({ told, statusCode, statusMessage, type: headers["content-type"], body: shown });
      });
    });
  });

const WAYS: Readonly<Record<string, () => Promise<unknown>>> = {
  get: () => whole(http.get(`${upstream}/echo?a=b`, { headers: { "X-One": "1", host: "other" } })),
  options: () => {
    const { hostname, port } = new URL(upstream);
    return whole(http.request({ hostname, port, path: "/items/x", auth: "ann:secret" }).end());
  },
  text: () => whole(http.request(`${upstream}/echo`, { method: "POST" }).end("sent whole")),
  pieces: () => {
    const request = http.request(new URL("/echo", upstream), { method: "PUT" });
    const done = whole(request);
    request.write("first ");
    setTimeout(() => request.end("second"), 5);
    return done;
  },
  drain: async () => {
    const request = http.request(`${upstream}/echo`, { method: "POST" });
    const done = whole(request);
    let waited = 0;
    for (let count = 0; count < 30; count++) {
      if (request.write("x".repeat(20_000))) continue;
      waited++;
      await new Promise((resolve) => request.once("drain", resolve));
    }
    request.end();
    return { ...((await done) as object), waited: waited > 0 };
  },
  large: () => whole(http.get(`${upstream}/large`)),
  redirect: () => whole(http.get(`${upstream}/redirect/302`)),
  cut: () => whole(http.get(`${upstream}/cut`)),
  refused: () => whole(http.get("http://10.0.2.2:9/")),
  destroyed: () => {
    const request = http.get(`${upstream}/silent`);
    setTimeout(() => request.destroy(), 20);
    return whole(request);
  },
  timeout: () => {
    const request = http.get(`${upstream}/silent`, { timeout: 20 });
    request.on("timeout", () => request.destroy(new Error("too slow")));
    return whole(request);
  },
};

http
  .createServer((request, response) => {
    void WAYS[request.url!.slice(1)]!().then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.end(JSON.stringify({ thrown: String(error) })),
    );
  })
  .listen();
