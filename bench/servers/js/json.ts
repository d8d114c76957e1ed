// A route by hand, and a kilobyte of JSON.
const ROUTE = /^\/users\/(\d+)$/;
const NOTES = Array.from({ length: 12 }, (_, index) => ({
  id: index,
  title: `note ${index} of this user`,
  tags: ["red", "green"],
}));

export default {
  fetch(request: Request): Response {
    const id = ROUTE.exec(new URL(request.url).pathname)?.[1];
    if (id === undefined) return new Response("not found", { status: 404 });
    return Response.json({ id: Number(id), name: `user ${id}`, notes: NOTES });
  },
};
