/** A server whose handlers never end, each in another way; it remembers how many it has begun. */
let begun = 0;

function spin(): never {
  for (;;) Math.sqrt(begun);
}

async function spinLater(): Promise<void> {
  await null;
  spin();
}

/** Over when the timer behind the one that spins has come. */
function spinInTimer(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(spin, 1);
    setTimeout(resolve, 1);
  });
}

export default {
  async fetch(request: Request): Promise<Response> {
    begun++;
    const { pathname } = new URL(request.url);
    if (pathname === "/loop") spin();
    if (pathname === "/later") await spinLater();
    if (pathname === "/timer") await spinInTimer();
    return new Response(String(begun));
  },
};
