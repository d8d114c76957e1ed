// What Hono costs without us: it is given an object in a request's place, and its answer is thrown away.
import { Hono } from "hono";

const app = new Hono();
app.get("/", (context) => context.text("hello"));

const request = { url: "http://127.0.0.1/", method: "GET" } as unknown as Request;

export default {
  fetch(_request: Request): Response {
    void app.fetch(request);
    return new Response("hello");
  },
};
