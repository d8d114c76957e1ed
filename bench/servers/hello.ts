// The hello handler of `bench:http`.
export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    return new Response(`hello from ${pathname}\n`);
  },
};
