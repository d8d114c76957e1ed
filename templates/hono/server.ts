// A Hono application, unmodified: anything made for `fetch` handlers works.
import { Hono } from "hono";

const app = new Hono();

app.get("/", (context) => context.text("hello from Hono\n"));
app.get("/users/:id", (context) => context.json({ id: Number(context.req.param("id")) }));
app.post("/echo", async (context) => context.json(await context.req.json()));

export default app;
