// Does what its path says with fetch, and answers with what came of it as JSON.
interface Environment {
  UPSTREAM: string;
}

type Case = (upstream: string, request: Request) => Promise<unknown>;

const failure = async (attempt: Promise<unknown>): Promise<string> => {
  try {
    return `no failure: ${String(await attempt)}`;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};

function counted(count: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent === count) controller.close();
      else controller.enqueue(new TextEncoder().encode(`${sent++},`.repeat(1000)));
    },
  });
}

const cases: Record<string, Case> = {
  async plain(upstream) {
    const response = await fetch(`${upstream}/echo?x=1#y`, { headers: { "X-One": "a" } });
    const { ok, status, statusText, url, redirected, type, bodyUsed } = response;
    const seen = (await response.json()) as { headers: Record<string, string> };
    return { ok, status, statusText, url, redirected, type, bodyUsed, after: response.bodyUsed, seen };
  },
  async bodies(upstream) {
    const echo = async (body: BodyInit, method = "POST"): Promise<unknown> => {
      const got = (await (await fetch(`${upstream}/echo`, { method, body, duplex: "half" })).json()) as {
        method: string;
        body: string;
        headers: Record<string, string>;
      };
      return [got.method, got.body.length, got.headers["content-type"], got.headers["content-length"]];
    };
    return [
      await echo("täxt"),
      await echo(new Uint8Array([1, 2, 3]), "PUT"),
      await echo(new URLSearchParams({ a: "b c" }), "PATCH"),
      await echo(counted(100)),
    ];
  },
  async redirects(upstream) {
    const follow = async (path: string, init?: RequestInit): Promise<unknown> => {
      const response = await fetch(upstream + path, init);
      const got = (await response.json()) as {
        method: string;
        body: string;
        headers: Record<string, string>;
      };
      return [
        new URL(response.url).pathname,
        response.redirected,
        got.method,
        got.body,
        got.headers["content-type"],
      ];
    };
    const manual = await fetch(`${upstream}/redirect/302`, { redirect: "manual" });
    return {
      get: await follow("/redirect/301"),
      post302: await follow("/redirect/302", { method: "POST", body: "x" }),
      post303: await follow("/redirect/303", { method: "POST", body: "x" }),
      post307: await follow("/redirect/307", { method: "POST", body: "x" }),
      manual: [manual.status, manual.headers.get("location")],
      error: await failure(fetch(`${upstream}/redirect/302`, { redirect: "error" })),
      stream: await failure(
        fetch(`${upstream}/redirect/307`, { method: "POST", body: counted(2), duplex: "half" }),
      ),
      loop: await failure(fetch(`${upstream}/loop`)),
    };
  },
  async failures(upstream) {
    return {
      https: await failure(fetch("https://10.0.2.2/")),
      scheme: await failure(fetch("ftp://10.0.2.2/")),
      url: await failure(fetch("nonsense")),
      method: await failure(fetch(upstream, { method: "CONNECT" })),
      header: await failure(fetch(upstream, { headers: { "x-y": "a\r\nb: c" } })),
      garbage: await failure(fetch(`${upstream}/garbage`)),
      cut: await failure(fetch(`${upstream}/cut`).then((response) => response.text())),
      early: await failure(fetch(upstream, { signal: AbortSignal.abort() })),
      slow: await failure(fetch(`${upstream}/silent`, { signal: AbortSignal.timeout(50) })),
      slowBody: await failure(
        fetch(`${upstream}/trickle`, { signal: AbortSignal.timeout(200) }).then((response) =>
          response.text(),
        ),
      ),
    };
  },
  async streams(upstream) {
    const response = await fetch(`${upstream}/large`);
    let size = 0;
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) size += piece.length;
    const half = await fetch(`${upstream}/large`);
    const reader = half.body!.getReader();
    await reader.read();
    await reader.cancel();
    const head = await fetch(`${upstream}/large`, { method: "HEAD" });
    const copy = await fetch(`${upstream}/echo`);
    const twice = copy.clone();
    return [
      size,
      head.headers.get("content-length"),
      await head.text(),
      (await copy.text()) === (await twice.text()),
    ];
  },
  async many(upstream) {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const answers = await Promise.all(
      numbers.map(
        async (number) => (await fetch(`${upstream}/echo?${number}`)).json() as Promise<{ url: string }>,
      ),
    );
    return answers.every(({ url }, index) => url === `/echo?${index}`);
  },
};

export default {
  async fetch(request: Request, { UPSTREAM }: Environment): Promise<Response> {
    const run = cases[new URL(request.url).pathname.slice(1)];
    if (run === undefined) return new Response("no such case", { status: 404 });
    return Response.json(await run(UPSTREAM, request));
  },
};
