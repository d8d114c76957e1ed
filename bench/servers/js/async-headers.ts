// As headers, by an async function.
export default {
  async fetch(request: Request): Promise<Response> {
    return new Response(request.headers.get("host"));
  },
};
