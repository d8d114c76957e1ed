// Hono, with two routes.
import { Hono } from "hono";

const app = new Hono();
app.get("/", (context) => context.text("hello"));
app.get("/users/:id", (context) => context.text("hello"));

export default app;
