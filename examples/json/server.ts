// A small JSON API: notes kept in memory.
interface Note {
  id: number;
  text: string;
}

const notes = new Map<number, Note>();
let nextId = 1;

async function create(request: Request): Promise<Response> {
  const { text } = (await request.json()) as Partial<Note>;
  if (typeof text !== "string") return Response.json({ error: "a note needs a text" }, { status: 422 });
  const note = { id: nextId++, text };
  notes.set(note.id, note);
  return Response.json(note, { status: 201, headers: { location: `/notes/${note.id}` } });
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/notes") {
      if (request.method === "POST") return create(request);
      return Response.json([...notes.values()]);
    }
    const id = Number(/^\/notes\/(\d+)$/.exec(pathname)?.[1]);
    const note = notes.get(id);
    if (note === undefined) return Response.json({ error: "not found" }, { status: 404 });
    if (request.method === "DELETE") notes.delete(id);
    return Response.json(note);
  },
};
