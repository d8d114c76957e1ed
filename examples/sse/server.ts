// Server-Sent Events: a clock that ticks for as long as somebody listens. In a browser:
//
//   new EventSource("http://127.0.0.1:8080/ticks").onmessage = ({ data }) => console.log(data);
let listeners = 0;

function ticks(signal: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer = 0;
  let count = 0;
  return new ReadableStream({
    start(controller) {
      listeners++;
      // Each event leaves at once: nothing is gathered until a buffer is full.
      const tick = (): void => controller.enqueue(encoder.encode(`id: ${count}\ndata: tick ${count++}\n\n`));
      tick();
      timer = setInterval(tick, 100) as unknown as number;
      signal.addEventListener("abort", () => console.log("the listener went away"));
    },
    cancel() {
      listeners--;
      clearInterval(timer);
    },
  });
}

export default {
  fetch(request: Request): Response {
    if (new URL(request.url).pathname !== "/ticks") return new Response(`${listeners} listening\n`);
    return new Response(ticks(request.signal), {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  },
};
