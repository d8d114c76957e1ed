// One header is read.
export default {
  fetch(request: Request): Response {
    return new Response(request.headers.get("host"));
  },
};
