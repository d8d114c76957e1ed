// A platform for other people's functions: what a tenant sends is compiled and kept in the tenant's own compartment.
//
//   npx skerry run examples/tenants/server.ts --isolation tenant=x-tenant
//   curl -X PUT  -H 'x-tenant: ann' --data 'return `hello ${input}, call ${++calls}`' http://127.0.0.1:8080/
//   curl         -H 'x-tenant: ann' http://127.0.0.1:8080/?input=world
//
// Nothing here keeps tenants apart: that is what the image does. `calls` is a global, and each tenant has its own.
type Guest = (input: string) => unknown;

let guest: Guest | undefined;
Object.assign(globalThis, { calls: 0 });

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === "PUT") {
      guest = new Function("input", await request.text()) as Guest;
      return new Response("kept\n", { status: 201 });
    }
    if (guest === undefined) return new Response("no function is kept here\n", { status: 404 });
    const input = new URL(request.url).searchParams.get("input") ?? "";
    return new Response(`${String(await guest(input))}\n`);
  },
};
