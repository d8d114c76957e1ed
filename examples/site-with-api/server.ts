import type { Assets } from "skerry/app";

interface Environment {
  readonly ASSETS: Assets;
}

// Files are answered by the kernel before this is asked. What no file answers comes here.
export default {
  async fetch(request: Request, { ASSETS }: Environment): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/api/sum") {
      const numbers = new URL(request.url).searchParams.getAll("n").map(Number);
      return Response.json({ sum: numbers.reduce((sum, number) => sum + number, 0) });
    }
    // The page itself under another address, with a field of our own.
    if (pathname === "/hello") {
      const page = await ASSETS.fetch(new URL("/", request.url));
      return new Response(page.body, { headers: { "content-type": "text/html", "x-from": "the handler" } });
    }
    return ASSETS.fetch(request);
  },
};
