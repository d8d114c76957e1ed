// As sync, by an async function.
export default {
  async fetch(_request: Request): Promise<Response> {
    return new Response("hello");
  },
};
