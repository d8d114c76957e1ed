// The least that a handler can do.
export default {
  fetch(_request: Request): Response {
    return new Response("hello");
  },
};
