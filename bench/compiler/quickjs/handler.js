/**
 * What the benchmark's engine runs: a route match, a JSON body, an answer of about 1 kB.
 *
 * Evaluated once; its value is the handler.
 */
(() => {
  const routes = [];
  const on = (method, pattern, handle) => routes.push({ method, parts: pattern.split("/"), handle });

  function match(parts, path) {
    if (parts.length !== path.length) return undefined;
    const parameters = {};
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index];
      if (part.startsWith(":")) parameters[part.slice(1)] = path[index];
      else if (part !== path[index]) return undefined;
    }
    return parameters;
  }

  on("GET", "/health", () => ({ ok: true }));
  on("GET", "/products/:id", ({ id }) => ({ id: Number(id), name: `product ${id}` }));
  on("GET", "/customers/:customer", ({ customer }) => ({ customer }));
  on("POST", "/customers/:customer/orders", ({ customer }, body) => {
    const lines = body.lines
      .filter((line) => line.count > 0)
      .map((line, index) => ({
        position: index + 1,
        product: line.product,
        title: `${line.product.toUpperCase()} x ${line.count}`,
        amount: line.count * line.price,
        tags: line.tags.join(","),
      }));
    const total = lines.reduce((sum, line) => sum + line.amount, 0);
    return {
      order: `${customer}-${body.number}`,
      customer,
      lines,
      total,
      tax: Math.round(total * 0.19),
      shipping: total > 10000 ? 0 : 495,
      address: { ...body.address, country: body.address.country ?? "DE" },
      links: { self: `/customers/${customer}/orders/${body.number}`, customer: `/customers/${customer}` },
    };
  });

  return (method, url, text) => {
    const query = url.indexOf("?");
    const path = (query < 0 ? url : url.slice(0, query)).split("/");
    for (const route of routes) {
      if (route.method !== method) continue;
      const parameters = match(route.parts, path);
      if (parameters === undefined) continue;
      return JSON.stringify(route.handle(parameters, text === "" ? undefined : JSON.parse(text)));
    }
    return JSON.stringify({ error: "not found", path: url });
  };
})();
