// A gateway: asks the servers behind it and puts their answers together. The upstream's address comes from the
// environment:
//
//   skerry run examples/fetch/server.ts -p 8080:80 --env UPSTREAM=http://10.0.2.2:9000 --allow 127.0.0.1:9000
//
// (10.0.2.2 is what the machine calls the host that it runs on.)
interface Environment {
  UPSTREAM?: string;
}

/** Several questions at once, one answer. */
async function summary(upstream: string): Promise<Response> {
  const names = ["one", "two", "three"];
  const answers = await Promise.all(
    names.map(async (name) => (await fetch(`${upstream}/items/${name}`)).json()),
  );
  return Response.json(Object.fromEntries(names.map((name, index) => [name, answers[index]])));
}

/** Passes a request on as it came, and streams the answer back. */
async function proxy(request: Request, upstream: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const target = upstream + pathname.slice("/proxy".length) + search;
  try {
    return await fetch(target, {
      method: request.method,
      headers: request.headers,
      body: request.body,
      duplex: "half",
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(5000)]),
    });
  } catch (error) {
    return new Response(`${String(error)}\n`, { status: 502 });
  }
}

export default {
  fetch(request: Request, { UPSTREAM = "http://10.0.2.2:9000" }: Environment): Promise<Response> | Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return summary(UPSTREAM);
    if (pathname.startsWith("/proxy/")) return proxy(request, UPSTREAM);
    return new Response("ask for / or /proxy/...\n", { status: 404 });
  },
};
