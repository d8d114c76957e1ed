// The first example: a URL is made of the request's.
export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    return new Response(`hello from ${pathname}\n`);
  },
};
