// Opens a WebSocket to another server as the query says, sends, and tells all that it saw.
interface Wish {
  url: string;
  protocols?: string | string[] | { protocols?: string[]; headers?: Record<string, string> };
  send?: string[];
  bytes?: number;
  /** Messages after which it closes. */
  count?: number;
  close?: [number?, string?];
  early?: boolean;
  many?: number;
  binaryType?: "blob" | "arraybuffer";
}

async function talk(wish: Wish): Promise<string[]> {
  const log: string[] = [];
  let socket: WebSocket;
  try {
    socket = new WebSocket(wish.url, wish.protocols as string[]);
  } catch (error) {
    return [`throws ${(error as Error).name} ${(error as Error).message}`];
  }
  log.push(`${socket.readyState} ${socket.binaryType} ${socket.protocol}|${socket.extensions}`);
  if (wish.binaryType !== undefined) socket.binaryType = wish.binaryType;
  try {
    socket.send("early");
  } catch (error) {
    log.push(`send ${(error as Error).name}`);
  }
  if (wish.early) socket.close();
  const leave = () => {
    try {
      socket.close(...((wish.close ?? []) as [number, string]));
    } catch (error) {
      log.push(`close ${(error as Error).name}`);
      socket.close();
    }
  };
  let left = wish.count ?? 0;
  socket.onopen = () => {
    log.push(`open ${socket.readyState} ${socket.protocol}`);
    for (const text of wish.send ?? []) socket.send(text);
    if (wish.bytes !== undefined) {
      socket.send(new Uint8Array(wish.bytes).fill(7));
      log.push(`buffered ${socket.bufferedAmount > 0}`);
    }
    if (left === 0 && wish.close !== undefined) leave();
  };
  const pending: Promise<void>[] = [];
  socket.onmessage = ({ data }: MessageEvent<string | Blob | ArrayBuffer>) => {
    if (typeof data === "string") log.push(`text ${data}`);
    else if (data instanceof ArrayBuffer) log.push(`bytes ${data.byteLength}`);
    else pending.push(data.arrayBuffer().then(({ byteLength }) => void log.push(`blob ${byteLength}`)));
    if (--left === 0) leave();
  };
  socket.onerror = (event) => log.push(`error ${(event as ErrorEvent).message}`);
  const { code, reason, wasClean } = await new Promise<CloseEvent>((resolve) => (socket.onclose = resolve));
  await Promise.all(pending);
  log.push(`close ${code} ${reason} ${wasClean} ${socket.readyState}`);
  return log;
}

/** Opens so many, and leaves them open. */
async function openMany({ url }: Wish, count: number): Promise<string[]> {
  const opened = Array.from({ length: count }, async () => {
    const socket = new WebSocket(url);
    return new Promise<string>((resolve) => {
      socket.onopen = () => resolve("open");
      socket.onerror = (event) => resolve((event as ErrorEvent).message.replace(/^.*: /, ""));
    });
  });
  return Promise.all(opened);
}

export default {
  async fetch(request: Request): Promise<Response> {
    const wish = (await request.json()) as Wish;
    return Response.json(await (wish.many === undefined ? talk(wish) : openMany(wish, wish.many)));
  },
};
