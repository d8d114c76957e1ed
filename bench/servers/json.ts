// The JSON handler of `bench:http`.
export default {
  fetch(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    const id = Number(/^\/users\/(\d+)$/.exec(pathname)?.[1]);
    return Response.json({
      id,
      name: `user ${id}`,
      tags: ["a", "b", "c"],
      verbose: searchParams.has("verbose"),
    });
  },
};
