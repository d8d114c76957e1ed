// Static text by path, with the header that lets a browser keep it.
const pages: Record<string, string> = {
  "/": "A skerry is a small, bare rock in the sea.\n",
  "/why": "Nothing lives on it that does not have to.\n",
};

export default {
  fetch(request: Request): Response {
    const page = pages[new URL(request.url).pathname];
    if (page === undefined) return new Response("there is no such page\n", { status: 404 });
    return new Response(page, { headers: { "cache-control": "max-age=3600" } });
  },
};
