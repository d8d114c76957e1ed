// As async-headers, and something is awaited that is there.
const greeting = Promise.resolve("hello ");

export default {
  async fetch(request: Request): Promise<Response> {
    return new Response((await greeting) + request.headers.get("host"));
  },
};
