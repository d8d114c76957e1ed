// A server in TypeScript that says when it is there.
console.log("here");

export default {
  fetch(): Response {
    return new Response("hello, world\n");
  },
};
