/** Fetches what it is asked to, and says what became of it: for tests of destinations that cannot be reached. */
const PATIENCE_MS = 3000;

export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url).searchParams.get("url");
    if (url === null) return new Response("ready");
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
      return new Response(await response.text());
    } catch (error) {
      return new Response(`${(error as Error).name}: ${(error as Error).message}`);
    }
  },
};
