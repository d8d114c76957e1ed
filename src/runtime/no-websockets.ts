/** In the place of `websockets.ts` in an image whose app never says `WebSocket`: nobody there can make one. */
import type * as WebSockets from "./websockets.ts";

function absent(): never {
  throw new Error("This image has no WebSocket: the word does not occur in the app's code");
}

const nothing = (): void => undefined;

export const {
  answerWithSocket,
  defineWebSockets,
  hasWebSockets,
  socketCalls,
  sockets,
}: Pick<typeof WebSockets, keyof typeof WebSockets> = {
  answerWithSocket: absent,
  defineWebSockets: nothing,
  hasWebSockets: () => false,
  socketCalls: { acceptSocket: absent, connectSocket: absent },
  sockets: { readable: nothing, writable: nothing, closed: nothing, control: nothing },
};
