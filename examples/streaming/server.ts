// Streams in both directions: GET / counts, POST / sends the upload back in capitals as it comes in.
function count(): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let number = 0;
  return new ReadableStream({
    async pull(controller) {
      if (number === 10) return controller.close();
      await new Promise((resolve) => setTimeout(resolve, 10));
      controller.enqueue(encoder.encode(`${++number}\n`));
    },
  });
}

function capitals(): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte)));
    },
  });
}

export default {
  fetch(request: Request): Response {
    if (request.body !== null) return new Response(request.body.pipeThrough(capitals()));
    return new Response(count(), { headers: { "content-type": "text/plain" } });
  },
};
