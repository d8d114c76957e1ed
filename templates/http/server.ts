// An HTTP server. Its machine holds this file, a JavaScript engine, TCP/IP, and nothing else.
import type { App } from "skerry/app";

interface Env {
  readonly GREETING: string;
}

export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/time") return Response.json({ now: new Date().toISOString() });
    return new Response(`${env.GREETING} from ${pathname}\n`);
  },
} satisfies App<Env>;
