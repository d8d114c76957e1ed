export default {
  fetch(_request: Request, env: Record<string, string>): Response {
    return Response.json({ KEPT: env["KEPT"], CHANGED: env["CHANGED"] });
  },
};
